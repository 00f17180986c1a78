import DequeModule
import Synchronization

/// What a guest printed last, and everyone who follows it.
///
/// Writers never wait for readers: each subscriber has a bounded backlog of its own, and one that is too slow loses
/// the oldest part and is told how much. All methods may be called from any thread.
final class ConsoleBuffer: Sendable {
  /// Bytes that are kept for those who come later.
  static let capacity = 64 * 1024

  struct Internals {
    var recent = Deque<UInt8>()
    var subscribers: [UInt64: WeakSubscriber] = [:]
    var isFinished = false
  }

  struct WeakSubscriber { weak var subscriber: ConsoleSubscriber? }

  let state = Mutex(Internals())
  private let nextID = Atomic<UInt64>(0)

  func write(_ byte: UInt8) { write(CollectionOfOne(byte)) }

  /// Adds what the guest printed. Ignored after `finish`.
  func write(_ bytes: some Collection<UInt8>) {
    guard !bytes.isEmpty else { return }
    let reached = state.withLock { state -> [ConsoleSubscriber] in
      guard !state.isFinished else { return [] }
      let kept = bytes.suffix(Self.capacity)
      let excess = state.recent.count + kept.count - Self.capacity
      if excess > 0 { state.recent.removeFirst(excess) }
      state.recent.append(contentsOf: kept)
      // Under the lock, so that every subscriber sees the bytes in the same order.
      let subscribers = state.subscribers.values.compactMap(\.subscriber)
      for subscriber in subscribers { subscriber.append(bytes) }
      return subscribers
    }
    // A subscriber whose last owner this has become ends here, where the lock is free.
    withExtendedLifetime(reached) {}
  }

  /// What was printed before, as far as it is kept, and a stream of what comes from now on. The subscription ends
  /// when the stream is let go, when the task that reads it is cancelled, or with `finish`. One task reads a stream.
  func subscribe() -> (stream: AsyncStream<[UInt8]>, cancel: @Sendable () -> Void) {
    let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
    let subscriber = ConsoleSubscriber { [weak self] in self?.unsubscribe(id) }
    let isFinished = state.withLock { state in
      if !state.isFinished { state.subscribers[id] = WeakSubscriber(subscriber: subscriber) }
      if !state.recent.isEmpty { subscriber.append(state.recent) }
      return state.isFinished
    }
    if isFinished { subscriber.finish() }
    let stream = AsyncStream<[UInt8]>(unfolding: { await subscriber.next() }, onCancel: { subscriber.finish() })
    return (stream, { subscriber.finish() })
  }

  /// What was printed last, as far as it is kept.
  var backlog: [UInt8] { state.withLock { Array($0.recent) } }

  /// How many follow now.
  var subscriberCount: Int { state.withLock { $0.subscribers.count } }

  /// Ends all streams after what they still hold: the domain has gone.
  func finish() {
    let subscribers = state.withLock { state in
      state.isFinished = true
      defer { state.subscribers = [:] }
      return state.subscribers.values.compactMap(\.subscriber)
    }
    for subscriber in subscribers { subscriber.finish() }
  }

  private func unsubscribe(_ id: UInt64) {
    state.withLock { state in _ = state.subscribers.removeValue(forKey: id) }
  }
}

/// One follower of a console: bytes that it has not read yet, or its wish to be woken.
final class ConsoleSubscriber: Sendable {
  /// Bytes that wait for a slow reader at most.
  static let capacity = 64 * 1024

  private struct State {
    var pending: [UInt8] = []
    var dropped = 0
    var waiter: CheckedContinuation<[UInt8]?, Never>?
    var isFinished = false
  }

  private let state = Mutex(State())
  private let ended: @Sendable () -> Void

  init(ended: @escaping @Sendable () -> Void) { self.ended = ended }

  deinit { ended() }

  func append(_ bytes: some Collection<UInt8>) {
    let delivery = state.withLock { state -> (CheckedContinuation<[UInt8]?, Never>, [UInt8])? in
      guard !state.isFinished else { return nil }
      Self.enqueue(&state, bytes)
      guard let waiter = state.waiter else { return nil }
      state.waiter = nil
      return (waiter, Self.take(&state))
    }
    if let (waiter, bytes) = delivery { waiter.resume(returning: bytes) }
  }

  /// Drops half of the capacity at a time, so that a flood of single bytes does not move the whole backlog for each.
  private static func enqueue(_ state: inout State, _ bytes: some Collection<UInt8>) {
    let kept = bytes.suffix(capacity)
    var lost = bytes.count - kept.count
    if state.pending.count + kept.count > capacity {
      let excess = min(max(state.pending.count + kept.count - capacity, capacity / 2), state.pending.count)
      state.pending.removeFirst(excess)
      lost += excess
    }
    state.dropped += lost
    state.pending.append(contentsOf: kept)
  }

  /// The bytes that have come since the last call, as soon as there are any; nil at the end.
  func next() async -> [UInt8]? {
    await withCheckedContinuation { continuation in
      let (ready, displaced) = state.withLock { state -> ([UInt8]??, CheckedContinuation<[UInt8]?, Never>?) in
        if !state.pending.isEmpty { return (Self.take(&state), nil) }
        if state.isFinished { return (.some(nil), nil) }
        let displaced = state.waiter
        state.waiter = continuation
        return (.none, displaced)
      }
      displaced?.resume(returning: nil)
      if let ready { continuation.resume(returning: ready) }
    }
  }

  private static func take(_ state: inout State) -> [UInt8] {
    var bytes: [UInt8] = []
    if state.dropped > 0 {
      bytes.append(contentsOf: "\r\n[\(state.dropped) bytes of console output lost]\r\n".utf8)
      state.dropped = 0
    }
    bytes.append(contentsOf: state.pending)
    state.pending.removeAll(keepingCapacity: true)
    return bytes
  }

  /// No more bytes are taken; what is there can still be read.
  func finish() {
    let waiter = state.withLock { state in
      state.isFinished = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: nil)
    ended()
  }
}
