import HypervisorModel
import Testing

@testable import TerminalUI

/// From a line to its words.
@Suite struct PaletteQuotingTests {
  @Test(arguments: [
    ("export \"/tmp/my dir", "a quote is not closed"), ("export '/tmp/my dir", "a quote is not closed"),
    ("export x\\", "nothing stands after the backslash"),
  ])
  func whatIsLeftOpenIsSaid(line: String, fault: String) {
    var state = makeState()
    #expect(state.command(line).isEmpty)
    #expect(state.screen.text.contains(fault))
    #expect(state.screen.lines[23].hasPrefix(" :" + line))
  }

  @Test(
    arguments: [
      (#"create "/tmp/my dir/x.cfg""#, "/tmp/my dir/x.cfg", []),
      (#"create /tmp/my\ dir/x.cfg name="a b" 'memory=64'"#, "/tmp/my dir/x.cfg", ["name=a b", "memory=64"]),
      (#"create '/tmp/"x"\y' "\"\\\$\a" '' a'b 'c"#, #"/tmp/"x"\y"#, [#""\$\a"#, "", "ab c"]),
    ] as [(String, String, [String])])
  func argumentsAreQuotedAsInTheShell(line: String, path: String, settings: [String]) {
    var state = makeState()
    #expect(state.command(line) == [.readConfigFile(path: path, settings: settings)])
  }

  @Test(arguments: [#"filter ~b\d"#, #"filter '~b\d'"#, #"filter "~b\d""#])
  func anExpressionNeedsNoQuotes(line: String) {
    var state = makeState()
    #expect(state.command(line).isEmpty)
    #expect(state.filter.text == #"~b\d"#)
    #expect(state.domains.rows.map(\.name) == ["web1"])
  }

  @Test(arguments: ["my", "'my d", "\"my d", "my\\ d", "'my 'd"])
  func namesWithBlanksAreCompletedInQuotes(beginning: String) {
    var state = makeState(twoSamples([domain(4, "my dom")]))
    state.type(":destroy " + beginning)
    state.press(.tab)
    guard case .palette(let palette) = state.mode else { return #expect(Bool(false)) }
    #expect(palette.editor.text == "destroy 'my dom' ")
    state.press(.enter)
    #expect(state.screen.text.contains("destroy domain 'my dom'?"))
  }
}
