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
