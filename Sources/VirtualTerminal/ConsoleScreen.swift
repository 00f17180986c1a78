/// A guest's console as a screen of cells, by libvterm. All that a guest prints ends here: what leaves is cells without
/// control characters, and answers for the guest itself.
///
/// Not for use from two threads at once. A guest chooses every byte that is fed, so sizes, runs and answers are bounded.
public final class ConsoleScreen {
  /// A new one for every size: libvterm 0.1 keeps positions (margins, saved cursors) that may lie outside of a resized
  /// screen, and then reads and writes there. At a fixed size it stays inside.
  private var terminal: FixedTerminal
  private var filter = CombiningLimit()
  private var recent = RecentOutput()
  private let scrollbackLimit: Int

  /// A wide character needs two columns, and libvterm one row.
  public static let minimumRows = 1
  public static let minimumColumns = 2
  static let maximumSide = 1000
  /// The most bytes of answers that one call of `feed` gives.
  public static let answerLimit = 1024

  /// Nil when there is no memory for it. Sizes are brought into what libvterm can bear.
  public init?(rows: Int, columns: Int, scrollback limit: Int = 2000) {
    guard let terminal = FixedTerminal(rows: rows, columns: columns, scrollback: limit) else { return nil }
    self.terminal = terminal
    scrollbackLimit = limit
  }

  public var rows: Int { terminal.rows }
  public var columns: Int { terminal.columns }
  /// Where the guest's cursor is; nil while it hides it.
  public var cursor: (row: Int, column: Int)? { terminal.cursor }
  /// A full-screen program has the screen; it has no scrollback of its own.
  public var isAlternate: Bool { terminal.properties.isAlternate }
  /// Lines that can be scrolled back to.
  public var scrollbackCount: Int { terminal.scrollback.count }

  /// Lines that have left the screen at the top since it was made. A new size begins anew.
  public var scrolledOff: Int { terminal.scrollback.pushed }

  /// Shows what the guest printed. Returns what the terminal answers to questions in it (cursor position, device
  /// attributes), at most `answerLimit` bytes.
  public func feed(_ bytes: [UInt8]) -> [UInt8] {
    let passed = filter.filter(bytes[...])
    recent.append(passed)
    return terminal.collecting(limit: Self.answerLimit) { $0.write(passed) }
  }

  /// Shows the newest output again on a screen of the new size.
  public func resize(rows: Int, columns: Int) {
    guard let next = FixedTerminal(rows: rows, columns: columns, scrollback: scrollbackLimit),
      next.rows != self.rows || next.columns != self.columns
    else { return }
    _ = next.collecting(limit: 0) { next in
      // What is kept may begin after the switch to the other screen.
      if isAlternate { next.write(Array("\u{1B}[?1049h".utf8)) }
      next.write(recent.bytes)
      for (mode, probe) in Self.keyModes where probe(terminal) != probe(next) {
        next.write(Array("\u{1B}[?\(mode)\(probe(terminal).isEmpty ? "l" : "h")".utf8))
      }
    }
    terminal = next
  }

  /// Modes that change what keys send, and what tells whether they are on: nothing if they are off.
  private static let keyModes: [(mode: Int, probe: @Sendable (FixedTerminal) -> [UInt8])] = [
    (1, { $0.encode(Key(.up)) == Array("\u{1B}OA".utf8) ? [1] : [] }),
    (2004, { $0.pasteStart }),
  ]

  /// The cells of a row of the screen as it looks `back` lines up in the scrollback; always `columns` cells.
  public func line(_ row: Int, scrolledBack back: Int = 0) -> [ConsoleCell] {
    terminal.line(row, scrolledBack: back)
  }

  /// What a key types into the guest, after the modes that the guest has set (application cursor keys and the like).
  public func encode(_ key: Key) -> [UInt8] { terminal.encode(key) }

  /// What pasted text types into the guest: bracketed if the guest wants that, without control characters other than
  /// tab and line ends, so that no paste can end its own bracket.
  public func encode(paste text: String) -> [UInt8] { terminal.encode(paste: text) }
}
