/// Everything that a hypervisor can be asked to do, in families. A back end switches over each family that it serves without
/// a default, so that none of its cases can be forgotten.
///
/// Each case of a family says when it is legal; where nothing else is said the answer is `.done`, and the domain must neither
/// be shut down nor dying. What holds for an operation whoever carries it out stands in `Operation.facts`.
public enum Request: Hashable, Sendable {
  /// Make a domain.
  case creation(CreationRequest)
  /// The life of a domain.
  case life(DomainReference, LifeRequest)
  /// A domain's memory and vCPUs, and where they run.
  case resources(DomainReference, ResourceRequest)
  /// A domain's virtual devices.
  case devices(DomainReference, DeviceRequest)
  /// Change a domain's parameters for its scheduler. Legal for a domain that this scheduler schedules.
  case scheduling(DomainReference, SchedulingChange)
  /// Cpupools and their schedulers.
  case pools(PoolRequest)
  /// What a guest is told, and what is asked about it.
  case guest(DomainReference, GuestRequest)
  /// What the hypervisor tells about itself.
  case diagnostics(DiagnosticRequest)

  /// Which kind of request it is, without its operands.
  public var operation: Operation {
    switch self {
    case .creation(let request): request.operation
    case .life(_, let request): request.operation
    case .resources(_, let request): request.operation
    case .devices(_, let request): request.operation
    case .scheduling(_, let change): change.operation
    case .pools(let request): request.operation
    case .guest(_, let request): request.operation
    case .diagnostics(let request): request.operation
    }
  }

  /// The domain that it is about; nil where it is about none that exists already.
  public var domain: DomainReference? {
    switch self {
    case .life(let domain, _), .resources(let domain, _), .devices(let domain, _), .scheduling(let domain, _),
      .guest(let domain, _):
      domain
    case .pools(.move(let domain, _)): domain
    case .creation, .pools, .diagnostics: nil
    }
  }

  /// The cpupool that it is about; nil where it is about a domain or the host.
  public var pool: String? {
    switch self {
    case .pools(let request): request.pool
    case .diagnostics(.trace(let pool, _)): pool
    default: nil
    }
  }
}
