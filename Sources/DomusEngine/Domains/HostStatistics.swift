import HypervisorModel
import Schedulers

/// The counters of all cpupools at about one moment.
struct HostStatistics: Sendable {
  struct Pool: Sendable {
    var pool: CPUPool
    var statistics: SchedulingStatistics
  }

  /// The monotonic clock when the last of them were read, and the wall clock.
  var time = Nanoseconds.zero
  let wallClock: Double
  var pools: [Pool] = []
  var vcpus: [VCPUKey: SchedulingStatistics.VCPU] = [:]
  /// In order of their ids, those that are in no pool among them.
  var pcpus: [PCPUSnapshot] = []

  init(_ table: PoolTable) {
    for pool in table.pools {
      let statistics = pool.dispatcher.statistics()
      time = max(time, statistics.time)
      pools.append(Pool(pool: pool, statistics: statistics))
      vcpus.merge(statistics.vcpus) { first, _ in first }
      let name = pool.name
      pcpus += statistics.pcpus.map { PCPUSnapshot(id: $0.id, busy: $0.busy, stolen: $0.stolen, pool: name) }
    }
    pcpus += table.freePCPUs.map { PCPUSnapshot(id: $0.id, busy: $0.busy, stolen: $0.shownStolen, pool: nil) }
    pcpus.sort { $0.id < $1.id }
    wallClock = HostClock.wallClock()
  }

  /// Seconds since 1970.
  func wallClock(at earlier: Nanoseconds) -> Double { HostClock.wallClock(at: earlier, now: time, wallClock) }

  func scheduler(of pool: CPUPool) -> Scheduler? { pools.first { $0.pool === pool }?.statistics.scheduler }
}

extension PoolSnapshot {
  init(_ pool: HostStatistics.Pool, domains: Int) {
    let scheduler = pool.statistics.scheduler
    self.init(
      name: pool.pool.name, scheduler: scheduler, pcpus: .of(pool.statistics.pcpus.map(\.id.rawValue)),
      domains: domains, parameters: pool.statistics.parameters.values(for: scheduler),
      frame: scheduler == .arinc653 ? pool.pool.table : nil)
  }
}
