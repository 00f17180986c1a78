import HypervisorModel
import Testing

@testable import Schedulers

/// Who runs when under arinc653, against the table itself.
@Suite struct ARINC653WindowTests {
  /// pCPUs that look late, hotplug, other tables: whoever runs does so in its window, and not beyond.
  @Test(arguments: 0..<64)
  func nobodyRunsOutsideOfItsWindow(seed: Int) {
    var life = WindowLife(seed: UInt64(seed))
    for _ in 0..<3000 { life.step() }
    #expect(life.policy.violations == [])
    #expect(life.trespasses == 0)
    #expect(life.slices > 200)
  }
}

/// Calls a policy at random times, and compares who runs with the table.
private struct WindowLife {
  private(set) var policy: CheckedPolicy<ARINC653>
  private(set) var trespasses = 0
  private(set) var slices = 0
  private let pool: PCPUSet
  private let keys: [VCPUKey]
  private var poked = PCPUSet.none
  private var until: [Nanoseconds]
  private var now = Nanoseconds.zero
  private var generator: SimulatorGenerator
  /// Those that have been in effect, and the one that will be next.
  private var tables: [(frame: Frame, since: Nanoseconds)]

  init(seed: UInt64) {
    generator = SimulatorGenerator(seed: seed)
    pool = PCPUSet(0..<Int(1 + seed % 5))
    until = Array(repeating: .never, count: pool.count)
    keys = (0..<12).map { VCPUKey(domain: DomainID($0 / 3), index: $0 % 3) }
    let frame = Self.randomFrame(&generator)
    tables = [(frame, .zero)]
    policy = CheckedPolicy(pcpus: pool, PoolParameters(frame: frame))
    for key in keys { _ = policy.insert(key, VCPUParameters(), domain: DomainParameters(), now: now) }
  }

  private static func randomFrame(_ generator: inout SimulatorGenerator) -> Frame {
    let windows = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
      Frame.Window(
        domain: DomainID(.random(in: 0...4, using: &generator)),
        vcpu: Bool.random(using: &generator) ? .random(in: 0...2, using: &generator) : nil,
        length: .microseconds(.random(in: 100...9000, using: &generator)))
    }
    let sum = windows.reduce(Nanoseconds.zero) { $0 + $1.length }
    return Frame(length: sum + .microseconds(.random(in: 0...3000, using: &generator)), windows: windows)
  }

  mutating func step() {
    now += .microseconds(.random(in: 0...1500, using: &generator))
    if policy.nextTimer <= now { poke(policy.expireTimers(now: now)) }
    for pcpu in pool where until[pcpu.rawValue] <= now || poked.contains(pcpu) && Bool.random(using: &generator) {
      look(pcpu)
    }
    let key = keys[.random(in: keys.indices, using: &generator)]
    switch Int.random(in: 0..<200, using: &generator) {
    case 0: exchangeTable()
    case 1..<20:
      let set = PCPUSet(0..<Int.random(in: 0...pool.count, using: &generator))
      poke(policy.setParameters(of: key, VCPUParameters(hardAffinity: set), now: now))
    case 20..<40: poke(policy.sleep(key, isOffline: true, now: now))
    case 40..<80: poke(policy.sleep(key, isOffline: false, now: now))
    default: poke(policy.wake(key, now: now))
    }
  }

  private mutating func poke(_ set: PCPUSet) { poked = poked.union(set) }

  private mutating func look(_ pcpu: PCPUID) {
    poked.remove(pcpu)
    let decision = policy.schedule(pcpu, ran: .zero, now: now)
    poke(decision.poke)
    until[pcpu.rawValue] = decision.until
    guard let run = decision.run else { return }
    slices += 1
    if !mayRun(run, until: decision.until) { trespasses += 1 }
  }

  private func mayRun(_ key: VCPUKey, until end: Nanoseconds) -> Bool {
    guard let (frame, since) = tables.last(where: { $0.since <= now }) else { return false }
    var start = Nanoseconds(now.rawValue - (now - since).rawValue % frame.length.rawValue)
    for window in frame.windows {
      if start <= now, now < start + window.length {
        return window.domain == key.domain && window.vcpu ?? key.index == key.index && end <= start + window.length
      }
      start += window.length
    }
    return false
  }

  private mutating func exchangeTable() {
    let frame = Self.randomFrame(&generator)
    poke(policy.setParameters(PoolParameters(frame: frame), now: now))
    if let last = tables.last, last.since > now { tables.removeLast() }
    guard let (old, since) = tables.last else { return }
    let length = old.length.rawValue
    tables.append((frame, now + Nanoseconds(length - (now - since).rawValue % length)))
  }
}
