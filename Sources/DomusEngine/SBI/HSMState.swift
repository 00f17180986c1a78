/// A hart's state as the HSM extension manages it (SBI 2.0, chapter 9), with what the next step needs.
enum HSMState: Codable, Hashable, Sendable {
  case stopped
  /// Its vCPU begins there when it next runs.
  case startPending(pc: UInt64, opaque: UInt64)
  case started
  /// Until one of these interrupts, which were enabled in `sie`, is pending.
  case suspended(enabled: UInt64)

  /// What `hart_get_status` answers. `pending` are the interrupts that others have raised at the hart.
  func status(pending: UInt64) -> SBIHartStatus {
    switch self {
    case .stopped: .stopped
    case .startPending: .startPending
    case .started: .started
    case .suspended(let enabled): pending & enabled == 0 ? .suspended : .resumePending
    }
  }
}
