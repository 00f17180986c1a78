import Figures
import HypervisorModel

/// The last line: a message if there is one, else the most useful keys.
struct FooterView {
  let state: UIState
  let layout: Layout
  let size: Size

  private enum Content {
    case filter(FilterEditor)
    case messages
    case text(String, ThemeRole)
    case progress(Progress)
    case hints
  }

  /// Of all that there is to say, what matters most.
  private var content: Content {
    if case .filter(let typed) = state.mode { return .filter(typed) }
    if !state.messages.isEmpty { return .messages }
    if let text = state.host.disconnection { return .text(text, .error) }
    if let progress = state.host.progress { return .progress(progress) }
    if let wait = state.host.journal.longestWait(at: state.now) { return .text(Self.text(wait), .pending) }
    if let note = state.screens[state.view].note { return .text(note.text, note.role) }
    return state.host.snapshot?.warnings.first.map { .text($0, .warning) } ?? .hints
  }

  func draw(on canvas: inout Canvas) {
    guard let row = layout.footer else { return }
    // The palette takes this line.
    if case .palette = state.mode { return drawMessages(above: row, on: &canvas) }
    switch content {
    case .filter(let typed): drawFilter(typed, row, on: &canvas)
    case .messages: drawMessages(above: row + 1, on: &canvas)
    case .text(let text, let role): canvas.put(text, column: 1, row: row, role)
    case .progress(let progress):
      let end = canvas.put("\(progress.work) \(Format.percent(progress.fraction)) ", column: 1, row: row)
      canvas.meter(progress.fraction, columns: end..<max(min(end + 20, size.columns), end), row: row, .graph)
    case .hints:
      let hints = hints(row)
      canvas.put(hints.lead, column: 1, row: row, .pending)
      hints.buttons.draw(on: &canvas, word: .hint)
    }
  }

  /// The newest in the lowest lines; older ones above it, over the table.
  private func drawMessages(above end: Int, on canvas: inout Canvas) {
    let lines = state.messages.flatMap { message in
      wrapped(message.text, to: canvas.size.columns - 2).map { (text: $0, role: message.kind.role) }
    }
    for (index, line) in lines.reversed().prefix(min(end, Self.messageLines)).enumerated() {
      let row = end - 1 - index
      canvas.fill(0..<canvas.size.columns, row: row)
      canvas.put(line.text, column: 1, row: row, line.role)
    }
  }

  private static let messageLines = 8

  private static func text(_ wait: (text: String, time: Nanoseconds, others: Int)) -> String {
    "\(wait.text): \(wait.time.rawValue / 1_000_000_000) s" + (wait.others == 0 ? "" : ", and \(wait.others) more")
  }

  private func drawFilter(_ typed: FilterEditor, _ row: Int, on canvas: inout Canvas) {
    var end = canvas.size.columns
    let note = state.filterFault ?? "\(state.domains.rows.count) of \(state.allDomains.count)"
    let width = DisplayText(note, charset: canvas.charset).width
    if width + 16 < end {
      canvas.put(note, endingAt: end - 1, row: row, state.filterFault == nil ? .dim : .error)
      end -= width + 2
    } else if let fault = state.filterFault, row > 0 {
      canvas.fill(0..<canvas.size.columns, row: row - 1)
      canvas.put(fault, column: 1, row: row - 1, .error)
    }
    LineEditorView(prompt: "/", editor: typed.editor).draw(on: &canvas, column: 1, row: row, end: end)
  }

  /// What the keys are about, if that has to be said, and the keys.
  private func hints(_ row: Int) -> (lead: String, buttons: ButtonRow) {
    let keys = state.options.keys
    var lead: [String] = []
    var buttons: [Button?] = []
    if !state.host.plan.isEmpty {
      lead = [state.host.plan.count == 1 ? "1 change tried out" : "\(state.host.plan.count) changes tried out"]
      buttons = [keys.button(for: .open, word: "applies"), keys.button(for: .dismiss, word: "forgets")]
    } else {
      if state.showsMarks, !state.marks.isEmpty { lead.append("\(state.marks.count) marked") }
      if !state.filter.isEmpty { lead.append(shownFilter) }
      buttons = (lead.isEmpty ? [] : [keys.button(for: .dismiss, word: "clears")]) + state.hints.map(keys.button)
    }
    let text = lead.joined(separator: "  ")
    let start = 1 + (text.isEmpty ? 0 : DisplayText(text, charset: state.options.charset).width + 2)
    return (text, ButtonRow(buttons.compactMap { $0 }, row: row, in: start..<max(size.columns, start)))
  }

  private var shownFilter: String {
    let charset = state.options.charset
    return DisplayText("/" + state.filter.text, charset: charset)
      .truncated(to: size.columns / 2, ellipsis: Glyphs.of(charset).ellipsis).pieces.map(\.text).joined()
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
