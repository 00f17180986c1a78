/// Requests about a domain's memory and vCPUs.
public enum ResourceRequest: Hashable, Codable, Sendable {
  /// Ask the guest to shrink or grow to so much memory. At most its maximum.
  case setMemory(memory: Bytes)
  /// The most memory that the domain may have.
  case setMaxMemory(memory: Bytes)
  /// How many vCPUs are online. 1 to the domain's maximum.
  case setVCPUs(count: Int)
  /// Where a vCPU, or with nil each of them, may run (hard) and prefers to (soft); nil leaves an affinity as it is.
  case pinVCPU(vcpu: VCPUID?, hard: CPUSet?, soft: CPUSet?)

  private enum CodingKeys: String, CodingKey {
    case setMemory = "mem-set"
    case setMaxMemory = "mem-max"
    case setVCPUs = "vcpu-set"
    case pinVCPU = "vcpu-pin"
  }

  /// Which kind of request it is.
  public var operation: Operation {
    switch self {
    case .setMemory: .setMemory
    case .setMaxMemory: .setMaxMemory
    case .setVCPUs: .setVCPUs
    case .pinVCPU: .pinVCPU
    }
  }
}
