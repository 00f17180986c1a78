import CNcurses
import TerminalUI
import VirtualTerminal

/// Attributes and colour pair of a cell, as ncurses wants them.
struct Look: Hashable {
  var attributes: attr_t = 0
  var pair: Int32 = 0
}

/// Looks of roles on this terminal. Only for the thread that draws.
struct Palette {
  private let theme: Theme
  private let depth: ColorDepth
  /// The terminal takes -1 as its default colours.
  private let hasDefaults: Bool
  private var looks: [Wanted: Look] = [:]

  private struct Wanted: Hashable {
    var role: Role
    var isSelected: Bool
  }

  /// Guests choose console styles: their number is bounded by dropping all when there are too many.
  private static let limit = 4096

  init(theme: Theme, depth: ColorDepth, hasDefaults: Bool) {
    self.theme = depth == .mono ? .monochrome : theme
    self.depth = depth
    self.hasDefaults = hasDefaults
  }

  mutating func look(of cell: Cell) -> Look {
    let key = Wanted(role: cell.role, isSelected: cell.isSelected)
    if let look = looks[key] { return look }
    if looks.count >= Self.limit { looks.removeAll(keepingCapacity: true) }
    let look = make(key)
    looks[key] = look
    return look
  }

  private func make(_ key: Wanted) -> Look {
    switch key.role {
    case .themed(let role):
      var style = theme.style(role)
      if key.isSelected {
        let selection = theme.style(.selection)
        style.background = selection.background ?? style.background
        style.foreground = selection.foreground ?? style.foreground
        style.attributes.formUnion(selection.attributes)
      }
      return make(
        foreground: color(style.foreground), background: color(style.background),
        attributes: Self.attributes(style.attributes))
    case .console(let style):
      return make(
        foreground: Self.color(style.foreground), background: Self.color(style.background),
        attributes: Self.attributes(style.attributes))
    }
  }

  private func make(foreground: ThemeColor, background: ThemeColor, attributes: attr_t) -> Look {
    guard depth != .mono else { return Look(attributes: attributes) }
    var (front, isBright) = depth.number(of: foreground)
    var (back, _) = depth.number(of: background)
    if !hasDefaults {
      if front < 0 { front = COLOR_WHITE }
      if back < 0 { back = COLOR_BLACK }
    }
    let pair = front < 0 && back < 0 ? 0 : max(alloc_pair(front, back), 0)
    return Look(attributes: isBright ? attributes | CURSES_BOLD : attributes, pair: pair)
  }

  private func color(_ choice: ThemeStyle.Choice?) -> ThemeColor {
    guard let choice else { return .standard }
    return depth == .palette || depth == .direct ? choice.rich : choice.poor
  }

  private static func color(_ color: ConsoleStyle.Color) -> ThemeColor {
    switch color {
    case .standard: .standard
    case .palette(let index): .palette(index)
    case .rgb(let red, let green, let blue): .rgb(red, green, blue)
    }
  }

  private static func attributes(_ attributes: ThemeStyle.Attributes) -> attr_t {
    var bits: attr_t = 0
    if attributes.contains(.bold) { bits |= CURSES_BOLD }
    if attributes.contains(.dim) { bits |= CURSES_DIM }
    if attributes.contains(.underline) { bits |= CURSES_UNDERLINE }
    if attributes.contains(.reverse) { bits |= CURSES_REVERSE }
    if attributes.contains(.italic) { bits |= CURSES_ITALIC }
    return bits
  }

  private static func attributes(_ attributes: ConsoleStyle.Attributes) -> attr_t {
    var bits: attr_t = 0
    if attributes.contains(.bold) { bits |= CURSES_BOLD }
    if attributes.contains(.underline) { bits |= CURSES_UNDERLINE }
    if attributes.contains(.italic) { bits |= CURSES_ITALIC }
    if attributes.contains(.blink) { bits |= CURSES_BLINK }
    if attributes.contains(.reverse) { bits |= CURSES_REVERSE }
    return bits
  }
}
