import ArgumentParser
import Figures
import FoundationEssentials
import HypervisorModel

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List domains.")

  @Flag(name: .shortAndLong, help: "Everything about them, as JSON.")
  var long = false

  @Flag(name: .shortAndLong, help: "UUIDs and reasons of shutdown too.")
  var verbose = false

  @OptionGroup var host: HostOptions

  @Argument(help: "Only these domains, by name or id.", completion: .domains)
  var domains: [String] = []

  func run() async throws {
    let client = try await host.client()
    let snapshot = try await client.snapshot()
    let chosen = try snapshot.domains(named: domains)
    if long {
      var sampler = DomainSampler()
      let wanted = Set(chosen.map(\.reference))
      let records = sampler.samples(of: snapshot).filter { wanted.contains($0.snapshot.reference) }.map(LongRecord.init)
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try Output.printJSON(records, encoder)
      return
    }
    var header = "Name                                        ID   Mem VCPUs\tState\tTime(s)"
    if verbose { header += "   UUID                            Reason-Code" }
    Output.print(header)
    for domain in chosen { Output.print(line(domain)) }
  }

  private func line(_ domain: DomainSnapshot) -> String {
    var line = TextTable.left(domain.name, 40) + " " + TextTable.right(domain.reference.id, 5)
    line += " " + TextTable.right(domain.guestMemory.mebibytes, 5)
    line += " " + TextTable.right(domain.vcpus.count { $0.state != .offline }, 5)
    line += "     \(domain.state.xlFlags)  " + TextTable.right(TextTable.seconds(domain.cpuTime), 8)
    if verbose {
      var reason = "-"
      if case .shutdown(let why) = domain.state { reason = why.rawValue }
      line += " \(domain.reference.uuid.uuidString.lowercased()) " + TextTable.right(reason, 8)
    }
    return line
  }
}

/// A domain in `list -l`: `xl list -l`'s keys where it has them, its figures, and the snapshot's parts.
private struct LongRecord: Encodable {
  struct Config: Encodable {
    struct CreateInfo: Encodable {
      var name: String
      var uuid: String
    }
    struct BuildInfo: Encodable {
      struct SchedulerParameters: Encodable {
        var weight: Int?
        var cap: Int?
        var sedf: SEDFParameters?
        var bvt: BVTParameters?
      }
      var maxVcpus: Int
      var maxMemkb: UInt64?
      var schedParams: SchedulerParameters
    }
    var cInfo: CreateInfo
    var bInfo: BuildInfo
  }

  var domid: UInt32
  var config: Config
  /// The same as of `top -b --json`.
  var figures: DomainRecord
  var createdAt: Double?
  var type: GuestType
  var vcpus: [VCPUSnapshot]
  var networks: [NetworkSnapshot]
  var disks: [DiskSnapshot]

  init(_ sample: DomainSample) {
    let domain = sample.snapshot
    domid = domain.reference.id.rawValue
    config = Config(
      cInfo: .init(name: domain.name, uuid: domain.reference.uuid.uuidString.lowercased()),
      bInfo: .init(
        maxVcpus: domain.vcpus.count, maxMemkb: domain.maxMemory?.kibibytes,
        schedParams: .init(
          weight: domain.weight?.rawValue, cap: domain.cap?.rawValue, sedf: domain.sedf, bvt: domain.bvt)))
    figures = DomainRecord(sample)
    createdAt = domain.createdAt
    type = domain.type
    vcpus = domain.vcpus
    networks = domain.networks
    disks = domain.disks
  }
}
