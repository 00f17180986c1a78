import ArgumentParser
import HypervisorModel

struct VCPUListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "vcpu-list", abstract: "List domains' vCPUs.")

  @OptionGroup var host: HostOptions

  @Argument(help: "Only these domains, by name or id.")
  var domains: [String] = []

  func run() async throws {
    let chosen = try await host.client().snapshot().domains(named: domains)

    print("Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)")
    for domain in chosen {
      for vcpu in domain.vcpus {
        var line = TextTable.left(domain.name, 32) + " " + TextTable.right(domain.reference.id, 5)
        line += " " + TextTable.right(vcpu.id.rawValue, 5)
        let pcpu = vcpu.state == .offline ? nil : vcpu.pcpu
        line += " " + TextTable.right(pcpu.map { String($0.rawValue) } ?? "-", 4)
        line += "   \(vcpu.state.flags) " + TextTable.right(TextTable.seconds(vcpu.cpuTime), 9)
        print(line + "  \(vcpu.hardAffinity) / \(vcpu.softAffinity)")
      }
    }
  }
}
