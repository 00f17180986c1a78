import ArgumentParser
import HypervisorModel

/// What the commands for the schedulers with weight and cap have in common.
struct ShareOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The domain, by name or id. Without it, all are shown.", completion: .domains)
  var domain: String?

  @Option(name: .shortAndLong, help: .parameter(.weight))
  var weight: String?

  @Option(name: .shortAndLong, help: .parameter(.cap))
  var cap: String?

  @Flag(name: .customShort("s"), help: "Show or change what holds for a whole cpupool.")
  var schedparam = false

  @Option(name: [.customShort("p"), .long], help: "The cpupool; with -s, Pool-0 by default.")
  var cpupool: String?

  @Option(name: [.customShort("r"), .customLong("ratelimit_us")], help: .parameter(.rateLimit, "With -s"))
  var ratelimit: String?

  @Option(name: .customLong("cap_period_ms"), help: .parameter(.capPeriod, "With -s"))
  var capPeriod: String?

  /// Of a pool under either scheduler.
  private var poolWords: [(SchedulerParameter, String?)] { [(.rateLimit, ratelimit), (.capPeriod, capPeriod)] }

  func validate() throws {
    if schedparam {
      if domain != nil || weight != nil || cap != nil { throw ValidationError("-s excludes -d, -w and -c.") }
    } else if poolWords.contains(where: { $0.1 != nil }) {
      throw ValidationError("-r and --cap_period_ms need -s.")
    }
    if domain == nil, weight != nil || cap != nil { throw ValidationError("Must specify a domain.") }
    if domain != nil, cpupool != nil { throw ValidationError("-d and -p exclude each other.") }
    _ = try values
    _ = try ParameterValues(words: poolWords)
  }

  var values: ParameterValues {
    get throws { try ParameterValues(words: [(.weight, weight), (.cap, cap)]) }
  }

  /// Changes the domain's parameters, or the pool's, where some are given; answers whether it did.
  func change(
    _ scheduler: Scheduler, poolWords: [(SchedulerParameter, String?)], _ caution: CautionOptions, _ host: HostOptions
  ) async throws -> Bool {
    let values = try values
    if let domain, !values.isEmpty {
      try await caution.perform(host, on: domain) { .scheduling($0, SchedulingChange(scheduler, values)) }
      return true
    }
    let change = PoolChange(try ParameterValues(words: self.poolWords + poolWords))
    guard !change.isEmpty else { return false }
    try await host.perform(
      .pools(.setParameters(pool: cpupool ?? PoolSnapshot.standardName, change: change)))
    return true
  }

  /// Prints weights and caps of the scheduler's pools, as xl does.
  func show(_ snapshot: HostSnapshot, scheduler: Scheduler) throws(HypervisorError) {
    let heading = "Name                                ID Weight  Cap"
    if let domain {
      Output.print(heading)
      return Output.print(Self.line(try snapshot.domain(named: domain)))
    }
    for pool in try snapshot.pools(scheduledBy: scheduler, named: cpupool) {
      Output.print("Cpupool \(pool.name):" + Self.parameters(pool))
      Output.print(heading)
      for domain in snapshot.domains where domain.pool == pool.name && domain.weight != nil {
        Output.print(Self.line(domain))
      }
    }
  }

  private static func line(_ domain: DomainSnapshot) -> String {
    TextTable.left(domain.name, 33) + TextTable.right(domain.reference.id, 5) + " "
      + TextTable.right(domain.weight.map { String($0.rawValue) } ?? "-", 6) + " "
      + TextTable.right(domain.cap.map { String($0.rawValue) } ?? "-", 4)
  }

  /// As xl prints them: `tslice=30ms ratelimit=1000us`.
  private static func parameters(_ pool: PoolSnapshot) -> String {
    (pool.scheduler?.poolParameters ?? []).compactMap { parameter in
      pool.parameters[parameter].map { " \(parameter.name)=\(parameter.text($0))" + parameter.unit.suffix }
    }.joined()
  }
}

struct SchedCreditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-credit", abstract: "Show or change the parameters of the credit scheduler.")

  @OptionGroup var share: ShareOptions

  @Option(name: [.customShort("t"), .customLong("tslice_ms")], help: .parameter(.timeSlice, "With -s"))
  var timeSlice: String?

  @Option(
    name: [.customShort("m"), .customLong("migration_delay_us")], help: .parameter(.migrationDelay, "With -s"))
  var migrationDelay: String?

  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions

  private var poolWords: [(SchedulerParameter, String?)] {
    [(.timeSlice, timeSlice), (.migrationDelay, migrationDelay)]
  }

  func validate() throws {
    guard share.schedparam || (timeSlice == nil && migrationDelay == nil) else {
      throw ValidationError("-t and -m need -s.")
    }
    _ = try ParameterValues(words: poolWords)
  }

  func run() async throws {
    guard try await !share.change(.credit, poolWords: poolWords, caution, host) else { return }
    try share.show(try await host.client().snapshot(), scheduler: .credit)
  }
}

struct SchedCredit2Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-credit2", abstract: "Show or change the parameters of the credit2 scheduler.")

  @OptionGroup var share: ShareOptions
  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions

  func run() async throws {
    guard try await !share.change(.credit2, poolWords: [], caution, host) else { return }
    try share.show(try await host.client().snapshot(), scheduler: .credit2)
  }
}
