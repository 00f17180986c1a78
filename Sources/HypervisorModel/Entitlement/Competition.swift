import FoundationEssentials

/// The domains of one pool, all of whose vCPUs that are online want to run, and what each scheduler makes of that.
struct Competition {
  private let pool: PoolSnapshot
  private let domains: [DomainSnapshot]
  private let pcpus: [Int]
  private let contenders: [Contender]
  private let affinities: AffinityClasses
  private let constraints: [ProgressiveFilling.Constraint]

  /// A vCPU that takes part.
  private struct Contender {
    /// Its domain's place in `domains`.
    let domain: Int
    /// Its place among the domain's vCPUs.
    let place: Int
    let vcpu: VCPUSnapshot
    /// Its class in `affinities`.
    let affinity: Int
  }

  /// The domains are those of the pool; `pcpus` are its numbers.
  init(_ domains: [DomainSnapshot], in pool: PoolSnapshot, pcpus: [Int]) {
    self.pool = pool
    self.domains = domains
    self.pcpus = pcpus
    var affinities = AffinityClasses(pool: pcpus)
    var contenders: [Contender] = []
    for (index, domain) in domains.enumerated() where domain.isLive && domain.state != .paused {
      for (place, vcpu) in domain.vcpus.enumerated() where vcpu.state != .offline && vcpu.state != .paused {
        let affinity = affinities.index(of: vcpu.hardAffinity)
        contenders.append(Contender(domain: index, place: place, vcpu: vcpu, affinity: affinity))
      }
    }
    self.contenders = contenders
    self.affinities = affinities
    constraints = affinities.constraints
  }

  /// Rates by domain and vCPU, in their order; nil where it isn't known what a domain is entitled to.
  func rates() -> [[Double]?] {
    switch pool.scheduler {
    case .credit2, .credit: byWeight(obeysCaps: true)
    case .bvt: byWeight(obeysCaps: false)
    case .sedf: bySliceAndExtraTime()
    case .rtds: byBudget()
    case .null: byAssignment()
    case .arinc653: byWindow()
    case nil: domains.map { _ in nil }
    }
  }

  // MARK: Weights

  private func byWeight(obeysCaps: Bool) -> [[Double]?] {
    let caps = domains.map { domain in
      guard obeysCaps, let cap = domain.cap, cap != .none else { return Double.infinity }
      return Double(cap.rawValue) / 100
    }
    var filling = filling(caps: caps) { domain, _ in domain.effectiveWeight.map { ($0, 1) } }
    filling.fill()
    return collect(filling.vcpus.map(\.rate)) { $0.weight != nil }
  }

  /// What is reserved, then the rest by weight.
  private func bySliceAndExtraTime() -> [[Double]?] {
    var filling = filling { domain, _ in
      domain.sedf.map { Self.utilization($0.slice, of: $0.period) }.map { ($0, $0) }
    }
    filling.fill()
    for index in filling.vcpus.indices {
      let domain = domains[filling.vcpus[index].domain]
      filling.vcpus[index].weight = domain.sedf?.extratime == true ? Double(domain.weight?.rawValue ?? 0) : 0
      filling.vcpus[index].limit = 1
    }
    filling.fill()
    return collect(filling.vcpus.map(\.rate)) { $0.weight != nil && $0.sedf != nil }
  }

  /// Budgets; an overloaded pool cuts them all down alike.
  private func byBudget() -> [[Double]?] {
    var filling = filling { _, vcpu in
      vcpu.realTime.map { Self.utilization($0.budget, of: $0.period) }.map { ($0, $0) }
    }
    filling.fill()
    return collect(filling.vcpus.map(\.rate)) { domain in domain.vcpus.allSatisfy { $0.realTime != nil } }
  }

  private static func utilization(_ time: Nanoseconds, of period: Nanoseconds) -> Double {
    period > .zero ? min(time.seconds / period.seconds, 1) : 0
  }

  /// All contenders with what a scheduler says of their weights and limits; nil: they don't take part.
  private func filling(
    caps: [Double]? = nil, _ share: (DomainSnapshot, VCPUSnapshot) -> (weight: Double, limit: Double)?
  ) -> ProgressiveFilling {
    let vcpus = contenders.map { contender in
      let (weight, limit) = share(domains[contender.domain], contender.vcpu) ?? (0, 0)
      return ProgressiveFilling.VCPU(
        domain: contender.domain, affinity: contender.affinity, weight: weight, limit: limit)
    }
    return ProgressiveFilling(
      vcpus: vcpus, constraints: constraints, classes: affinities.count,
      caps: caps ?? Array(repeating: .infinity, count: domains.count))
  }

  /// The contenders' rates by domain and vCPU; zero for all others.
  private func collect(_ rates: [Double], isKnown: (DomainSnapshot) -> Bool) -> [[Double]?] {
    var result = domains.map { isKnown($0) ? Array(repeating: 0.0, count: $0.vcpus.count) : nil }
    for (contender, rate) in zip(contenders, rates) { result[contender.domain]?[contender.place] = rate }
    return result
  }

  // MARK: Assignment

  /// A pCPU for each of as many as there are: first for those who have one by what can be seen, the running ones before
  /// others, then for the rest in their order. Who is paused keeps its own.
  private func byAssignment() -> [[Double]?] {
    var free = Set(pcpus)
    var rates = Array(repeating: 0.0, count: contenders.count)
    func take(_ pcpu: Int?, _ index: Int) {
      guard rates[index] == 0, let pcpu, affinities.allows(pcpu, for: contenders[index].affinity) else { return }
      if free.remove(pcpu) != nil { rates[index] = 1 }
    }
    for (index, contender) in contenders.enumerated() where contender.vcpu.state == .running {
      take(contender.vcpu.pcpu?.rawValue, index)
    }
    for domain in domains where domain.state == .paused {
      free.subtract(domain.vcpus.filter { $0.state != .offline }.compactMap { $0.pcpu?.rawValue })
    }
    for (index, contender) in contenders.enumerated() { take(contender.vcpu.pcpu?.rawValue, index) }
    for (index, contender) in contenders.enumerated() where !free.isEmpty {
      take(pcpus.first { free.contains($0) && affinities.allows($0, for: contender.affinity) }, index)
    }
    return collect(rates) { _ in true }
  }

  // MARK: Windows

  private func byWindow() -> [[Double]?] {
    guard let table = pool.frame ?? derivedTable, table.majorFrame > .zero else { return domains.map { _ in nil } }
    var rates = Array(repeating: 0.0, count: contenders.count)
    let members = Dictionary(grouping: contenders.indices) { domains[contenders[$0].domain].reference.uuid }
    for slot in table.slots {
      let chosen = (members[slot.domain] ?? []).filter { slot.vcpu == nil || slot.vcpu == contenders[$0].vcpu.id }
      let vcpus = chosen.map {
        ProgressiveFilling.VCPU(domain: 0, affinity: contenders[$0].affinity, weight: 1, limit: 1)
      }
      var filling = ProgressiveFilling(
        vcpus: vcpus, constraints: constraints, classes: affinities.count, caps: [.infinity])
      filling.fill()
      let part = slot.runtime.seconds / table.majorFrame.seconds
      for (index, vcpu) in zip(chosen, filling.vcpus) { rates[index] += vcpu.rate * part }
    }
    return collect(rates) { _ in true }
  }

  /// Slots by weight; nil where the weights aren't known.
  private var derivedTable: FrameTable? {
    let slots = domains.filter(\.isLive).compactMap { domain in
      domain.weight.map { FrameTable.Slot(domain: domain.reference.uuid, runtime: FrameTable.standardSlot(for: $0)) }
    }
    guard !slots.isEmpty else { return nil }
    return FrameTable(majorFrame: slots.reduce(.zero) { $0 + $1.runtime }, slots: slots)
  }
}

extension DomainSnapshot {
  /// Whether it has a place with its scheduler.
  fileprivate var isLive: Bool {
    switch state {
    case .running, .runnable, .blocked, .paused: true
    case .building, .shutdown, .dying: false
    }
  }

  /// The weight of each of its vCPUs, with bvt's advance in the place of a weight where one is set.
  fileprivate var effectiveWeight: Double? {
    guard let weight else { return nil }
    guard let advance = bvt?.advance, advance > 0 else { return Double(weight.rawValue) }
    return Double(Weight.default.rawValue * BVTParameters.standardAdvance) / Double(advance)
  }
}
