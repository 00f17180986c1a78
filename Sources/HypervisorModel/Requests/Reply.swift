/// The answer to a request that was carried out.
public enum Reply: Hashable, Codable, Sendable {
  case done
  /// With what the operator should know about the config.
  case created(DomainReference, warnings: [String])
  case text(String)
  case trace(SchedulingTrace)
}
