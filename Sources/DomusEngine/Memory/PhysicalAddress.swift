/// A guest-physical address.
struct PhysicalAddress: RawRepresentable, Hashable, Comparable, Sendable {
  var rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }
  init(_ rawValue: UInt64) { self.rawValue = rawValue }

  static func + (a: PhysicalAddress, offset: UInt64) -> PhysicalAddress { PhysicalAddress(a.rawValue &+ offset) }
  static func < (a: PhysicalAddress, b: PhysicalAddress) -> Bool { a.rawValue < b.rawValue }
}
