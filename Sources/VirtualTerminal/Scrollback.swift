import CVTerm

/// Lines that left a guest's screen at the top, the newest last, at most `limit` of them.
struct Scrollback {
  let limit: Int
  /// A ring: `start` is the oldest line once `lines` is full.
  private var lines: [[VTermScreenCell]] = []
  private var start = 0
  /// All lines that ever came, those that are forgotten included.
  private(set) var pushed = 0

  init(limit: Int) { self.limit = max(limit, 1) }

  var count: Int { lines.count }

  /// The line `index` of `count`, 0 the oldest; nil outside.
  subscript(index: Int) -> [VTermScreenCell]? {
    guard lines.indices.contains(index) else { return nil }
    return lines[(start + index) % lines.count]
  }

  mutating func push(_ cells: UnsafeBufferPointer<VTermScreenCell>) {
    pushed += 1
    var used = cells.count
    while used > 0, Self.isBlank(cells[used - 1]) { used -= 1 }
    let line = Array(cells.prefix(used))
    if lines.count < limit {
      lines.append(line)
    } else {
      lines[start] = line
      start = (start + 1) % limit
    }
  }

  private static func isBlank(_ cell: VTermScreenCell) -> Bool {
    let flat = withUnsafePointer(to: cell) { cvterm_flatten($0) }
    return flat.chars.0 == 0 && flat.background_kind == UInt8(CVTERM_COLOR_DEFAULT) && flat.attributes == 0
  }
}
