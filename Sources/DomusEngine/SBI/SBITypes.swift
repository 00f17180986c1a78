/// A set of harts of one domain: bit n is hart n.
struct HartMask: RawRepresentable, Hashable, Sendable {
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// All of a domain's harts; `count` is 1 to 64.
  static func all(count: Int) -> HartMask {
    HartMask(rawValue: count >= 64 ? .max : (1 << UInt64(max(count, 0))) - 1)
  }

  func contains(_ hart: Int) -> Bool { (0..<64).contains(hart) && rawValue >> UInt64(hart) & 1 != 0 }

  /// Calls `body` for each hart of the set, in ascending order.
  func forEach(_ body: (Int) -> Void) {
    var rest = rawValue
    while rest != 0 {
      body(rest.trailingZeroBitCount)
      rest &= rest &- 1
    }
  }
}

/// How a guest wants its machine to end (SBI 2.0, chapter 10).
struct SBIReset: Hashable, Sendable {
  enum Kind: UInt32, Hashable, Sendable {
    case shutdown = 0
    case coldReboot = 1
    case warmReboot = 2
  }
  enum Reason: UInt32, Hashable, Sendable {
    case none = 0
    case systemFailure = 1
  }
  let kind: Kind
  let reason: Reason
}

/// A hart's state as the HSM extension tells it (SBI 2.0, table 9.1).
enum SBIHartStatus: UInt64, Hashable, Sendable {
  case started = 0
  case stopped = 1
  case startPending = 2
  case stopPending = 3
  case suspended = 4
  case resumePending = 6
}

/// The registers of an ECALL from supervisor mode: a7, a6, a0 to a5.
struct SBIRegisters: Hashable, Sendable {
  var `extension`: UInt64
  var function: UInt64
  var a0: UInt64 = 0
  var a1: UInt64 = 0
  var a2: UInt64 = 0
  var a3: UInt64 = 0
  var a4: UInt64 = 0
}
