import HypervisorModel
import Schedulers

/// What the operator set for a domain, whichever scheduler it is under.
struct SchedulingSettings: Sendable {
  var domain: DomainParameters
  /// By the vCPUs' numbers.
  var vcpus: [VCPUParameters]

  init(_ config: DomainConfig) {
    domain = DomainParameters(weight: config.weight, cap: config.cap)
    vcpus = (0..<config.vcpus).map { index in
      func set(_ sets: [CPUSet]?) -> PCPUSet {
        guard let sets, sets.indices.contains(index) else { return .all }
        return PCPUSet(sets[index])
      }
      return VCPUParameters(hardAffinity: set(config.hardAffinity), softAffinity: set(config.softAffinity))
    }
  }
}
