/// A key of xl.cfg(5) that the embedded engine supports, with how it is read from a config file and written into one.
/// `extra_only` is its own.
struct SupportedKey: Sendable {
  let name: String
  /// Reads its setting; throws what is wrong with the value.
  let read: @Sendable (inout DomainDraft, ConfigSetting) throws(ConfigError) -> Void
  /// Its value in a file's syntax; nil where the config leaves it open, or another key says it.
  let write: @Sendable (DomainConfig) -> String?

  private init(
    _ name: String, _ read: @escaping @Sendable (inout DomainDraft, ConfigSetting) throws(ConfigError) -> Void,
    write: @escaping @Sendable (DomainConfig) -> String? = { _ in nil }
  ) {
    self.name = name
    self.read = read
    self.write = write
  }

  /// In the order in which they are written.
  static let all: [SupportedKey] = [
    SupportedKey("name") { draft, setting throws(ConfigError) in
      draft.name = try setting.domainName()
    } write: {
      DomainConfig.quoted($0.name)
    },
    SupportedKey("uuid") { draft, setting throws(ConfigError) in
      draft.uuid = try setting.domainUUID()
    } write: {
      $0.uuid.map { DomainConfig.quoted($0.uuidString.lowercased()) }
    },
    SupportedKey("kernel") { draft, setting throws(ConfigError) in
      draft.kernel = try setting.kernel(workingDirectory: draft.workingDirectory)
    } write: {
      DomainConfig.quoted($0.kernel.word)
    },
    SupportedKey("ramdisk") { draft, setting throws(ConfigError) in
      draft.ramdisk = try setting.path(workingDirectory: draft.workingDirectory)
    } write: {
      $0.ramdisk.map(DomainConfig.quoted)
    },
    SupportedKey("cmdline") { draft, setting throws(ConfigError) in
      draft.commandLine = try setting.text()
    } write: {
      $0.commandLine.isEmpty ? nil : DomainConfig.quoted($0.commandLine)
    },
    SupportedKey("extra") { draft, setting throws(ConfigError) in
      draft.extra = try setting.text()
    },
    SupportedKey("extra_only") { draft, setting throws(ConfigError) in
      draft.extraOnly = try setting.number(in: 0...1, "").value == 1
    } write: {
      $0.extraOnly.map { $0 ? "1" : "0" }
    },
    SupportedKey("root") { draft, setting throws(ConfigError) in
      draft.root = try setting.text()
    },
    SupportedKey("memory") { draft, setting throws(ConfigError) in
      draft.memory = try setting.number(in: DomainConfigFile.memoryRange, "MiB")
    } write: {
      "\($0.memory.mebibytes)"
    },
    SupportedKey("maxmem") { draft, setting throws(ConfigError) in
      draft.maximumMemory = try setting.number(in: DomainConfigFile.memoryRange, "MiB")
    },
    SupportedKey("vcpus") { draft, setting throws(ConfigError) in
      draft.vcpus = try setting.number(in: DomainConfig.vcpuRange, "vCPUs")
    } write: {
      "\($0.onlineVCPUs ?? $0.vcpus)"
    },
    SupportedKey("maxvcpus") { draft, setting throws(ConfigError) in
      draft.maximumVCPUs = try setting.number(in: DomainConfig.vcpuRange, "vCPUs")
    } write: {
      $0.onlineVCPUs == nil ? nil : "\($0.vcpus)"
    },
    SupportedKey("cpu_weight") { draft, setting throws(ConfigError) in
      draft.weight = Weight(clamping: Int(try setting.number(in: Weight.range, "").value))
    } write: {
      "\($0.weight.rawValue)"
    },
    SupportedKey("cap") { draft, setting throws(ConfigError) in
      draft.cap = Cap(clamping: Int(try setting.number(in: Cap.range, "% of one pCPU, 0 for no limit").value))
    } write: {
      "\($0.cap.rawValue)"
    },
    SupportedKey("pool") { draft, setting throws(ConfigError) in
      draft.pool = try setting.text()
    } write: {
      $0.pool.map(DomainConfig.quoted)
    },
    SupportedKey("cpus") { draft, setting throws(ConfigError) in
      draft.hardAffinity = try setting.affinity()
    } write: {
      $0.hardAffinity.map(DomainConfig.list)
    },
    SupportedKey("cpus_soft") { draft, setting throws(ConfigError) in
      draft.softAffinity = try setting.affinity()
    } write: {
      $0.softAffinity.map(DomainConfig.list)
    },
    SupportedKey("on_poweroff") { draft, setting throws(ConfigError) in
      draft.onPoweroff = try setting.action()
    } write: {
      DomainConfig.quoted($0.onPoweroff.rawValue)
    },
    SupportedKey("on_reboot") { draft, setting throws(ConfigError) in
      draft.onReboot = try setting.action()
    } write: {
      DomainConfig.quoted($0.onReboot.rawValue)
    },
    SupportedKey("on_crash") { draft, setting throws(ConfigError) in
      draft.onCrash = try setting.action()
    } write: {
      DomainConfig.quoted($0.onCrash.rawValue)
    },
    SupportedKey("type") { _, setting throws(ConfigError) in
      try setting.checkType(accepted: "pv")
    },
    SupportedKey("builder") { _, setting throws(ConfigError) in
      try setting.checkType(accepted: "generic")
    },
  ]
}

extension DomainConfig.Kernel {
  /// As a config file names it.
  fileprivate var word: String {
    switch self {
    case .path(let path): path
    case .builtin: "builtin:guest"
    }
  }
}
