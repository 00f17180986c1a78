import HypervisorModel

/// How a guest ended by itself.
enum MachineEnd: Hashable, Sendable {
  /// It asked for it. `isPanic`: it is a Linux that reboots this way when it has panicked.
  case reset(SBIReset, isPanic: Bool)
  /// It can't go on.
  case fault(GuestFault)

  var reason: ShutdownReason {
    switch self {
    case .fault, .reset(_, isPanic: true): .crash
    case .reset(let reset, _):
      switch (reset.reason, reset.kind) {
      case (.systemFailure, _): .crash
      case (.none, .shutdown): .poweroff
      case (.none, .coldReboot), (.none, .warmReboot): .reboot
      }
    }
  }

  /// For the log: what the guest asked for.
  var text: String {
    switch self {
    case .fault(let fault): "crashed: \(fault.text)"
    case .reset(_, isPanic: true): "crashed: its kernel panicked and rebooted"
    case .reset(let reset, _):
      "asked for a \(reset.kind.text)" + (reset.reason == .systemFailure ? " because of a system failure" : "")
    }
  }
}

extension SBIReset.Kind {
  fileprivate var text: String {
    switch self {
    case .shutdown: "shutdown"
    case .coldReboot: "cold reboot"
    case .warmReboot: "warm reboot"
    }
  }
}
