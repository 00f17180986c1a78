/// A place in a config file or, with the file `command line`, in one of its `key=value` words.
public struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
  /// The file as the user named it.
  public var file: String
  /// From 1; on the command line the number of the word.
  public var line: Int
  /// From 1, in Unicode scalars; a tab is one.
  public var column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// What stands for the file's name in positions of `key=value` words.
  public static let commandLine = "command line"

  /// `FILE:LINE:COLUMN`, on one line whatever the file is called.
  public var description: String { "\(MessageText.printable(file)):\(line):\(column)" }
}

/// A value and where it stands.
public struct ConfigValue: Hashable, Sendable {
  /// The kinds of value that xl.cfg(5) knows; its booleans are numbers.
  public enum Content: Hashable, Sendable {
    /// With all escapes resolved; holds no NUL.
    case string(String)
    /// `text` is the number as it was written: `010` is 8, but a word where a string is wanted.
    case number(Int64, text: String)
    case list([ConfigValue])
  }

  public var content: Content
  public var position: SourcePosition

  public init(_ content: Content, at position: SourcePosition) {
    self.content = content
    self.position = position
  }
}

/// One key and the value that counts for it.
public struct ConfigSetting: Hashable, Sendable {
  public var key: String
  /// Where the key stands.
  public var position: SourcePosition
  public var value: ConfigValue

  public init(key: String, position: SourcePosition, value: ConfigValue) {
    self.key = key
    self.position = position
    self.value = value
  }
}

/// A config file's settings, before anyone asks what they mean: any back end can read its keys from here.
public struct ConfigDocument: Hashable, Sendable {
  /// The file as the user named it.
  public let file: String
  /// Each key once, in the order in which the keys first appear.
  public private(set) var settings: [ConfigSetting] = []
  /// What was odd, but has one clear meaning.
  public private(set) var warnings: [ConfigWarning] = []
  private var indices: [String: Int] = [:]

  public init(file: String) { self.file = file }

  /// The setting of `key` that counts, if there is one.
  public subscript(key: String) -> ConfigSetting? { indices[key].map { settings[$0] } }

  /// `key = value`: the last one of a key counts.
  mutating func assign(_ setting: ConfigSetting) {
    guard let index = indices[setting.key] else {
      indices[setting.key] = settings.count
      settings.append(setting)
      return
    }
    if setting.position.file != SourcePosition.commandLine {
      let line = settings[index].position.line
      warnings.append(
        ConfigWarning(at: setting.position, "'\(setting.key)' is set again; its value from line \(line) is not used"))
    }
    settings[index] = setting
  }

  /// `key += value`: strings and lists grow, a key that isn't there yet is made.
  mutating func extend(_ setting: ConfigSetting) throws(ConfigError) {
    if case .number = setting.value.content {
      throw ConfigError(at: setting.value.position, "'+=' extends strings and lists; a number needs '='")
    }
    guard let index = indices[setting.key] else { return assign(setting) }
    guard settings[index].value.content.append(setting.value.content) else {
      let old = settings[index]
      throw ConfigError(
        at: setting.value.position,
        "'\(setting.key)' is \(old.value.content.noun) since line \(old.position.line) and can't be extended with "
          + setting.value.content.noun)
    }
  }
}

extension ConfigValue.Content {
  /// Puts another value of the same kind behind this one; false, and nothing done, for numbers and different kinds.
  fileprivate mutating func append(_ more: Self) -> Bool {
    // `self` lets go of its storage while that grows: two owners would mean a copy for each piece.
    if case .string(var text) = self, case .string(let tail) = more {
      self = .list([])
      text += tail
      self = .string(text)
      return true
    }
    if case .list(var values) = self, case .list(let tail) = more {
      self = .list([])
      values += tail
      self = .list(values)
      return true
    }
    return false
  }

  /// The kind of value, with its article.
  var noun: String {
    switch self {
    case .string: "a string"
    case .number: "a number"
    case .list: "a list"
    }
  }
}

/// A mistake that keeps a config file from being used.
public struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
  public let position: SourcePosition
  /// What is wrong and what would be right; one line.
  public let message: String

  public init(at position: SourcePosition, _ message: String) {
    self.position = position
    self.message = message
  }

  /// `FILE:LINE:COLUMN: message`.
  public var description: String { "\(position): \(message)" }
}

/// Something in a config file that has no effect and may not be what was meant.
public struct ConfigWarning: Hashable, Sendable, CustomStringConvertible {
  public let position: SourcePosition
  /// One line.
  public let message: String

  public init(at position: SourcePosition, _ message: String) {
    self.position = position
    self.message = message
  }

  /// `FILE:LINE:COLUMN: warning: message`.
  public var description: String { "\(position): warning: \(message)" }
}
