extension ScreenID {
  static let vcpus = ScreenID("vcpus")
}

/// The vCPUs of all domains.
struct VCPUScreen: TableScreen {
  static let id = ScreenID.vcpus
  static let title = "vCPUs"
  static let hints =
    Hint.general + [.open, Hint([.type("pin")], "pin"), .undo, .filter, .palette] + Hint.table

  var table: TableState<VCPURow>

  func rows(_ state: UIState) -> [VCPURow] {
    state.domains.rows.flatMap { VCPURow.rows(of: $0, state.host.entitlement) }
  }
}
