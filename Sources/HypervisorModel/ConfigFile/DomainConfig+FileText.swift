extension DomainConfig {
  /// The config in the words of xl.cfg(5), a setting a line; what the config leaves open is left out.
  /// `DomainConfigFile.domain` makes the same config from it.
  public var fileText: String {
    settings.map { "\($0.key) = \($0.value)\n" }.joined()
  }

  private var settings: [(key: String, value: String)] {
    var settings = [("name", Self.quoted(name))]
    if let uuid { settings.append(("uuid", Self.quoted(uuid.uuidString.lowercased()))) }
    switch kernel {
    case .path(let path): settings.append(("kernel", Self.quoted(path)))
    case .builtin: settings.append(("kernel", Self.quoted("builtin:guest")))
    }
    if let ramdisk { settings.append(("ramdisk", Self.quoted(ramdisk))) }
    if !commandLine.isEmpty { settings.append(("cmdline", Self.quoted(commandLine))) }
    if let extraOnly { settings.append(("extra_only", extraOnly ? "1" : "0")) }
    settings.append(("memory", "\(memory.mebibytes)"))
    settings.append(("vcpus", "\(onlineVCPUs ?? vcpus)"))
    if onlineVCPUs != nil { settings.append(("maxvcpus", "\(vcpus)")) }
    settings.append(("cpu_weight", "\(weight.rawValue)"))
    settings.append(("cap", "\(cap.rawValue)"))
    if let pool { settings.append(("pool", Self.quoted(pool))) }
    if let hardAffinity { settings.append(("cpus", Self.list(hardAffinity))) }
    if let softAffinity { settings.append(("cpus_soft", Self.list(softAffinity))) }
    settings.append(("on_poweroff", Self.quoted(onPoweroff.rawValue)))
    settings.append(("on_reboot", Self.quoted(onReboot.rawValue)))
    settings.append(("on_crash", Self.quoted(onCrash.rawValue)))
    return settings
  }

  private static func list(_ sets: [CPUSet]) -> String {
    "[" + sets.map { quoted($0.description) }.joined(separator: ", ") + "]"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case "\0"..<" ", "\u{7F}": quoted += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
