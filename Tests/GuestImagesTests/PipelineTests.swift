import Testing

@testable import GuestImages

@Suite struct PipelineTests {
  @Test func outputsFlowThroughThePrograms() throws {
    let output = try Pipeline([
      .init(program: "sh", arguments: ["-c", "seq 100000"]), .init(program: "tail", arguments: ["-n", "1"]),
    ]).run()
    #expect(String(decoding: output, as: UTF8.self) == "100000\n")
  }

  @Test func aFailingProgramIsNamedWithItsWords() {
    let failure = GuestImageError.programFailed(program: "sh", detail: "E: no luck")
    #expect(throws: failure) { try Pipeline("sh", ["-c", "echo noise; echo 'E: no luck' >&2; exit 3"]).run() }
  }

  @Test func anEarlierFailureIsSeenThoughTheLastProgramSucceeds() {
    let failure = GuestImageError.programFailed(program: "sh", detail: "exit status 5")
    #expect(throws: failure) {
      try Pipeline([.init(program: "sh", arguments: ["-c", "exit 5"]), .init(program: "cat", arguments: [])]).run()
    }
  }

  @Test func aMissingProgramIsNamed() {
    #expect(throws: GuestImageError.missingProgram("no-such-program")) { try Pipeline("no-such-program", []).run() }
  }

  @Test func programsRunInTheGivenDirectoryAndInCsLocale() throws {
    let output = try Pipeline("sh", ["-c", "pwd; echo $LC_ALL"], in: "/usr").run()
    #expect(String(decoding: output, as: UTF8.self) == "/usr\nC.UTF-8\n")
  }
}
