import Foundation
import Testing

@testable import CursesTerminal

@Suite struct OperatorPathTests {
  @Test func onlyRegularFilesHaveASize() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("domus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let (file, pipe) = (directory.path + "/file", directory.path + "/pipe")
    try Data("name".utf8).write(to: URL(fileURLWithPath: file))
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(OperatorPath.fileSize(file) == 4)
    for path in [pipe, directory.path, file + "2", ""] { #expect(OperatorPath.fileSize(path) == nil) }
  }

  @Test func theTildeIsTheOperatorsHome() {
    #expect(
      OperatorPath.expanded("~/web.cfg").hasSuffix("/web.cfg") && !OperatorPath.expanded("~/web.cfg").contains("~"))
    #expect(OperatorPath.expanded("a/~/b") == "a/~/b")
  }
}
