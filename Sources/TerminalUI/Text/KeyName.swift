import VirtualTerminal

extension Key {
  private static let names: [(name: String, code: Code)] = [
    ("Enter", .enter), ("Tab", .tab), ("Backspace", .backspace), ("Esc", .escape), ("Up", .up), ("Down", .down),
    ("Left", .left), ("Right", .right), ("Ins", .insert), ("Del", .delete), ("Home", .home), ("End", .end),
    ("PgUp", .pageUp), ("PgDn", .pageDown), ("Space", .character(" ")),
  ]

  /// As help and configuration write it: `^]`, `F12`, `Alt-x`, `Shift-Tab`.
  public var name: String {
    var name: String
    switch code {
    case .function(let number): name = "F\(number)"
    case .character(let scalar) where scalar != " ":
      name = modifiers.contains(.control) ? "^\(scalar)" : String(scalar)
    default:
      name = Self.names.first { $0.code == code }?.name ?? ""
      if modifiers.contains(.control) { name = "Ctrl-" + name }
    }
    if modifiers.contains(.shift) { name = "Shift-" + name }
    return modifiers.contains(.alt) ? "Alt-" + name : name
  }

  /// Reads such a name; nil where it is none.
  public init?(name: String) {
    var rest = Substring(name)
    var modifiers: Modifiers = []
    let prefixes: [(String, Modifiers)] = [("Alt-", .alt), ("Shift-", .shift), ("Ctrl-", .control)]
    for (prefix, modifier) in prefixes
    where rest.count > prefix.count && rest.lowercased().hasPrefix(prefix.lowercased()) {
      rest = rest.dropFirst(prefix.count)
      modifiers.insert(modifier)
    }
    if rest.count == 2, rest.first == "^" {
      rest = rest.dropFirst()
      modifiers.insert(.control)
    }
    if let code = Self.names.first(where: { $0.name.lowercased() == rest.lowercased() })?.code {
      self.init(code, modifiers)
    } else if rest.first == "F" || rest.first == "f", let number = Int(rest.dropFirst()), (1...24).contains(number) {
      self.init(.function(number), modifiers)
    } else if rest.unicodeScalars.count == 1, let scalar = rest.unicodeScalars.first, scalar.value > 0x20 {
      self.init(.character(modifiers.contains(.control) ? Self.lowercase(scalar) : scalar), modifiers)
    } else {
      return nil
    }
  }

  /// Ctrl takes no notice of the case.
  private static func lowercase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
  }
}

/// The keys of a console that are not the guest's.
public struct ConsoleKeys: Hashable, Sendable {
  /// Leaves the console; as in xl.
  public var detach = Key.control("]")
  /// The next key is a command; every keyboard can type it.
  public var prefix = Key.control("a")

  public init() {}

  /// For the help.
  var table: [(shown: String, help: String)] {
    let prefix = prefix.name
    return [
      (detach.name, "leave the console"),
      ("\(prefix) d", "the same, where \(detach.name) can't be typed"),
      ("\(prefix) o", "to the other screen; the console stays open"),
      ("\(prefix) s", "beside the other screen, or over all of it"),
      ("\(prefix) n \(prefix) p", "the next console, the one before"),
      ("\(prefix) /", "search what has scrolled off; n N go on"),
      ("\(prefix) [", "look at what has scrolled off; Esc returns"),
      ("\(prefix) L", "write what comes to a file, or no more"),
      ("\(prefix) a", "type \(prefix) into the guest"),
      ("PgUp PgDn", "scroll, unless a full-screen program runs"),
    ]
  }
}
