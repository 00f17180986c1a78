import HypervisorModel

/// Opening windows, changing them, and the timer.
extension ARINC653 {
  /// To begin every call: opens the window that it is now.
  mutating func advance(to now: Nanoseconds) {
    if changeAt <= now {
      clock = FrameClock(frame ?? derivedFrame(), anchor: changeAt)
      isDerived = frame == nil
      changeAt = .never
    } else if now < windowEnd {
      return
    }
    openWindow(now)
  }

  private mutating func openWindow(_ now: Nanoseconds) {
    let position = clock.position(at: now)
    window = position.window
    windowEnd = min(position.end, changeAt)
    if let length = window?.length.rawValue, length > 0 {
      slice = Nanoseconds(divide(length, by: divide(length, by: Constants.longestSlice)))
    }
    // Usually those who ran have ended with the window; not if the windows have changed.
    for pcpu in pool.members.subtracting(pool.idle) {
      let (current, until) = (pool[pcpu].current, pool[pcpu].until)
      if until > windowEnd || until > now && current.map({ !hasWindow($0) }) ?? false { pool.tickle(pcpu) }
    }
    pokeIdlers()
  }

  /// Rounded up.
  private func divide(_ a: UInt64, by b: UInt64) -> UInt64 { a / b + (a % b == 0 ? 0 : 1) }

  /// Makes new windows from the weights, unless there is a table.
  mutating func deriveWindows(_ now: Nanoseconds) {
    guard isDerived else { return }
    clock = FrameClock(derivedFrame(), continuing: clock, at: now)
    openWindow(now)
  }

  private func derivedFrame() -> Frame {
    let windows = order.map { slot in
      let domain = pool.domains[slot]
      return Frame.Window(domain: domain.id, length: FrameTable.standardSlot(for: domain.parameters.weight))
    }
    return Frame(length: .zero, windows: windows)
  }

  /// To end every call: sets the timer, and answers the pokes.
  mutating func finish(_ now: Nanoseconds) -> PCPUSet {
    nextTimer = .never
    // A pCPU that runs somebody asks when the window ends at the latest, and sees to the others.
    if waiters > 0, pool.idle == pool.members {
      let next = clock.nextBeginning(after: now) { window in
        guard let domain = pool.slot(of: window.domain) else { return false }
        return waiting[domain].contains { window.vcpu == nil || window.vcpu == pool.vcpus[$0].key.index }
      }
      nextTimer = min(next, changeAt)
    }
    return pool.takePokes()
  }
}
