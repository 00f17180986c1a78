import TOML
import Testing

@Suite struct TOMLTests {
  private func value(_ text: String, _ path: String...) throws -> TOMLValue? {
    let table = try TOML.parse(text)
    return path.dropFirst().reduce(table[path[0]]) { $0?.table?[$1] }
  }

  private func mistake(_ text: String) -> TOMLError? {
    do throws(TOMLError) {
      _ = try TOML.parse(text)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Values

  @Test(
    arguments: [
      ("1", 1), ("-17", -17), ("+99", 99), ("0", 0), ("1_000", 1000), ("0xDEAD_beef", 0xDEAD_BEEF), ("0o755", 0o755),
      ("0b1101", 13), ("-9223372036854775808", Int64.min),
    ] as [(String, Int64)])
  func wholeNumbers(text: String, number: Int64) throws {
    #expect(try value("a = \(text)", "a")?.content == .integer(number))
  }

  @Test(
    arguments: [
      ("1.5", 1.5), ("-0.01", -0.01), ("5e+22", 5e22), ("1e06", 1e6), ("6.626e-34", 6.626e-34),
      ("224_617.445", 224_617.445),
      ("inf", .infinity), ("-inf", -.infinity),
    ] as [(String, Double)])
  func numbersWithFractions(text: String, number: Double) throws {
    #expect(try value("a = \(text)", "a")?.content == .float(number))
  }

  @Test(arguments: [
    "1979-05-27T07:32:00Z", "1979-05-27 00:32:00.999-07:00", "1979-05-27T07:32:00", "1979-05-27", "07:32:00",
  ])
  func datesAndTimesStayAsTheyAreWritten(text: String) throws {
    #expect(try value("a = \(text)", "a")?.content == .dateTime(text))
  }

  @Test(arguments: [
    (#""a \"b\" \\ \t \u00fc \U0001F600""#, "a \"b\" \\ \t ü 😀"), (#"'C:\no\escape'"#, #"C:\no\escape"#), ("\"\"", ""),
    ("\"\"\"\none\ntwo\"\"\"", "one\ntwo"), ("\"\"\"one \\\n\n   two\"\"\"", "one two"), ("'''a''b'''", "a''b"),
    ("\"\"\"a\"\"\"\"\"", "a\"\""), ("''''''", ""), ("\"\"\"a\r\nb\"\"\"", "a\r\nb"),
  ])
  func strings(text: String, content: String) throws {
    #expect(try value("a = \(text)", "a")?.string == content)
  }

  @Test func listsGoOverLinesAndKnowTheLineOfEachValue() throws {
    let list = try value("a = [ # one\n  1,\n\n  [2, 'x'], # two\n]\nb = true", "a")?.array
    #expect(list?.map(\.line) == [2, 4])
    #expect(list?.last?.array?.last?.string == "x")
  }

  // MARK: Tables

  @Test func tablesAreMadeByHeadingsDottedKeysAndBraces() throws {
    let text = "a.b = 1\n[c]\nd.e = 2\n[c.f]\ng = 3\n[h]\ni = { j = 4, k.l = 5 }\n\"m n\".'o' = 6"
    #expect(try value(text, "a", "b")?.integer == 1)
    #expect(try value(text, "c", "d", "e")?.integer == 2)
    #expect(try value(text, "c", "f", "g")?.integer == 3)
    #expect(try value(text, "h", "i", "k", "l")?.integer == 5)
    #expect(try value(text, "h", "m n", "o")?.integer == 6)
  }

  @Test func aHeadingMayFollowThoseOfTheTablesInIt() throws {
    #expect(try value("[a.b.c]\nx = 1\n[a]\ny = 2", "a", "y")?.integer == 2)
  }

  @Test func doubleBracketsMakeAListOfTables() throws {
    let text = "[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\ny = 3"
    let list = try value(text, "a")?.array
    #expect(list?.map { $0.table?["x"]?.integer } == [1, 2])
    #expect(list?.last?.table?["b"]?.table?["y"]?.integer == 3)
  }

  @Test func keysKeepTheirOrderAndTheirLines() throws {
    let table = try TOML.parse("z = 1\r\n# no key\r\na = 2\r\n[m]\r\nq = 3\r\n")
    #expect(table.keys == ["z", "a", "m"])
    #expect(table.line(of: ["a"]) == 3)
    #expect(table.line(of: ["m", "q"]) == 5)
    #expect(table.line(of: ["m", "none"]) == 4)
    #expect(table.line(of: ["none"]) == nil)
  }

  // MARK: Mistakes

  @Test(arguments: [
    ("[\n", 1), ("a = 1\n[#", 2), ("s=[}", 1), ("a=[[}:", 1), ("[=", 1), ("[a", 1), ("[[a]", 1), ("[]", 1), ("a", 1),
    ("= 1", 1), ("a =", 1), ("a = \nb = 1", 1), ("a = 1 2", 1), ("a = 1\na = 2", 2), ("a = {b = 1\n}", 1),
    ("a = [1\n", 1),
    ("a = [1 2]", 1), ("a = [,]", 1), ("a = {,}", 1), ("a = {b = 1,}", 1), ("a = 'x\n'", 1), ("a = \"\"\"x\n\n", 1),
    ("a = \"\\q\"", 1), ("a = \"\\ud800\"", 1), ("a = \"\\U00110000\"", 1), ("a = \"\\u12\"", 1), ("a = \"x\u{1}\"", 1),
    ("# \u{7}", 1), ("a = yes", 1), ("a = 01", 1), ("a = 1__0", 1), ("a = 1_", 1), ("a = 0x", 1), ("a = .5", 1),
    ("a = 5.", 1), ("a = 1e", 1), ("a = 9223372036854775808", 1), ("a = 1979-05-27T", 1), ("a = 07:32", 1),
    ("[a]\n[a]", 2), ("a = 1\n[a]", 2), ("a = 1\na.b = 2", 2), ("[a]\n[[a]]", 2), ("[[a]]\n[a]", 2),
    ("a = []\n[[a]]", 2),
    ("a = {}\na.b = 1", 2), ("a = {}\n[a.b]", 2), ("a.b = 1\n[a]", 2), ("[a.b.c]\nz = 9\n[a]\nb.c.t = 1", 4),
    ("a = \"\"\"\"\"\"\"\"\"", 1), ("a\n= 1", 1), ("a.\n= 1", 1), ("\r", 1), ("a = 1\rb = 2", 1),
    ("\"\"\"a\"\"\" = 1", 1),
  ])
  func mistakesAreNamedWithTheirLine(text: String, line: Int) {
    #expect(mistake(text)?.line == line, "\(text.debugDescription): \(String(describing: mistake(text)))")
  }

  @Test func mistakesSayWhatWasExpected() {
    #expect(mistake("[\n")?.problem == "expected a key, found the end of the line")
    #expect(mistake("s=[}")?.problem == "expected a value, found '}'")
    #expect(mistake("a 1")?.problem == "expected '=' after the key, found '1'")
  }

  @Test func nestingIsBounded() {
    let many = 100_000
    for text in [
      "a = " + String(repeating: "[", count: many), "a = " + String(repeating: "{a=", count: many),
      "[" + String(repeating: "a.", count: many) + "a]", String(repeating: "a.", count: many) + "a = 1",
    ] {
      #expect(mistake(text) != nil)
    }
  }

  @Test func timeGrowsWithTheLengthOfTheText() throws {
    let text = String(repeating: "[[a]]\nb = [1, 2]\n", count: 20_000)
    #expect(try value(text, "a")?.array?.count == 20_000)
  }

  /// The kind of fault that no list of examples finds: whatever stands in a file, it is a table or a mistake with a line.
  @Test func randomDocumentsNeverTrap() {
    let words = [
      "a", "b.c", "\"d\"", "[", "]", "[[", "]]", "{", "}", "=", " = ", ",", "\n", "\r\n", "#", "'", "\"", "\"\"\"",
      "'''",
      "\\", "\\u00", "1", "0x", "1.5", "e9", "_", "-", "+", ".", ":", "1979-05-27", "T", "07:32:00", "true", "inf", " ",
      "\t",
      "\u{0}", "ü", "\u{202E}",
    ]
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1...24, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
        .joined()
      let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      if let line = mistake(text)?.line { #expect((1...lines).contains(line), "\(text.debugDescription)") }
    }
  }
}
