/// Lets at most `limit` non-ASCII marks follow one another on one cell.
///
/// libvterm keeps every combining mark of a cell and looks through all of them for each new one, so an endless run
/// would take memory without bound and quadratic time. A mark here is any scalar of at least two UTF-8 bytes that may
/// combine; runs of those are cut, other text passes unchanged.
struct CombiningLimit {
  static let limit = 8

  private var run = 0
  /// The bytes of a scalar that is not complete yet.
  private var pending: [UInt8] = []
  private var expected = 0

  /// What of `bytes` libvterm may see.
  mutating func filter(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var passed: [UInt8] = []
    passed.reserveCapacity(bytes.count)
    for byte in bytes { take(byte, into: &passed) }
    return passed
  }

  private mutating func take(_ byte: UInt8, into passed: inout [UInt8]) {
    if expected > 0, byte & 0xC0 == 0x80 {
      pending.append(byte)
      if pending.count == expected { finish(into: &passed) }
      return
    }
    // A broken sequence goes on as it is: libvterm shows a replacement character for it, which ends the run.
    if expected > 0 { abandon(into: &passed) }
    switch byte {
    case 0xC2...0xDF: begin(byte, length: 2)
    case 0xE0...0xEF: begin(byte, length: 3)
    case 0xF0...0xF4: begin(byte, length: 4)
    case 0x20...0x7E:
      run = 0
      passed.append(byte)
    default: passed.append(byte)
    }
  }

  private mutating func begin(_ byte: UInt8, length: Int) {
    pending = [byte]
    expected = length
  }

  private mutating func abandon(into passed: inout [UInt8]) {
    passed += pending
    pending = []
    expected = 0
  }

  private mutating func finish(into passed: inout [UInt8]) {
    let text = String(decoding: pending, as: UTF8.self).unicodeScalars
    if let scalar = text.first, text.count == 1, Self.combines(scalar) {
      run += 1
    } else {
      run = 0
    }
    if run <= Self.limit { passed += pending }
    pending = []
    expected = 0
  }

  /// True for all that libvterm merges with the character before.
  private static func combines(_ scalar: Unicode.Scalar) -> Bool {
    if (0x1160...0x11FF).contains(scalar.value) { return true }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .spacingMark, .format, .unassigned: return true
    default: return false
    }
  }
}
