/// Which characters the operator's terminal can show.
public enum Charset: String, Hashable, Sendable {
  /// UTF-8 with braille.
  case braille
  /// UTF-8 with blocks; the Linux console's font has no braille.
  case block
  case ascii

  package var isASCII: Bool { self == .ascii }
}
