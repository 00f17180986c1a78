import HypervisorModel

/// The cpupools, one line each.
struct PoolsView {
  let pools: [PoolSnapshot]
  let rows: Range<Int>

  func draw(on canvas: inout Canvas) {
    for (row, pool) in zip(rows, pools) {
      let domains = pool.domains == 1 ? "1 domain" : "\(pool.domains) domains"
      let facts = [pool.schedulerName, "pCPUs \(pool.pcpus)", domains] + pool.shownParameters
      let column = canvas.put(pool.name, column: 1, row: row, .boxTitle)
      canvas.put("  " + facts.joined(separator: canvas.glyphs.separator), column: column, row: row)
    }
  }
}

extension PoolSnapshot {
  /// What its scheduler goes by, in words.
  var shownParameters: [String] {
    let values = (scheduler?.poolParameters ?? []).compactMap { parameter in
      parameters[parameter].map { "\(parameter.title) \(parameter.shown($0))" }
    }
    return values + (frame.map { ["frame of \($0.slots.count) slots"] } ?? [])
  }
}
