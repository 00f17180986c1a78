import HypervisorModel

/// Tells which window of a frame it is at any time on the wall clock: a pure function of time, so that nothing drifts.
struct FrameClock: Sendable {
  private let windows: [Frame.Window]
  /// When each window begins, from the beginning of the frame.
  private let starts: [Nanoseconds]
  /// Zero: without windows there is no frame.
  private let length: Nanoseconds
  /// How far into a frame it was at some moment.
  private let phase: Nanoseconds
  private let anchor: Nanoseconds

  /// The windows follow each other from the beginning of the frame; a frame that is shorter than they are gets as long.
  init(_ frame: Frame, anchor: Nanoseconds, phase: Nanoseconds = .zero) {
    windows = frame.windows
    var starts: [Nanoseconds] = []
    starts.reserveCapacity(windows.count)
    var end = Nanoseconds.zero
    for window in windows {
      starts.append(end)
      end += window.length
    }
    self.starts = starts
    length = max(frame.length, end)
    self.anchor = anchor
    self.phase = phase
  }

  /// A frame with other windows that goes on in the window in which the old one is, as far into it, or at the beginning
  /// of the next where that one has gone or is not as long any more. So nobody is skipped and nobody comes twice.
  /// Precondition: in both, the windows are in order of their domains' ids, one each.
  init(_ frame: Frame, continuing old: FrameClock, at now: Nanoseconds) {
    guard let (index, elapsed) = old.progress(at: now) else {
      self.init(frame, anchor: now)
      return
    }
    let domain = old.windows[index].domain
    var phase = Nanoseconds.zero
    for window in frame.windows where window.domain <= domain {
      phase += window.domain == domain ? min(elapsed, window.length) : window.length
    }
    self.init(frame, anchor: now, phase: phase)
  }

  /// Which window it is, nil for the rest of the frame, and when that ends.
  func position(at now: Nanoseconds) -> (window: Frame.Window?, end: Nanoseconds) {
    guard length > .zero else { return (nil, .never) }
    guard let (index, elapsed) = progress(at: now) else { return (nil, frameEnd(after: now)) }
    return (windows[index], now + (windows[index].length - elapsed))
  }

  /// When the next frame begins: later than now, unless there is no frame.
  func frameEnd(after now: Nanoseconds) -> Nanoseconds { now + (length - offset(at: now)) }

  /// When the next window begins that a predicate accepts: later than now. `never` if there is none.
  func nextBeginning(after now: Nanoseconds, where accepts: (Frame.Window) -> Bool) -> Nanoseconds {
    let offset = offset(at: now)
    let next = indexOfFirst(after: offset)
    if let index = windows[next...].firstIndex(where: accepts) { return now + (starts[index] - offset) }
    guard let index = windows[..<next].firstIndex(where: accepts) else { return .never }
    return now + (length - offset) + starts[index]
  }

  /// How far into the frame it is.
  private func offset(at now: Nanoseconds) -> Nanoseconds {
    guard length > .zero else { return .zero }
    return Nanoseconds((phase + (now - anchor)).rawValue % length.rawValue)
  }

  /// The window in which it is, if it is in one, and how far into that.
  private func progress(at now: Nanoseconds) -> (index: Int, elapsed: Nanoseconds)? {
    let offset = offset(at: now)
    let index = indexOfFirst(after: offset) - 1
    guard index >= 0, offset - starts[index] < windows[index].length else { return nil }
    return (index, offset - starts[index])
  }

  /// The first window that begins later than this time of the frame; their number if there is none.
  private func indexOfFirst(after offset: Nanoseconds) -> Int {
    var range = 0..<starts.count
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      range = starts[middle] > offset ? range.lowerBound..<middle : middle + 1..<range.upperBound
    }
    return range.lowerBound
  }
}
