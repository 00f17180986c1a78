import Figures
import HypervisorModel

/// What is shown.
extension PaletteCommand {
  static let screenCommands: [PaletteCommand] = [
    PaletteCommand(
      "delay", "SECONDS", "set the time between two samples, 0.1 s or more",
      complete: { _, _ in ["0.1", "0.5", "1", "2", "5"] }
    ) { state, words throws(PaletteFault) in
      guard let seconds = words.first.flatMap(Double.init), (0.1...3600).contains(seconds) else {
        throw PaletteFault("a delay is 0.1 to 3600 seconds")
      }
      return state.setInterval(Nanoseconds(UInt64(seconds * 1e9)))
    },
    PaletteCommand("filter", "[WORDS]", "show only some domains; without words: all", takesExpressions: true) {
      state, words throws(PaletteFault) in
      let before = state.filter.text
      state.apply(filter: words.joined(separator: " "))
      if let fault = state.filterFault {
        state.apply(filter: before)
        throw PaletteFault(fault)
      }
      return []
    },
    PaletteCommand(
      "sort", "COLUMN [up|down]", "sort this view's table",
      complete: { state, words in
        words.isEmpty ? state.specs.filter(\.isSortable).map(\.column.rawValue) : ["up", "down"]
      }
    ) { state, words throws(PaletteFault) in
      guard state.position != nil else { throw PaletteFault("this view has no table") }
      guard let spec = state.specs.first(where: { $0.column.rawValue == words.first && $0.isSortable }) else {
        let names = state.specs.filter(\.isSortable).map(\.column.rawValue).joined(separator: ", ")
        throw PaletteFault("no column '\(words.first ?? "")' to sort by here, but \(names)")
      }
      let order = words.dropFirst().first.map { SortOrder(column: spec.column, isDescending: $0 == "down") }
      state.order(order ?? spec.naturalOrder)
      return []
    },
    PaletteCommand(
      "columns", "NAMES", "show these columns; or xentop's, or the standard ones",
      complete: { state, _ in ["standard", "xentop", "all"] + state.specs.map(\.column.rawValue) }
    ) { state, words throws(PaletteFault) in
      try state.chooseColumns(named: words.flatMap { $0.split(separator: ",").map(String.init) })
      return []
    },
    PaletteCommand("export", "FILE", "write this view's table into a new file, as CSV", takesPath: true) {
      state, words throws(PaletteFault) in
      state.export(to: try word(words, "the file's name"))
    },
    PaletteCommand(
      "view", "NAME", "go to a view", complete: { _, words in words.isEmpty ? Tab.all.map(\.name) : [] }
    ) { state, words throws(PaletteFault) in
      guard words.count == 1, let tab = Tab(named: words[0]) else {
        throw PaletteFault("a view is one of " + Tab.all.map(\.name).joined(separator: ", "))
      }
      return state.run(tab.command)
    },
    PaletteCommand(
      "select", "NAME", "go to a domain", complete: { state, _ in state.allDomains.map(\.name) }
    ) { state, words throws(PaletteFault) in
      let name = words.joined(separator: " ")
      guard let row = state.domains.rows.first(where: { $0.name == name }) else {
        throw PaletteFault("no domain '\(name)' is shown")
      }
      state.go(to: row.reference)
      return []
    },
  ]
}

extension UIState {
  mutating func setInterval(_ interval: Nanoseconds) -> [UIEffect] {
    self.interval = interval
    show(.info, "a sample every \(Format.fixed(interval.seconds)) s")
    return [.setInterval(interval)]
  }

  fileprivate mutating func chooseColumns(named names: [String]) throws(PaletteFault) {
    guard position != nil else { throw PaletteFault("this view has no table") }
    if let name = names.first, let columns = screens[view].columns(named: name) { return choose(columns) }
    let all = Set(specs.map(\.column))
    let columns = names.map { Column($0) }
    if let unknown = columns.first(where: { !all.contains($0) }) {
      throw PaletteFault("this view has no column '\(unknown.rawValue)'")
    }
    guard !columns.isEmpty, Set(columns).count == columns.count else {
      throw PaletteFault("one column at least, and each once")
    }
    choose(columns)
  }
}
