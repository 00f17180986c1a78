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
}
