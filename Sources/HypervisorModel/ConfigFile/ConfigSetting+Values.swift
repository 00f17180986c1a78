import FoundationEssentials

/// A setting's value, as what its key wants. Each throws a mistake that says what would be right.
extension ConfigSetting {
  /// Whether the value leaves the guest as it is without the key: `[]`, an empty string, or what is so anyway.
  var asksForNothing: Bool {
    switch value.content {
    case .list(let values): values.isEmpty
    case .string(let text): text.isEmpty || ConfigKeys.inertValues[key]?.contains(text) == true
    case .number: false
    }
  }

  /// The number, which may stand in quotes as in xl; nil if it is none.
  var integer: Int64? {
    switch value.content {
    case .number(let number, _): number
    case .string(let text): ConfigNumber(text)?.value
    case .list: nil
    }
  }

  private func mistake(_ message: String) -> ConfigError { ConfigError(at: value.position, "'\(key)' \(message)") }

  func unsupported(_ reason: String) -> ConfigError {
    ConfigError(at: position, "'\(key)' is not supported: \(reason); remove the line")
  }

  /// A string; as in xl a number stands for its own text.
  func text() throws(ConfigError) -> String {
    switch value.content {
    case .string(let text), .number(_, let text): return text
    case .list: throw mistake("must be a string in quotes, not a list")
    }
  }

  /// `"0-3,^1"` for all vCPUs, or `["0", "1-2"]` for one after the other.
  func affinity() throws(ConfigError) -> (sets: [CPUSet], isForEach: Bool) {
    func set(_ value: ConfigValue) throws(ConfigError) -> CPUSet {
      let text: String? =
        switch value.content {
        case .string(let text), .number(_, let text): text
        case .list: nil
        }
      guard let set = text.flatMap({ CPUSet($0) }) else {
        throw ConfigError(at: value.position, "'\(key)' must name pCPUs, such as \"0-3,^1\" or \"all\"")
      }
      return set
    }
    guard case .list(let values) = value.content else { return ([try set(value)], false) }
    return (try values.map { value throws(ConfigError) in try set(value) }, true)
  }

  func number<Bound: BinaryInteger>(
    in range: ClosedRange<Bound>, _ unit: String
  ) throws(ConfigError) -> (value: Int64, position: SourcePosition) {
    let wanted = "\(range.lowerBound) to \(range.upperBound)" + (unit.isEmpty ? "" : " \(unit)")
    guard let number = integer else {
      guard case .string(let text) = value.content else { throw mistake("must be a number, \(wanted), not a list") }
      let hint = unit == "MiB" ? ConfigNumber.mebibytes(text) ?? "" : ""
      throw mistake("must be a number, \(wanted), not '\(MessageText.printable(text))'\(hint)")
    }
    guard let exact = Bound(exactly: number), range.contains(exact) else {
      throw mistake("is \(number); it must be \(wanted)")
    }
    return (number, value.position)
  }

  func domainName() throws(ConfigError) -> String {
    let name = try text()
    if let fault = DomainConfig.fault(ofName: name) { throw mistake(fault) }
    return name
  }

  func domainUUID() throws(ConfigError) -> UUID {
    let text = try text()
    guard let uuid = UUID(uuidString: text) else {
      throw mistake("is '\(MessageText.printable(text))'; a UUID looks like 1a2b3c4d-0123-4567-89ab-0123456789ab")
    }
    if uuid == .zero { throw mistake("is zero, which is Domain-0's; choose another or leave it out") }
    return uuid
  }

  func path(workingDirectory: String) throws(ConfigError) -> String {
    let path = try text()
    if path.isEmpty { throw mistake("is empty; it must be a path") }
    if path.hasPrefix("/") { return path }
    return workingDirectory.hasSuffix("/") ? workingDirectory + path : workingDirectory + "/" + path
  }

  func kernel(workingDirectory: String) throws(ConfigError) -> DomainConfig.Kernel {
    let text = try text()
    guard text.hasPrefix("builtin:") else { return .path(try path(workingDirectory: workingDirectory)) }
    guard text == "builtin:guest" else {
      throw mistake("is '\(MessageText.printable(text))'; the only built-in guest is 'builtin:guest'")
    }
    return .builtin
  }

  func action() throws(ConfigError) -> ShutdownAction {
    let word = try text()
    if let action = ShutdownAction(rawValue: word) { return action }
    let choices = "use destroy, restart or preserve"
    if ["rename-restart", "coredump-destroy", "coredump-restart", "soft-reset"].contains(word) {
      throw mistake("is '\(word)', which is not supported; \(choices)")
    }
    let meant = MessageText.closest(to: word, in: ShutdownAction.allCases.map(\.rawValue))
    let hint = meant.map { "did you mean '\($0)'?" } ?? choices
    throw mistake("is '\(MessageText.printable(word))', which is no action; \(hint)")
  }

  /// `type` and `builder`: the engine runs paravirtualised guests of its own kind.
  func checkType(accepted: String) throws(ConfigError) {
    let word = try text()
    if word == accepted { return }
    if word == "hvm" || word == "pvh" {
      throw mistake("is '\(word)', which is not supported: guests are paravirtualised RISC-V machines; remove the line")
    }
    throw mistake("is '\(MessageText.printable(word))', which is unknown; remove the line or use '\(accepted)'")
  }
}
