/// The commands that a busybox binary answers to.
///
/// It cannot be asked, being of another architecture; but it holds their names in order, ended by zeros, from `[` and `[[` on.
enum BusyboxApplets {
  /// The names in a busybox binary; empty when it holds no such table.
  static func names(in binary: [UInt8]) -> [String] {
    let start: [UInt8] = Array("[\0[[\0".utf8)
    guard let table = binary.firstRange(of: start) else { return [] }
    var names: [String] = []
    for field in binary[table.lowerBound...].prefix(16384).split(separator: 0, omittingEmptySubsequences: false) {
      let name = String(decoding: field, as: UTF8.self)
      guard !name.isEmpty, name > names.last ?? "", field.allSatisfy(isNameByte) else { break }
      names.append(name)
    }
    return names
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "["), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }
}
