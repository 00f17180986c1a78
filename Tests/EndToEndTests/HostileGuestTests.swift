import Foundation
import Testing

/// Guests that try everything, beside one that must not notice. Their seeds are new each time, and stand in the message
/// of what fails: `extra = 'seed=NUMBER'` does the same again.
@Suite(.serialized)
struct HostileGuestTests {
  private static let kernel = Domus.sourceTree.appendingPathComponent("Guests/build/fuzz.elf").path

  private func config(_ domus: Domus, _ name: String, vcpus: Int = 1, _ commandLine: String) throws -> String {
    try domus.file(
      "\(name).cfg",
      """
      name = '\(name)'
      kernel = '\(Self.kernel)'
      memory = 32
      vcpus = \(vcpus)
      extra = '\(commandLine)'
      on_poweroff = 'preserve'
      on_reboot = 'preserve'
      on_crash = 'preserve'
      """)
  }

  /// A host with a guest that burns and one that answers, and what harms them not.
  private func withWitnesses(_ body: (Domus) throws -> Void) throws {
    let domus = try Domus(pcpus: 2)
    try domus.createBuiltin("witness")
    try domus.createBuiltin("burner", commandLine: "burn=20")
    let before = try ["witness", "burner"].map { try domus.row($0)?[1] }
    let host = try domus.hostPID()

    try body(domus)

    #expect(try domus.hostPID() == host)
    #expect(try ["witness", "burner"].map { try domus.row($0)?[1] } == before)
    #expect(try domus.run("console", "witness", input: "echo still here\r").stdout.contains("still here"))
    let time = try domus.cpuSeconds("burner")
    try wait(for: "the other guest to go on") { try domus.cpuSeconds("burner") > time }
  }

  /// What a guest printed, for messages.
  private func console(_ domus: Domus, _ name: String) throws -> String {
    try domus.run("console", name).stdout.filter { $0.isASCII && !$0.isNewline || $0 == "\n" }
  }

  @Test func everySBICallIsAnsweredAsTheSpecificationSays() throws {
    try withWitnesses { domus in
      for number in 1...3 { try domus.ok("create", try config(domus, "fuzz\(number)", "mode=sbi rounds=100000")) }
      for number in 1...3 {
        try wait(for: "all calls to be made", seconds: 300) { try domus.state("fuzz\(number)")?.contains("s") == true }
        let printed = try console(domus, "fuzz\(number)")
        #expect(try domus.state("fuzz\(number)") == "---s--", "\(printed.suffix(1000))")
        #expect(printed.contains("fuzz: 100000 rounds"), "\(printed.suffix(1000))")
        try domus.ok("destroy", "fuzz\(number)")
      }
    }
  }

  @Test func guestsThatDoAnythingEndOrGoOnAndHarmNobody() throws {
    try withWitnesses { domus in
      let names = (1...12).map { "fuzz\($0)" }
      for (number, name) in names.enumerated() {
        try domus.ok("create", try config(domus, name, vcpus: 1 + number % 2, ""))
      }
      try wait(for: "most of them to end") { try names.count { try domus.state($0)?.contains("s") == true } > 6 }
      for name in names {
        if try domus.state(name)?.contains("s") == true {
          try wait(for: "the log to say how \(name) ended") {
            let log = try domus.ok("host", "log")
            return ["asked for a ", "crashed: trap loop"].contains { log.contains("'\(name)' ended: \($0)") }
          }
        }
        try domus.ok("destroy", name)
      }
    }
  }
}
