import CEngine

/// Interrupts that others raise at a hart, and the flag that makes it look: one cache line, touched from any thread.
///
/// `@unchecked Sendable`: the words are only touched atomically.
final class InterruptPending: @unchecked Sendable {
  /// Bits of `sip` (Privileged spec 10.1.3).
  enum Bit {
    static let supervisorSoftware: UInt64 = 1 << 1
    static let supervisorTimer: UInt64 = 1 << 5
    static let supervisorExternal: UInt64 = 1 << 9
  }

  /// Two words: pending bits, and the attention flag that a running hart polls at block ends.
  let words: UnsafeMutablePointer<UInt64>

  init() {
    words = .allocate(capacity: 2)
    words.initialize(repeating: 0, count: 2)
  }

  deinit { words.deallocate() }

  /// Sets pending bits and makes a running hart look at them. Returns what was pending before.
  @discardableResult
  func raise(_ bits: UInt64) -> UInt64 {
    let old = domus_fetch_or_u64(words, bits)
    attention()
    return old
  }

  /// Returns what was pending before.
  @discardableResult
  func clear(_ bits: UInt64) -> UInt64 { domus_fetch_and_u64(words, ~bits) }

  var pending: UInt64 { domus_load_u64(words) }

  /// Makes a running hart leave its block loop and look around.
  func attention() { domus_store_u64(words + 1, 1) }
}
