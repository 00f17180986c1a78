import FoundationEssentials
import Testing

@testable import TerminalUI

/// Compares a screen, its text and below it the layer of roles, with the file `Screens/NAME.txt`.
///
/// `DOMUS_RECORD_SCREENS=1 swift test -c release --filter TerminalUITests` writes the files anew; review them as text.
func expectScreen(_ name: String, _ grid: Grid, sourceLocation: SourceLocation = #_sourceLocation) {
  let folder = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Screens"
  let path = "\(folder)/\(name).txt"
  let roles = (0..<grid.size.rows).map { grid.roles(row: $0) }.joined(separator: "\n")
  let actual = "\(grid.text)\n\n\(roles)\n"
  if ProcessInfo.processInfo.environment["DOMUS_RECORD_SCREENS"] == "1" {
    #expect(FileManager.default.createFile(atPath: path, contents: Data(actual.utf8)), sourceLocation: sourceLocation)
    return
  }
  let expected = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  #expect(actual == expected, "screen \(name)", sourceLocation: sourceLocation)
}
