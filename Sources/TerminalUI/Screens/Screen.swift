import HypervisorModel

/// One screen of the user interface: everything that is different from screen to screen, together with what it remembers.
///
/// A new screen is one type in a file of its own, a line in `Screens.all`, and its recorded screens in the tests. Most are
/// tables: `TableScreen` leaves them hardly more than their rows and columns to say.
protocol Screen: SendableMetatype {
  static var id: ScreenID { get }
  /// In its tab.
  static var title: String { get }
  /// The same where there is little room.
  static var shortTitle: String { get }
  /// Domains can be marked here: commands are for all marked ones.
  static var showsMarks: Bool { get }
  /// Weights and caps are tried out here before they are asked for.
  static var triesOut: Bool { get }
  /// What Enter does where a domain is selected.
  static var enter: Command { get }
  /// Keys for the bottom line, the most useful first: a narrow terminal cuts it.
  static var hints: [Hint] { get }

  init(_ options: UIOptions)

  /// Where the operator stands in the screen's table; nil for a screen without one.
  var position: TablePosition? { get set }
  /// The columns that the table can have.
  var specs: [ColumnSpec] { get }
  /// The columns under a name for several, such as `standard`; nil where that name means nothing here.
  func columns(named name: String) -> [Column]?

  /// The domain that keys are for.
  func selectedDomain(_ state: UIState) -> DomainReference?
  /// Goes to this domain, where there is a row about it.
  mutating func select(_ domain: DomainReference?, visible: Int)
  mutating func move(by step: Int, in state: UIState)
  /// A page on (1) or back (-1).
  mutating func movePage(_ direction: Int, in state: UIState)

  /// Brings the rows up to date. `visible`: lines that the screen has for them.
  mutating func refresh(_ state: UIState, visible: Int)

  /// Lines that it wants above its table, of a screen of `size`.
  func headHeight(_ state: UIState, _ size: Size) -> Int
  func draw(_ state: UIState, in layout: Layout, on canvas: inout Canvas)
  /// What the bottom line says of the selected row, where that matters more than keys.
  var note: (text: String, role: ThemeRole)? { get }
  /// For the clipboard or a file; nil where there is no table.
  func csv(_ state: UIState) -> String?
}

extension Screen {
  static var shortTitle: String { title }
  static var showsMarks: Bool { false }
  static var triesOut: Bool { false }
  static var enter: Command { .screen(.domain) }

  func headHeight(_ state: UIState, _ size: Size) -> Int { 0 }
  var note: (text: String, role: ThemeRole)? { nil }
}
