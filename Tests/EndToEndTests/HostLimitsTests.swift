import Foundation
import Testing

/// Where the host has no more of something, one request is refused, and the guests that there are go on.
@Suite(.serialized)
struct HostLimitsTests {
  private static let prlimit = "/usr/bin/prlimit"

  private func limit(_ domus: Domus, _ resource: String) throws {
    let process = try Process.run(
      URL(fileURLWithPath: Self.prlimit), arguments: ["--pid=\(try domus.hostPID())", "--\(resource)"])
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private func addressSpace(_ domus: Domus) throws -> UInt64 {
    let pages = try String(contentsOfFile: "/proc/\(try domus.hostPID())/statm", encoding: .utf8).split(separator: " ")
      .first
    return try #require(pages.flatMap { UInt64($0) }) * UInt64(getpagesize())
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: prlimit)))
  func withoutAddressSpaceADomainIsRefusedAndTheOthersGoOn() throws {
    let domus = try Domus(pcpus: 2)
    try domus.createBuiltin("one")
    try limit(domus, "as=\(try addressSpace(domus) + 500 << 20):")
    let config = try domus.file("big.cfg", "name = 'big'\nkernel = 'builtin:guest'\nmemory = 1024\n")
    let refusal = try domus.run("create", config)
    #expect(refusal.status != 0)
    #expect(refusal.stderr.contains("address space"), "\(refusal.stderr)")
    #expect(try domus.run("console", "one", input: "echo still here\r").stdout.contains("still here"))
    try limit(domus, "as=unlimited:")
    try domus.ok("create", config)
  }

  @Test func moreMemoryThanTheMachineHasIsRefusedWithTheFigures() throws {
    let domus = try Domus(pcpus: 1)
    let config = try domus.file("big.cfg", "name = 'big'\nkernel = 'builtin:guest'\nmemory = 1048576\n")
    let refusal = try domus.run("create", config)
    #expect(refusal.status != 0)
    #expect(refusal.stderr.contains("not enough memory for domain 'big' with 1048576 MiB"), "\(refusal.stderr)")
    #expect(try domus.row("big") == nil)
  }

  @Test func fewDescriptorsAreRaisedOrRefusedAndNeverEndGuests() throws {
    let domus = try Domus()
    let host = Process()
    host.executableURL = URL(fileURLWithPath: "/bin/sh")
    host.arguments = ["-c", "ulimit -n 20; exec \"$0\" host run", Domus.executable]
    host.environment = domus.environment
    let errors = Pipe()
    host.standardError = errors
    try host.run()
    try wait(for: "the host process") { try !host.isRunning || domus.run("host", "status").status == 0 }
    guard host.isRunning else {
      let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
      #expect(text.contains("raise 'ulimit -n'"))
      return
    }
    try domus.createBuiltin("one")
    let consoles = try (0..<40).map { _ in try ConsoleClient(domus, "one") }
    #expect(try domus.row("one") != nil)
    for console in consoles { console.detach() }
    #expect(host.isRunning)
    try domus.ok("host", "stop", "--force")
    host.waitUntilExit()
  }
}
