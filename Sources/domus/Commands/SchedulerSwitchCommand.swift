import ArgumentParser
import HypervisorModel

struct SchedSwitchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-switch", abstract: "Exchange the scheduler of a running cpupool.",
    discussion: "Its domains go on; weights and all other parameters carry over. Only on the embedded engine.")

  @OptionGroup var host: HostOptions

  @Argument(help: "The cpupool, such as \(PoolSnapshot.standardName).", completion: .pools)
  var pool: String

  @Argument(
    help: "credit2, credit, rtds, sedf, bvt, null or arinc653.",
    completion: .list(["credit2", "credit", "rtds", "sedf", "bvt", "null", "arinc653"]))
  var scheduler: String

  func run() async throws { try await host.perform(.switchScheduler(pool: pool, to: scheduler)) }
}
