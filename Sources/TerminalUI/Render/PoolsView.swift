import HypervisorModel

/// The cpupools, one line each.
struct PoolsView {
  let pools: [PoolSnapshot]
  let rows: Range<Int>

  func draw(on canvas: inout Canvas) {
    for (row, pool) in zip(rows, pools) {
      var facts = [pool.scheduler, "pCPUs \(pool.pcpus)", pool.domains == 1 ? "1 domain" : "\(pool.domains) domains"]
      if let slice = pool.timeSlice { facts.append("time slice \(slice.milliseconds) ms") }
      if let limit = pool.rateLimit {
        facts.append(limit == .zero ? "no rate limit" : "rate limit \(limit.milliseconds) ms")
      }
      let column = canvas.put(pool.name, column: 1, row: row, .boxTitle)
      canvas.put("  " + facts.joined(separator: canvas.glyphs.separator), column: column, row: row)
    }
  }
}
