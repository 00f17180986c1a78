import HypervisorModel

/// A change that is taken back unless it is kept.
struct TrialView {
  private let trial: Trial
  private let seconds: String
  /// Nil where there is room for one line only.
  private let frame: Frame?
  private let buttons: ButtonRow

  private static let minimum = Size(columns: 34, rows: 6)

  init(_ trial: Trial, now: Nanoseconds, size: Size) {
    self.trial = trial
    seconds = "\(trial.secondsLeft(at: now)) s"
    guard size.columns >= Self.minimum.columns, size.rows >= Self.minimum.rows else {
      frame = nil
      buttons = .inOneLine([Button("y", word: "keep"), Button("n", word: "take back")], of: size)
      return
    }
    let frame = Frame(centredIn: size, width: min(size.columns, 64), height: Self.minimum.rows)
    buttons = ButtonRow(
      all: [Button("y", word: "keep it"), Button("n", word: "take it back now")], row: frame.inner.row + 3,
      in: frame.inner.columns, gap: ButtonRow.wideGap)
    self.frame = frame
  }

  func draw(on canvas: inout Canvas) {
    guard let frame else {
      canvas.fill(0..<canvas.size.columns, row: buttons.row, " ", .dialog)
      canvas.put("keep it? \(seconds)", column: 0, row: buttons.row, end: buttons.columns.lowerBound, .dialogTitle)
      buttons.draw(on: &canvas, word: .dialog)
      return
    }
    canvas.box(frame, border: .dialog, inside: .dialog)
    canvas.title([("Keep?", .dialogTitle)], of: frame)
    let inner = frame.inner
    canvas.put(trial.text, column: inner.column, row: inner.row, end: inner.end, .dialogTitle)
    canvas.put(
      [("is taken back in ", .dialog), (seconds, .warning)], column: inner.column, row: inner.row + 1, end: inner.end)
    buttons.draw(on: &canvas, word: .dialog)
  }
}
