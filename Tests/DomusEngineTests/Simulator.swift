import HypervisorModel

@testable import DomusEngine

/// Numbers that are the same in every run with the same seed (SplitMix64).
struct SimulatorGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Virtual pCPUs and vCPUs on a virtual clock under any policy: hours in seconds, the same in every run.
struct Simulator<Policy: SchedulingPolicy> {
  /// What a vCPU does all day.
  enum Workload {
    case hog
    /// Computes for `burst` at every multiple of `period`.
    case periodic(burst: Nanoseconds, period: Nanoseconds)
    /// Computes and sleeps for random times up to twice these.
    case interactive(burst: Nanoseconds, sleep: Nanoseconds)
  }

  struct VCPU {
    let workload: Workload
    var cpuTime = Nanoseconds.zero
    var slices = 0
    var wakeUps = 0
    /// Sum of the times from waking up to running, and the longest of all waits.
    var latency = Nanoseconds.zero
    var longestWait = Nanoseconds.zero

    fileprivate var rest = Nanoseconds.never
    fileprivate var wakeAt = Nanoseconds.never
    fileprivate var waitingSince: Nanoseconds?
    fileprivate var hasJustWoken = false
    fileprivate var isPaused = false
    fileprivate var isBlocked = false
  }

  private struct PCPU {
    var current: VCPUKey?
    var since = Nanoseconds.zero
    var until = Nanoseconds.zero
    var pokedAt = Nanoseconds.never
  }

  private(set) var policy: CheckedPolicy<Policy>
  private(set) var now = Nanoseconds.seconds(1)
  private(set) var vcpus: [VCPUKey: VCPU] = [:]
  var generator: SimulatorGenerator
  /// How long a poke takes at the longest.
  var pokeLatency = Nanoseconds.microseconds(20)
  /// The least part of a slice's wall time that its vCPU gets as CPU time; the rest is stolen.
  var leastSpeed = 1.0

  private var pcpus: [PCPU]

  init(_ policy: Policy, pcpus count: Int, seed: UInt64 = 1) {
    self.policy = CheckedPolicy(policy, pool: PCPUSet(0..<count))
    pcpus = Array(repeating: PCPU(), count: count)
    generator = SimulatorGenerator(seed: seed)
  }

  var violations: [String] { policy.violations }

  func cpuTime(of domain: DomainID) -> Double {
    vcpus.filter { $0.key.domain == domain }.values.reduce(0) { $0 + $1.cpuTime.seconds }
  }

  // MARK: What the operator does

  mutating func add(
    _ domain: UInt32, weight: Int = 256, cap: Int = 0, _ workloads: [Workload], affinity: VCPUParameters = .init()
  ) {
    let parameters = DomainParameters(weight: Weight(clamping: weight), cap: Cap(clamping: cap))
    for (index, workload) in workloads.enumerated() {
      let key = VCPUKey(domain: DomainID(domain), index: UInt32(index))
      var vcpu = VCPU(workload: workload)
      vcpu.isBlocked = true
      vcpus[key] = vcpu
      poke(policy.insert(key, affinity, domain: parameters, now: now))
      wake(key)
    }
  }

  mutating func remove(_ domain: DomainID) {
    for key in vcpus.keys.sorted() where key.domain == domain {
      poke(policy.sleep(key, now: now))
      for pcpu in pcpus.indices where pcpus[pcpu].current == key { look(pcpu) }
      vcpus[key] = nil
      poke(policy.remove(key, now: now))
    }
  }

  mutating func setParameters(of domain: DomainID, weight: Int, cap: Int) {
    let parameters = DomainParameters(weight: Weight(clamping: weight), cap: Cap(clamping: cap))
    poke(policy.setParameters(of: domain, parameters, now: now))
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters) {
    poke(policy.setParameters(of: vcpu, parameters, now: now))
  }

  mutating func pause(_ vcpu: VCPUKey) {
    guard vcpus[vcpu]?.isPaused == false else { return }
    vcpus[vcpu]?.isPaused = true
    vcpus[vcpu]?.waitingSince = nil
    poke(policy.sleep(vcpu, now: now))
  }

  mutating func unpause(_ vcpu: VCPUKey) {
    guard vcpus[vcpu]?.isPaused == true else { return }
    vcpus[vcpu]?.isPaused = false
    if vcpus[vcpu]?.isBlocked == false { makeRunnable(vcpu) }
  }

  // MARK: The machine

  mutating func run(for time: Nanoseconds) {
    let end = now + time
    while true {
      let wakeUp = vcpus.values.reduce(Nanoseconds.never) { min($0, $1.wakeAt) }
      var next = min(policy.nextTimer, wakeUp)
      for pcpu in pcpus { next = min(next, nextLook(pcpu)) }
      guard next <= end else { break }
      now = max(now, next)
      if policy.nextTimer <= now { poke(policy.expireTimers(now: now)) }
      if wakeUp <= now {
        for key in vcpus.keys.sorted() where vcpus[key]?.wakeAt ?? .never <= now { wake(key) }
      }
      for pcpu in pcpus.indices where nextLook(pcpus[pcpu]) <= now { look(pcpu) }
    }
    now = end
  }

  private func nextLook(_ pcpu: PCPU) -> Nanoseconds {
    let rest = pcpu.current.flatMap { vcpus[$0]?.rest } ?? .never
    return min(pcpu.until, pcpu.pokedAt, pcpu.since + rest)
  }

  private mutating func poke(_ set: PCPUSet) {
    for id in set {
      let latency = Nanoseconds(UInt64.random(in: 0...pokeLatency.rawValue, using: &generator))
      pcpus[id.rawValue].pokedAt = min(pcpus[id.rawValue].pokedAt, now + latency)
    }
  }

  private mutating func look(_ index: Int) {
    var ran = Nanoseconds.zero
    if let key = pcpus[index].current, var vcpu = vcpus[key] {
      let wall = now - pcpus[index].since
      let speed = Double.random(in: leastSpeed...1, using: &generator)
      ran = leastSpeed < 1 ? Nanoseconds(UInt64(Double(wall.rawValue) * speed)) : wall
      vcpu.cpuTime += ran
      if vcpu.rest != .never { vcpu.rest = vcpu.rest - ran }
      if !vcpu.isPaused { vcpu.waitingSince = now }
      vcpus[key] = vcpu
      if vcpu.rest < .microseconds(1) { block(key) }
    }
    pcpus[index].pokedAt = .never
    let decision = policy.schedule(PCPUID(index), ran: ran, now: now)
    poke(decision.poke)
    pcpus[index].current = decision.run
    pcpus[index].since = now
    pcpus[index].until = decision.until
    guard let key = decision.run, var vcpu = vcpus[key] else { return }
    if let since = vcpu.waitingSince {
      vcpu.longestWait = max(vcpu.longestWait, now - since)
      if vcpu.hasJustWoken { vcpu.latency += now - since }
    }
    vcpu.hasJustWoken = false
    vcpu.waitingSince = nil
    vcpu.slices += 1
    vcpus[key] = vcpu
  }

  private mutating func wake(_ key: VCPUKey) {
    guard var vcpu = vcpus[key] else { return }
    vcpu.isBlocked = false
    vcpu.wakeAt = .never
    vcpu.wakeUps += 1
    switch vcpu.workload {
    case .hog: vcpu.rest = .never
    case .periodic(let burst, _): vcpu.rest = burst
    case .interactive(let burst, _): vcpu.rest = random(around: burst)
    }
    vcpus[key] = vcpu
    if !vcpu.isPaused { makeRunnable(key) }
  }

  private mutating func makeRunnable(_ key: VCPUKey) {
    vcpus[key]?.waitingSince = now
    vcpus[key]?.hasJustWoken = true
    poke(policy.wake(key, now: now))
  }

  private mutating func block(_ key: VCPUKey) {
    guard var vcpu = vcpus[key] else { return }
    vcpu.isBlocked = true
    vcpu.waitingSince = nil
    vcpu.rest = .never
    switch vcpu.workload {
    case .hog: break
    case .periodic(_, let period): vcpu.wakeAt = Nanoseconds((now.rawValue / period.rawValue + 1) * period.rawValue)
    case .interactive(_, let sleep): vcpu.wakeAt = now + random(around: sleep)
    }
    vcpus[key] = vcpu
    poke(policy.sleep(key, now: now))
  }

  private mutating func random(around mean: Nanoseconds) -> Nanoseconds {
    Nanoseconds(UInt64.random(in: 1000...max(1000, 2 * mean.rawValue), using: &generator))
  }
}
