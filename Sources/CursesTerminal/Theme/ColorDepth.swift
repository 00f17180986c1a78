/// How many colours a terminal has, and which of its numbers comes nearest to a colour.
enum ColorDepth: Hashable {
  case mono
  case eight
  case sixteen
  case palette
  /// Numbers from 8 on are 0xRRGGBB.
  case direct

  init(colors: Int) {
    switch colors {
    case 0x100_0000...: self = .direct
    case 256...: self = .palette
    case 16...: self = .sixteen
    case 8...: self = .eight
    default: self = .mono
    }
  }

  /// The terminal's number for a colour; -1 is its default. `isBright` says that 8 colours need bold to come near.
  func number(of color: ThemeColor) -> (number: Int32, isBright: Bool) {
    switch (self, color) {
    case (.mono, _), (_, .standard): return (-1, false)
    case (.direct, .rgb(let red, let green, let blue)): return (Self.direct(red, green, blue), false)
    case (.direct, .palette(let index)) where index < 8: return (Int32(index), false)
    case (.direct, .palette(let index)):
      let (red, green, blue) = Self.components(of: index)
      return (Self.direct(red, green, blue), false)
    case (.palette, .palette(let index)): return (Int32(index), false)
    case (.palette, .rgb(let red, let green, let blue)):
      return (Int32(Self.nearest(red, green, blue, among: 16...255)), false)
    case (_, .palette(let index)) where index < 16: return few(Int32(index))
    case (_, .palette(let index)):
      let (red, green, blue) = Self.components(of: index)
      return few(Int32(Self.nearest(red, green, blue, among: 0...15)))
    case (_, .rgb(let red, let green, let blue)): return few(Int32(Self.nearest(red, green, blue, among: 0...15)))
    }
  }

  private func few(_ index: Int32) -> (number: Int32, isBright: Bool) {
    self == .eight && index >= 8 ? (index - 8, true) : (index, false)
  }

  /// The lowest eight numbers are the palette's: black-like blues move out of their way.
  private static func direct(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int32 {
    max(Int32(red) << 16 | Int32(green) << 8 | Int32(blue), 8)
  }

  private static func nearest(_ red: UInt8, _ green: UInt8, _ blue: UInt8, among range: ClosedRange<UInt8>) -> UInt8 {
    func distance(_ index: UInt8) -> Int {
      let (r, g, b) = components(of: index)
      let difference = [(r, red), (g, green), (b, blue)].map { Int($0.0) - Int($0.1) }
      return difference.reduce(0) { $0 + $1 * $1 }
    }
    return range.min { distance($0) < distance($1) } ?? range.lowerBound
  }

  /// xterm's palette.
  private static func components(of index: UInt8) -> (UInt8, UInt8, UInt8) {
    let levels: [UInt8] = [0, 95, 135, 175, 215, 255]
    switch index {
    case 0..<8:
      let on: UInt8 = index == 7 ? 229 : 205
      return (index & 1 != 0 ? on : 0, index & 2 != 0 ? on : 0, index & 4 != 0 ? (index == 4 ? 238 : on) : 0)
    case 8: return (127, 127, 127)
    case 12: return (92, 92, 255)
    case 9..<16: return (index & 1 != 0 ? 255 : 0, index & 2 != 0 ? 255 : 0, index & 4 != 0 ? 255 : 0)
    case 16..<232:
      let cube = Int(index) - 16
      return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
    default:
      let grey = 8 + (index - 232) * 10
      return (grey, grey, grey)
    }
  }
}
