/// Integer operations whose RISC-V definition takes more than one Swift operator. None of them can trap.
enum Arithmetic {
  /// Sign-extends 32 bits.
  @inline(__always)
  static func extend(_ value: UInt32) -> UInt64 { UInt64(bitPattern: Int64(Int32(bitPattern: value))) }

  @inline(__always)
  static func shiftRight(_ value: UInt64, _ amount: UInt64) -> UInt64 {
    UInt64(bitPattern: Int64(bitPattern: value) &>> Int64(bitPattern: amount))
  }

  @inline(__always)
  static func shiftRight32(_ value: UInt64, _ amount: UInt64) -> UInt64 {
    UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value) &>> Int32(truncatingIfNeeded: amount)))
  }

  @inline(__always)
  static func rotateLeft(_ value: UInt64, _ amount: UInt64) -> UInt64 { value &<< amount | value &>> (0 &- amount) }

  @inline(__always)
  static func rotateRight(_ value: UInt64, _ amount: UInt64) -> UInt64 { value &>> amount | value &<< (0 &- amount) }

  @inline(__always)
  static func rotateLeft32(_ value: UInt64, _ amount: UInt64) -> UInt64 {
    let low = UInt32(truncatingIfNeeded: value)
    let count = UInt32(truncatingIfNeeded: amount)
    return extend(low &<< count | low &>> (0 &- count))
  }

  @inline(__always)
  static func rotateRight32(_ value: UInt64, _ amount: UInt64) -> UInt64 {
    let low = UInt32(truncatingIfNeeded: value)
    let count = UInt32(truncatingIfNeeded: amount)
    return extend(low &>> count | low &<< (0 &- count))
  }

  /// ORC.B: every byte that is not zero becomes 0xFF.
  @inline(__always)
  static func orCombineBytes(_ value: UInt64) -> UInt64 {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    let isSet = ((value & low) &+ low | value) & ~low
    return isSet &>> 7 &* 0xFF
  }

  @inline(__always)
  static func multiplyHighSignedUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
    a.multipliedFullWidth(by: b).high &- (Int64(bitPattern: a) < 0 ? b : 0)
  }

  // MARK: Division (Unprivileged spec 13.2: by zero gives all ones or the dividend; overflow wraps)

  @inline(__always)
  static func divide(_ a: UInt64, _ b: UInt64) -> UInt64 {
    if b == 0 { return .max }
    if b == .max { return 0 &- a }
    return UInt64(bitPattern: Int64(bitPattern: a) / Int64(bitPattern: b))
  }

  @inline(__always)
  static func divideUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? .max : a / b }

  @inline(__always)
  static func remainder(_ a: UInt64, _ b: UInt64) -> UInt64 {
    if b == 0 { return a }
    if b == .max { return 0 }
    return UInt64(bitPattern: Int64(bitPattern: a) % Int64(bitPattern: b))
  }

  @inline(__always)
  static func remainderUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? a : a % b }

  @inline(__always)
  static func divide32(_ a: UInt32, _ b: UInt32) -> UInt64 {
    if b == 0 { return .max }
    if b == .max { return extend(0 &- a) }
    return extend(UInt32(bitPattern: Int32(bitPattern: a) / Int32(bitPattern: b)))
  }

  @inline(__always)
  static func divideUnsigned32(_ a: UInt32, _ b: UInt32) -> UInt64 { b == 0 ? .max : extend(a / b) }

  @inline(__always)
  static func remainder32(_ a: UInt32, _ b: UInt32) -> UInt64 {
    if b == 0 { return extend(a) }
    if b == .max { return 0 }
    return extend(UInt32(bitPattern: Int32(bitPattern: a) % Int32(bitPattern: b)))
  }

  @inline(__always)
  static func remainderUnsigned32(_ a: UInt32, _ b: UInt32) -> UInt64 { extend(b == 0 ? a : a % b) }
}
