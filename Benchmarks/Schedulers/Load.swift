import HypervisorModel
import Schedulers

/// pCPUs and vCPUs on a virtual clock, which ask a policy as the dispatcher does. Every second vCPU computes all the
/// time; the others sleep most of it and wake up a hundred times a second.
struct Load {
  private struct VCPU {
    let key: VCPUKey
    /// CPU time until it goes to sleep; `never` for one that always computes.
    var rest: Nanoseconds
  }

  private struct PCPU {
    /// Index in `vcpus`.
    var current: Int?
    var since = Nanoseconds.zero
    var until = Nanoseconds.never
  }

  private static let burst = Nanoseconds.microseconds(50)

  private var policy: any SchedulingPolicy
  private var trace: Trace
  private var now = Nanoseconds.zero
  private var vcpus: [VCPU]
  private var slots: [VCPUKey: Int] = [:]
  private var pcpus: [PCPU]
  /// When sleepers wake up, by index, and when pCPUs look, by id.
  private var wakeUps = IndexedHeap<Nanoseconds>()
  private var looks = IndexedHeap<Nanoseconds>()

  /// Records `decisions` decisions, or fewer if the scheduler makes fewer in a minute.
  static func trace(_ scheduler: Scheduler, pcpus: Int, vcpus: Int, decisions: Int) -> Trace {
    var load = Load(scheduler, pcpus: pcpus, vcpus: vcpus)
    while load.trace.decisions < decisions, load.now < .seconds(60) { load.step() }
    return load.trace
  }

  private init(_ scheduler: Scheduler, pcpus: Int, vcpus count: Int) {
    policy = scheduler.policy(pcpus: PCPUSet(0..<pcpus))
    self.pcpus = Array(repeating: PCPU(), count: pcpus)
    vcpus = (0..<count).map { index in
      let key = VCPUKey(domain: DomainID(UInt32(index + 1)), index: 0)
      return VCPU(key: key, rest: index.isMultiple(of: 2) ? .never : Self.burst)
    }
    for (index, vcpu) in vcpus.enumerated() {
      slots[vcpu.key] = index
      _ = policy.insert(vcpu.key, VCPUParameters(), domain: DomainParameters(), now: now)
    }
    trace = Trace(start: policy)
    for index in vcpus.indices { wakeUps.insert(index, .microseconds(UInt64(10_000 * index / count))) }
  }

  private mutating func step() {
    let wakeUp = wakeUps.first?.priority ?? .never
    let look = looks.first?.priority ?? .never
    now = max(now, min(policy.nextTimer, wakeUp, look))
    if policy.nextTimer <= now {
      trace.calls.append(.expireTimers(now))
      poke(policy.expireTimers(now: now))
    }
    while let first = wakeUps.first, first.priority <= now { wake(first.id) }
    if let first = looks.first, first.priority <= now { decide(first.id) }
  }

  private mutating func wake(_ index: Int) {
    wakeUps.remove(index)
    if vcpus[index].rest != .never { vcpus[index].rest = Self.burst }
    trace.calls.append(.wake(vcpus[index].key, now))
    poke(policy.wake(vcpus[index].key, now: now))
  }

  /// A pCPU that is poked looks at once.
  private mutating func poke(_ set: PCPUSet) {
    for pcpu in set { look(pcpu.rawValue, at: now) }
  }

  private mutating func look(_ pcpu: Int, at time: Nanoseconds) {
    looks.remove(pcpu)
    if time != .never { looks.insert(pcpu, time) }
  }

  private mutating func decide(_ pcpu: Int) {
    let ran = now - pcpus[pcpu].since
    if let current = pcpus[pcpu].current, vcpus[current].rest != .never {
      vcpus[current].rest = vcpus[current].rest - ran
      if vcpus[current].rest == .zero { sleep(current) }
    }
    trace.calls.append(.schedule(PCPUID(pcpu), ran: ran, now))
    trace.decisions += 1
    let decision = policy.schedule(PCPUID(pcpu), ran: ran, now: now)
    let current = decision.run.flatMap { slots[$0] }
    pcpus[pcpu] = PCPU(current: current, since: now, until: decision.until)
    look(pcpu, at: min(decision.until, now + (current.map { vcpus[$0].rest } ?? .never)))
    poke(decision.poke)
  }

  private mutating func sleep(_ index: Int) {
    trace.calls.append(.sleep(vcpus[index].key, now))
    poke(policy.sleep(vcpus[index].key, now: now))
    wakeUps.insert(index, now + .milliseconds(10))
  }
}
