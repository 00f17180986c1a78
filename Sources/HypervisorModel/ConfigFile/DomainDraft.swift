import FoundationEssentials

/// A `DomainConfig` in the making: settings come in one by one, what depends on several is decided at the end.
struct DomainDraft {
  typealias Number = (value: Int64, position: SourcePosition)
  typealias Affinity = (sets: [CPUSet], isForEach: Bool)

  private let document: ConfigDocument
  let workingDirectory: String
  private(set) var warnings: [ConfigWarning]
  private var unknownKeys: [(key: String, position: SourcePosition)] = []

  var name: String?
  var uuid: UUID?
  var kernel: DomainConfig.Kernel?
  var ramdisk: String?
  var commandLine: String?
  var extra: String?
  var extraOnly: Bool?
  var root: String?
  var memory: Number?
  var maximumMemory: Number?
  var vcpus: Number?
  var maximumVCPUs: Number?
  var weight = Weight.default
  var cap = Cap.none
  var pool: String?
  var hardAffinity: Affinity?
  var softAffinity: Affinity?
  var onPoweroff: ShutdownAction?
  var onReboot: ShutdownAction?
  var onCrash: ShutdownAction?

  init(document: ConfigDocument, workingDirectory: String) {
    self.document = document
    self.workingDirectory = workingDirectory
    warnings = document.warnings
  }

  mutating func read(_ setting: ConfigSetting) throws(ConfigError) {
    switch ConfigKeys.treatments[setting.key] {
    case .supported(let key): try key.read(&self, setting)
    case .unsupported(let reason):
      if !setting.asksForNothing { throw setting.unsupported(reason) }
    case .unsupportedSwitch(let reason):
      if !setting.asksForNothing, setting.integer != 0 { throw setting.unsupported(reason) }
    case .meaningless(let reason):
      warnings.append(ConfigWarning(at: setting.position, "'\(setting.key)' has no effect: \(reason)"))
    case nil: warnOfUnknown(setting)
    }
  }

  private mutating func warnOfUnknown(_ setting: ConfigSetting) {
    unknownKeys.append((setting.key, setting.position))
    let shown = MessageText.printable(setting.key)
    let meant = MessageText.closest(to: setting.key, in: ConfigKeys.treatments.keys)
    let hint = meant.map { "; did you mean '\($0)'?" } ?? ""
    warnings.append(ConfigWarning(at: setting.position, "unknown key '\(shown)' is ignored\(hint)"))
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
