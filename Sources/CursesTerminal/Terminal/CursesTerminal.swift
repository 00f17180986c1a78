import CNcurses
import CTerminal
import Figures
import Glibc
import TerminalUI

/// The operator's terminal, by ncurses. One thread only, the same for all calls; one instance at a time.
///
/// Whatever happens the terminal is given back as it was: by `stop`, by the signals that end or stop a process, and when
/// the process crashes.
public final class CursesTerminal {
  /// What a signal asks for.
  enum Wish: Hashable {
    case end(signal: Int32)
    case suspend
    case resume
    case resize
  }

  private let signals: WakePipe
  private let written = WrittenBytes()
  private let screen: OpaquePointer
  private var palette: Palette
  /// What ncurses has been told to show.
  private var shown: Grid?
  private var isRunning = true
  private let depth: ColorDepth
  private let hasDefaults: Bool
  private let hasBracketedPaste: Bool
  var paste: Paste?
  /// Bytes that the terminal was sent; nil where the kernel doesn't count them.
  private(set) var sentBytes: UInt64? = 0

  /// Characters that it can show.
  public let charset: Charset

  /// Takes the terminal over. `charset`: the characters that it can show; nil: what locale and terminal say.
  public init(theme: Theme, charset: Charset? = nil) throws(TerminalError) {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw .notATerminal }
    try Self.checkKind()
    signals = try WakePipe()
    setlocale(LC_CTYPE, "")
    guard terminal_guard_prepare(STDIN_FILENO) == 0 else { throw .notATerminal }
    set_escdelay(25)
    guard let screen = curses_new_screen(Self.richestKind) else { throw .unknownKind(Self.kind) }
    self.screen = screen
    self.charset = Self.charset(charset)
    raw()
    noecho()
    nonl()
    nodelay(curses_screen(), true)
    keypad(curses_screen(), true)
    curses_mouse_on()
    depth = Self.depth()
    hasDefaults = depth != .mono && use_default_colors() == OK
    palette = Palette(theme: theme, depth: depth, hasDefaults: hasDefaults)
    hasBracketedPaste = Self.canBracketPaste
    if hasBracketedPaste { Self.definePasteKeys() }
    curs_set(0)
    enterModes()
    watchSignals()
  }

  deinit { stop() }

  /// Gives the terminal back. May be called more than once.
  public func stop() {
    guard isRunning else { return }
    isRunning = false
    leaveModes()
    if curses_capability("smcup") == nil { clearLastLine() }
    endwin()
    terminal_guard_restore_settings()
    terminal_guard_disarm()
    terminal_unwatch_signals()
    delscreen(screen)
  }

  /// Where there is no other screen to go back to, the shell goes on in the last line.
  private func clearLastLine() {
    wmove(curses_screen(), getmaxy(curses_screen()) - 1, 0)
    wclrtoeol(curses_screen())
    wrefresh(curses_screen())
  }

  public var size: Size {
    var rows: Int32 = 0
    var columns: Int32 = 0
    guard curses_window_size(STDOUT_FILENO, &rows, &columns) == 0 else {
      return Size(columns: Int(getmaxx(curses_screen())), rows: Int(getmaxy(curses_screen())))
    }
    return Size(columns: Int(columns), rows: Int(rows))
  }

  // MARK: Set-up

  private static var kind: String { getenv("TERM").map { String(cString: $0) } ?? "" }

  private static func checkKind() throws(TerminalError) {
    var result: Int32 = 0
    guard setupterm(nil, STDOUT_FILENO, &result) == OK else { throw .unknownKind(kind) }
    guard curses_capability("cup") != nil else { throw .tooSimple(kind) }
  }

  /// Terminals call themselves by a kind with 256 colours, and say in COLORTERM that they have all of them. For most,
  /// terminfo knows the kind that uses those, if it has all its entries (Debian: ncurses-term).
  private static var richestKind: String {
    guard !isWithoutColors, let claim = getenv("COLORTERM").map({ String(cString: $0) }),
      ["truecolor", "24bit"].contains(claim)
    else { return kind }
    let rich = (kind.firstRange(of: "-256color").map { String(kind[..<$0.lowerBound]) } ?? kind) + "-direct"
    var result: Int32 = 0
    return setupterm(rich, STDOUT_FILENO, &result) == OK ? rich : kind
  }

  /// `NO_COLOR` with any text turns colours off (no-color.org).
  private static var isWithoutColors: Bool { getenv("NO_COLOR").map { $0.pointee != 0 } ?? false }

  /// Outside of a UTF-8 locale there is nothing but ASCII, whatever is wanted.
  private static func charset(_ wanted: Charset?) -> Charset {
    guard curses_is_utf8() != 0 else { return .ascii }
    return wanted ?? (kind == "linux" ? .block : .braille)
  }

  private static func depth() -> ColorDepth {
    guard !isWithoutColors, has_colors(), start_color() == OK else { return .mono }
    let depth = ColorDepth(colors: Int(curses_colors()))
    return depth == .direct && curses_has_flag("RGB") == 0 ? .palette : depth
  }

  private static var canBracketPaste: Bool {
    curses_capability("BE") != nil || ["xterm", "tmux", "screen"].contains { kind.hasPrefix($0) }
  }

  static let pasteBegins: Int32 = 6000
  static let pasteEnds: Int32 = 6001

  private static func definePasteKeys() {
    define_key("\u{1B}[200~", pasteBegins)
    define_key("\u{1B}[201~", pasteEnds)
  }

  private static let pasteOn = "\u{1B}[?2004h"
  private static let pasteOff = "\u{1B}[?2004l"
  private static let mouseOff = "\u{1B}[?1000l\u{1B}[?1006l"

  private func enterModes() {
    if hasBracketedPaste { write(Self.pasteOn) }
    // What `endwin` would say, for the crash handler, which may not call it.
    var restore = hasBracketedPaste ? Self.pasteOff : ""
    if curses_capability("kmous") != nil { restore += Self.mouseOff }
    for name in ["op", "sgr0", "cnorm", "rmkx", "rmcup"] { restore += Self.withoutPadding(curses_capability(name)) }
    restore += "\r\n"
    let bytes = Array(restore.utf8)
    bytes.withUnsafeBytes {
      terminal_guard_arm($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
  }

  private func leaveModes() {
    if hasBracketedPaste { write(Self.pasteOff) }
  }

  /// terminfo's `$<5>` asks for a pause that no terminal of today needs.
  private static func withoutPadding(_ capability: UnsafePointer<CChar>?) -> String {
    guard let capability else { return "" }
    var text = String(cString: capability)
    while let start = text.firstRange(of: "$<"), let end = text[start.upperBound...].firstIndex(of: ">") {
      text.removeSubrange(start.lowerBound...end)
    }
    return text
  }

  private func write(_ text: String) {
    count {
      fflush(nil)
      let bytes = Array(text.utf8)
      _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
    }
  }

  /// Takes down what is written to the terminal meanwhile.
  private func count(_ write: () -> Void) {
    let before = written.total
    write()
    guard let before, let after = written.total, let sent = sentBytes else { return sentBytes = nil }
    sentBytes = sent &+ (after &- before)
  }

  private func watchSignals() {
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH] {
      _ = terminal_watch_signal(signal, signals.writeEnd)
    }
  }

  // MARK: Waiting

  /// Waits until a key, a signal or `descriptor` has something, at most so many milliseconds (-1: for ever).
  func wait(for descriptor: Int32, milliseconds: Int32) {
    var descriptors = [STDIN_FILENO, signals.readEnd, descriptor].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    // The other end of the terminal is gone: nobody will ever type again.
    if descriptors[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { isHungUp = true }
  }

  private(set) var isHungUp = false

  /// What signals asked for since the last call.
  func wishes() -> [Wish] {
    var wishes: [Wish] = []
    if isHungUp { wishes.append(.end(signal: SIGHUP)) }
    for number in signals.drain().map(Int32.init) {
      switch number {
      case SIGTSTP: wishes.append(.suspend)
      case SIGCONT: wishes.append(.resume)
      case SIGWINCH: wishes.append(.resize)
      default: wishes.append(.end(signal: number))
      }
    }
    return wishes
  }

  /// Gives the terminal to the shell and stops the process group, as Ctrl-Z does; returns when it goes on.
  func suspend() {
    leaveModes()
    endwin()
    terminal_guard_restore_settings()
    terminal_stop_self()
    resume()
  }

  /// Takes the terminal back after a stop, whoever caused it.
  func resume() {
    reset_prog_mode()
    if hasBracketedPaste { write(Self.pasteOn) }
    adoptSize()
    redraw()
  }

  /// Tells ncurses the terminal's new size.
  func adoptSize() {
    let size = size
    guard size.rows > 0, size.columns > 0 else { return }
    resizeterm(Int32(clamping: size.rows), Int32(clamping: size.columns))
    shown = nil
  }

  /// Neither the terminal nor `NO_COLOR` says that there are none.
  var hasColors: Bool { depth != .mono }

  /// Draws in these colours from the next `draw` on.
  func use(_ theme: Theme) {
    palette = Palette(theme: theme, depth: depth, hasDefaults: hasDefaults)
    shown = nil
  }

  /// The next `draw` sends everything.
  func redraw() {
    shown = nil
    clearok(curses_screen(), true)
  }

  /// Puts text into the operator's clipboard, where the terminal does that; false if it is too long.
  func copy(_ text: String) -> Bool {
    guard let sequence = Clipboard.sequence(text) else { return false }
    write(sequence)
    return true
  }

  // MARK: Drawing

  /// Shows a grid; ncurses sends what differs from what is on the screen.
  func draw(_ grid: Grid) {
    guard isRunning, grid != shown else { return }
    for row in 0..<grid.size.rows {
      if let shown, shown.size == grid.size, shown.row(row) == grid.row(row) { continue }
      for column in 0..<grid.size.columns { put(grid[column, row], column: column, row: row) }
    }
    count {
      if let cursor = grid.cursor {
        curs_set(1)
        wmove(curses_screen(), Int32(clamping: cursor.row), Int32(clamping: cursor.column))
      } else {
        curs_set(0)
      }
      wrefresh(curses_screen())
    }
    shown = grid
  }

  private func put(_ cell: Cell, column: Int, row: Int) {
    guard cell.width > 0 else { return }
    let look = palette.look(of: cell)
    var scalars = cell.text.unicodeScalars.prefix(Int(CCHARW_MAX)).map { wchar_t(bitPattern: $0.value) }
    // Where the C library sees another width than we do, ncurses would lose count of the columns.
    if let first = cell.text.unicodeScalars.first, first.value > 0x7E, curses_width(first.value) != Int32(cell.width) {
      for offset in 0..<cell.width {
        let mark: [wchar_t] = [0x3F, 0]
        curses_put(Int32(clamping: row), Int32(clamping: column + offset), mark, look.attributes, look.pair)
      }
      return
    }
    scalars.append(0)
    curses_put(Int32(clamping: row), Int32(clamping: column), scalars, look.attributes, look.pair)
  }
}
