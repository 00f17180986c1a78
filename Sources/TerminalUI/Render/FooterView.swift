/// The last line: a message if there is one, else the most useful keys.
struct FooterView {
  let state: UIState
  let layout: Layout

  func draw(on canvas: inout Canvas) {
    guard let row = layout.footer else { return }
    if case .palette = state.mode { return drawMessages(above: row, on: &canvas) }
    if case .filter(let typed) = state.mode {
      drawFilter(typed, row, on: &canvas)
      return
    }
    if !state.messages.isEmpty {
      drawMessages(above: row + 1, on: &canvas)
    } else if let text = state.host.disconnection {
      canvas.put(text, column: 1, row: row, .error)
    } else if let progress = state.progress {
      let end = canvas.put("\(progress.work) \(Format.percent(progress.fraction)) ", column: 1, row: row)
      canvas.meter(progress.fraction, columns: end..<max(min(end + 20, canvas.size.columns), end), row: row, .graph)
    } else if state.view == .log, let entry = state.tables.log.selected, !entry.outcome.isEmpty {
      // The table may have cut it.
      canvas.put(entry.outcome, column: 1, row: row, entry.kind.role)
    } else if let text = state.host.snapshot?.warnings.first {
      canvas.put(text, column: 1, row: row, .warning)
    } else {
      drawHints(row, on: &canvas)
    }
  }

  /// The newest in the lowest line; older ones above it, over the table.
  private func drawMessages(above end: Int, on canvas: inout Canvas) {
    for (index, message) in state.messages.reversed().enumerated() where end - 1 - index >= 0 {
      let row = end - 1 - index
      canvas.fill(0..<canvas.size.columns, row: row)
      canvas.put(message.text, column: 1, row: row, message.kind.role)
    }
  }

  private func drawFilter(_ typed: FilterEditor, _ row: Int, on canvas: inout Canvas) {
    var end = canvas.size.columns
    let note = state.filterFault ?? "\(state.tables.domains.rows.count) of \(state.allDomains.count)"
    let width = DisplayText(note, charset: canvas.charset).width
    if width + 16 < end {
      canvas.put(note, endingAt: end - 1, row: row, state.filterFault == nil ? .dim : .error)
      end -= width + 2
    }
    LineEditorView(prompt: "/", editor: typed.editor).draw(on: &canvas, column: 1, row: row, end: end)
  }

  private func drawHints(_ row: Int, on canvas: inout Canvas) {
    var column = 1
    if !state.plan.isEmpty {
      let count = state.plan.count == 1 ? "1 change" : "\(state.plan.count) changes"
      column = canvas.put("\(count) tried out", column: column, row: row, .pending) + 2
      column = put(.open, " applies", column, row, on: &canvas)
      _ = put(.dismiss, " forgets", column, row, on: &canvas)
      return
    }
    if state.showsMarks, !state.marks.isEmpty {
      column = canvas.put("\(state.marks.count) marked", column: column, row: row, .pending) + 2
    }
    if !state.filter.isEmpty {
      let filter = DisplayText("/" + state.filter.text, charset: canvas.charset)
        .truncated(to: canvas.size.columns / 2, ellipsis: canvas.glyphs.ellipsis)
      column = canvas.put(filter, column: column, row: row, .pending)
      column += 2
    }
    if column > 1 { column = put(.dismiss, " clears", column, row, on: &canvas) }
    for hint in state.options.keys.hints {
      let width = hint.key.utf8.count + 1 + hint.word.utf8.count
      guard column + width <= canvas.size.columns else { break }
      column = canvas.put([(hint.key, .key), (" " + hint.word, .hint)], column: column, row: row) + 2
    }
  }

  /// A key of a command, if it has one; returns where the next hint may begin.
  private func put(_ command: Command, _ word: String, _ column: Int, _ row: Int, on canvas: inout Canvas) -> Int {
    guard let key = state.options.keys.shown(command) else { return column }
    return canvas.put([(key, .key), (word, .hint)], column: column, row: row) + 2
  }
}

extension Message.Kind {
  var role: ThemeRole {
    switch self {
    case .info: .text
    case .success: .success
    case .warning: .warning
    case .failure: .error
    }
  }
}
