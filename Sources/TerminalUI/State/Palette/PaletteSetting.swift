import HypervisorModel

/// An argument of the form `key=value`.
struct PaletteSetting: Sendable {
  let key: String
  /// With the unit.
  let help: String
  /// What it could be beside the settings before it; the first is what it is now, where that is known.
  let values: @Sendable (UIState, _ before: [String: String]) -> [String]

  init(
    _ key: String, _ help: String,
    _ values: @escaping @Sendable (UIState, [String: String]) -> [String] = { _, _ in [] }
  ) {
    self.key = key
    self.help = help
    self.values = values
  }

  /// The keys that were not used yet; after a key and `=`, its values.
  static func suggestions(
    _ settings: [PaletteSetting], _ state: UIState, _ before: [String], _ current: String
  ) -> [Palette.Suggestion] {
    var typed: [String: String] = [:]
    for word in before {
      guard let sign = word.firstIndex(of: "=") else { continue }
      typed[String(word[..<sign])] = String(word[word.index(after: sign)...])
    }
    if let sign = current.firstIndex(of: "=") {
      guard let setting = settings.first(where: { $0.key == current[..<sign] }) else { return [] }
      return setting.values(state, typed).map { .init(word: "\(setting.key)=\($0)", help: setting.help) }
    }
    return settings.filter { setting in typed[setting.key] == nil }.map { setting in
      let now = setting.values(state, typed).first.map { ", such as \($0)" } ?? ""
      return .init(word: setting.key + "=", help: setting.help + now)
    }
  }
}

/// The settings of a command line, each key at most once.
struct PaletteValues {
  private var values: [String: String] = [:]

  /// At least one of the settings is wanted.
  init(_ words: [String], _ settings: [PaletteSetting]) throws(PaletteFault) {
    let keys = settings.map(\.key).joined(separator: "=, ") + "="
    for word in words {
      guard let sign = word.firstIndex(of: "="), settings.contains(where: { $0.key == word[..<sign] }) else {
        throw PaletteFault("'\(word)' is none of \(keys)")
      }
      let key = String(word[..<sign])
      guard values.updateValue(String(word[word.index(after: sign)...]), forKey: key) == nil else {
        throw PaletteFault("'\(key)' stands there twice")
      }
    }
    if values.isEmpty { throw PaletteFault("at least one of \(keys) is needed") }
  }

  subscript(key: String) -> String? { values[key] }

  func number(_ key: String, _ range: ClosedRange<Int>) throws(PaletteFault) -> Int? {
    guard let text = values[key] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw PaletteFault("\(key) is a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return number
  }

  /// The parameters that have a value.
  func parameters(_ parameters: [SchedulerParameter]) throws(PaletteFault) -> ParameterValues {
    var result = ParameterValues()
    for parameter in parameters {
      guard let word = values[parameter.name] else { continue }
      do throws(HypervisorError) {
        result[parameter] = try parameter.value(word)
      } catch {
        throw PaletteFault(error.description)
      }
    }
    return result
  }

  /// A vCPU's number; all of them for `all`, or where nothing is said.
  func vcpu(_ key: String) throws(PaletteFault) -> VCPUID? {
    values[key] == "all" ? nil : try number(key, 0...4095).map { VCPUID($0) }
  }
}
