import Figures

/// Values of 0 to 1 as a filled graph, the newest at the right edge.
struct Graph {
  let values: [Double]
  let charset: Charset

  /// Samples that fit into so many columns.
  static func samples(in columns: Int, _ charset: Charset) -> Int { charset == .braille ? columns * 2 : columns }

  /// `height` lines of `width` signs, the uppermost first.
  func lines(width: Int, height: Int) -> [String] {
    guard width > 0, height > 0 else { return [] }
    let perCell = charset == .braille ? 2 : 1
    let newest = values.suffix(width * perCell)
    let padded = Array(repeating: Double?.none, count: width * perCell - newest.count) + newest.map(Optional.some)
    let steps = height * stepsPerCell
    // A sample that is there shows at least the lowest step, so that the reach of the history can be seen.
    let levels = padded.map { value in value.map { level($0, of: steps) } ?? 0 }
    return (0..<height).map { line in
      let base = (height - 1 - line) * stepsPerCell
      return (0..<width).map { column in
        let parts = levels[column * perCell..<(column + 1) * perCell].map { min(max($0 - base, 0), stepsPerCell) }
        return sign(parts)
      }.joined()
    }
  }

  private func level(_ value: Double, of steps: Int) -> Int {
    guard value > 0 else { return 1 }
    return value >= 1 ? steps : max(Int((value * Double(steps)).rounded()), 1)
  }

  private var stepsPerCell: Int {
    switch charset {
    case .braille: 4
    case .block: 8
    case .ascii: 4
    }
  }

  private static let blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let letters = [" ", ".", ":", "|", "#"]
  /// Dots of a braille cell from the bottom up, left and right.
  private static let leftDots: [UInt32] = [0x40, 0x04, 0x02, 0x01]
  private static let rightDots: [UInt32] = [0x80, 0x20, 0x10, 0x08]

  private func sign(_ levels: [Int]) -> String {
    switch charset {
    case .block: return Self.blocks[levels[0]]
    case .ascii: return Self.letters[levels[0]]
    case .braille:
      var dots: UInt32 = 0
      for step in 0..<levels[0] { dots |= Self.leftDots[step] }
      for step in 0..<levels[1] { dots |= Self.rightDots[step] }
      guard dots != 0, let scalar = Unicode.Scalar(0x2800 + dots) else { return " " }
      return String(scalar)
    }
  }
}

extension Canvas {
  /// A graph whose colours follow the height, or `role` for all of it.
  mutating func graph(_ values: [Double], in frame: Frame, _ role: ThemeRole? = nil) {
    let lines = Graph(values: values, charset: charset).lines(width: frame.width, height: frame.height)
    for (index, line) in lines.enumerated() {
      let height = (Double(frame.height - 1 - index) + 0.5) / Double(frame.height)
      put(line, column: frame.column, row: frame.row + index, end: frame.end, role ?? .gauge(height))
    }
  }

  /// A horizontal meter of `fraction` from 0 to 1.
  mutating func meter(_ fraction: Double, columns: Range<Int>, row: Int, _ role: ThemeRole? = nil) {
    guard !columns.isEmpty else { return }
    let filled = Int((min(max(fraction.isFinite ? fraction : 0, 0), 1) * Double(columns.count)).rounded())
    for index in 0..<columns.count {
      let isFull = index < filled
      let position = (Double(index) + 0.5) / Double(columns.count)
      put(
        isFull ? glyphs.meterFull : glyphs.meterEmpty, column: columns.lowerBound + index, row: row,
        isFull ? role ?? .gauge(position) : .gaugeEmpty)
    }
  }
}
