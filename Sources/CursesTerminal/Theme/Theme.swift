import TerminalUI

/// A colour as a theme or a guest names it.
public enum ThemeColor: Hashable, Sendable {
  /// The terminal's own default.
  case standard
  /// One of xterm's 256; the first 16 are the operator's own.
  case palette(UInt8)
  case rgb(UInt8, UInt8, UInt8)
}

/// How a role looks.
public struct ThemeStyle: Hashable, Sendable {
  public struct Attributes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let bold = Attributes(rawValue: 1)
    public static let dim = Attributes(rawValue: 2)
    public static let underline = Attributes(rawValue: 4)
    public static let reverse = Attributes(rawValue: 8)
    public static let italic = Attributes(rawValue: 16)
  }

  /// The same colour for terminals of 256 colours and more, and for those of 8 or 16.
  public struct Choice: Hashable, Sendable {
    public var rich: ThemeColor
    public var poor: ThemeColor

    public init(_ rich: ThemeColor, or poor: ThemeColor) {
      self.rich = rich
      self.poor = poor
    }
    public init(_ color: ThemeColor) { self.init(color, or: color) }
  }

  /// Nil: what lies below, or the terminal's default.
  public var foreground: Choice?
  public var background: Choice?
  public var attributes: Attributes

  public init(foreground: Choice? = nil, background: Choice? = nil, attributes: Attributes = []) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }
}

/// Colours for roles.
public struct Theme: Hashable, Sendable {
  public var name: String
  public var styles: [ThemeRole: ThemeStyle]

  public init(name: String, styles: [ThemeRole: ThemeStyle]) {
    self.name = name
    self.styles = styles
  }

  func style(_ role: ThemeRole) -> ThemeStyle { styles[role] ?? ThemeStyle() }
}
