import HypervisorModel

/// What every policy keeps of its pool: the vCPUs and domains in numbered slots, which pCPU runs whom, which pCPUs are
/// idle, and which have been poked.
///
/// A slot is a small number that stays the same as long as its vCPU or domain is here, so that a policy keeps what it
/// knows beside in arrays and heaps of its own, by slot.
///
/// # Invariants
/// - A vCPU is the current one of at most one pCPU, and says which.
/// - Affinities are never empty: hard within the pool, soft within hard.
/// - A pCPU is idle exactly while it has no current vCPU.
struct PoolState: Sendable {
  struct VCPU: Sendable {
    let key: VCPUKey
    /// Its domain's slot.
    let domain: Int
    /// Within the pool, never empty.
    var hardAffinity: PCPUSet
    /// Within the hard affinity, never empty.
    var softAffinity: PCPUSet
    var isAwake = false
    /// Awake, but a cap, a budget or the end of its window keeps it from running.
    var isHeldBack = false
    /// Whose current vCPU it is.
    var runningOn: PCPUID?
    /// Where it runs or ran last.
    var lastRanOn: PCPUID?
    /// When it came to where it runs or ran last, and when it stopped there.
    var startedAt = Nanoseconds.zero
    var stoppedAt = Nanoseconds.zero
  }

  struct Domain: Sendable {
    let id: DomainID
    var parameters: DomainParameters
    /// Slots of its vCPUs.
    var vcpus: [Int] = []
  }

  struct PCPU: Sendable {
    var current: Int?
    /// When it last asked; CPU time is charged up to here.
    var since = Nanoseconds.zero
    /// When it asks again at the latest.
    var until = Nanoseconds.zero
  }

  /// The pool's pCPUs.
  let members: PCPUSet
  /// By id.
  private(set) var pcpus: [PCPU]
  private(set) var idle: PCPUSet
  /// Poked, but haven't asked since.
  private(set) var tickled = PCPUSet.none
  private var pokes = PCPUSet.none

  /// By slot; the free ones hold what was there last.
  var vcpus: [VCPU] = []
  private var vcpuSlots: [VCPUKey: Int] = [:]
  private var freeVCPUs: [Int] = []
  /// By slot; the free ones hold what was there last.
  var domains: [Domain] = []
  private var domainSlots: [DomainID: Int] = [:]
  private var freeDomains: [Int] = []

  /// A pool of these pCPUs, all idle.
  init(pcpus members: PCPUSet) {
    self.members = members
    idle = members
    pcpus = Array(repeating: PCPU(), count: (members.map(\.rawValue).max() ?? -1) + 1)
  }

  // MARK: vCPUs and domains

  /// The slots of all vCPUs, in no order.
  var slots: some Collection<Int> { vcpuSlots.values }

  func slot(of vcpu: VCPUKey) -> Int? { vcpuSlots[vcpu] }
  func slot(of domain: DomainID) -> Int? { domainSlots[domain] }

  /// Takes in a vCPU, asleep, and its domain if it is the first one of it.
  /// Precondition: it isn't here.
  mutating func insert(_ key: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters) -> Int {
    let domainSlot = domainSlots[key.domain] ?? insert(key.domain, domain)
    let vcpu = VCPU(key: key, domain: domainSlot, hardAffinity: members, softAffinity: members)
    let slot = freeVCPUs.popLast() ?? vcpus.count
    vcpus.set(slot, vcpu)
    vcpuSlots[key] = slot
    domains[domainSlot].vcpus.append(slot)
    setAffinity(slot, parameters)
    return slot
  }

  private mutating func insert(_ domain: DomainID, _ parameters: DomainParameters) -> Int {
    let slot = freeDomains.popLast() ?? domains.count
    domains.set(slot, Domain(id: domain, parameters: parameters))
    domainSlots[domain] = slot
    return slot
  }

  /// Takes out a vCPU, and its domain if it is the last one of it. Precondition: it isn't current.
  mutating func remove(_ slot: Int) {
    let vcpu = vcpus[slot]
    vcpuSlots[vcpu.key] = nil
    freeVCPUs.append(slot)
    domains[vcpu.domain].vcpus.removeAll { $0 == slot }
    guard domains[vcpu.domain].vcpus.isEmpty else { return }
    domainSlots[vcpu.key.domain] = nil
    freeDomains.append(vcpu.domain)
  }

  mutating func setAffinity(_ slot: Int, _ parameters: VCPUParameters) {
    let hard = parameters.hardAffinity.intersection(members)
    vcpus[slot].hardAffinity = hard.isEmpty ? members : hard
    let soft = parameters.softAffinity.intersection(vcpus[slot].hardAffinity)
    vcpus[slot].softAffinity = soft.isEmpty ? vcpus[slot].hardAffinity : soft
  }

  // MARK: pCPUs

  subscript(pcpu: PCPUID) -> PCPU { pcpus[pcpu.rawValue] }

  mutating func tickle(_ pcpu: PCPUID) {
    tickled.insert(pcpu)
    pokes.insert(pcpu)
  }

  /// The pokes since the last call, for the caller of the policy.
  mutating func takePokes() -> PCPUSet {
    defer { pokes = .none }
    return pokes
  }

  /// A pCPU asks what to do, so it need not be poked any more.
  mutating func beginDecision(_ pcpu: PCPUID, _ now: Nanoseconds) {
    tickled.remove(pcpu)
    pcpus[pcpu.rawValue].since = now
  }

  /// Notes when a pCPU will ask again at the latest.
  mutating func endDecision(_ pcpu: PCPUID, until: Nanoseconds) { pcpus[pcpu.rawValue].until = until }

  /// Makes a vCPU, or none, a pCPU's current one instead of another.
  mutating func switchOver(_ pcpu: PCPUID, to new: Int?, _ now: Nanoseconds) {
    if let old = pcpus[pcpu.rawValue].current {
      vcpus[old].runningOn = nil
      vcpus[old].stoppedAt = now
    }
    pcpus[pcpu.rawValue].current = new
    guard let new else { return idle.insert(pcpu) }
    idle.remove(pcpu)
    vcpus[new].runningOn = pcpu
    vcpus[new].lastRanOn = pcpu
    vcpus[new].startedAt = now
  }

  /// Where a vCPU would best run: warm caches first, soft affinity before hard.
  func favourite(of slot: Int, among set: PCPUSet) -> PCPUID? {
    let allowed = set.intersection(vcpus[slot].hardAffinity)
    guard !allowed.isEmpty else { return nil }
    let soft = allowed.intersection(vcpus[slot].softAffinity)
    let candidates = soft.isEmpty ? allowed : soft
    if let last = vcpus[slot].lastRanOn, candidates.contains(last) { return last }
    return candidates.first
  }

  /// Whether a vCPU would have to refill the caches there.
  func isCold(_ slot: Int, on pcpu: PCPUID) -> Bool { vcpus[slot].lastRanOn.map { $0 != pcpu } ?? false }

  /// Whether a pCPU's current vCPU may stay: it is awake, and no idle pCPU suits it better.
  func mayGoOn(_ slot: Int, on pcpu: PCPUID) -> Bool {
    let vcpu = vcpus[slot]
    guard vcpu.isAwake, vcpu.hardAffinity.contains(pcpu) else { return false }
    return vcpu.softAffinity.contains(pcpu) || vcpu.softAffinity.intersection(idle.subtracting(tickled)).isEmpty
  }
}

extension Array {
  /// Sets the element at `index`, which may be one beyond the last.
  mutating func set(_ index: Int, _ element: Element) {
    if index == count { append(element) } else { self[index] = element }
  }
}
