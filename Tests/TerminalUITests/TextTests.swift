import Figures
import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct TextTests {
  @Test(arguments: [
    ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("\u{301}x", 1), ("ｱ", 1), ("Ａ", 2), ("한글", 4), ("😀", 2), ("שלום", 4),
    ("a\u{200B}b", 2), ("a\u{202E}b", 2), ("\u{0}", 1), ("⣿■", 2), ("❤\u{FE0F}", 1),
  ])
  func widthsAreThoseOfATerminal(text: String, width: Int) {
    let display = DisplayText(text, charset: .braille)
    #expect(display.width == width)
    #expect(display.pieces.reduce(0) { $0 + $1.width } == width)
  }

  @Test func truncationNeverSplitsAWideCharacter() {
    let text = DisplayText("日本語", charset: .braille)
    for limit in 0...7 {
      let cut = text.truncated(to: limit, ellipsis: "…")
      #expect(cut.width <= limit)
      #expect(limit < 6 || cut == text)
    }
  }

  @Test func numbersNeedNoLocale() {
    #expect(Format.fixed(12.345, decimals: 1) == "12.3")
    #expect(Format.fixed(0.96, decimals: 1) == "1.0")
    #expect(Format.fixed(-0.04, decimals: 1) == "0.0")
    #expect(Format.fixed(.nan) == "-")
    #expect(Format.fixed(.infinity) == "-")
    #expect(Format.bytes(.mebibytes(96)) == "96M")
    #expect(Format.bytes(.mebibytes(8000)) == "7.8G")
    #expect(Format.bytes(Bytes(.max)) == "16384P")
    #expect(Format.uptime(90_061) == "1d 01:01:01")
    #expect(Format.uptime(-1) == "-")
  }

  @Test func aWideCharacterOverwrittenInHalfLeavesNoHalf() {
    var grid = Grid(size: Size(columns: 4, rows: 1))
    let wide = Cell(text: "日", width: 2, role: .themed(.text))
    let narrow = Cell(text: "x", width: 1, role: .themed(.text))
    grid.set(wide, column: 0, row: 0)
    grid.set(narrow, column: 1, row: 0)
    #expect(grid.text(row: 0) == " x")
    grid.set(wide, column: 1, row: 0)
    grid.set(narrow, column: 1, row: 0)
    #expect(grid.text(row: 0) == " x")
    grid.set(wide, column: 3, row: 0)
    #expect(grid.row(0).map(\.width) == [1, 1, 1, 1])
    grid.set(wide, column: -1, row: 0)
    grid.set(wide, column: 0, row: 7)
  }

  @Test(arguments: [Charset.braille, .block, .ascii]) func graphsHaveTheirSize(charset: Charset) {
    for width in 0...5 {
      for height in 0...4 {
        let lines = Graph(values: [0, 0.5, 1, 7, -3, .nan], charset: charset).lines(width: width, height: height)
        #expect(lines.count == (width == 0 ? 0 : height))
        for line in lines { #expect(line.unicodeScalars.count == width) }
      }
    }
  }
}
