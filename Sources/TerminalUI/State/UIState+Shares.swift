import HypervisorModel

/// Weights and caps, changed in place.
extension UIState {
  /// Steps of 32, an eighth of the default weight; a weight between two steps goes to the next one.
  static let weightStep = 32
  /// Per cent of one pCPU.
  static let capStep = 5

  mutating func changeWeight(up: Bool) -> [UIEffect] {
    let step = Self.weightStep
    return share(
      weight: { old in Weight(clamping: up ? (old.rawValue / step + 1) * step : (old.rawValue - 1) / step * step) })
  }

  mutating func changeCap(by step: Int) -> [UIEffect] { share(cap: { old in Cap(clamping: old.rawValue + step) }) }

  mutating func setWeight(_ weight: Weight) -> [UIEffect] { share(weight: { _ in weight }) }

  mutating func setCap(_ cap: Cap) -> [UIEffect] { share(cap: { _ in cap }) }

  /// Asks for another weight or cap of all target domains; who has it already is left alone.
  private mutating func share(weight: ((Weight) -> Weight)? = nil, cap: ((Cap) -> Cap)? = nil) -> [UIEffect] {
    if let row = targetRows.first(where: { weight != nil ? $0.weight == nil : $0.cap == nil }) {
      show(.warning, "the scheduler has no weight and cap for \(row.name)")
      return []
    }
    if type(of: screens[view]).triesOut { return tryOut(weight: weight, cap: cap) }
    return request { row in
      let newWeight = row.weight.flatMap { old in weight.map { $0(old) } }.flatMap { $0 == row.weight ? nil : $0 }
      let newCap = row.cap.flatMap { old in cap.map { $0(old) } }.flatMap { $0 == row.cap ? nil : $0 }
      guard newWeight != nil || newCap != nil else { return nil }
      return row.shareRequest(weight: newWeight, cap: newCap)
    }
  }

  // MARK: Trying out

  /// Shows what everybody would be entitled to, before anything is asked for.
  private mutating func tryOut(weight: ((Weight) -> Weight)?, cap: ((Cap) -> Cap)?) -> [UIEffect] {
    for row in targetRows {
      guard let present = host.snapshot?[row.reference] else { continue }
      var edit = host.plan[row.reference] ?? ShareEdit()
      if let weight, let old = row.weight { edit.weight = weight(old) == present.weight ? nil : weight(old) }
      if let cap, let old = row.cap { edit.cap = cap(old) == present.cap ? nil : cap(old) }
      host.plan[row.reference] = edit.isEmpty ? nil : edit
    }
    refreshRows()
    return []
  }

  /// Asks for what was tried out.
  mutating func applyPlan() -> [UIEffect] {
    let requests = allDomains.compactMap { row -> Request? in
      guard let share = host.plan[row.reference] else { return nil }
      return row.shareRequest(weight: share.weight, cap: share.cap)
    }
    host.plan = [:]
    refreshRows()
    return submit(requests)
  }

  mutating func discardPlan() {
    guard !host.plan.isEmpty else { return }
    host.plan = [:]
    refreshRows()
    show(.info, "what was tried out is forgotten")
  }
}

extension DomainRow {
  /// Gives it another weight or cap, in the way of its scheduler; nil where that has none.
  fileprivate func shareRequest(weight: Weight?, cap: Cap?) -> Request? {
    scheduler.flatMap { SchedulingChange($0, weight: weight, cap: cap) }.map { .scheduling(reference, $0) }
  }
}
