import HypervisorModel

/// The cpupools, one line each.
struct PoolsView {
  let pools: [PoolSnapshot]
  let rows: Range<Int>

  func draw(on canvas: inout Canvas) {
    for (row, pool) in zip(rows, pools) {
      let domains = pool.domains == 1 ? "1 domain" : "\(pool.domains) domains"
      let facts = [pool.scheduler, "pCPUs \(pool.pcpus)", domains] + pool.parameters
      let column = canvas.put(pool.name, column: 1, row: row, .boxTitle)
      canvas.put("  " + facts.joined(separator: canvas.glyphs.separator), column: column, row: row)
    }
  }
}

extension PoolSnapshot {
  /// What its scheduler goes by, in words.
  var parameters: [String] {
    func delay(_ time: Nanoseconds?, _ what: String) -> String? {
      time.map { $0 == .zero ? "no \(what)" : "\(what) \($0.milliseconds) ms" }
    }
    return [
      timeSlice.map { "time slice \($0.milliseconds) ms" }, delay(rateLimit, "rate limit"),
      delay(migrationDelay, "migration delay"), switchAllowance.map { "switch allowance \($0.milliseconds) ms" },
      frame.map { "frame of \($0.slots.count) slots" },
    ].compactMap { $0 }
  }
}
