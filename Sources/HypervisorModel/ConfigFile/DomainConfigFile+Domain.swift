import FoundationEssentials

extension DomainConfigFile {
  /// The most memory that a config file may ask for; the host may have less.
  static let memoryRange = DomainConfig.memoryRange.lowerBound.mebibytes...DomainConfig.memoryRange.upperBound.mebibytes

  /// What a config file and the `key=value` words of a command line mean to the embedded engine.
  ///
  /// Relative paths of `kernel` and `ramdisk` are taken from `workingDirectory`, as xl takes them: not from the
  /// directory of the config file. Whether the files are there is not looked at.
  ///
  /// - Throws: `ConfigError` for the first mistake, and for any known key that would make another guest than this
  ///   engine can run. Unknown keys are warnings.
  public static func domain(
    from document: ConfigDocument, overrides: [String] = [], workingDirectory: String
  ) throws(ConfigError) -> (config: DomainConfig, warnings: [ConfigWarning]) {
    var document = document
    try document.apply(overrides: overrides)
    var draft = DomainDraft(document: document, workingDirectory: workingDirectory)
    for setting in document.settings { try draft.take(setting) }
    return (try draft.finish(), draft.warnings)
  }
}

/// A `DomainConfig` in the making: settings come in one by one, what depends on several is decided at the end.
private struct DomainDraft {
  private typealias Number = (value: Int64, position: SourcePosition)
  private typealias Affinity = (sets: [CPUSet], isForEach: Bool)

  private let document: ConfigDocument
  private let workingDirectory: String
  private(set) var warnings: [ConfigWarning]
  private var unknownKeys: [(key: String, position: SourcePosition)] = []

  private var name: String?
  private var uuid: UUID?
  private var kernel: DomainConfig.Kernel?
  private var ramdisk: String?
  private var commandLine: String?
  private var extra: String?
  private var extraOnly: Bool?
  private var root: String?
  private var memory: Number?
  private var maximumMemory: Number?
  private var vcpus: Number?
  private var maximumVCPUs: Number?
  private var weight = Weight.default
  private var cap = Cap.none
  private var pool: String?
  private var hardAffinity: Affinity?
  private var softAffinity: Affinity?
  private var onPoweroff: ShutdownAction?
  private var onReboot: ShutdownAction?
  private var onCrash: ShutdownAction?

  init(document: ConfigDocument, workingDirectory: String) {
    self.document = document
    self.workingDirectory = workingDirectory
    warnings = document.warnings
  }

  mutating func take(_ setting: ConfigSetting) throws(ConfigError) {
    switch ConfigKeys.treatments[setting.key] {
    case .supported: try takeSupported(setting)
    case .unsupported(let reason):
      if !setting.asksForNothing { throw setting.unsupported(reason) }
    case .unsupportedSwitch(let reason):
      if !setting.asksForNothing, setting.integer != 0 { throw setting.unsupported(reason) }
    case .meaningless(let reason):
      warnings.append(ConfigWarning(at: setting.position, "'\(setting.key)' has no effect: \(reason)"))
    case nil: takeUnknown(setting)
    }
  }

  private mutating func takeUnknown(_ setting: ConfigSetting) {
    unknownKeys.append((setting.key, setting.position))
    let shown = MessageText.printable(setting.key)
    let meant = MessageText.closest(to: setting.key, in: ConfigKeys.treatments.keys)
    let hint = meant.map { "; did you mean '\($0)'?" } ?? ""
    warnings.append(ConfigWarning(at: setting.position, "unknown key '\(shown)' is ignored\(hint)"))
  }

  private mutating func takeSupported(_ setting: ConfigSetting) throws(ConfigError) {
    switch setting.key {
    case "name": name = try setting.domainName()
    case "uuid": uuid = try setting.domainUUID()
    case "kernel": kernel = try setting.kernel(workingDirectory: workingDirectory)
    case "ramdisk": ramdisk = try setting.path(workingDirectory: workingDirectory)
    case "cmdline": commandLine = try setting.text()
    case "extra": extra = try setting.text()
    case "extra_only": extraOnly = try setting.number(in: 0...1, "").value == 1
    case "root": root = try setting.text()
    case "memory": memory = try setting.number(in: DomainConfigFile.memoryRange, "MiB")
    case "maxmem": maximumMemory = try setting.number(in: DomainConfigFile.memoryRange, "MiB")
    case "vcpus": vcpus = try setting.number(in: DomainConfig.vcpuRange, "vCPUs")
    case "maxvcpus": maximumVCPUs = try setting.number(in: DomainConfig.vcpuRange, "vCPUs")
    case "cpu_weight": weight = Weight(clamping: Int(try setting.number(in: Weight.range, "").value))
    case "cap": cap = Cap(clamping: Int(try setting.number(in: Cap.range, "% of one pCPU, 0 for no limit").value))
    case "pool": pool = try setting.text()
    case "cpus": hardAffinity = try setting.affinity()
    case "cpus_soft": softAffinity = try setting.affinity()
    case "on_poweroff": onPoweroff = try setting.action()
    case "on_reboot": onReboot = try setting.action()
    case "on_crash": onCrash = try setting.action()
    case "type": try setting.checkType(accepted: "pv")
    default: try setting.checkType(accepted: "generic")
    }
  }

  mutating func finish() throws(ConfigError) -> DomainConfig {
    guard let name else { throw missing("name", example: "name = \"web\"") }
    guard let kernel else { throw missing("kernel", example: "kernel = \"/path/Image\" or \"builtin:guest\"") }
    var config = DomainConfig(
      name: name, uuid: uuid, kernel: kernel, ramdisk: ramdisk, commandLine: joinedCommandLine(), weight: weight,
      cap: cap)
    if let megabytes = try agreed(memory, "memory", maximumMemory, "maxmem", "memory can't grow while a guest runs") {
      config.memory = .mebibytes(UInt64(megabytes))
    }
    try setVCPUs(of: &config)
    config.extraOnly = extraOnly
    config.pool = pool.flatMap { $0.isEmpty ? nil : $0 }
    config.hardAffinity = affinity(hardAffinity, config.vcpus)
    config.softAffinity = affinity(softAffinity, config.vcpus)
    config.onPoweroff = onPoweroff ?? config.onPoweroff
    config.onReboot = onReboot ?? config.onReboot
    config.onCrash = onCrash ?? config.onCrash
    return config
  }

  /// xl's rule: `vcpus` are online at first, `maxvcpus` are there.
  private func setVCPUs(of config: inout DomainConfig) throws(ConfigError) {
    guard let most = maximumVCPUs ?? vcpus else { return }
    config.vcpus = Int(most.value)
    guard let vcpus, vcpus.value != most.value else { return }
    guard vcpus.value < most.value else {
      throw ConfigError(
        at: most.position, "'maxvcpus' is \(most.value), but 'vcpus' is \(vcpus.value); it must not be more")
    }
    config.onlineVCPUs = Int(vcpus.value)
  }

  /// xl's rule: one set is for all vCPUs, a list has one for each; those that it does not name may run anywhere.
  private func affinity(_ affinity: Affinity?, _ vcpus: Int) -> [CPUSet]? {
    guard let affinity else { return nil }
    guard affinity.isForEach else { return affinity.sets.first.map { Array(repeating: $0, count: vcpus) } }
    return Array(affinity.sets.prefix(vcpus))
  }

  /// xl's rule: `cmdline` replaces `root` and `extra`, which otherwise make up the command line together.
  private mutating func joinedCommandLine() -> String {
    guard let commandLine else {
      return [root.map { "root=" + $0 }, extra].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
    }
    for key in ["root", "extra"] {
      guard let setting = document[key] else { continue }
      warnings.append(ConfigWarning(at: setting.position, "'\(key)' has no effect beside 'cmdline'"))
    }
    return commandLine
  }

  /// A value and its maximum, which must be the same; xl takes either alone for both.
  private func agreed(
    _ value: Number?, _ key: String, _ maximum: Number?, _ maximumKey: String, _ reason: String
  ) throws(ConfigError) -> Int64? {
    guard let value, let maximum else { return value?.value ?? maximum?.value }
    guard value.value == maximum.value else {
      throw ConfigError(
        at: maximum.position,
        "'\(maximumKey)' is \(maximum.value), but '\(key)' is \(value.value): \(reason); make them equal or leave "
          + "'\(maximumKey)' out")
    }
    return value.value
  }

  private func missing(_ key: String, example: String) -> ConfigError {
    for unknown in unknownKeys where MessageText.closest(to: unknown.key, in: [key]) != nil {
      let shown = MessageText.printable(unknown.key)
      return ConfigError(
        at: unknown.position, "unknown key '\(shown)', and '\(key)' is missing; did you mean '\(key)'?")
    }
    let start = SourcePosition(file: document.file, line: 1, column: 1)
    return ConfigError(at: start, "'\(key)' is missing; add \(example)")
  }
}

// MARK: - Reading one setting

extension ConfigSetting {
  /// Whether the value leaves the guest as it is without the key: `[]`, an empty string, or what is so anyway.
  fileprivate var asksForNothing: Bool {
    switch value.content {
    case .list(let values): values.isEmpty
    case .string(let text): text.isEmpty || ConfigKeys.inertValues[key]?.contains(text) == true
    case .number: false
    }
  }

  /// The number, which may stand in quotes as in xl; nil if it is none.
  fileprivate var integer: Int64? {
    switch value.content {
    case .number(let number, _): number
    case .string(let text): ConfigNumber(text)?.value
    case .list: nil
    }
  }

  private func mistake(_ message: String) -> ConfigError { ConfigError(at: value.position, "'\(key)' \(message)") }

  fileprivate func unsupported(_ reason: String) -> ConfigError {
    ConfigError(at: position, "'\(key)' is not supported: \(reason); remove the line")
  }

  /// A string; as in xl a number stands for its own text.
  fileprivate func text() throws(ConfigError) -> String {
    switch value.content {
    case .string(let text), .number(_, let text): return text
    case .list: throw mistake("must be a string in quotes, not a list")
    }
  }

  /// `"0-3,^1"` for all vCPUs, or `["0", "1-2"]` for one after the other.
  fileprivate func affinity() throws(ConfigError) -> (sets: [CPUSet], isForEach: Bool) {
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

  fileprivate func number<Bound: BinaryInteger>(
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

  fileprivate func domainName() throws(ConfigError) -> String {
    let name = try text()
    if let fault = DomainConfig.fault(ofName: name) { throw mistake(fault) }
    return name
  }

  fileprivate func domainUUID() throws(ConfigError) -> UUID {
    let text = try text()
    guard let uuid = UUID(uuidString: text) else {
      throw mistake("is '\(MessageText.printable(text))'; a UUID looks like 1a2b3c4d-0123-4567-89ab-0123456789ab")
    }
    if uuid == .zero { throw mistake("is zero, which is Domain-0's; choose another or leave it out") }
    return uuid
  }

  fileprivate func path(workingDirectory: String) throws(ConfigError) -> String {
    let path = try text()
    if path.isEmpty { throw mistake("is empty; it must be a path") }
    if path.hasPrefix("/") { return path }
    return workingDirectory.hasSuffix("/") ? workingDirectory + path : workingDirectory + "/" + path
  }

  fileprivate func kernel(workingDirectory: String) throws(ConfigError) -> DomainConfig.Kernel {
    let text = try text()
    guard text.hasPrefix("builtin:") else { return .path(try path(workingDirectory: workingDirectory)) }
    guard text == "builtin:guest" else {
      throw mistake("is '\(MessageText.printable(text))'; the only built-in guest is 'builtin:guest'")
    }
    return .builtin
  }

  fileprivate func action() throws(ConfigError) -> ShutdownAction {
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
  fileprivate func checkType(accepted: String) throws(ConfigError) {
    let word = try text()
    if word == accepted { return }
    if word == "hvm" || word == "pvh" {
      throw mistake("is '\(word)', which is not supported: guests are paravirtualised RISC-V machines; remove the line")
    }
    throw mistake("is '\(MessageText.printable(word))', which is unknown; remove the line or use '\(accepted)'")
  }
}
