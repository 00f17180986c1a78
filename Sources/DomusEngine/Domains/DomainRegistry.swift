import FoundationEssentials
import HypervisorModel
import Synchronization

/// The domains of a host by id, and those who want to know when they change. All methods may be called from any thread.
final class DomainRegistry: Sendable {
  private struct State {
    var domains: [DomainID: Domain] = [:]
    var lastID: UInt32 = 0
    var departedCPUTime = Nanoseconds.zero
  }

  /// Tells who listens when a domain changes.
  let events = EventHub()
  private let state = Mutex(State())

  /// In order of their ids.
  var domains: [Domain] {
    state.withLock { $0.domains.values.sorted { $0.reference.id < $1.reference.id } }
  }

  /// CPU time of domains that have gone, so that Domain-0's does not jump when one goes.
  var departedCPUTime: Nanoseconds { state.withLock { $0.departedCPUTime } }

  /// Exactly the domain that is meant.
  func domain(_ reference: DomainReference) throws(HypervisorError) -> Domain {
    guard let domain = state.withLock({ $0.domains[reference.id] }), domain.reference == reference else {
      throw .noSuchDomain(reference.id.description)
    }
    return domain
  }

  /// Adds a domain that is being built under a new id. Name and UUID must be free.
  func add(
    _ config: DomainConfig, host: HostID, console: Console, pool: CPUPool, settings: SchedulingSettings
  ) throws(HypervisorError) -> Domain {
    let uuid = config.uuid ?? UUID()
    let domain = try state.withLock { state throws(HypervisorError) -> Domain in
      for other in state.domains.values {
        if other.config.name == config.name { throw .exists(config.name) }
        if other.reference.uuid == uuid { throw .exists(uuid.uuidString.lowercased()) }
      }
      let id = Self.freeID(&state)
      let domain = Domain(
        reference: DomainReference(host: host, uuid: uuid, id: id), config: config, console: console, pool: pool,
        settings: settings)
      state.domains[id] = domain
      return domain
    }
    events.publish(.appeared(domain.reference, name: config.name))
    return domain
  }

  func remove(_ domain: Domain, reason: ShutdownReason?, cpuTime: Nanoseconds) {
    state.withLock { state in
      guard state.domains[domain.reference.id] === domain else { return }
      state.domains[domain.reference.id] = nil
      state.departedCPUTime += cpuTime
    }
    events.publish(.gone(domain.reference, name: domain.config.name, reason: reason))
  }

  /// Ids count up and, as Xen's, wrap before 0x7ff0.
  private static func freeID(_ state: inout State) -> DomainID {
    repeat {
      state.lastID = state.lastID >= 0x7fef ? 1 : state.lastID + 1
    } while state.domains[DomainID(state.lastID)] != nil
    return DomainID(state.lastID)
  }
}
