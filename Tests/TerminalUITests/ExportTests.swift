import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct ExportTests {
  @Test func namesAreCopied() {
    var state = makeState()
    state.type("j")
    #expect(state.type("y") == [.copy("web1")])
    state.type("  ")
    #expect(state.type("y") == [.copy("web1\nbuild")])
    #expect(state.screen.text.contains("2 names are copied"))
  }

  @Test func aNameThatIsPastedPressesNoKey() {
    var state = makeState([snapshot(at: 1000, [domain(1, "rm -rf /\r\n\u{1B}x")])])
    #expect(state.type("y") == [.copy("rm -rf /x")])
  }

  @Test func aTableIsCSV() {
    var state = makeState(twoSamples([domain(7, "a \"b\", c")]))
    _ = state.command("columns name cpu weight history maxmem")
    let csv = """
      NAME,CPU(%),WEIGHT,MAXMEM(k)
      Domain-0,5.0,,no limit
      web1,25.0,256,131072
      build,90.0,512,131072
      idle,0.0,256,131072
      "a ""b"", c",0.0,256,131072

      """
    #expect(state.type("Y") == [.copy(csv)])
    _ = state.command("filter web")
    #expect(
      state.command("export /tmp/table.csv")
        == [.export("NAME,CPU(%),WEIGHT,MAXMEM(k)\nweb1,25.0,256,131072\n", path: "/tmp/table.csv")])
    _ = state.update(.exported(path: "/tmp/table.csv", failure: nil))
    #expect(state.screen.text.contains("the table is in /tmp/table.csv"))
    _ = state.update(.exported(path: "/tmp/table.csv", failure: "/tmp/table.csv: File exists"))
    #expect(state.screen.text.contains("/tmp/table.csv: File exists"))
  }

  @Test func everyViewButTheDomainsHasATable() {
    for view in ScreenID.all {
      var state = makeState()
      state.type("\(view.key ?? " ")")
      #expect(state.type("Y").isEmpty == (view == .domain))
    }
  }
}
