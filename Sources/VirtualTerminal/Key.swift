/// A key with its modifiers, as a terminal reports it and as a guest's console gets it.
public struct Key: Hashable, Sendable {
  public enum Code: Hashable, Sendable {
    /// What the key types. With `control` it is the lower-case letter or the sign that Ctrl was held with.
    case character(Unicode.Scalar)
    case enter, tab, backspace, escape
    case up, down, left, right
    case insert, delete, home, end, pageUp, pageDown
    /// F1 is 1.
    case function(Int)
  }

  public struct Modifiers: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let shift = Modifiers(rawValue: 1)
    public static let alt = Modifiers(rawValue: 2)
    public static let control = Modifiers(rawValue: 4)
  }

  public var code: Code
  public var modifiers: Modifiers

  public init(_ code: Code, _ modifiers: Modifiers = []) {
    self.code = code
    self.modifiers = modifiers
  }

  /// The key that types `scalar`.
  public static func character(_ scalar: Unicode.Scalar) -> Key { Key(.character(scalar)) }
  /// Ctrl and a letter or sign.
  public static func control(_ scalar: Unicode.Scalar) -> Key { Key(.character(scalar), .control) }
}
