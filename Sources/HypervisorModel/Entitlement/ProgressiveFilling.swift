/// Divides pCPUs among vCPUs that all want to run: weighted max-min fairness under what affinity and caps allow.
///
/// The rates of all rise side by side, each at the speed of its weight. Whoever meets a limit stays there: its own (a vCPU
/// can't be on two pCPUs at once), its domain's cap, or that of some pCPUs that are full. The others go on, so what one
/// can't take goes to the others in proportion to their weights.
struct ProgressiveFilling {
  struct VCPU {
    let domain: Int
    /// Its number in `AffinityClasses`.
    let affinity: Int
    /// Zero: its rate does not rise.
    var weight: Double
    /// 1 is one pCPU.
    var limit: Double
    /// What it starts from, then what it got.
    var rate = 0.0
  }

  /// What these affinity classes get together.
  struct Constraint {
    let classes: [Int]
    let capacity: Double
  }

  /// Rates that differ by less are the same: well below the smallest rate, well above rounding errors.
  private static let tolerance = 1e-9

  var vcpus: [VCPU]
  let constraints: [Constraint]
  /// How many affinity classes there are.
  let classes: Int
  /// By domain, infinite where there is none.
  let caps: [Double]

  /// Raises the rates as far as possible. O(n) for each vCPU or limit that is met, most of which are met together.
  mutating func fill() {
    var rising = vcpus.indices.filter { vcpus[$0].weight > 0 && vcpus[$0].limit - vcpus[$0].rate > Self.tolerance }
    while !rising.isEmpty {
      let load = load(rising)
      let step = max(0, step(rising, load))
      for index in rising { vcpus[index].rate += step * vcpus[index].weight }
      let (fullClasses, fullDomains) = full(load, after: step)
      let before = rising.count
      rising.removeAll { index in
        let vcpu = vcpus[index]
        return vcpu.limit - vcpu.rate <= Self.tolerance || fullClasses[vcpu.affinity] || fullDomains[vcpu.domain]
      }
      // Rounding might hide the limit that was met.
      guard rising.count < before else { return }
    }
  }

  /// Sums of rates, and of the weights of those that rise.
  private struct Load {
    var rate: Double
    var weight: Double

    static let none = Load(rate: 0, weight: 0)
    static func += (a: inout Load, b: Load) {
      a.rate += b.rate
      a.weight += b.weight
    }
    /// How far it can rise to a limit.
    func step(to limit: Double) -> Double { weight > 0 ? (limit - rate) / weight : .infinity }
    func isFull(_ limit: Double, after step: Double) -> Bool { limit - (rate + step * weight) <= tolerance }
  }

  private func load(_ rising: [Int]) -> (classes: [Load], domains: [Load]) {
    var byClass = Array(repeating: Load.none, count: classes)
    var byDomain = Array(repeating: Load.none, count: caps.count)
    func add(_ vcpu: VCPU, _ load: Load) {
      byClass[vcpu.affinity] += load
      byDomain[vcpu.domain] += load
    }
    for vcpu in vcpus { add(vcpu, Load(rate: vcpu.rate, weight: 0)) }
    for index in rising { add(vcpus[index], Load(rate: 0, weight: vcpus[index].weight)) }
    return (byClass, byDomain)
  }

  private func sum(_ constraint: Constraint, _ classes: [Load]) -> Load {
    constraint.classes.reduce(into: Load.none) { $0 += classes[$1] }
  }

  /// How far all can rise until one of them meets a limit.
  private func step(_ rising: [Int], _ load: (classes: [Load], domains: [Load])) -> Double {
    var step = Double.infinity
    for index in rising { step = min(step, (vcpus[index].limit - vcpus[index].rate) / vcpus[index].weight) }
    for (domain, cap) in zip(load.domains, caps) { step = min(step, domain.step(to: cap)) }
    for constraint in constraints { step = min(step, sum(constraint, load.classes).step(to: constraint.capacity)) }
    return step
  }

  private func full(
    _ load: (classes: [Load], domains: [Load]), after step: Double
  ) -> (classes: [Bool], domains: [Bool]) {
    var full = Array(repeating: false, count: classes)
    for constraint in constraints where sum(constraint, load.classes).isFull(constraint.capacity, after: step) {
      for index in constraint.classes { full[index] = true }
    }
    return (full, zip(load.domains, caps).map { $0.isFull($1, after: step) })
  }
}
