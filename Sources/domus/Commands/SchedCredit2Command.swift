import ArgumentParser
import HypervisorModel

struct SchedCredit2Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-credit2", abstract: "Show or change the parameters of the credit2 scheduler.")

  @Option(name: .shortAndLong, help: "The domain, by name or id. Without it, all are shown.")
  var domain: String?

  @Option(name: .shortAndLong, help: "Its weight, 1 to 65535; 256 is the default.")
  var weight: Int?

  @Option(name: .shortAndLong, help: "Its cap in per cent of one physical CPU; 0 is no cap.")
  var cap: Int?

  @OptionGroup var host: HostOptions

  func validate() throws {
    if domain == nil, weight != nil || cap != nil {
      throw ValidationError("Must specify a domain.")
    }
    if let weight, Weight(rawValue: weight) == nil {
      throw ValidationError("Weight \(weight) is out of range; it must be 1 to 65535.")
    }
    if let cap, Cap(rawValue: cap) == nil {
      throw ValidationError("Cap \(cap) is out of range; it must be 0 to 65535.")
    }
  }

  func run() async throws {
    let client = try await host.connect()
    if let domain, weight != nil || cap != nil {
      try await client.perform(on: domain) {
        .setCredit2($0, weight: weight.flatMap(Weight.init(rawValue:)), cap: cap.flatMap(Cap.init(rawValue:)))
      }
      return
    }
    let chosen = try await client.snapshot().domains(named: domain.map { [$0] } ?? [])
    if domain == nil { print("Cpupool Pool-0:") }
    print("Name                                ID Weight  Cap")
    for domain in chosen {
      guard let weight = domain.weight, let cap = domain.cap else { continue }
      var line = TextTable.left(domain.name, 33) + TextTable.right(domain.reference.id, 5)
      line += " " + TextTable.right(weight.rawValue, 6) + " " + TextTable.right(cap.rawValue, 4)
      print(line)
    }
  }
}
