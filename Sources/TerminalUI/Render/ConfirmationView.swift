import Figures
import VirtualTerminal

/// A question that names the domain, or all of several.
struct ConfirmationView {
  private let question: Confirmation
  /// Nil where there is room for one line only.
  private let frame: Frame?
  /// All names where there are several, in lines.
  private let names: [String]
  private let warning: [String]
  private let buttons: ButtonRow

  private static let minimum = Size(columns: 34, rows: 7)
  private static let maximumWidth = 60

  init(_ question: Confirmation, size: Size) {
    self.question = question
    let isTyped = question.typed != nil
    guard size.columns >= Self.minimum.columns, size.rows >= Self.minimum.rows else {
      (frame, names, warning) = (nil, [], [])
      let buttons = Self.buttons(yes: isTyped ? question.verb : "yes", isTyped)
      self.buttons = .inOneLine(buttons, of: size, after: Self.shortestText(question))
      return
    }
    let width = min(size.columns - 4, Self.maximumWidth)
    // Frame, question, an empty line and the answer, for which a name may have a line of its own.
    let others = isTyped ? 6 : 5
    let several = question.targets.count > 1 ? question.targets.map(\.name).joined(separator: " ") : ""
    names = Array(wrapped(several, to: width - 4).prefix(min(size.rows / 3, size.rows - others)))
    warning = Array(wrapped(question.warning, to: width - 4).prefix(size.rows - others - names.count))
    let frame = Frame(centredIn: size, width: width, height: names.count + warning.count + others)
    buttons = ButtonRow(
      all: Self.buttons(yes: isTyped ? question.verb : "yes, " + question.verb, isTyped),
      row: frame.row + frame.height - 2, in: frame.inner.columns, gap: ButtonRow.wideGap)
    self.frame = frame
  }

  /// There is room to say what the question is about.
  var isReadable: Bool {
    frame != nil || (buttons.row >= 0 && Self.shortestText(question) <= buttons.columns.lowerBound)
  }

  /// Columns of `destroy 'web'?`; of a long name the beginning has to do.
  private static func shortestText(_ question: Confirmation) -> Int {
    let name = DisplayText(question.subject.name, charset: .braille).width
    return question.verb.utf8.count + min(name, 12) + 4
  }

  private static func buttons(yes: String, _ isTyped: Bool) -> [Button] {
    isTyped
      ? [Button(Key(.enter), word: yes), Button(Key(.escape), word: "cancel")]
      : [Button("y", word: yes), Button("n", word: "no")]
  }

  private var what: String { question.subject.name }

  func draw(on canvas: inout Canvas) {
    guard let frame else { return drawLine(on: &canvas) }
    canvas.box(frame, border: .dialog, inside: .dialog)
    canvas.title([(question.verb.prefix(1).uppercased() + question.verb.dropFirst(), .dialogTitle)], of: frame)
    let inner = frame.inner
    drawQuestion(inner, on: &canvas)
    for (index, line) in names.enumerated() {
      canvas.put(line, column: inner.column, row: inner.row + 1 + index, end: inner.end, .dialogTitle)
    }
    for (index, line) in warning.enumerated() {
      canvas.put(line, column: inner.column, row: inner.row + 1 + names.count + index, end: inner.end, .warning)
    }
    if let typed = question.typed {
      LineEditorView(prompt: "type '\(question.password)' to go on: ", editor: typed)
        .draw(on: &canvas, column: inner.column, row: buttons.row - 1, end: inner.end)
    }
    buttons.draw(on: &canvas, word: .dialog)
  }

  private func drawLine(on canvas: inout Canvas) {
    let (row, end) = (buttons.row, max(buttons.columns.lowerBound - 1, 0))
    canvas.fill(0..<canvas.size.columns, row: row, " ", .dialog)
    if let typed = question.typed {
      LineEditorView(prompt: "\(question.verb) \(what)? type '\(question.password)': ", editor: typed)
        .draw(on: &canvas, column: 0, row: row, end: end)
    } else {
      canvas.put("\(question.verb) '\(what)'?", column: 0, row: row, end: end, .dialogTitle)
    }
    buttons.draw(on: &canvas, word: .dialog)
  }

  private func drawQuestion(_ inner: Frame, on canvas: inout Canvas) {
    let verb = question.verb
    guard question.targets.count <= 1 else {
      canvas.put("\(verb) \(what)?", column: inner.column, row: inner.row, end: inner.end, .dialog)
      return
    }
    // The name may be long: the frame's edge cuts it, the sign after it stays.
    let beginning = "\(verb) \(question.subject.kind) '"
    let name = DisplayText(what, charset: canvas.charset)
      .truncated(to: max(inner.width - beginning.utf8.count, 1), ellipsis: canvas.glyphs.ellipsis)
    var column = canvas.put(beginning, column: inner.column, row: inner.row, end: inner.end, .dialog)
    column = canvas.put(name, column: column, row: inner.row, end: inner.end, .dialogTitle)
    canvas.put("'?", column: column, row: inner.row, end: inner.end, .dialog)
  }
}
