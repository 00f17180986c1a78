import FoundationEssentials
import HypervisorModel
import Synchronization

/// The domains of a host by id, and those who want to know when they change. All methods may be called from any thread.
final class DomainRegistry: Sendable {
  private struct State {
    var domains: [DomainID: Domain] = [:]
    var lastID: UInt32 = 0
    var departedCPUTime = Nanoseconds.zero
    var isClosed = false
  }

  /// Ids wrap before it, as Xen's do.
  private static let firstReservedID: UInt32 = 0x7ff0

  /// Tells who listens when a domain changes.
  let events = EventHub()
  private let state = Mutex(State())

  /// In order of their ids.
  var domains: [Domain] {
    state.withLock { $0.domains.values.sorted { $0.reference.id < $1.reference.id } }
  }

  /// Those that are in a cpupool, be they built already or not.
  func domains(in pool: CPUPool) -> [Domain] { domains.filter { $0.pool === pool } }

  /// CPU time of domains that have gone, so that Domain-0's does not jump when one goes.
  var departedCPUTime: Nanoseconds { state.withLock { $0.departedCPUTime } }

  /// Exactly the domain that is meant.
  func domain(_ reference: DomainReference) throws(HypervisorError) -> Domain {
    guard let domain = state.withLock({ $0.domains[reference.id] }), domain.reference == reference else {
      throw .noSuchDomain(reference.id.description)
    }
    return domain
  }

  /// Adds a domain that is to be built under a new id. Name and UUID must be free, and so must the memory be.
  func add(
    _ config: DomainConfig, host: HostID, pool: CPUPool, admission: MemoryAdmission
  ) throws(HypervisorError) -> Domain {
    let uuid = config.uuid ?? UUID()
    let domain = try state.withLock { state throws(HypervisorError) -> Domain in
      guard !state.isClosed else { throw .failed("the host process is about to end") }
      for other in state.domains.values {
        if other.config.name == config.name { throw .exists(config.name) }
        if other.reference.uuid == uuid { throw .exists(uuid.uuidString.lowercased()) }
      }
      try admission.check(config, beside: state.domains.values.map(\.config))
      guard let id = Self.freeID(&state) else { throw .exhausted("all domain ids are in use") }
      let domain = Domain(
        reference: DomainReference(host: host, uuid: uuid, id: id), config: config, console: Console(), pool: pool,
        settings: SchedulingSettings(config))
      state.domains[id] = domain
      return domain
    }
    events.publish(.appeared(domain.reference, name: config.name))
    return domain
  }

  /// Puts a successor, to be built under a new id, in the place of a domain that has ended: name, UUID, memory, pool,
  /// settings and console pass on without being free in between. Nil if the domain isn't here any more.
  func replace(_ old: Domain, reason: ShutdownReason) -> Domain? {
    let successor = state.withLock { state -> Domain? in
      guard !state.isClosed, state.domains[old.reference.id] === old, let id = Self.freeID(&state) else { return nil }
      var reference = old.reference
      reference.id = id
      let new = Domain(
        reference: reference, config: old.config, console: old.console, pool: old.pool, settings: old.settings)
      Self.remove(old, &state)
      state.domains[id] = new
      return new
    }
    guard let successor else { return nil }
    old.become(.dying(vcpus: old.currentState.lastVCPUs))
    events.publish(.gone(old.reference, name: old.config.name, reason: reason))
    events.publish(.appeared(successor.reference, name: successor.config.name))
    return successor
  }

  /// Frees the id of a domain that has ended.
  func remove(_ domain: Domain, reason: ShutdownReason?) {
    let wasHere = state.withLock { state in
      guard state.domains[domain.reference.id] === domain else { return false }
      Self.remove(domain, &state)
      return true
    }
    if wasHere { events.publish(.gone(domain.reference, name: domain.config.name, reason: reason)) }
  }

  /// From now on no domain is added.
  func close() { state.withLock { $0.isClosed = true } }

  private static func remove(_ domain: Domain, _ state: inout State) {
    state.domains[domain.reference.id] = nil
    for vcpu in domain.currentState.lastVCPUs { state.departedCPUTime += vcpu.cpuTime }
  }

  /// Ids count up. Nil if all are in use.
  private static func freeID(_ state: inout State) -> DomainID? {
    guard state.domains.count + 1 < firstReservedID else { return nil }
    repeat {
      state.lastID = state.lastID + 1 >= firstReservedID ? 1 : state.lastID + 1
    } while state.domains[DomainID(state.lastID)] != nil
    return DomainID(state.lastID)
  }
}
