/// Requests about cpupools.
public enum PoolRequest: Hashable, Codable, Sendable {
  /// Make a pool of free pCPUs; a nil scheduler is the host's default. Legal when no pool has the name.
  case create(pool: String, scheduler: Scheduler?, pcpus: CPUSet)
  /// Legal when no domain is in it; not for Pool-0.
  case destroy(pool: String)
  case rename(pool: String, to: String)
  /// Give the pool pCPUs that no pool has.
  case addPCPUs(pool: String, pcpus: CPUSet)
  /// Remove pCPUs from the pool; one must stay while domains are in it.
  case removePCPUs(pool: String, pcpus: CPUSet)
  /// Move a domain into the pool while it runs.
  case move(domain: DomainReference, pool: String)
  /// Exchange the scheduler of a running pool; its domains run on and keep their weights.
  case switchScheduler(pool: String, to: Scheduler)
  /// Change what holds for a whole pool. Legal where the pool's scheduler has these parameters.
  case setParameters(pool: String, change: PoolChange)

  private enum CodingKeys: String, CodingKey {
    case create = "cpupool-create"
    case destroy = "cpupool-destroy"
    case rename = "cpupool-rename"
    case addPCPUs = "cpupool-cpu-add"
    case removePCPUs = "cpupool-cpu-remove"
    case move = "cpupool-migrate"
    case switchScheduler = "sched-switch"
    case setParameters = "sched-parameters"
  }

  /// Which kind of request it is.
  public var operation: Operation {
    switch self {
    case .create: .createPool
    case .destroy: .destroyPool
    case .rename: .renamePool
    case .addPCPUs: .addToPool
    case .removePCPUs: .removeFromPool
    case .move: .moveToPool
    case .switchScheduler: .switchScheduler
    case .setParameters: .setPoolParameters
    }
  }

  /// The pool that is to change; nil where a domain is.
  public var pool: String? {
    switch self {
    case .create(let pool, _, _), .destroy(let pool), .rename(let pool, _), .addPCPUs(let pool, _),
      .removePCPUs(let pool, _), .switchScheduler(let pool, _), .setParameters(let pool, _):
      pool
    case .move: nil
    }
  }
}
