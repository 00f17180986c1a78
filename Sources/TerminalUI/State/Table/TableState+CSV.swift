extension TableState {
  /// The columns that are wanted, all rows (RFC 4180, with line feeds).
  func csv(_ context: TableContext) -> String {
    // Graphs and bars are no text; what they show stands in other columns.
    let columns = position.columns.compactMap { Row.column($0) }.filter(\.spec.isSortable)
    let heading = columns.map { $0.spec.title(context.cpuUnit).csvField }
    let lines = rows.map { row in columns.map { $0.figure(row, context).value.text(none: "").csvField } }
    return ([heading] + lines).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}

extension String {
  /// A guest chooses names; pasted somewhere, they must not press Enter.
  var withoutControls: String {
    String(String.UnicodeScalarView(unicodeScalars.filter { $0.properties.generalCategory != .control }))
  }

  fileprivate var csvField: String {
    let text = withoutControls
    guard text.contains(where: { $0 == "," || $0 == "\"" }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
