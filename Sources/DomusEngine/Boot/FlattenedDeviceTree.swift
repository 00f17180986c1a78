/// Writes a device tree blob of version 17 (Devicetree specification 0.4, chapter 5).
struct FlattenedDeviceTree {
  private enum Token {
    static let beginNode: UInt32 = 1
    static let endNode: UInt32 = 2
    static let property: UInt32 = 3
    static let end: UInt32 = 9
  }

  private static let magic: UInt32 = 0xd00d_feed
  private static let headerSize = 40
  private static let version: UInt32 = 17
  private static let lastCompatibleVersion: UInt32 = 16

  private var structure: [UInt8] = []
  private var strings: [UInt8] = []
  private var stringOffsets: [String: UInt32] = [:]

  /// A node with all that `content` adds to it. The root's name is empty.
  mutating func node(_ name: String, _ content: (inout FlattenedDeviceTree) -> Void) {
    append(Token.beginNode)
    structure.append(contentsOf: name.utf8)
    structure.append(0)
    align()
    content(&self)
    append(Token.endNode)
  }

  // MARK: Properties, to be added before a node's children

  /// A property that is just there.
  mutating func flag(_ name: String) { property(name, []) }

  mutating func bytes(_ name: String, _ bytes: [UInt8]) { property(name, bytes) }

  mutating func cells(_ name: String, _ cells: UInt32...) { self.cells(name, cells) }

  mutating func cells(_ name: String, _ cells: [UInt32]) {
    property(name, cells.flatMap(Self.bigEndian))
  }

  /// Numbers of two cells each.
  mutating func wideCells(_ name: String, _ values: UInt64...) {
    property(name, values.flatMap(Self.bigEndian))
  }

  /// One string, or a list.
  mutating func strings(_ name: String, _ values: String...) { strings(name, values) }

  mutating func strings(_ name: String, _ values: [String]) {
    property(name, values.flatMap { Array($0.utf8) + [0] })
  }

  private mutating func property(_ name: String, _ value: [UInt8]) {
    append(Token.property)
    append(UInt32(truncatingIfNeeded: value.count))
    append(stringOffset(name))
    structure.append(contentsOf: value)
    align()
  }

  private mutating func stringOffset(_ name: String) -> UInt32 {
    if let offset = stringOffsets[name] { return offset }
    let offset = UInt32(truncatingIfNeeded: strings.count)
    strings.append(contentsOf: name.utf8)
    strings.append(0)
    stringOffsets[name] = offset
    return offset
  }

  private mutating func append(_ token: UInt32) { structure.append(contentsOf: Self.bigEndian(token)) }

  private mutating func align() { while structure.count & 3 != 0 { structure.append(0) } }

  private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  // MARK: Blob

  /// The whole tree: header, an empty memory reservation block, structure, strings.
  func blob(bootHart: UInt32 = 0) -> [UInt8] {
    let structure = structure + Self.bigEndian(Token.end)
    let reservations = [UInt8](repeating: 0, count: 16)
    let structureOffset = Self.headerSize + reservations.count
    let stringsOffset = structureOffset + structure.count
    let header = [
      Self.magic, UInt32(stringsOffset + strings.count), UInt32(structureOffset), UInt32(stringsOffset),
      UInt32(Self.headerSize), Self.version, Self.lastCompatibleVersion, bootHart, UInt32(strings.count),
      UInt32(structure.count),
    ]
    return header.flatMap(Self.bigEndian) + reservations + structure + strings
  }
}
