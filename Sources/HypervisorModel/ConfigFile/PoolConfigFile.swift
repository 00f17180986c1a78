/// Reads cpupool config files in the syntax of xlcpupool.cfg(5): `name`, `sched` and `cpus`.
public enum PoolConfigFile {
  /// The request that makes the pool.
  public static func request(_ file: ConfigFileText) throws(HypervisorError) -> Request {
    do throws(ConfigError) {
      var document = try DomainConfigFile.parse(bytes: Array(file.text.utf8), file: file.name)
      try document.apply(overrides: file.settings)
      for setting in document.settings where !["name", "sched", "cpus"].contains(setting.key) {
        throw ConfigError(
          at: setting.position, "'\(MessageText.printable(setting.key))' is no key of a cpupool's config")
      }
      guard let name = try document.word("name") else {
        throw ConfigError(at: SourcePosition(file: file.name, line: 1, column: 1), "'name' is missing")
      }
      return .pools(.create(pool: name, scheduler: try document.scheduler(), pcpus: try document.pcpus()))
    } catch {
      throw .invalid(error.description)
    }
  }
}

extension ConfigDocument {
  fileprivate func word(_ key: String) throws(ConfigError) -> String? {
    guard let setting = self[key] else { return nil }
    guard let text = setting.value.text, !text.isEmpty else {
      throw ConfigError(at: setting.value.position, "'\(key)' must be a string")
    }
    return text
  }

  fileprivate func scheduler() throws(ConfigError) -> Scheduler? {
    guard let word = try word("sched"), let position = self["sched"]?.value.position else { return nil }
    do throws(HypervisorError) {
      return try Scheduler(word: word)
    } catch {
      throw ConfigError(at: position, error.description)
    }
  }

  /// A string such as "2-3", or a list of such strings or numbers.
  fileprivate func pcpus() throws(ConfigError) -> CPUSet {
    guard let setting = self["cpus"] else {
      throw ConfigError(at: SourcePosition(file: file, line: 1, column: 1), "'cpus' is missing, such as cpus = \"2-3\"")
    }
    var parts = [setting.value]
    if case .list(let values) = setting.value.content { parts = values }
    let text = parts.compactMap(\.text).joined(separator: ",")
    guard let set = CPUSet(text) else {
      throw ConfigError(at: setting.value.position, "'cpus' is no list of pCPUs; try \"2-3\" or [\"2\", \"3\"]")
    }
    return set
  }
}

extension ConfigValue {
  fileprivate var text: String? {
    switch content {
    case .string(let text), .number(_, let text): text
    case .list: nil
    }
  }
}
