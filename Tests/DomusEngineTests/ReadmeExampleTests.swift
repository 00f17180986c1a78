import DomusEngine
import Foundation
import HypervisorModel
import Testing

// example begins
func bootGuest(kernel: String) async throws -> String {
  let engine = try EmbeddedHypervisor()
  let config = DomainConfig(name: "hello", kernel: .path(kernel), memory: .mebibytes(64))
  guard
    case .created(let domain, _) = try await engine.perform(.creation(.create(source: .config(config), paused: false)))
  else {
    return ""
  }

  let console = try await engine.openConsole(of: domain)
  var text = ""
  for await bytes in console.output {  // ends with the domain
    text += String(decoding: bytes, as: UTF8.self)
    if text.hasSuffix("guest> "), !text.contains("poweroff") {
      try await console.send(Array("echo hello from the guest\rpoweroff\r".utf8))
    }
  }
  await engine.shutdown()
  return text
}
// example ends

@Suite struct ReadmeExampleTests {
  private static let sourceTree = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test func exampleBootsAGuestAndReadsItsConsole() async throws {
    let kernel = Self.sourceTree.appendingPathComponent("Guests/build/guest.elf").path
    let text = try await bootGuest(kernel: kernel)
    #expect(text.contains("\nhello from the guest"))
  }

  @Test func readmeShowsExactlyTheExampleThatIsTested() throws {
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let parts = source.components(separatedBy: "// example begins\n")
    let example = try #require(parts.dropFirst().first?.components(separatedBy: "// example ends").first)
    let readme = try String(contentsOf: Self.sourceTree.appendingPathComponent("README.md"), encoding: .utf8)
    #expect(readme.contains(example))
  }
}
