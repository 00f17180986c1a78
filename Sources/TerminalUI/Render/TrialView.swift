import HypervisorModel

/// A change that is taken back unless it is kept.
struct TrialView {
  let trial: Trial
  let now: Nanoseconds

  func draw(on canvas: inout Canvas) {
    let seconds = "\(trial.secondsLeft(at: now)) s"
    let width = min(canvas.size.columns, 64)
    guard canvas.size.rows >= 6, width >= 34 else {
      let row = canvas.size.rows - 1
      canvas.fill(0..<canvas.size.columns, row: row, " ", .dialog)
      canvas.put("keep it? \(seconds) y/n", column: 0, row: row, .dialogTitle)
      return
    }
    let frame = Frame(
      column: (canvas.size.columns - width) / 2, row: (canvas.size.rows - 6) / 2, width: width, height: 6)
    canvas.box(frame, border: .dialog, inside: .dialog)
    canvas.title([("Keep?", .dialogTitle)], of: frame)
    let inner = frame.inner
    canvas.put(trial.text, column: inner.column, row: inner.row, end: inner.end, .dialogTitle)
    canvas.put(
      [("is taken back in ", .dialog), (seconds, .warning)], column: inner.column, row: inner.row + 1, end: inner.end)
    canvas.put(
      [("y", .key), (" keep it     ", .dialog), ("n", .key), (" take it back now", .dialog)], column: inner.column,
      row: inner.row + 3, end: inner.end)
  }
}
