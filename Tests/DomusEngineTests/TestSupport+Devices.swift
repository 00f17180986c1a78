import HypervisorModel
import Synchronization

@testable import DomusEngine

/// Collects what callbacks deliver on other threads.
final class Recorder<Element: Sendable>: Sendable {
  private let storage = Mutex<[Element]>([])
  func append(_ element: Element) { storage.withLock { $0.append(element) } }
  var all: [Element] { storage.withLock { $0 } }
  func clear() { storage.withLock { $0 = [] } }
}

/// An interrupt wire that remembers its level.
final class Wire: Sendable {
  private let storage = Mutex(false)
  var level: Bool { storage.withLock { $0 } }
  var line: InterruptLine { InterruptLine { [self] level in storage.withLock { $0 = level } } }
}

/// A small generator with a seed, so that every failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_f491_4f6c_dd1d
  }
}
