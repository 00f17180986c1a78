import ArgumentParser
import HypervisorModel

/// In the order of the help.
enum DeviceCommands {
  static let all: [any ParsableCommand.Type] = [
    NetworkListCommand.self, NetworkAttachCommand.self, NetworkDetachCommand.self, BlockListCommand.self,
    BlockAttachCommand.self, BlockDetachCommand.self,
  ]
}

struct NetworkAttachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network-attach", abstract: "Add a network interface to a domain.",
    discussion: "The words are those of xl-network-configuration(5), such as bridge=xenbr0 mac=00:16:3e:00:00:05.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "Settings key=value.")
  var settings: [String] = []

  func run() async throws {
    let network = try NetworkSpec(xl: settings.joined(separator: ","))
    try await host.perform(on: target.domain) { .devices($0, .attachNetwork(network: network)) }
  }
}

struct NetworkDetachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network-detach", abstract: "Take a network interface away from a domain.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "Its number or its MAC address.")
  var device: String

  func run() async throws { try await host.perform(on: target.domain) { .devices($0, .detachNetwork(device: device)) } }
}

struct NetworkListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network-list", abstract: "List domains' network interfaces.")

  @OptionGroup var host: HostOptions

  @Argument(help: "The domains, by name or id.", completion: .domains)
  var domains: [String]

  func run() async throws {
    let snapshot = try await host.client().snapshot()
    Output.print("Idx BE Mac Addr.         state  bridge           tx(bytes)      rx(bytes)")
    for network in try snapshot.domains(named: domains).flatMap(\.networks) {
      var line = TextTable.left(network.id, 3) + " " + TextTable.left(network.backend, 2)
      line += " " + TextTable.left(network.mac, 17) + " " + TextTable.right(network.connection.xlNumber, 5)
      line += "  " + TextTable.left(network.bridge ?? "-", 12)
      for traffic in [network.counters?.transmitted, network.counters?.received] {
        line += " " + TextTable.right(traffic.map { String($0.bytes) } ?? "-", 14)
      }
      Output.print(line)
    }
  }
}

struct BlockAttachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "block-attach", abstract: "Add a disk to a domain.",
    discussion: "The words are those of xl-disk-configuration(5), such as /srv/data.img,raw,xvdb,rw.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "The disk.")
  var disk: [String]

  func run() async throws {
    let disk = try DiskSpec(xl: disk.joined(separator: ","))
    try await host.perform(on: target.domain) { .devices($0, .attachDisk(disk: disk)) }
  }
}

struct BlockDetachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "block-detach", abstract: "Take a disk away from a domain.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "Its name, such as xvdb, or its number.")
  var device: String

  func run() async throws { try await host.perform(on: target.domain) { .devices($0, .detachDisk(device: device)) } }
}

struct BlockListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "block-list", abstract: "List domains' disks.")

  @OptionGroup var host: HostOptions

  @Argument(help: "The domains, by name or id.", completion: .domains)
  var domains: [String]

  func run() async throws {
    let snapshot = try await host.client().snapshot()
    Output.print("Vdev  BE  state  rw         rd         wr    rsect    wsect  name    target")
    for disk in try snapshot.domains(named: domains).flatMap(\.disks) {
      var line = TextTable.left(disk.id, 5) + " " + TextTable.left(disk.backend, 3)
      line += " " + TextTable.right(disk.connection.xlNumber, 5) + "  " + (disk.isReadOnly ? "r " : "rw")
      let counters = disk.counters
      for (count, width) in [
        (counters?.reads, 10), (counters?.writes, 10), (counters?.readSectors, 8), (counters?.writtenSectors, 8),
      ] {
        line += " " + TextTable.right(count.map { String($0) } ?? "-", width)
      }
      Output.print(line + "  " + TextTable.left(disk.name, 7) + " " + disk.target)
    }
  }
}

extension DeviceConnection {
  /// As xl prints it: the number that stands in xenstore.
  fileprivate var xlNumber: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
