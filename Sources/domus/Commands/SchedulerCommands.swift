import ArgumentParser
import HypervisorModel

/// What the commands for the schedulers with weight and cap have in common.
struct ShareOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The domain, by name or id. Without it, all are shown.", completion: .domains)
  var domain: String?

  @Option(name: .shortAndLong, help: "Its weight, 1 to 65535; 256 is the default.")
  var weight: Int?

  @Option(name: .shortAndLong, help: "Its cap in per cent of one physical CPU; 0 is no cap.")
  var cap: Int?

  @Flag(name: .customShort("s"), help: "Show or change what holds for a whole cpupool.")
  var schedparam = false

  @Option(name: [.customShort("p"), .long], help: "The cpupool; with -s, Pool-0 by default.")
  var cpupool: String?

  @Option(
    name: [.customShort("r"), .customLong("ratelimit_us")], help: "With -s: the least time for a vCPU, in µs; 0 is off."
  )
  var ratelimit: Int?

  func validate() throws {
    if schedparam {
      if domain != nil || weight != nil || cap != nil { throw ValidationError("-s excludes -d, -w and -c.") }
    } else if ratelimit != nil {
      throw ValidationError("-r needs -s.")
    }
    if domain == nil, weight != nil || cap != nil { throw ValidationError("Must specify a domain.") }
    if domain != nil, cpupool != nil { throw ValidationError("-d and -p exclude each other.") }
    try Weight.check(weight)
    if let cap, Cap(rawValue: cap) == nil {
      throw ValidationError("Cap \(cap) is out of range; it must be 0 to 65535.")
    }
    if let fault = PoolChange(rateLimit: newRateLimit).fault { throw ValidationError(fault) }
  }

  var isChange: Bool { weight != nil || cap != nil }
  var newWeight: Weight? { weight.flatMap(Weight.init(rawValue:)) }
  var newCap: Cap? { cap.flatMap(Cap.init(rawValue:)) }
  var newRateLimit: Nanoseconds? { Self.time(ratelimit, Nanoseconds.microseconds) }

  /// A time that is too long for the unit is too long for every parameter.
  static func time(_ count: Int?, _ unit: (UInt64) -> Nanoseconds) -> Nanoseconds? {
    count.map { $0 < 0 ? .never : unit(UInt64(min($0, 1_000_000_000))) }
  }

  /// Prints weights and caps of the scheduler's pools, as xl does.
  func show(_ snapshot: HostSnapshot, scheduler: String) throws(HypervisorError) {
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

  static func parameters(_ pool: PoolSnapshot) -> String {
    var text = ""
    if let slice = pool.timeSlice { text += " tslice=\(slice.rawValue / 1_000_000)ms" }
    if let limit = pool.rateLimit { text += " ratelimit=\(limit.rawValue / 1000)us" }
    if let delay = pool.migrationDelay { text += " migration-delay=\(delay.rawValue / 1000)us" }
    return text
  }
}

struct SchedCreditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-credit", abstract: "Show or change the parameters of the credit scheduler.")

  @OptionGroup var share: ShareOptions

  @Option(name: [.customShort("t"), .customLong("tslice_ms")], help: "With -s: the time slice, 1 to 1000 ms.")
  var timeSlice: Int?

  @Option(
    name: [.customShort("m"), .customLong("migration_delay_us")],
    help: "With -s: how long a vCPU stays at its pCPU after it ran, in µs; 0 is off.")
  var migrationDelay: Int?

  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions

  func validate() throws {
    guard share.schedparam || (timeSlice == nil && migrationDelay == nil) else {
      throw ValidationError("-t and -m need -s.")
    }
    if let fault = poolChange.fault { throw ValidationError(fault) }
  }

  private var poolChange: PoolChange {
    PoolChange(
      timeSlice: ShareOptions.time(timeSlice, Nanoseconds.milliseconds), rateLimit: share.newRateLimit,
      migrationDelay: ShareOptions.time(migrationDelay, Nanoseconds.microseconds))
  }

  func run() async throws {
    if let domain = share.domain, share.isChange {
      return try await caution.perform(host, on: domain) {
        .setCredit($0, weight: share.newWeight, cap: share.newCap)
      }
    }
    if poolChange != PoolChange() {
      return try await host.perform(
        .setPoolParameters(pool: share.cpupool ?? PoolSnapshot.standardName, poolChange))
    }
    try share.show(try await host.client().snapshot(), scheduler: "credit")
  }
}

struct SchedCredit2Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-credit2", abstract: "Show or change the parameters of the credit2 scheduler.")

  @OptionGroup var share: ShareOptions
  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions

  func run() async throws {
    if let domain = share.domain, share.isChange {
      return try await caution.perform(host, on: domain) {
        .setCredit2($0, weight: share.newWeight, cap: share.newCap)
      }
    }
    if let limit = share.newRateLimit {
      return try await host.perform(
        .setPoolParameters(pool: share.cpupool ?? PoolSnapshot.standardName, PoolChange(rateLimit: limit)))
    }
    try share.show(try await host.client().snapshot(), scheduler: "credit2")
  }
}

struct SchedRTDSCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-rtds", abstract: "Show or change the parameters of the rtds scheduler.")

  @Option(name: .shortAndLong, help: "The domain, by name or id. Without it, all are shown.", completion: .domains)
  var domain: String?

  @Option(name: [.customShort("v"), .customLong("vcpuid")], help: "The vCPU's number, or 'all' (the default).")
  var vcpu: String?

  @Option(name: .shortAndLong, help: "Its period, in µs.")
  var period: Int?

  @Option(name: .shortAndLong, help: "Its budget in each period, in µs.")
  var budget: Int?

  @Option(name: .shortAndLong, help: "1: it may also take what others leave; 0: it may not.")
  var extratime: Int?

  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions

  private var isChange: Bool { period != nil || budget != nil || extratime != nil }

  func validate() throws {
    if domain == nil, isChange || vcpu != nil { throw ValidationError("Must specify a domain.") }
    if let vcpu, vcpu != "all", Int(vcpu).map({ $0 >= 0 }) != true {
      throw ValidationError("'\(vcpu)' is no vCPU; give its number or 'all'.")
    }
    for time in [period, budget].compactMap({ $0 }) where time < 10 {
      throw ValidationError("Period and budget must be 10 µs or more.")
    }
    if let period, let budget, budget > period { throw ValidationError("The budget must not exceed the period.") }
    if let extratime, !(0...1).contains(extratime) { throw ValidationError("extratime must be 0 or 1.") }
  }

  func run() async throws {
    let chosen = vcpu.flatMap { Int($0) }.map { VCPUID($0) }
    if let domain, isChange {
      return try await caution.perform(host, on: domain) {
        .setRTDS(
          $0, chosen, period: period.map { .microseconds(UInt64($0)) },
          budget: budget.map { .microseconds(UInt64($0)) },
          extratime: extratime.map { $0 == 1 })
      }
    }
    let snapshot = try await host.client().snapshot()
    let heading = "Name                                ID VCPU    Period    Budget  Extratime"
    if let domain {
      Output.print(heading)
      return show(try snapshot.domain(named: domain), chosen)
    }
    for pool in try snapshot.pools(scheduledBy: "rtds", named: nil) {
      Output.print("Cpupool \(pool.name):")
      Output.print(heading)
      for domain in snapshot.domains where domain.pool == pool.name { show(domain, nil) }
    }
  }

  private func show(_ domain: DomainSnapshot, _ chosen: VCPUID?) {
    for vcpu in domain.vcpus where chosen == nil || vcpu.id == chosen {
      guard let parameters = vcpu.realTime else { continue }
      var line = TextTable.left(domain.name, 33) + TextTable.right(domain.reference.id, 5)
      line += " " + TextTable.right(vcpu.id.rawValue, 4) + " " + TextTable.right(parameters.period.rawValue / 1000, 9)
      line += " " + TextTable.right(parameters.budget.rawValue / 1000, 9)
      Output.print(line + " " + TextTable.right(parameters.extratime ? "yes" : "no", 10))
    }
  }
}

extension Weight {
  /// Throws where a number that the operator gave is no weight.
  static func check(_ number: Int?) throws(ValidationError) {
    guard let number, Weight(rawValue: number) == nil else { return }
    throw ValidationError("Weight \(number) is out of range; it must be 1 to 65535.")
  }
}

extension HostSnapshot {
  /// The pools that a scheduler has, or the named one if it has that.
  func pools(scheduledBy scheduler: String, named name: String?) throws(HypervisorError) -> [PoolSnapshot] {
    let found = pools.filter { $0.scheduler == scheduler && (name == nil || $0.name == name) }
    if found.isEmpty {
      let there = pools.map { "\($0.name) has \($0.scheduler)" }.joined(separator: ", ")
      throw .invalid("no cpupool\(name.map { " '\($0)'" } ?? "") here is scheduled by \(scheduler); \(there)")
    }
    return found
  }
}
