import HypervisorModel

/// How a guest ended by itself.
enum MachineEnd: Sendable {
  case poweroff
  case reboot
  case crash(GuestFault)

  var reason: ShutdownReason {
    switch self {
    case .poweroff: .poweroff
    case .reboot: .reboot
    case .crash: .crash
    }
  }

  /// For the log.
  var text: String {
    switch self {
    case .poweroff: "powered off"
    case .reboot: "rebooted"
    case .crash(let fault): "crashed: \(fault.text)"
    }
  }
}
