/// Which columns of a table find room, and where they stand.
enum ColumnPlacement {
  struct Placed {
    let spec: ColumnSpec
    let range: Range<Int>
  }

  /// Room for the mark of the selected row.
  static let margin = 2
  private static let gap = 1
  private static let comfortableName = 14

  /// The columns that fit. Unscrolled, the most important are served first; scrolled to the right, the first column
  /// stays and the others follow in their order.
  static func placed(_ position: TablePosition, _ specs: [ColumnSpec], width: Int) -> [Placed] {
    let wanted = position.columns.compactMap { column in specs.first { $0.column == column } }
    let room = width - margin
    let chosen =
      position.scrolledColumns == 0
      ? mostImportant(wanted, room)
      : inOrder(Array(wanted.prefix(1)) + wanted.dropFirst(1 + position.scrolledColumns), room)
    let used = chosen.reduce(0) { $0 + $1.width } + max(chosen.count - 1, 0) * gap
    let extra = extraWidths(room: max(room - used, 0), chosen)
    var column = margin
    return zip(chosen, extra).map { spec, extra in
      let start = column
      column += spec.width + extra + gap
      return Placed(spec: spec, range: start..<column - gap)
    }
  }

  private static func mostImportant(_ wanted: [ColumnSpec], _ room: Int) -> [ColumnSpec] {
    var room = room
    var chosen: Set<Column> = []
    for spec in wanted.sorted(by: { $0.sacrifice < $1.sacrifice }) {
      let needed = spec.width + (chosen.isEmpty ? 0 : gap)
      guard needed <= room || chosen.isEmpty else { continue }
      chosen.insert(spec.column)
      room -= needed
    }
    return wanted.filter { chosen.contains($0.column) }
  }

  private static func inOrder(_ wanted: [ColumnSpec], _ room: Int) -> [ColumnSpec] {
    var room = room
    var chosen: [ColumnSpec] = []
    for spec in wanted {
      let needed = spec.width + (chosen.isEmpty ? 0 : gap)
      guard needed <= room || chosen.isEmpty else { break }
      chosen.append(spec)
      room -= needed
    }
    return chosen
  }

  /// What is left over: a readable first column first, then a long history, then long names.
  private static func extraWidths(room: Int, _ chosen: [ColumnSpec]) -> [Int] {
    var room = room
    var extra = Array(repeating: 0, count: chosen.count)
    func give(_ index: Int, upTo width: Int) {
      let part = min(max(min(width, chosen[index].maximumWidth) - chosen[index].width - extra[index], 0), room)
      extra[index] += part
      room -= part
    }
    if !chosen.isEmpty { give(0, upTo: comfortableName) }
    for index in chosen.indices.reversed() { give(index, upTo: chosen[index].maximumWidth) }
    return extra
  }
}
