/// The command line of a Linux kernel: the operator's, and behind that what has a guest behave as a domain should.
///
/// A Linux that panics would stand still. With these words it restarts at once by a warm reboot, which tells a crash from
/// a cold reboot that somebody wanted. What the operator says about the same is left alone.
struct LinuxCommandLine: Hashable, Sendable {
  let text: String

  /// `onlineVCPUs`: how many the kernel brings into service at first; nil is all.
  init(_ operators: String, onlineVCPUs: Int?) {
    let words = operators.split(separator: " ", omittingEmptySubsequences: false)
    // Words behind `--` are init's (Linux, admin-guide/kernel-parameters.rst).
    let own = words.prefix { $0 != "--" }
    var added = ["panic=-1", "reboot=panic_warm"]
    if let onlineVCPUs { added.append("maxcpus=\(onlineVCPUs)") }
    let missing = added.filter { word in
      let key = word.prefix { $0 != "=" } + "="
      return !own.contains { $0.hasPrefix(key) }
    }
    let parts = (operators.isEmpty ? [] : own.map(String.init)) + missing + words.dropFirst(own.count).map(String.init)
    text = parts.joined(separator: " ")
  }

  /// Whether a Linux with this command line reboots warm when it panics, and only then.
  static func rebootsWarmOnPanic(_ text: String) -> Bool {
    text.split(separator: " ").prefix { $0 != "--" }.last { $0.hasPrefix("reboot=") } == "reboot=panic_warm"
  }
}
