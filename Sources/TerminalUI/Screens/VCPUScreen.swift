extension ScreenID {
  static let vcpus = ScreenID("vcpus")
}

/// The vCPUs of all domains.
struct VCPUScreen: TableScreen {
  static let id = ScreenID.vcpus
  static let title = "vCPUs"

  var table: TableState<VCPURow>

  func rows(_ state: UIState) -> [VCPURow] {
    state.domains.rows.flatMap { VCPURow.rows(of: $0, state.host.entitlement) }
  }
}
