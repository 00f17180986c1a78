/// The operator's clipboard, which terminals set when they are told to (xterm's OSC 52), also over SSH. Terminals that
/// don't know it ignore it.
enum Clipboard {
  /// Terminals drop more.
  static let limit = 74_000

  /// What tells the terminal; nil where the text is too long.
  static func sequence(_ text: String) -> String? {
    let encoded = base64(Array(text.utf8))
    return encoded.utf8.count > limit ? nil : "\u{1B}]52;c;\(encoded)\u{7}"
  }

  private static let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// RFC 4648, with padding.
  private static func base64(_ bytes: [UInt8]) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let padded = Array(group) + Array(repeating: 0, count: 3 - group.count)
      let value = padded.reduce(0) { $0 << 8 | Int($1) }
      for place in 0..<4 {
        encoded.append(place <= group.count ? signs[value >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
