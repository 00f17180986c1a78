import CVTerm

/// A guest's console as a screen of cells, by libvterm. All that a guest prints ends here: what leaves is cells without
/// control characters, and answers for the guest itself.
///
/// Not for use from two threads at once. A guest chooses every byte that is fed, so sizes, runs and answers are bounded.
public final class ConsoleScreen {
  public private(set) var rows: Int
  public private(set) var columns: Int

  private let terminal: OpaquePointer
  private let screen: OpaquePointer
  /// libvterm keeps a pointer to its callbacks for as long as it lives.
  private let callbacks: UnsafeMutablePointer<VTermScreenCallbacks>
  private var filter = CombiningLimit()
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

  /// A wide character needs two columns, and libvterm one row.
  public static let minimumRows = 1
  public static let minimumColumns = 2
  static let maximumSide = 1000
  /// The most bytes of answers that one call of `feed` gives.
  public static let answerLimit = 1024
  /// libvterm decodes a piece at a time into a buffer of its own; pieces of this size always fit.
  private static let pieceSize = 512

  /// Nil when there is no memory for it. Sizes are brought into what libvterm can bear.
  public init?(rows: Int, columns: Int, scrollback limit: Int = 2000) {
    self.rows = Self.clamp(rows, from: Self.minimumRows)
    self.columns = Self.clamp(columns, from: Self.minimumColumns)
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

  private static func clamp(_ side: Int, from minimum: Int) -> Int { min(max(side, minimum), maximumSide) }

  /// Shows what the guest printed. Returns what the terminal answers to questions in it (cursor position, device
  /// attributes), at most `answerLimit` bytes.
  public func feed(_ bytes: [UInt8]) -> [UInt8] {
    output.removeAll(keepingCapacity: true)
    outputLimit = Self.answerLimit
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = filter.filter(rest.prefix(Self.pieceSize))
      rest = rest.dropFirst(Self.pieceSize)
      piece.withUnsafeBytes { raw in
        _ = vterm_input_write(terminal, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
      }
    }
    return output
  }

  public func resize(rows: Int, columns: Int) {
    let rows = Self.clamp(rows, from: Self.minimumRows)
    let columns = Self.clamp(columns, from: Self.minimumColumns)
    guard rows != self.rows || columns != self.columns else { return }
    outputLimit = 0
    vterm_set_size(terminal, Int32(rows), Int32(columns))
    self.rows = rows
    self.columns = columns
  }

  /// Where the guest's cursor is; nil while it hides it.
  public var cursor: (row: Int, column: Int)? {
    guard properties.isCursorVisible else { return nil }
    var position = VTermPos()
    vterm_state_get_cursorpos(vterm_obtain_state(terminal), &position)
    return (min(max(Int(position.row), 0), rows - 1), min(max(Int(position.col), 0), columns - 1))
  }

  /// A full-screen program has the screen; it has no scrollback of its own.
  public var isAlternate: Bool { properties.isAlternate }

  /// Lines that can be scrolled back to.
  public var scrollbackCount: Int { scrollback.count }

  /// The cells of a row of the screen as it looks `back` lines up in the scrollback; always `columns` cells.
  public func line(_ row: Int, scrolledBack back: Int = 0) -> [ConsoleCell] {
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

  /// Runs `body`, which makes libvterm write, and gives what it wrote.
  func collecting(limit: Int, _ body: (OpaquePointer) -> Void) -> [UInt8] {
    output.removeAll(keepingCapacity: true)
    outputLimit = limit
    body(terminal)
    return output
  }
}
