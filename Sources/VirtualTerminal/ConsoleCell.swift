/// One cell of a guest's screen.
public struct ConsoleCell: Hashable, Sendable {
  /// A printable scalar with its combining marks, never a control character; empty behind the left half of a wide one.
  public var text: String
  /// Columns that it takes: 1 or 2; 0 behind the left half of a wide one.
  public var width: Int
  public var style: ConsoleStyle

  public init(text: String, width: Int, style: ConsoleStyle) {
    self.text = text
    self.width = width
    self.style = style
  }

  public static let blank = ConsoleCell(text: " ", width: 1, style: .plain)
}

/// How a guest wants a cell to look.
public struct ConsoleStyle: Hashable, Sendable {
  public enum Color: Hashable, Sendable {
    /// What the operator's terminal has as its default.
    case standard
    /// xterm's 256 colours; the first 16 are the operator's own.
    case palette(UInt8)
    case rgb(UInt8, UInt8, UInt8)
  }

  public struct Attributes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let bold = Attributes(rawValue: 1)
    public static let underline = Attributes(rawValue: 2)
    public static let italic = Attributes(rawValue: 4)
    public static let blink = Attributes(rawValue: 8)
    public static let reverse = Attributes(rawValue: 16)
    public static let strike = Attributes(rawValue: 32)
  }

  public var foreground: Color
  public var background: Color
  public var attributes: Attributes

  public init(foreground: Color = .standard, background: Color = .standard, attributes: Attributes = []) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  public static let plain = ConsoleStyle()
}
