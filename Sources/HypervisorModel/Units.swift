/// A span of time, or a reading of a monotonic clock, in nanoseconds.
public struct Nanoseconds: RawRepresentable, Hashable, Comparable, Codable, Sendable {
  public var rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  public static let zero = Nanoseconds(0)
  /// A deadline that never comes.
  public static let never = Nanoseconds(.max)

  public static func microseconds(_ count: UInt64) -> Nanoseconds { Nanoseconds(count &* 1000) }
  public static func milliseconds(_ count: UInt64) -> Nanoseconds { Nanoseconds(count &* 1_000_000) }
  public static func seconds(_ count: UInt64) -> Nanoseconds { Nanoseconds(count &* 1_000_000_000) }

  /// With fractions; the nearest that is possible.
  public init(milliseconds: Double) {
    rawValue = milliseconds > 0 ? UInt64(min(milliseconds * 1e6, 1e18).rounded()) : 0
  }

  /// The span in seconds, with fractions.
  public var seconds: Double { Double(rawValue) / 1e9 }
  /// The span in milliseconds, with fractions where it has some: `2.5`.
  public var milliseconds: String {
    let text = String(Double(rawValue) / 1e6)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Saturates at `never`.
  public static func + (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
    let (sum, overflow) = a.rawValue.addingReportingOverflow(b.rawValue)
    return overflow ? .never : Nanoseconds(sum)
  }

  /// Saturates at zero.
  public static func - (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
    a.rawValue > b.rawValue ? Nanoseconds(a.rawValue &- b.rawValue) : .zero
  }

  public static func += (a: inout Nanoseconds, b: Nanoseconds) { a = a + b }
  public static func < (a: Nanoseconds, b: Nanoseconds) -> Bool { a.rawValue < b.rawValue }

  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(UInt64.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// An amount of memory or data, in bytes.
public struct Bytes: RawRepresentable, Hashable, Comparable, Codable, Sendable {
  public var rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  public static let zero = Bytes(0)
  public static func kibibytes(_ count: UInt64) -> Bytes { Bytes(count &* 1024) }
  public static func mebibytes(_ count: UInt64) -> Bytes { Bytes(count &* 1_048_576) }

  /// xl's sizes: MiB, or a number with b, k, m, g or t behind it.
  public init?(xl text: String) {
    let shifts: [Character: UInt64] = ["b": 0, "k": 10, "m": 20, "g": 30, "t": 40]
    let unit = text.lowercased().last.flatMap { shifts[$0] }
    guard let number = UInt64(unit == nil ? text[...] : text.dropLast()) else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: 1 << (unit ?? 20))
    guard !overflow, value <= UInt64(Int64.max) else { return nil }
    self.init(value)
  }

  /// Whole KiB, rounded down.
  public var kibibytes: UInt64 { rawValue >> 10 }
  /// Whole MiB, rounded down.
  public var mebibytes: UInt64 { rawValue >> 20 }

  /// Saturates.
  public static func + (a: Bytes, b: Bytes) -> Bytes {
    let (sum, overflow) = a.rawValue.addingReportingOverflow(b.rawValue)
    return Bytes(overflow ? .max : sum)
  }
  /// Saturates at zero.
  public static func - (a: Bytes, b: Bytes) -> Bytes { Bytes(a.rawValue > b.rawValue ? a.rawValue &- b.rawValue : 0) }
  public static func < (a: Bytes, b: Bytes) -> Bool { a.rawValue < b.rawValue }

  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(UInt64.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// A domain's relative share of CPU time, 1 to 65535; 256 is the default, as in Xen's credit schedulers.
public struct Weight: RawRepresentable, Hashable, Comparable, Codable, Sendable {
  public let rawValue: Int

  public static let range = 1...65535
  public static let `default` = Weight(clamping: 256)

  /// Nil outside `range`.
  public init?(rawValue: Int) {
    guard Weight.range.contains(rawValue) else { return nil }
    self.rawValue = rawValue
  }
  /// The nearest legal weight.
  public init(clamping value: Int) { rawValue = min(max(value, Weight.range.lowerBound), Weight.range.upperBound) }

  public static func < (a: Weight, b: Weight) -> Bool { a.rawValue < b.rawValue }
}

/// The most CPU time a domain may take, in per cent of one physical CPU; 0 is no limit, 250 is two and a half CPUs.
public struct Cap: RawRepresentable, Hashable, Codable, Sendable {
  public let rawValue: Int

  public static let range = 0...65535
  public static let none = Cap(clamping: 0)

  /// Nil outside `range`.
  public init?(rawValue: Int) {
    guard Cap.range.contains(rawValue) else { return nil }
    self.rawValue = rawValue
  }
  /// The nearest legal cap.
  public init(clamping value: Int) { rawValue = min(max(value, Cap.range.lowerBound), Cap.range.upperBound) }
}
