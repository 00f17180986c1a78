/// What a kernel module says about itself in its `.modinfo` section.
struct KernelModule: Equatable {
  /// With underscores, as the kernel writes it.
  let name: String
  /// Modules whose symbols it uses.
  var dependencies: [String] = []
  /// Aliases that should be loaded first; they may be built into the kernel.
  var softDependencies: [String] = []
  /// Patterns of the devices and services that it is for.
  var aliases: [String] = []

  /// Reads an uncompressed module; nil when it is no 64-bit little-endian ELF file with a `.modinfo` section.
  init?(name: String, object: [UInt8]) {
    guard let section = Self.section(".modinfo", of: object) else { return nil }
    self.init(name: name, information: section)
  }

  /// - Parameter information: the section's bytes: `key=value` strings with zeros between them.
  init(name: String, information: ArraySlice<UInt8>) {
    self.name = Self.normalized(name)
    for entry in information.split(separator: 0) {
      let text = String(decoding: entry, as: UTF8.self)
      guard let equals = text.firstIndex(of: "=") else { continue }
      let value = text[text.index(after: equals)...]
      switch text[..<equals] {
      case "depends": dependencies += value.split(separator: ",").map { Self.normalized(String($0)) }
      case "softdep":
        let words = value.split(separator: " ")
        if let first = words.firstIndex(of: "pre:") {
          softDependencies += words[(first + 1)...].prefix { $0 != "post:" }.map(String.init)
        }
      case "alias": aliases.append(String(value))
      default: break
      }
    }
  }

  /// The kernel treats dashes and underscores in module names alike.
  static func normalized(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

  /// The bytes of the section of that name (ELF-64 object file format, version 1.5, sections 3 and 4).
  private static func section(_ name: String, of object: [UInt8]) -> ArraySlice<UInt8>? {
    guard object.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]),
      let table = integer(object, at: 0x28, bytes: 8), let size = integer(object, at: 0x3a, bytes: 2),
      let count = integer(object, at: 0x3c, bytes: 2), let nameIndex = integer(object, at: 0x3e, bytes: 2),
      nameIndex < count, let names = content(object, header: table &+ nameIndex &* size)
    else { return nil }
    for index in 0..<count {
      let header = table &+ index &* size
      guard let offset = integer(object, at: header, bytes: 4), offset < names.count else { return nil }
      if names.dropFirst(offset).prefix(while: { $0 != 0 }).elementsEqual(name.utf8) {
        return content(object, header: header)
      }
    }
    return nil
  }

  /// What the section header at that offset describes.
  private static func content(_ object: [UInt8], header: Int) -> ArraySlice<UInt8>? {
    guard let offset = integer(object, at: header &+ 0x18, bytes: 8),
      let size = integer(object, at: header &+ 0x20, bytes: 8), offset <= object.count, size <= object.count - offset
    else { return nil }
    return object[offset..<(offset + size)]
  }

  /// A little-endian integer that is not negative; nil outside the file.
  private static func integer(_ object: [UInt8], at offset: Int, bytes: Int) -> Int? {
    guard offset >= 0, offset <= object.count - bytes else { return nil }
    return Int(exactly: object[offset..<(offset + bytes)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }
}
