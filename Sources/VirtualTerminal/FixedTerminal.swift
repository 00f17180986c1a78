import CVTerm

/// One libvterm instance, of one size for life.
final class FixedTerminal {
  let rows: Int
  let columns: Int

  private let terminal: OpaquePointer
  private let screen: OpaquePointer
  /// libvterm keeps a pointer to its callbacks for as long as it lives.
  private let callbacks: UnsafeMutablePointer<VTermScreenCallbacks>
  var scrollback: Scrollback
  var properties = Properties()
  /// What libvterm wants to go to the guest: answers to its questions, or the bytes of a key.
  var output: [UInt8] = []
  var outputLimit = 0

  struct Properties {
    var isCursorVisible = true
    var isAlternate = false
    var isReversed = false
  }

  /// libvterm decodes a piece at a time into a buffer of its own; pieces of this size always fit.
  private static let pieceSize = 512

  init?(rows: Int, columns: Int, scrollback limit: Int) {
    self.rows = min(max(rows, ConsoleScreen.minimumRows), ConsoleScreen.maximumSide)
    self.columns = min(max(columns, ConsoleScreen.minimumColumns), ConsoleScreen.maximumSide)
    guard let terminal = vterm_new(Int32(self.rows), Int32(self.columns)) else { return nil }
    self.terminal = terminal
    vterm_set_utf8(terminal, 1)
    screen = vterm_obtain_screen(terminal)
    callbacks = .allocate(capacity: 1)
    callbacks.initialize(to: Self.makeCallbacks())
    scrollback = Scrollback(limit: limit)

    let context = Unmanaged.passUnretained(self).toOpaque()
    vterm_screen_set_callbacks(screen, callbacks, context)
    vterm_screen_enable_altscreen(screen, 1)
    vterm_output_set_callback(terminal, Self.collectOutput, context)
    vterm_screen_reset(screen, 1)
  }

  deinit {
    vterm_free(terminal)
    callbacks.deinitialize(count: 1)
    callbacks.deallocate()
  }

  func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { raw in
      for start in stride(from: 0, to: raw.count, by: Self.pieceSize) {
        let piece = UnsafeRawBufferPointer(rebasing: raw[start..<min(start + Self.pieceSize, raw.count)])
        _ = vterm_input_write(terminal, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count)
      }
    }
  }

  var cursor: (row: Int, column: Int)? {
    guard properties.isCursorVisible else { return nil }
    var position = VTermPos()
    vterm_state_get_cursorpos(vterm_obtain_state(terminal), &position)
    return (min(max(Int(position.row), 0), rows - 1), min(max(Int(position.col), 0), columns - 1))
  }

  func line(_ row: Int, scrolledBack back: Int) -> [ConsoleCell] {
    let back = min(max(back, 0), scrollback.count)
    let index = row - back
    if index < 0 { return Self.cells(of: scrollback[scrollback.count + index] ?? [], columns: columns) }
    var raw: [VTermScreenCell] = []
    raw.reserveCapacity(columns)
    for column in 0..<columns {
      var cell = VTermScreenCell()
      let position = VTermPos(row: Int32(clamping: index), col: Int32(clamping: column))
      guard index < rows, vterm_screen_get_cell(screen, position, &cell) != 0 else { break }
      raw.append(cell)
    }
    return Self.cells(of: raw, columns: columns, isReversed: properties.isReversed)
  }

  /// Runs `body`, in which libvterm may write, and gives what it wrote, at most `limit` bytes.
  func collecting(limit: Int, _ body: (FixedTerminal) -> Void) -> [UInt8] {
    output.removeAll(keepingCapacity: true)
    outputLimit = limit
    body(self)
    return output
  }

  func pressKey(_ code: VTermKey, _ modifiers: VTermModifier) { vterm_keyboard_key(terminal, code, modifiers) }
  func startPaste() { vterm_keyboard_start_paste(terminal) }
  func endPaste() { vterm_keyboard_end_paste(terminal) }
}
