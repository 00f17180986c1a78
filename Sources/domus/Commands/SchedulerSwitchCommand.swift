import ArgumentParser
import HypervisorModel

struct SchedSwitchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-switch", abstract: "Exchange the scheduler of a running cpupool.",
    discussion: "Its domains go on; weights and all other parameters carry over. Only on the embedded engine.")

  @OptionGroup var host: HostOptions

  @Argument(help: "The cpupool, such as \(PoolSnapshot.standardName).", completion: .pools)
  var pool: String

  @Argument(help: "The new scheduler.")
  var scheduler: Scheduler

  func run() async throws { try await host.perform(.pools(.switchScheduler(pool: pool, to: scheduler))) }
}
