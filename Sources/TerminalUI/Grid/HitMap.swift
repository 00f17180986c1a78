import VirtualTerminal

/// What stands where on a drawn screen, for the mouse: drawing makes it, and a click is about what it says.
public struct HitMap: Sendable {
  private struct Part {
    var frame: Frame
    let target: Target
  }

  /// Later ones lie over earlier ones.
  private var parts: [Part] = []

  public init() {}

  /// What is seen at a place; nil: nothing that a click is for.
  func target(at position: Position) -> Target? { parts.last { $0.frame.contains(position) }?.target }

  mutating func add(_ target: Target, at frame: Frame) { parts.append(Part(frame: frame, target: target)) }

  /// What lies over the screen takes the mouse for itself.
  mutating func removeAll() { parts = [] }

  /// Adds what another one has, moved.
  mutating func add(_ other: HitMap, at place: Position) {
    for part in other.parts {
      var frame = part.frame
      frame.column += place.column
      frame.row += place.row
      add(part.target, at: frame)
    }
  }
}

/// What a part of the screen is for the mouse.
enum Target: Hashable {
  /// A click is that key.
  case key(Key)
  /// A click is that command.
  case command(Command)
  /// A row of the table, by its place among all.
  case row(Int)
  /// The heading of a column.
  case heading(Column)
  /// A suggestion of the palette.
  case suggestion(Int)
  /// A line of the chooser of columns.
  case choice(Int)
  /// A text over the screen, which a click closes.
  case overlay
  /// The console.
  case console
}

/// A screen as it was drawn.
public struct Drawing: Sendable {
  public let grid: Grid
  /// To be told to the state (`UIEvent.drawn`) before the next click.
  public let hits: HitMap
}
