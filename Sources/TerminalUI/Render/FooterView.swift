/// The last line: a message if there is one, else the most useful keys.
struct FooterView {
  let state: UIState
  let layout: Layout

  func draw(on canvas: inout Canvas) {
    guard let row = layout.footer else { return }
    if let message = state.message {
      canvas.put(message.text, column: 1, row: row, message.kind.role)
    } else if let text = state.disconnection {
      canvas.put(text, column: 1, row: row, .error)
    } else if let text = state.snapshot?.warnings.first {
      canvas.put(text, column: 1, row: row, .warning)
    } else {
      drawHints(row, on: &canvas)
    }
  }

  private func drawHints(_ row: Int, on canvas: inout Canvas) {
    var column = 1
    for hint in KeyBinding.all.compactMap(\.hint) {
      let width = hint.key.utf8.count + 1 + hint.word.utf8.count
      guard column + width <= canvas.size.columns else { break }
      column = canvas.put([(hint.key, .key), (" " + hint.word, .hint)], column: column, row: row) + 2
    }
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
