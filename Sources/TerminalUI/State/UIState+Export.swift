/// Taking what is shown elsewhere: to the operator's clipboard, or into a file.
extension UIState {
  /// The selected domain's name, or all marked ones' in lines.
  mutating func copyNames() -> [UIEffect] {
    let names = targetRows.map { Self.withoutControls($0.name) }
    guard !names.isEmpty else {
      show(.warning, "no domain is selected")
      return []
    }
    show(.success, names.count == 1 ? "'\(names[0])' is copied" : "\(names.count) names are copied")
    return [.copy(names.joined(separator: "\n"))]
  }

  mutating func copyTable() -> [UIEffect] {
    guard let text = tableText else {
      show(.warning, "this view has no table")
      return []
    }
    show(.success, "the table is copied")
    return [.copy(text)]
  }

  mutating func export(to path: String) -> [UIEffect] {
    guard let text = tableText else {
      show(.warning, "this view has no table")
      return []
    }
    return [.export(text, path: path)]
  }

  mutating func exported(_ path: String, _ failure: String?) {
    show(failure == nil ? .success : .failure, failure ?? "the table is in \(path)")
  }

  /// This view's table as CSV (RFC 4180, with line feeds): the columns that are wanted, all rows that the filter lets pass.
  private var tableText: String? {
    switch view {
    case .overview: csv(tables.domains)
    case .domain: nil
    case .vcpus: csv(tables.vcpus)
    case .pcpus: csv(tables.pcpus)
    case .disks: csv(tables.disks)
    case .networks: csv(tables.networks)
    case .scheduler: csv(tables.scheduler)
    case .log: csv(tables.log)
    }
  }

  private func csv<Row>(_ table: TableState<Row>) -> String {
    // Graphs and bars are no text; what they show stands in other columns.
    let columns = table.position.columns.compactMap { Row.column($0) }.filter(\.spec.isSortable)
    let context = context
    let heading = columns.map { Self.field($0.spec.title(cpuUnit)) }
    let rows = table.rows.map { row in
      columns.map { Self.field($0.figure(row, context).text(width: .max, none: "")) }
    }
    return ([heading] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// A guest chooses names; pasted somewhere, they must not press Enter.
  private static func withoutControls(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .control }))
  }

  private static func field(_ text: String) -> String {
    let text = withoutControls(text)
    guard text.contains(where: { $0 == "," || $0 == "\"" }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
