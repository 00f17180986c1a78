/// Where a setting's value comes from.
public enum SettingSource: Hashable, Sendable, CustomStringConvertible {
  case standard
  case file(String, line: Int?)
  case environment(String)
  case option(String)

  public var description: String {
    switch self {
    case .standard: "default"
    case .file(let path, let line?): "\(path), line \(line)"
    case .file(let path, nil): path
    case .environment(let name): name
    case .option(let name): name
    }
  }

  /// For one line of a screen: a file without its directory.
  var summary: String {
    guard case .file(let path, let line) = self else { return description }
    return SettingSource.file(path.split(separator: "/").last.map(String.init) ?? path, line: line).description
  }
}

/// A value, and where it comes from.
public struct Setting<Value: Hashable & Sendable>: Hashable, Sendable {
  public var value: Value
  public var source: SettingSource

  init(_ value: Value, _ source: SettingSource = .standard) {
    self.value = value
    self.source = source
  }
}
