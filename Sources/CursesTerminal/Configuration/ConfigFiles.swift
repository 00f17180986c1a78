import FoundationEssentials
import TerminalUI

/// Where the configuration is: files, and the environment.
public struct ConfigFiles: Hashable, Sendable {
  private let environment: [String: String]
  /// `~/.config/domus`; nil where no home directory is known.
  private let directory: String?
  /// The operator's file; the program never writes it.
  public let config: String?
  /// It was named, so it has to be there.
  private let isNamed: Bool

  /// `option`: what the command line names.
  public init(option: String?, environment: [String: String]) {
    self.environment = environment
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.config" }
    // A relative path has to be ignored (XDG Base Directory Specification).
    let base = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home
    directory = base.map { $0 + "/domus" }
    let named = option ?? environment["DOMUS_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    isNamed = named != nil
    config = named ?? directory.map { $0 + "/config.toml" }
  }

  /// The operator's file is there.
  public var exists: Bool { config.map { FileManager.default.fileExists(atPath: $0) } ?? false }

  /// The operator's own themes.
  public var themes: String? { directory.map { $0 + "/themes" } }

  /// What the program has saved; the operator's file goes before it.
  var state: String? { directory.map { $0 + "/state.toml" } }

  /// What all files, the environment and the options say together, and what is wrong in the files.
  public func settings(_ options: Settings.Options) -> (settings: Settings, mistakes: [ConfigMistake]) {
    var settings = Settings()
    var mistakes = state.map { Self.read($0, mustExist: false, &settings) } ?? []
    mistakes += check(&settings)
    settings.take(environment)
    settings.take(options)
    return (settings, mistakes)
  }

  /// Reads the operator's file alone; returns what is wrong in it.
  public func check(_ settings: inout Settings) -> [ConfigMistake] {
    config.map { Self.read($0, mustExist: isNamed, &settings) } ?? []
  }

  private static func read(_ path: String, mustExist: Bool, _ settings: inout Settings) -> [ConfigMistake] {
    guard let data = FileManager.default.contents(atPath: path) else {
      let isThere = FileManager.default.fileExists(atPath: path)
      guard mustExist || isThere else { return [] }
      return [ConfigMistake(file: path, line: nil, problem: isThere ? "can't be read" : "there is no such file")]
    }
    guard let text = String(bytes: data, encoding: .utf8) else {
      return [ConfigMistake(file: path, line: nil, problem: "is not UTF-8")]
    }
    return settings.read(text, file: path)
  }

  // MARK: Saving

  /// Why something could not be saved.
  struct SaveFailure: Error {
    let text: String
  }

  /// Keeps something for the next start; what was saved before stays. Returns what goes before it then; nil: nothing does.
  func save(_ saved: SavedSettings) throws(SaveFailure) -> String? {
    guard let directory, let state else { throw SaveFailure(text: "there is no home directory to keep it in") }
    var settings = Settings()
    // What can't be understood in it is of no use: the operator has no reason to write there.
    _ = Self.read(state, mustExist: false, &settings)
    settings.take(saved, file: state)
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try Data(settings.savedText.utf8).write(to: URL(filePath: state), options: .atomic)
    } catch {
      throw SaveFailure(text: "\(state) can't be written")
    }
    return overruler(of: saved)
  }

  private func overruler(of saved: SavedSettings) -> String? {
    let settings = settings(Settings.Options()).settings
    let sources =
      switch saved {
      case .theme: [settings.theme.source]
      case .table: [settings.columns.source, settings.sort.source]
      }
    return sources.first { source in
      if case .file(let path, _) = source { return path != state }
      return true
    }?.summary
  }
}

extension Settings {
  fileprivate mutating func take(_ saved: SavedSettings, file: String) {
    let source = SettingSource.file(file, line: nil)
    switch saved {
    case .theme(let name): theme = Setting(name, source)
    case .table(let columns, let order):
      self.columns = Setting(columns, source)
      sort = Setting(order, source)
    }
  }
}
