extension PLIC: Persistent {
  static let stateName = "interrupt controller"
  static let stateVersion = 1

  func save() -> State { state.withLock { $0 } }

  /// The harts' external interrupt bits become as they were; nobody is woken.
  func restore(_ saved: State) throws(StateError) {
    let sources: UInt32 = .max << 1
    guard saved.contexts.count == harts.count, saved.priorities.count == Self.sourceCount, saved.priorities[0] == 0,
      saved.priorities.allSatisfy({ $0 <= Self.maximumPriority }),
      (saved.level | saved.pending | saved.inService) & ~sources == 0,
      saved.level & ~saved.inService & ~saved.pending == 0,
      saved.contexts.indices.allSatisfy({ Self.isPossible(saved, context: $0) })
    else { throw .impossible(part: Self.stateName) }
    state.withLock { state in
      state = saved
      for (context, hart) in zip(saved.contexts, harts) {
        if context.asserted {
          hart.raise(InterruptPending.Bit.supervisorExternal)
        } else {
          hart.clear(InterruptPending.Bit.supervisorExternal)
        }
      }
    }
  }

  private static func isPossible(_ saved: State, context: Int) -> Bool {
    let entry = saved.contexts[context]
    return entry.enabled & 1 == 0 && entry.threshold <= maximumPriority
      && entry.asserted == (best(saved, context, above: entry.threshold) != 0)
  }
}
