import Foundation
import Testing

@testable import CursesTerminal
@testable import TerminalUI

@Suite struct PathCompletionTests {
  @Test func pathsAreCompletedFromTheirDirectoryWhichIsLookedAtOnce() {
    var state = makeState()
    #expect(state.type(":create ") == [.listDirectory("")])
    _ = state.update(.directoryListed("", ["a dir/", "web.cfg", ".hidden", "db.cfg"]))
    #expect(state.type("w").isEmpty)
    state.press(.tab)
    #expect(state.screen.lines[23] == " :create web.cfg")
    _ = state.update(.key(.control("u")))
    #expect(state.type("create a").contains(.listDirectory("")))
    _ = state.update(.directoryListed("", ["a dir/", "web.cfg"]))
    #expect(state.press(.tab) == [.listDirectory("a dir/")])
    _ = state.update(.directoryListed("", ["late"]))
    _ = state.update(.directoryListed("a dir/", ["x.cfg"]))
    state.press(.tab)
    #expect(state.screen.lines[23] == " :create 'a dir/x.cfg'")
    #expect(state.press(.enter) == [.readConfigFile(path: "a dir/x.cfg", settings: [])])
  }

  @Test func hiddenNamesAreOfferedAfterADot() {
    var state = makeState()
    state.type(":export /tmp/")
    _ = state.update(.directoryListed("/tmp/", [".hidden", "seen"]))
    #expect(state.pathSuggestions("/tmp/").map(\.word) == ["/tmp/seen"])
    #expect(state.pathSuggestions("/tmp/.").map(\.word) == ["/tmp/.hidden"])
  }

  @Test func aDirectorysNamesAreRead() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("domus-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory + "/sub", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try Data().write(to: URL(fileURLWithPath: directory + "/b.cfg"))
    #expect(OperatorPath.names(in: directory + "/") == ["b.cfg", "sub/"])
    #expect(OperatorPath.names(in: directory + "/none/").isEmpty)
    #expect(OperatorPath.names(in: directory + "/b.cfg/").isEmpty)
  }
}
