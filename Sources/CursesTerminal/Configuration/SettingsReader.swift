import Figures
import HypervisorModel
import TOML
import TerminalUI

extension Settings {
  /// Reads a file's text over what is set already. What is wrong is left as it was, and named.
  mutating func read(_ text: String, file: String) -> [ConfigMistake] {
    do throws(ConfigMistake) {
      var reader = SettingsReader(source: try TOMLSource(text, file: file), settings: self)
      reader.readAll()
      self = reader.settings
      return reader.mistakes.sorted { ($0.line ?? 0, $0.problem) < ($1.line ?? 0, $1.problem) }
    } catch {
      return [error]
    }
  }
}

/// Turns a parsed file into settings.
private struct SettingsReader {
  let source: TOMLSource
  var settings: Settings
  var mistakes: [ConfigMistake] = []

  private static let names = ["theme", "refresh", "charset", "columns", "sort", "confirm", "console", "keys", "host"]
  /// Seconds.
  private static let refreshRange = 0.1...3600

  init(source: TOMLSource, settings: Settings) {
    self.source = source
    self.settings = settings
  }

  mutating func readAll() {
    for name in source.table.keys {
      guard let value = source.table[name] else { continue }
      switch name {
      case "theme": readTheme(value)
      case "refresh": readRefresh(value)
      case "charset": readCharset(value)
      case "columns": readColumns(value)
      case "sort": readSort(value)
      case "confirm": readConfirm(value)
      case "console": readConsole(value)
      case "keys": readKeys(value)
      case "host": readHost(value)
      default: reject([name], "there is no setting '\(name)'; the settings are \(Self.list(Self.names))")
      }
    }
  }

  private mutating func readTheme(_ value: TOMLValue) {
    guard let name = value.string, !name.isEmpty else {
      return reject(["theme"], "the theme should be a name or a file in quotes, such as \"light\"")
    }
    settings.theme = found(name, ["theme"])
  }

  private mutating func readRefresh(_ value: TOMLValue) {
    guard let seconds = value.number, Self.refreshRange.contains(seconds) else {
      return reject(["refresh"], "the refresh should be a number of seconds from 0.1 to 3600, without quotes")
    }
    settings.refresh = found(Nanoseconds(UInt64((seconds * 1e9).rounded())), ["refresh"])
  }

  private mutating func readCharset(_ value: TOMLValue) {
    let name = value.string ?? ""
    let charset = Charset(rawValue: name)
    guard charset != nil || name == "auto" else {
      return reject(["charset"], "the charset should be one of \"auto\", \"braille\", \"block\" and \"ascii\"")
    }
    settings.charset = found(charset, ["charset"])
  }

  private mutating func readColumns(_ value: TOMLValue) {
    if let name = value.string, let columns = Column.ofDomains(name) {
      settings.columns = found(columns, ["columns"])
      return
    }
    guard let names = strings(value), !names.isEmpty else {
      return reject(
        ["columns"], "columns should be a list like [\"name\", \"cpu\"], or \"standard\", \"xentop\" or \"all\"")
    }
    let all = (Column.ofDomains("all") ?? []).map(\.rawValue)
    if let unknown = names.first(where: { !all.contains($0) }) {
      return reject(["columns"], "there is no column '\(unknown)'; the columns are \(Self.list(all))")
    }
    guard Set(names).count == names.count else {
      return reject(["columns"], "each column should stand there once")
    }
    settings.columns = found(names.map { Column($0) }, ["columns"])
  }

  private mutating func readSort(_ value: TOMLValue) {
    guard let sort = value.string.flatMap(SortOrder.init(ofDomains:)) else {
      return reject(
        ["sort"], "the order should be a column that has one, and if need be up or down: \"cpu\", \"name up\"")
    }
    settings.sort = found(sort, ["sort"])
  }

  private mutating func readConfirm(_ value: TOMLValue) {
    let known = Operation.destructive.map(\.rawValue).sorted()
    let operations = strings(value)?.map { name in Operation.destructive.first { $0.rawValue == name } }
    guard let operations, !operations.contains(nil) else {
      return reject(["confirm"], "what is confirmed should be a list of any of \(Self.list(known))")
    }
    settings.confirm = found(Set(operations.compactMap(\.self)), ["confirm"])
  }

  // MARK: Keys

  private mutating func readConsole(_ value: TOMLValue) {
    guard let table = value.table else {
      return reject(["console"], "it should be a table: [console], and below it detach and prefix")
    }
    var (detach, prefix) = (settings.detach, settings.prefix)
    for name in table.keys {
      switch name {
      case "detach": if let key = consoleKey(table[name], ["console", name]) { detach = key }
      case "prefix": if let key = consoleKey(table[name], ["console", name]) { prefix = key }
      default: reject(["console", name], "there is no '\(name)' here; a console has detach and prefix")
      }
    }
    guard detach.value != prefix.value else {
      return reject(["console"], "'\(detach.value.name)' can't be both detach and prefix: give each its own key")
    }
    (settings.detach, settings.prefix) = (detach, prefix)
  }

  /// Any other key is the guest's.
  private mutating func consoleKey(_ value: TOMLValue?, _ path: [String]) -> Setting<Key>? {
    guard let key = key(value?.string, path) else { return nil }
    if case .function = key.code { return found(key, path) }
    guard !key.modifiers.isDisjoint(with: [.control, .alt]) else {
      reject(path, "'\(key.name)' is the guest's: take one with Ctrl or Alt, or F1 to F24")
      return nil
    }
    return found(key, path)
  }

  private mutating func readKeys(_ value: TOMLValue) {
    guard let table = value.table else {
      return reject(["keys"], "it should be a table: [keys], and below it lines like quit = [\"q\", \"F10\"]")
    }
    for name in table.keys {
      guard KeyMap.standardKeys(of: name) != nil else {
        reject(["keys", name], "there is no command '\(name)'; the commands are \(Self.list(KeyMap.commandNames))")
        continue
      }
      if let keys = keys(table[name], ["keys", name]) { settings.keys[name] = found(keys, ["keys", name]) }
    }
    dropCollisions()
  }

  /// A command whose key is another's has its usual keys. That may take them from a third one, so it is looked again.
  private mutating func dropCollisions() {
    while let collision = KeyMap.collisions(in: settings.keys.mapValues(\.value)).first {
      let name = collision.key.name
      if let owner = collision.owner {
        reject(
          ["keys", collision.taker],
          "'\(name)' is also a key of '\(owner)': choose another, or give '\(owner)' other keys")
      } else {
        reject(["keys", collision.taker], "'\(name)' is a tab's key: choose another")
      }
      settings.keys[collision.taker] = nil
    }
  }

  /// One key's name, or a list of them; an empty list is no key.
  private mutating func keys(_ value: TOMLValue?, _ path: [String]) -> [Key]? {
    guard let names = value.flatMap({ $0.string.map { [$0] } ?? strings($0) }) else {
      reject(path, "it should be a key, or a list of keys: \"q\", [\"q\", \"F10\"]")
      return nil
    }
    var keys: [Key] = []
    for name in names {
      guard let key = key(name, path) else { return nil }
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  private mutating func key(_ name: String?, _ path: [String]) -> Key? {
    guard let name, let key = Key(name: name) else {
      reject(
        path, "'\(name ?? "this")' is no key; keys are \"x\", \"^x\", \"Alt-x\", \"F5\", \"PgUp\", \"Space\" and so on")
      return nil
    }
    if let reason = key.untypeable {
      reject(path, "'\(name)' can't be used: \(reason)")
      return nil
    }
    return key
  }

  // MARK: The host process

  private mutating func readHost(_ value: TOMLValue) {
    guard let table = value.table else {
      return reject(["host"], "it should be a table: [host], and below it memory_limit and overcommit")
    }
    for name in table.keys {
      guard let value = table[name] else { continue }
      switch name {
      case "memory_limit": readMemoryLimit(value)
      case "overcommit":
        guard case .boolean(let isOn) = value.content else {
          reject(["host", name], "it should be true or false, without quotes")
          continue
        }
        settings.overcommit = found(isOn, ["host", name])
      default: reject(["host", name], "there is no '\(name)' here; a host has memory_limit and overcommit")
      }
    }
  }

  private mutating func readMemoryLimit(_ value: TOMLValue) {
    let path = ["host", "memory_limit"]
    if value.string == "auto" {
      settings.memoryLimit = found(nil, path)
    } else if let limit = (value.string ?? value.integer.map { String($0) }).flatMap({ Bytes(xl: $0) }), limit > .zero {
      settings.memoryLimit = found(limit, path)
    } else {
      reject(path, "the memory limit should be a size such as \"12g\" or \"8000m\", or \"auto\"")
    }
  }

  // MARK: Words

  private func strings(_ value: TOMLValue) -> [String]? {
    guard let array = value.array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }

  private func found<Value>(_ value: Value, _ path: [String]) -> Setting<Value> {
    Setting(value, .file(source.file, line: source.table.line(of: path)))
  }

  private mutating func reject(_ path: [String], _ problem: String) {
    mistakes.append(source.mistake(path, problem))
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}
