import HypervisorModel

@testable import Schedulers

/// Virtual pCPUs and vCPUs on a virtual clock under any policy: hours in seconds, the same in every run.
///
/// It calls the policy as the dispatcher does, through a checker of the contract. What happens next is found in heaps,
/// so an event costs O(log n). Each vCPU and each pCPU has random numbers of its own: taking out one does not change
/// the lives of the others, which is what makes the scripts of failures short.
struct Simulator<Policy: SchedulingPolicy> {
  struct VCPU {
    let key: VCPUKey
    var parameters: VCPUParameters
    var guest: Guest
    var cpuTime = Nanoseconds.zero
    var slices = 0
    var wakeUps = 0
    /// Sum of the times from waking up to running, and the longest of all waits that have ended.
    var latency = Nanoseconds.zero
    var longestWait = Nanoseconds.zero
    var waitingSince: Nanoseconds?
    var hasJustWoken = false
    var isPaused = false
    var isOffline = false

    var workload: Workload { guest.workload }
    var wantsToRun: Bool { !guest.isBlocked && !isPaused && !isOffline }
  }

  struct PCPU {
    /// Index in `units`.
    var current: Int?
    var since = Nanoseconds.zero
    /// When its slice ends, when somebody makes it look, and when its guest blocks.
    var until = Nanoseconds.never
    var pokedAt = Nanoseconds.never
    var leavesAt = Nanoseconds.never
    /// The part of the wall time that its vCPU gets in this slice.
    var speed = 1.0
    /// CPU time that it gave to vCPUs.
    var busy = Nanoseconds.zero
    var generator: SimulatorGenerator
  }

  var policy: CheckedPolicy<Policy>
  private(set) var now = Nanoseconds.seconds(1)
  let seed: UInt64
  /// How long a poke takes at the longest.
  var pokeLatency = Nanoseconds.microseconds(20)
  /// By how much the end of a slice, or a timer of the policy, is late at the longest.
  var timerLatency = Nanoseconds.zero
  /// The least part of a slice's wall time that its vCPU gets as CPU time; the rest is stolen.
  var leastSpeed = 1.0

  var pool: PCPUSet
  var poolParameters: PoolParameters
  /// By id; those that aren't in the pool do nothing.
  var pcpus: [PCPU]
  var domains: [DomainID: DomainParameters] = [:]
  /// Slots; a free one is nil.
  var units: [VCPU?] = []
  var slots: [VCPUKey: Int] = [:]
  /// When blocked vCPUs wake up, by slot, and when pCPUs look, by id.
  private var wakeUps = Agenda()
  private var looks = Agenda()
  /// By how much the next timer of the policy is late.
  private var timerDelay = Nanoseconds.zero
  private var timerGenerator: SimulatorGenerator
  private var watchdog = Watchdog()
  /// CPU time that vCPUs had which have gone.
  private(set) var cpuTimeOfTheGone = Nanoseconds.zero

  init(_ policy: Policy, pcpus count: Int, parameters: PoolParameters = PoolParameters(), seed: UInt64 = 1) {
    pool = PCPUSet(0..<count)
    poolParameters = parameters
    self.policy = CheckedPolicy(policy, pool: pool, parameters)
    self.seed = seed
    pcpus = (0..<count).map { PCPU(generator: SimulatorGenerator(seed: seed &* 0x5851_f42d &+ UInt64($0))) }
    timerGenerator = SimulatorGenerator(seed: ~seed)
  }

  var violations: [String] { policy.violations }

  /// All vCPUs. O(n).
  var vcpus: [VCPUKey: VCPU] { Dictionary(uniqueKeysWithValues: units.lazy.compactMap { $0 }.map { ($0.key, $0) }) }

  func vcpu(_ key: VCPUKey) -> VCPU? { slots[key].flatMap { units[$0] } }

  /// In seconds, with what is running now.
  func cpuTime(of domain: DomainID) -> Double {
    units.reduce(0) { $0 + ($1?.key.domain == domain ? $1?.cpuTime.seconds ?? 0 : 0) }
      + pcpus.reduce(0) { $0 + (current(on: $1)?.domain == domain ? elapsed(on: $1).seconds : 0) }
  }

  /// In seconds, with what is running now.
  func cpuTime(of key: VCPUKey) -> Double {
    (vcpu(key)?.cpuTime.seconds ?? 0)
      + pcpus.reduce(0) { $0 + (current(on: $1) == key ? elapsed(on: $1).seconds : 0) }
  }

  private func current(on pcpu: PCPU) -> VCPUKey? { pcpu.current.flatMap { units[$0]?.key } }

  /// Who runs there now.
  func current(on pcpu: PCPUID) -> VCPUKey? { current(on: pcpus[pcpu.rawValue]) }

  /// CPU time that the current vCPU of a pCPU has had since its slice began.
  private func elapsed(on pcpu: PCPU) -> Nanoseconds {
    let wall = now - pcpu.since
    return pcpu.speed < 1 ? Nanoseconds(UInt64(Double(wall.rawValue) * pcpu.speed)) : wall
  }

  /// How many deadlines a vCPU with a periodic workload has missed by now.
  func missedDeadlines(of key: VCPUKey) -> Int { vcpu(key)?.guest.missedDeadlines(now) ?? 0 }

  /// Measures waits from now on.
  mutating func forgetWaits() {
    for slot in units.indices {
      units[slot]?.longestWait = .zero
      if units[slot]?.waitingSince != nil { units[slot]?.waitingSince = now }
    }
  }

  // MARK: The machine

  /// Stands still once a rule is broken: what comes after that means nothing.
  mutating func run(for time: Nanoseconds) {
    let end = now + time
    while policy.found.isEmpty {
      let timer = policy.nextTimer == .never ? .never : policy.nextTimer + timerDelay
      let next = min(timer, wakeUps.time, looks.time)
      guard next <= end, next != .never else { break }
      now = max(now, next)
      if timer <= now { expireTimers() }
      while let slot = wakeUps.due(now) { wake(slot) }
      while let pcpu = looks.due(now), policy.found.isEmpty { look(pcpu) }
    }
    now = end
  }

  private mutating func expireTimers() {
    timerDelay = timerGenerator.time(upTo: timerLatency)
    poke(policy.expireTimers(now: now))
  }

  mutating func poke(_ set: PCPUSet) {
    for id in set {
      let latency = pcpus[id.rawValue].generator.time(upTo: pokeLatency)
      pcpus[id.rawValue].pokedAt = min(pcpus[id.rawValue].pokedAt, now + latency)
      planLook(id.rawValue)
    }
  }

  private mutating func planLook(_ pcpu: Int) {
    looks.set(pcpu, min(pcpus[pcpu].until, pcpus[pcpu].pokedAt, pcpus[pcpu].leavesAt))
  }

  /// What a pCPU does when its slice ends or somebody poked it.
  mutating func look(_ pcpu: Int) {
    if watchdog.bites(now, pcpus: pcpus.count) { policy.report("the pCPUs don't come to rest") }
    let ran = endSlice(pcpu)
    let decision = policy.schedule(PCPUID(pcpu), ran: ran, now: now)
    pcpus[pcpu].pokedAt = .never
    poke(decision.poke)
    beginSlice(pcpu, decision)
  }

  /// Answers the CPU time that the current vCPU got; it blocks if its guest is done.
  mutating func endSlice(_ pcpu: Int) -> Nanoseconds {
    guard let slot = pcpus[pcpu].current, var vcpu = units[slot] else { return .zero }
    pcpus[pcpu].current = nil
    let ran = elapsed(on: pcpus[pcpu])
    pcpus[pcpu].busy += ran
    vcpu.cpuTime += ran
    let wakeAt = vcpu.guest.compute(ran, now)
    vcpu.waitingSince = vcpu.wantsToRun ? now : nil
    units[slot] = vcpu
    if let wakeAt {
      wakeUps.set(slot, wakeAt)
      poke(policy.sleep(vcpu.key, now: now))
    }
    return ran
  }

  private mutating func beginSlice(_ pcpu: Int, _ decision: Decision) {
    pcpus[pcpu].since = now
    pcpus[pcpu].until = decision.until
    pcpus[pcpu].leavesAt = .never
    pcpus[pcpu].current = nil
    defer { planLook(pcpu) }
    guard let key = decision.run, let slot = slots[key], var vcpu = units[slot] else { return }
    pcpus[pcpu].current = slot
    pcpus[pcpu].until += pcpus[pcpu].generator.time(upTo: timerLatency)
    let speed = leastSpeed < 1 ? Double.random(in: leastSpeed...1, using: &pcpus[pcpu].generator) : 1
    pcpus[pcpu].speed = speed
    pcpus[pcpu].leavesAt = vcpu.guest.leaves(now, speed: speed)
    if let since = vcpu.waitingSince {
      vcpu.longestWait = max(vcpu.longestWait, now - since)
      if vcpu.hasJustWoken { vcpu.latency += now - since }
    }
    vcpu.hasJustWoken = false
    vcpu.waitingSince = nil
    vcpu.slices += 1
    units[slot] = vcpu
  }

  private mutating func wake(_ slot: Int) {
    wakeUps.set(slot, .never)
    units[slot]?.guest.wake(now)
    units[slot]?.wakeUps += 1
    if units[slot]?.wantsToRun == true { makeRunnable(slot) }
  }

  mutating func makeRunnable(_ slot: Int) {
    guard let key = units[slot]?.key else { return }
    units[slot]?.waitingSince = now
    units[slot]?.hasJustWoken = true
    poke(policy.wake(key, now: now))
  }

  // MARK: Coming and going

  /// A domain comes whose vCPUs have these workloads. Precondition: there is none with this id.
  mutating func add(
    _ domain: UInt32, _ parameters: DomainParameters, _ workloads: [Workload], affinity: VCPUParameters = .init()
  ) {
    domains[DomainID(domain)] = parameters
    for (index, workload) in workloads.enumerated() {
      let key = VCPUKey(domain: DomainID(domain), index: UInt32(index))
      let guest = Guest(workload, seed: seed &* 0x2545_f491 &+ UInt64(domain) << 16 &+ UInt64(index))
      let slot = units.firstIndex { $0 == nil } ?? units.count
      if slot == units.count { units.append(nil) }
      units[slot] = VCPU(key: key, parameters: affinity, guest: guest)
      slots[key] = slot
      poke(policy.insert(key, affinity, domain: parameters, now: now))
      wake(slot)
    }
  }

  mutating func remove(_ domain: DomainID) {
    guard domains.removeValue(forKey: domain) != nil else { return }
    let leaving = units.indices.filter { units[$0]?.key.domain == domain }
    for slot in leaving {
      if let key = units[slot]?.key { poke(policy.sleep(key, now: now)) }
    }
    for pcpu in pcpus.indices where pcpus[pcpu].current.map(leaving.contains) == true { look(pcpu) }
    for slot in leaving {
      guard let vcpu = units[slot] else { continue }
      cpuTimeOfTheGone += vcpu.cpuTime
      wakeUps.set(slot, .never)
      slots[vcpu.key] = nil
      units[slot] = nil
      poke(policy.remove(vcpu.key, now: now))
    }
  }

  /// Stops all pCPUs: each gives back its vCPU and forgets that it was poked.
  mutating func stopPCPUs() {
    for pcpu in pcpus.indices { _ = endSlice(pcpu) }
    for pcpu in pcpus.indices {
      pcpus[pcpu].pokedAt = .never
      beginSlice(pcpu, Decision(run: nil, until: .never, poke: .none))
    }
  }
}
