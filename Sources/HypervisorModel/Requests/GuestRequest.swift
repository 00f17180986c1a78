/// Requests about what runs in a domain.
public enum GuestRequest: Hashable, Codable, Sendable {
  /// Send the guest's kernel a magic SysRq key, one letter or digit.
  case sysrq(key: String)
  /// Send the guest a hardware event, to one vCPU or to the one that it is meant for.
  case trigger(trigger: Trigger, vcpu: VCPUID?)
  /// Say what the domain was made from. Legal in every state. Answer: `.text`: a config file that makes the same again, or on
  /// Xen what `xl list -l` prints.
  case showConfig
  /// Tell the guest how large the terminal at its console is, so that full-screen programs fit. Legal when it runs and its
  /// agent answers.
  case resizeConsole(columns: Int, rows: Int)

  private enum CodingKeys: String, CodingKey {
    case sysrq, trigger
    case showConfig = "config"
    case resizeConsole = "console-resize"
  }

  /// Which kind of request it is.
  public var operation: Operation {
    switch self {
    case .sysrq: .sysrq
    case .trigger: .trigger
    case .showConfig: .showConfig
    case .resizeConsole: .resizeConsole
    }
  }
}

/// A hardware event for a guest, in the words of `xl trigger`.
public enum Trigger: String, Hashable, Codable, Sendable, CaseIterable {
  case nmi, reset, `init`, power, sleep, s3resume
}
