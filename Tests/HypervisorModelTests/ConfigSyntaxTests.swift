import Testing

@testable import HypervisorModel

/// A value without its positions, to compare with.
private func plain(_ value: ConfigValue?) -> String {
  switch value?.content {
  case nil: "-"
  case .string(let text): "\"\(text)\""
  case .number(let number, _): "\(number)"
  case .list(let values): "[" + values.map { plain($0) }.joined(separator: ",") + "]"
  }
}

private func parse(_ text: String) throws -> ConfigDocument { try DomainConfigFile.parse(text, file: "t.cfg") }

/// The error's line, or `-` where there is none.
private func message(_ text: String) -> String {
  do throws(ConfigError) {
    _ = try DomainConfigFile.parse(text, file: "t.cfg")
    return "-"
  } catch { return error.description }
}

@Suite struct ConfigSyntaxTests {
  @Test(
    "values are read as xl reads them",
    arguments: [
      ("a = 1", "1"), ("a=0x1F", "31"), ("a=010", "8"), ("a=0", "0"),
      ("a = \"x\"", "\"x\""), ("a = 'x'", "\"x\""), ("a = 'say \"hi\"'", "\"say \"hi\"\""),
      (#"a = "q\"q\'\\""#, "\"q\"q'\\\""), (#"a = "\x41\101\7""#, "\"AA\u{7}\""),
      (#"a = "\t\n\r\a\b\f\v""#, "\"\t\n\r\u{7}\u{8}\u{c}\u{b}\""),
      (#"a = "\xc3\xa9""#, "\"é\""), ("a = \"größe 漢\"", "\"größe 漢\""),
      ("a = []", "[]"), ("a = [ ]", "[]"), ("a = [1,2]", "[1,2]"), ("a = ['x',]", "[\"x\"]"),
      ("a = [\n  'x', # first\n  [ 1, 'y' ],\n\n]\n", "[\"x\",[1,\"y\"]]"), ("a = [ 'x'\n, 'y'\n]", "[\"x\",\"y\"]"),
      ("a = 1 # one", "1"), ("# a = 1\n\n;;\na = 2;", "2"), ("b = 1; a = 2", "2"), ("a = 1\r\nb = 2\r\n", "1"),
      ("\u{FEFF}a = 1", "1"), ("a\t=\t1", "1"), ("a = '#;]'", "\"#;]\""), ("a = 1\r", "1"),
      ("a = 'x'\na += 'y'\na += 'z'", "\"xyz\""), ("a = [1]\na += [2, 3]", "[1,2,3]"), ("a += ['x']", "[\"x\"]"),
      ("a + = 'x'", "\"x\""), ("a = 1\na = 2", "2"), ("", "-"), ("b = 1", "-"),
    ])
  func values(text: String, expected: String) throws {
    #expect(plain(try parse(text)["a"]?.value) == expected)
  }

  @Test(
    "a syntax mistake is named with its place and what would be right",
    arguments: [
      ("a", "t.cfg:1:2: expected '=' after 'a', found the end of the text"),
      ("a\n= 1", "t.cfg:1:2: expected '=' after 'a', found the end of the line"),
      ("import os", "t.cfg:1:8: expected '=' after 'import', found 'os'"),
      ("\n\na = ", "t.cfg:3:5: expected a string in quotes, a number or '[', found the end of the text"),
      ("a = \nb = 1", "t.cfg:1:5: expected a string in quotes, a number or '[', found the end of the line"),
      ("a = 1 b = 2", "t.cfg:1:7: expected the end of the line or ';' after the value of 'a', found 'b'"),
      ("a = 'x' 'y'", "t.cfg:1:9: expected the end of the line or ';' after the value of 'a', found the string 'y'"),
      ("= 1", "t.cfg:1:1: expected a key such as 'memory', found '='"),
      ("5 = 1", "t.cfg:1:1: expected a key such as 'memory', found '5'"),
      ("a = True", "t.cfg:1:5: 'True' is no value here: write 1 for yes and 0 for no"),
      ("a = web", "t.cfg:1:5: 'web' needs quotes around it to be a string"),
      ("a = /boot/Image", "t.cfg:1:5: unexpected '/'; strings need quotes, comments start with '#'"),
      ("a = -5", "t.cfg:1:5: unexpected '-'; strings need quotes, comments start with '#'"),
      ("é = 5", "t.cfg:1:1: unexpected 'é'; strings need quotes, comments start with '#'"),
      ("a = 'é' é", "t.cfg:1:9: unexpected 'é'; strings need quotes, comments start with '#'"),
      ("a = 08", "t.cfg:1:5: '08' is not a number: write 10, 0x1f or octal 017, or put quotes around a string"),
      ("a = 4web", "t.cfg:1:5: '4web' is not a number: write 10, 0x1f or octal 017, or put quotes around a string"),
      ("a = 0x", "t.cfg:1:5: '0x' is not a number: write 10, 0x1f or octal 017, or put quotes around a string"),
      (
        "a = 9223372036854775808",
        "t.cfg:1:5: '9223372036854775808' is not a number: write 10, 0x1f or octal 017, or put quotes around a string"
      ),
      ("a = \"x", "t.cfg:1:5: the string that starts here has no closing \" on its line"),
      ("a = 'x\n'", "t.cfg:1:5: the string that starts here has no closing ' on its line"),
      (
        "a = 'x\\",
        "t.cfg:1:7: unknown escape; use \\\\ \\' \\\" \\a \\b \\f \\n \\r \\t \\v, \\xNN or octal \\NNN, or \\\\ for a backslash"
      ),
      (
        "a = '\\q'",
        "t.cfg:1:6: unknown escape; use \\\\ \\' \\\" \\a \\b \\f \\n \\r \\t \\v, \\xNN or octal \\NNN, or \\\\ for a backslash"
      ),
      ("a = '\\x4'", "t.cfg:1:6: an escape is \\x and two hexadecimal digits, or \\ and octal digits up to \\377"),
      ("a = '\\777'", "t.cfg:1:6: an escape is \\x and two hexadecimal digits, or \\ and octal digits up to \\377"),
      ("a = '\\0'", "t.cfg:1:6: a string can't hold a NUL byte"),
      ("a = '\\xff'", "t.cfg:1:5: the escapes in this string don't make valid UTF-8"),
      ("a = '\u{0}'", "t.cfg:1:6: a string can't hold a NUL byte"),
      ("\u{0}", "t.cfg:1:1: unexpected NUL byte; strings need quotes, comments start with '#'"),
      ("# \u{0}", "t.cfg:1:3: a NUL byte: this is not a text file"),
      ("a = \u{1b}[2J", "t.cfg:1:5: unexpected '\\u{1b}'; strings need quotes, comments start with '#'"),
      ("a = 1\rb = 2", "t.cfg:1:6: unexpected '\\u{d}'; strings need quotes, comments start with '#'"),
      ("a = [1, 2", "t.cfg:1:5: the list that starts here has no closing ']'"),
      ("a = [\n\n", "t.cfg:1:5: the list that starts here has no closing ']'"),
      ("a = [1 2]", "t.cfg:1:8: expected ',' or ']', found '2'"),
      ("a = [,]", "t.cfg:1:6: expected a string in quotes, a number or '[', found ','"),
      ("a = [1,,2]", "t.cfg:1:8: expected a string in quotes, a number or '[', found ','"),
      ("a = ]", "t.cfg:1:5: expected a string in quotes, a number or '[', found ']'"),
      ("a = [1; 2]", "t.cfg:1:7: expected ',' or ']', found ';'"),
      ("a + 1", "t.cfg:1:5: expected '+=', found '1'"),
      ("a = 5\na += 5", "t.cfg:2:6: '+=' extends strings and lists; a number needs '='"),
      ("a = 5\na += 'x'", "t.cfg:2:6: 'a' is a number since line 1 and can't be extended with a string"),
      ("\na = 'x'\na += ['x']", "t.cfg:3:6: 'a' is a string since line 2 and can't be extended with a list"),
    ])
  func mistakes(text: String, expected: String) { #expect(message(text) == expected) }

  @Test func positionsPointAtKeysAndValues() throws {
    let document = try parse("# é\n\n  disk = [ 'a',\n    'b' ]; name='x'")
    #expect(document["disk"]?.position == SourcePosition(file: "t.cfg", line: 3, column: 3))
    #expect(document["disk"]?.value.position == SourcePosition(file: "t.cfg", line: 3, column: 10))
    #expect(document["name"]?.position == SourcePosition(file: "t.cfg", line: 4, column: 12))
    guard case .list(let items)? = document["disk"]?.value.content else {
      Issue.record("disk is no list")
      return
    }
    #expect(items.map(\.position.line) == [3, 4])
    #expect(document.settings.map(\.key) == ["disk", "name"])
  }

  @Test func numbersKeepTheTextTheyWereWrittenWith() throws {
    #expect(try parse("root = 0x801")["root"]?.value.content == .number(0x801, text: "0x801"))
  }

  @Test func settingAKeyAgainIsAWarning() throws {
    let warnings = try parse("a = 1\nb = 2\na = 3\n").warnings
    #expect(warnings.map(\.description) == ["t.cfg:3:1: warning: 'a' is set again; its value from line 1 is not used"])
  }

  @Test func bytesThatAreNoTextAreRefusedWithTheirPlace() {
    let elf: [UInt8] = Array("a = 1\nb = '".utf8) + [0x7F, 0xFF, 0xFE]
    #expect {
      try DomainConfigFile.parse(bytes: elf, file: "Image")
    } throws: { error in
      "\(error)" == "Image:2:7: not valid UTF-8; save the file as UTF-8"
    }
  }

  @Test func commentsMayBeInAnyEncoding() throws {
    let latin1: [UInt8] = Array("# M\u{fc}ller\na = '#1' # ".unicodeScalars.map { UInt8($0.value) }) + [0xE9, 0x0A]
    let document = try DomainConfigFile.parse(bytes: latin1, file: "t.cfg")
    #expect(document["a"]?.value.content == .string("#1"))
  }

  @Test(arguments: ["a = 'x\\'#", "a = \"'#"]) func aMarkInAStringStartsNoComment(start: String) {
    #expect(throws: ConfigError.self) { try DomainConfigFile.parse(bytes: Array(start.utf8) + [0xFF], file: "t.cfg") }
  }

  @Test func aFileNameCantWriteOnTheTerminal() {
    #expect(SourcePosition(file: "a\u{1b}[2J\n", line: 1, column: 2).description == "a\\u{1b}[2J\\u{a}:1:2")
  }
}

@Suite struct ConfigLimitTests {
  @Test func deepNestingIsRefusedAtOnce() {
    let text = "a = " + String(repeating: "[", count: DomainConfigFile.maximumSize - 4)
    #expect(message(text) == "t.cfg:1:21: lists stand in each other more than 16 deep")
  }

  @Test func sixteenListsDeepIsStillFine() throws {
    let text = "a = " + String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
    #expect(try parse(text)["a"] != nil)
  }

  @Test func tooMuchTextIsRefused() {
    let text = String(repeating: " ", count: DomainConfigFile.maximumSize + 1)
    #expect(message(text) == "t.cfg:1:1: 1048577 bytes are too many for a config file; at most 1048576 are read")
  }

  @Test func tooManySettingsAreRefused() {
    let text = String(repeating: "a += 'x'\n", count: DomainConfigFile.maximumSettings + 1)
    #expect(message(text) == "t.cfg:4097:1: more than 4096 settings")
  }

  @Test func aListThatGrowsInManyPiecesIsRead() throws {
    let piece = "a += [" + String(repeating: "1,", count: 120) + "]\n"
    let text = String(repeating: piece, count: DomainConfigFile.maximumSettings)
    guard case .list(let values)? = try parse(text)["a"]?.value.content else {
      Issue.record("a is no list")
      return
    }
    #expect(values.count == 120 * DomainConfigFile.maximumSettings)
  }

  @Test func aMegabyteOfListIsRead() throws {
    let text = "a = [" + String(repeating: "1,", count: 500_000) + "]"
    guard case .list(let values)? = try parse(text)["a"]?.value.content else {
      Issue.record("a is no list")
      return
    }
    #expect(values.count == 500_000)
  }
}
