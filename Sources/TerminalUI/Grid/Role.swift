import VirtualTerminal

/// What a cell means. A theme gives each role its colours; nothing here knows any.
public enum Role: Hashable, Sendable {
  case themed(ThemeRole)
  /// A cell of a guest's console, as the guest wants it to look.
  case console(ConsoleStyle)
}

/// The roles that a theme gives colours to; the raw value is the name in a theme file.
public enum ThemeRole: String, Hashable, Sendable, CaseIterable {
  case text
  /// Less important text: units, labels, columns that rarely matter.
  case dim
  case border
  /// The name of a box.
  case boxTitle = "box-title"
  /// The program's and the host's name at the top.
  case header
  /// The heading of the table.
  case heading
  /// The heading of the column that sorts.
  case headingSorted = "heading-sorted"
  case running
  case runnable
  case blocked
  case paused
  case shutdown
  case crashed
  case dying
  /// A value that the operator has set and the host has not shown yet.
  case pending
  /// Parts of a meter or graph, by how high the value is.
  case gaugeLow = "gauge-low"
  case gaugeMid = "gauge-mid"
  case gaugeHigh = "gauge-high"
  case gaugeEmpty = "gauge-empty"
  case memory
  /// A domain's history.
  case graph
  /// A key in the bottom line and in the help.
  case key
  /// What that key does.
  case hint
  case success
  case warning
  case error
  case dialog
  case dialogTitle = "dialog-title"
  /// The line above a console.
  case consoleBar = "console-bar"
  /// Laid over the other roles in the selected row.
  case selection
}
