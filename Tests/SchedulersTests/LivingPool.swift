import HypervisorModel

@testable import Schedulers

/// A pool to which happens what a life's script says.
struct LivingPool {
  private(set) var simulator: Simulator<AnyPolicy>
  private let make: PolicyMaker

  init(_ life: Life, _ make: @escaping PolicyMaker) {
    self.make = make
    let policy = make(life.scheduler, PCPUSet(0..<life.pcpus), PoolParameters())
    simulator = Simulator(policy, pcpus: life.pcpus, seed: life.seed)
    simulator.pokeLatency = life.pokeLatency
    simulator.timerLatency = life.timerLatency
    simulator.leastSpeed = life.leastSpeed
  }

  /// The first rule that was broken.
  var violation: CheckedPolicy<AnyPolicy>.Violation? { simulator.policy.found.first }

  /// Does nothing where an operation makes no sense, so that any part of a script is a script.
  mutating func perform(_ operation: Life.Operation) {
    switch operation {
    case .run(let time): simulator.run(for: time)
    case .add(let domain, let workloads, let weight, let cap, let hard, let soft):
      guard simulator.domains[DomainID(domain)] == nil else { return }
      let affinity = VCPUParameters(hardAffinity: hard, softAffinity: soft)
      simulator.add(domain, weight: weight, cap: cap, workloads, affinity: affinity)
    case .remove(let domain): simulator.remove(DomainID(domain))
    case .weigh(let domain, let weight, let cap):
      simulator.setParameters(of: DomainID(domain), weight: weight, cap: cap)
    case .sedf(let domain, let sedf): change(domain) { $0.sedf = sedf }
    case .bvt(let domain, let bvt): change(domain) { $0.bvt = bvt }
    case .realTime(let domain, let index, let realTime): change(key(domain, index)) { $0.realTime = realTime }
    case .pin(let domain, let index, let hard, let soft):
      change(key(domain, index)) { ($0.hardAffinity, $0.softAffinity) = (hard, soft) }
    case .pause(let domain, let index): simulator.pause(key(domain, index))
    case .unpause(let domain, let index): simulator.unpause(key(domain, index))
    case .offline(let domain, let index): simulator.offline(key(domain, index))
    case .online(let domain, let index): simulator.online(key(domain, index))
    case .repeatLastCall(let domain, let index): simulator.repeatLastCall(for: key(domain, index))
    case .look(let pcpu): if simulator.pool.contains(PCPUID(pcpu)) { simulator.look(pcpu) }
    case .pool(let parameters): simulator.setParameters(parameters)
    case .pcpus(let pool): if !pool.isEmpty { exchange(pool, simulator.policy.scheduler) }
    case .exchange(let scheduler): exchange(simulator.pool, scheduler)
    }
  }

  private func key(_ domain: UInt32, _ index: UInt32) -> VCPUKey { VCPUKey(domain: DomainID(domain), index: index) }

  private mutating func change(_ domain: UInt32, _ change: (inout DomainParameters) -> Void) {
    var parameters = simulator.domains[DomainID(domain)] ?? DomainParameters()
    change(&parameters)
    simulator.setParameters(of: DomainID(domain), parameters)
  }

  private mutating func change(_ vcpu: VCPUKey, _ change: (inout VCPUParameters) -> Void) {
    var parameters = simulator.vcpu(vcpu)?.parameters ?? VCPUParameters()
    change(&parameters)
    simulator.setParameters(of: vcpu, parameters)
  }

  private mutating func exchange(_ pool: PCPUSet, _ scheduler: Scheduler) {
    simulator.exchange(pcpus: pool, for: make(scheduler, pool, simulator.poolParameters))
  }

  // MARK: The calm after a life

  /// Takes away all that may keep a vCPU from running, and checks that everybody has a turn, soon, and that those
  /// who do the same get the same.
  mutating func calmDown() {
    resetParameters()
    let vcpus = simulator.vcpus
    guard !vcpus.isEmpty else { return }
    let crowd = UInt64(vcpus.count / simulator.pool.count + 1)
    simulator.run(for: .milliseconds(300 + 100 * crowd))
    simulator.forgetWaits()
    let before = simulator.vcpus
    simulator.run(for: .milliseconds(200 + 250 * crowd))
    checkTurns(since: before)
    checkShares(since: before)
    checkAccounts()
  }

  private mutating func resetParameters() {
    simulator.setParameters(PoolParameters())
    let vcpus = simulator.vcpus.keys.sorted()
    let share = min(0.4, 0.8 * Double(simulator.pool.count) / Double(max(1, vcpus.count)))
    let period = RealTimeParameters().period
    let budget = Nanoseconds(UInt64(share * Double(period.rawValue)))
    for domain in simulator.domains.keys.sorted() { simulator.setParameters(of: domain, DomainParameters()) }
    for key in vcpus {
      simulator.setParameters(of: key, VCPUParameters(realTime: RealTimeParameters(period: period, budget: budget)))
      simulator.online(key)
      simulator.unpause(key)
    }
  }

  private mutating func checkTurns(since before: [VCPUKey: Simulator<AnyPolicy>.VCPU]) {
    let served = before.keys.count { !simulator.policy.isHeldBack($0) }
    if simulator.policy.scheduler != .arinc653, served < min(before.count, simulator.pool.count) {
      simulator.policy.report("somebody is held back though there are pCPUs enough")
    }
    let crowd = UInt64(before.count / simulator.pool.count + 1)
    // Under arinc653 each domain has a window before somebody has the next one.
    let windows = simulator.policy.scheduler == .arinc653 ? UInt64(simulator.domains.count) : 0
    let patience = Nanoseconds.milliseconds(100 + 100 * crowd + 20 * windows)
    for (key, vcpu) in simulator.vcpus.sorted(by: { $0.key < $1.key }) where !simulator.policy.isHeldBack(key) {
      let wait = max(vcpu.longestWait, vcpu.waitingSince.map { simulator.now - $0 } ?? .zero)
      guard wait > patience else { continue }
      let rule = vcpu.slices == before[key]?.slices ? "somebody never runs again" : "somebody waits too long"
      simulator.policy.report(rule, "vCPU \(key.domain.rawValue).\(key.index): \(wait.milliseconds) ms")
    }
  }

  /// Hogs of equal weight get equal shares.
  private mutating func checkShares(since before: [VCPUKey: Simulator<AnyPolicy>.VCPU]) {
    guard Scheduler.weighted.contains(simulator.policy.scheduler) else { return }
    let times = simulator.vcpus.filter { $0.value.workload == .hog }
      .map { ($0.value.cpuTime - (before[$0.key]?.cpuTime ?? .zero)).seconds }
    let mean = times.reduce(0, +) / Double(max(1, times.count))
    guard let least = times.min(), least < mean * 0.9 - 0.06 else { return }
    simulator.policy.report("equal hogs get unequal shares", "\(least) s of \(mean) s")
  }

  private mutating func checkAccounts() {
    let got = simulator.vcpus.values.reduce(simulator.cpuTimeOfTheGone) { $0 + $1.cpuTime }
    let given = simulator.pcpus.reduce(Nanoseconds.zero) { $0 + $1.busy }
    if got != given { simulator.policy.report("the accounts don't agree", "\(got.rawValue) of \(given.rawValue) ns") }
  }
}

extension Scheduler {
  /// Those that give CPU time in proportion to weights.
  static let weighted: [Scheduler] = [.credit2, .credit, .bvt, .sedf]
}
