/// Taking what is shown elsewhere: to the operator's clipboard, or into a file.
extension UIState {
  /// The selected domain's name, or all marked ones' in lines.
  mutating func copyNames() -> [UIEffect] {
    let names = targetRows.map(\.name.withoutControls)
    guard !names.isEmpty else {
      show(.warning, "no domain is selected")
      return []
    }
    show(.success, names.count == 1 ? "'\(names[0])' is copied" : "\(names.count) names are copied")
    return [.copy(names.joined(separator: "\n"))]
  }

  mutating func copyTable() -> [UIEffect] {
    guard let text = screens[view].csv(self) else {
      show(.warning, "this view has no table")
      return []
    }
    show(.success, "the table is copied")
    return [.copy(text)]
  }

  mutating func export(to path: String) -> [UIEffect] {
    guard let text = screens[view].csv(self) else {
      show(.warning, "this view has no table")
      return []
    }
    return [.export(text, path: path)]
  }

  mutating func exported(_ path: String, _ failure: String?) {
    show(failure == nil ? .success : .failure, failure ?? "the table is in \(path)")
  }
}
