extension ScreenID {
  static let networks = ScreenID("networks")
}

/// The network interfaces of all domains.
struct NetworkScreen: TableScreen {
  static let id = ScreenID.networks
  static let title = "Nets"

  var table: TableState<NetworkRow>

  func rows(_ state: UIState) -> [NetworkRow] { state.domains.rows.flatMap(NetworkRow.rows) }

  func emptyText(_ state: UIState) -> String { state.emptyText("no domain has a network interface") }
}
