import Testing
import VirtualTerminal

/// Deterministic bytes (xorshift).
private struct Noise {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

@Suite struct ConsoleScreenTests {
  /// Every cell is something that may go to the operator's terminal, and rows are as wide as the screen.
  private func check(_ screen: ConsoleScreen) {
    for back in [0, 3, screen.scrollbackCount] {
      for row in 0..<screen.rows {
        let line = screen.line(row, scrolledBack: back)
        #expect(line.reduce(0) { $0 + $1.width } == screen.columns)
        let isClean = line.allSatisfy { cell in
          cell.text.unicodeScalars.allSatisfy { scalar in
            let category = scalar.properties.generalCategory
            return category != .control && category != .format && category != .lineSeparator
          } && cell.text.unicodeScalars.count <= 6
        }
        #expect(isClean)
      }
    }
    if let cursor = screen.cursor {
      #expect((0..<screen.rows).contains(cursor.row) && (0..<screen.columns).contains(cursor.column))
    }
  }

  @Test(arguments: 1...24) func randomBytesHarmNothing(seed: Int) throws {
    var noise = Noise(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    let screen = try #require(ConsoleScreen(rows: 24, columns: 80, scrollback: 50))
    for round in 0..<200 {
      let bytes = (0..<400).map { _ -> UInt8 in
        let value = noise.next()
        // Escapes and parameters more often than chance would bring them.
        switch value & 7 {
        case 0: return 0x1B
        case 1: return UInt8(ascii: "[")
        case 2: return UInt8(truncatingIfNeeded: 0x30 + value >> 8 % 12)
        case 3: return UInt8(truncatingIfNeeded: 0x40 + (value >> 8) % 63)
        default: return UInt8(truncatingIfNeeded: value >> 8)
        }
      }
      #expect(screen.feed(bytes).count <= ConsoleScreen.answerLimit)
      if round % 20 == 0 {
        screen.resize(rows: Int(noise.next() % 60), columns: Int(noise.next() % 200))
        check(screen)
      }
    }
  }

  @Test func everySequenceHarmsNothing() throws {
    let screen = try #require(ConsoleScreen(rows: 10, columns: 20, scrollback: 20))
    let parameters = [
      "", "0", "1", "7", "65535", "2147483647", "99999999999999", "1;1", "5;3", "0;0;0;0", "38;5;300", "38;2;1",
    ]
    for leader in ["", "?", ">", "!", "="] {
      for intermediate in ["", " ", "$", "\"", "'"] {
        for final in UInt8(0x40)...0x7E {
          for parameter in parameters {
            let text = "\u{1B}[" + leader + parameter + intermediate + String(UnicodeScalar(final)) + "日x\u{301}"
            _ = screen.feed(Array(text.utf8))
          }
        }
      }
      check(screen)
    }
    for introducer in ["]", "P", "X", "^", "_", "#", "(", ")", "%", " "] {
      for final in UInt8(0x20)...0x7E {
        _ = screen.feed(Array(("\u{1B}" + introducer + String(UnicodeScalar(final)) + ";?;\u{7}\u{1B}\\x").utf8))
      }
      check(screen)
    }
  }

  @Test func theSmallestScreenTakesWideCharacters() throws {
    let screen = try #require(ConsoleScreen(rows: 0, columns: 0))
    #expect(screen.rows == ConsoleScreen.minimumRows && screen.columns == ConsoleScreen.minimumColumns)
    _ = screen.feed(Array("日本\u{1B}#6日\u{1B}[?69h\u{1B}[1;1s日".utf8))
    check(screen)
    screen.resize(rows: 1_000_000, columns: 1_000_000)
    check(screen)
  }

  @Test func floodsOfQuestionsGetFewAnswers() throws {
    let screen = try #require(ConsoleScreen(rows: 24, columns: 80))
    let questions = Array(String(repeating: "\u{1B}[6n\u{1B}[c", count: 5000).utf8)
    #expect(screen.feed(questions).count <= ConsoleScreen.answerLimit)
  }

  @Test func endlessCombiningMarksStayBounded() throws {
    let screen = try #require(ConsoleScreen(rows: 24, columns: 80))
    for _ in 0..<200 { _ = screen.feed(Array(("a" + String(repeating: "\u{301}", count: 5000)).utf8)) }
    #expect(screen.line(0)[0].text.unicodeScalars.count <= 6)
  }

  @Test func scrollbackKeepsTheNewestLines() throws {
    let screen = try #require(ConsoleScreen(rows: 3, columns: 20, scrollback: 5))
    _ = screen.feed(Array((1...30).map { "line \($0)\r\n" }.joined().utf8))
    #expect(screen.scrollbackCount == 5)
    let oldest = screen.line(0, scrolledBack: 5).map(\.text).joined()
    #expect(oldest.hasPrefix("line 24 "))
  }

  @Test func aNewSizeShowsTheSameTextAndKeepsTheModes() throws {
    let screen = try #require(ConsoleScreen(rows: 3, columns: 20))
    _ = screen.feed(Array("\u{1B}[?1h\u{1B}[?2004h\u{1B}[?1049hone\r\ntwo".utf8))
    _ = screen.feed([UInt8](repeating: 0, count: 2 << 20))
    _ = screen.feed(Array("\u{1B}[Hone\r\ntwo".utf8))
    screen.resize(rows: 6, columns: 30)
    #expect(screen.line(0).map(\.text).joined().hasPrefix("one "))
    #expect(screen.line(1).map(\.text).joined().hasPrefix("two "))
    #expect(screen.isAlternate)
    #expect(screen.encode(Key(.up)) == Array("\u{1B}OA".utf8))
    #expect(screen.encode(paste: "x") == Array("\u{1B}[200~x\u{1B}[201~".utf8))
  }

  @Test func coloursAndAttributesComeThrough() throws {
    let screen = try #require(ConsoleScreen(rows: 2, columns: 10))
    _ = screen.feed(Array("\u{1B}[4;38;2;1;2;3;48;5;200mA\u{1B}[0;7;93mB".utf8))
    let line = screen.line(0)
    #expect(
      line[0].style == ConsoleStyle(foreground: .rgb(1, 2, 3), background: .palette(200), attributes: .underline))
    #expect(line[1].style == ConsoleStyle(foreground: .palette(11), attributes: .reverse))
    #expect(line[2] == .blank)
  }

  @Test func controlKeysAreControlBytes() throws {
    let screen = try #require(ConsoleScreen(rows: 2, columns: 10))
    #expect(screen.encode(.control("m")) == [13])
    #expect(screen.encode(.control("[")) == [27])
    #expect(screen.encode(Key(.character("x"), .alt)) == [27, 0x78])
    #expect(screen.encode(Key(.backspace)) == [0x7F])
    #expect(screen.encode(Key(.function(5))) == Array("\u{1B}[15~".utf8))
    #expect(screen.encode(.character("é")) == Array("é".utf8))
    #expect(screen.encode(Key(.function(99))) == [])
  }
}
