extension UIState {
  mutating func saved(_ settings: SavedSettings, overruledBy overruler: String?, _ failure: String?) {
    let what: String
    switch settings {
    case .table: what = "columns and order"
    case .theme(let name): what = "theme \(name)"
    }
    if let failure {
      show(.failure, "\(what) can't be kept: \(failure)")
    } else if let overruler {
      show(.warning, "\(what): kept for the next start, but \(overruler) goes first")
    } else {
      show(.success, "\(what): kept for the next start")
    }
  }
}

extension Column {
  /// What the table of domains can show, under a name for it all: `standard`, `xentop` or `all`; nil: no such name.
  public static func ofDomains(_ name: String) -> [Column]? {
    switch name {
    case "standard": DomainRow.standardColumns
    case "xentop": DomainRow.xentopColumns
    case "all": DomainRow.columns.map(\.spec.column)
    default: nil
    }
  }
}

extension SortOrder {
  /// Of the table of domains: a column's name, and `up` or `down` if it isn't to be its natural order. Nil: there is no
  /// such column to sort by.
  public init?(ofDomains text: String) {
    let words = text.split(separator: " ")
    guard let name = words.first, words.count <= 2, let spec = DomainRow.column(Column(String(name)))?.spec,
      spec.isSortable
    else { return nil }
    switch words.dropFirst().first {
    case nil: self = spec.naturalOrder
    case "up": self.init(column: spec.column, isDescending: false)
    case "down": self.init(column: spec.column, isDescending: true)
    default: return nil
    }
  }

  /// As `init(ofDomains:)` reads it.
  public var text: String { column.rawValue + (isDescending ? " down" : " up") }
}
