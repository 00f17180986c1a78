import ArgumentParser
import Figures
import HypervisorModel
import TerminalUI

struct VCPUListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "vcpu-list", abstract: "List domains' vCPUs.")

  @Flag(
    name: [.customShort("s"), .long],
    help: "What the scheduler made of them: entitled and measured shares, waits, switches, wake-up latency.")
  var scheduling = false

  @OptionGroup var host: HostOptions

  @Argument(help: "Only these domains, by name or id.", completion: .domains)
  var domains: [String] = []

  func run() async throws {
    let snapshot = try await host.client().snapshot()
    let chosen = try snapshot.domains(named: domains)
    if scheduling { return showScheduling(chosen, Entitlement(snapshot)) }

    Output.print("Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)")
    for domain in chosen {
      for vcpu in domain.vcpus {
        let pcpu = vcpu.state == .offline ? nil : vcpu.pcpu
        var line = Self.start(domain, vcpu) + " " + TextTable.right(pcpu.map { String($0.rawValue) } ?? "-", 4)
        line += "   \(vcpu.state.flags) " + TextTable.right(TextTable.seconds(vcpu.cpuTime), 9)
        Output.print(line + "  \(vcpu.hardAffinity) / \(vcpu.softAffinity)")
      }
    }
  }

  private static func start(_ domain: DomainSnapshot, _ vcpu: VCPUSnapshot) -> String {
    TextTable.left(domain.name, 32) + " " + TextTable.right(domain.reference.id, 5) + " "
      + TextTable.right(vcpu.id.rawValue, 5)
  }

  private func showScheduling(_ domains: [DomainSnapshot], _ entitlement: Entitlement) {
    Output.print(
      "Name                                ID  VCPU  Entitled   Got  Wait   Switches  Migrations  Wake p50     p99  Why"
    )
    for domain in domains {
      for vcpu in domain.vcpus {
        let counters = vcpu.scheduling
        let cells: [(text: String?, width: Int)] = [
          (entitlement.vcpu(vcpu.id, of: domain.reference).map(Format.percent), 9),
          (counters?.share.map(Format.percent), 5), (counters?.waiting.map(Format.percent), 5),
          (counters.map { String($0.switches) }, 10), (counters.map { String($0.migrations) }, 11),
          (counters?.wakeLatency.map { Format.duration($0.p50) }, 9),
          (counters?.wakeLatency.map { Format.duration($0.p99) }, 7),
        ]
        let line = cells.reduce(Self.start(domain, vcpu)) { $0 + " " + TextTable.right($1.text ?? "-", $1.width) }
        let why = vcpu.whyOff?.rawValue ?? "-"
        Output.print(line + "  " + why)
      }
    }
  }
}
