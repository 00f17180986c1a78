extension ScreenID {
  static let disks = ScreenID("disks")
}

/// The virtual disks of all domains.
struct DiskScreen: TableScreen {
  static let id = ScreenID.disks
  static let title = "Disks"

  var table: TableState<DiskRow>

  func rows(_ state: UIState) -> [DiskRow] { state.domains.rows.flatMap(DiskRow.rows) }

  func emptyText(_ state: UIState) -> String { state.emptyText("no domain has a disk") }
}
