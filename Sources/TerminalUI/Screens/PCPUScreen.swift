extension ScreenID {
  static let pcpus = ScreenID("pcpus")
}

/// The host's CPUs, below its cpupools.
struct PCPUScreen: TableScreen {
  static let id = ScreenID.pcpus
  static let title = "pCPUs"
  static let hints = Hint.general + [.palette, .undo] + Hint.table

  var table: TableState<PCPURow>

  func rows(_ state: UIState) -> [PCPURow] { PCPURow.rows(of: state.host) }

  func emptyText(_ state: UIState) -> String { state.emptyText("the host tells of no pCPU") }

  /// A line for each cpupool.
  func headHeight(_ state: UIState, _ size: Size) -> Int { min(state.host.snapshot?.pools.count ?? 0, size.rows / 4) }

  func drawHead(_ state: UIState, in frame: Frame, on canvas: inout Canvas) {
    PoolsView(pools: state.host.snapshot?.pools ?? [], rows: frame.rows).draw(on: &canvas)
  }
}
