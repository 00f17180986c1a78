import Foundation
import HypervisorModel
import Testing

@testable import DomusEngine

/// A program in assembly that boots as a domain's kernel, at `start` on hart 0.
struct GuestProgram {
  /// An Image's header (Linux, boot-image-header.rst), and what programs like to do.
  private static let prelude = """
    .option norelax
    .option push
    .option norvc
    j start
    .option pop
    .balign 8
    .quad 0, 0x100000, 0, 0, 0, 0
    .ascii "RSC\\5"
    .word 0
    .macro sbi extension, function
    li a7, \\extension
    li a6, \\function
    ecall
    .endm
    .macro print character
    li a0, \\character
    li a7, 1
    ecall
    .endm
    .macro poweroff
    li a7, 8
    ecall
    .endm
    .equ HSM, 0x48534D
    .equ IPI, 0x735049
    .equ RFENCE, 0x52464E43
    .equ SRST, 0x53525354

    """

  let image: [UInt8]

  init(_ text: String) throws { image = try CrossTools.assemble(Self.prelude + text) }

  /// Runs `body` with the program's file.
  func withFile<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("domus-guest-\(UUID().uuidString)")
    try Data(image).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
  }

  /// What it prints until its domain has gone.
  static func output(_ text: String, vcpus: Int = 1, pcpus: Int = 2) async throws -> String {
    try await GuestProgram(text).withFile { kernel in
      let engine = try EmbeddedHypervisor(options: .init(pcpus: pcpus))
      var config = DomainConfig(name: "guest", kernel: .path(kernel), memory: .mebibytes(32), vcpus: vcpus)
      config.onReboot = .destroy
      guard
        case .created(let domain, _) = try await engine.perform(
          .creation(.create(source: .config(config), paused: true)))
      else {
        return ""
      }
      let console = try await engine.openConsole(of: domain)
      _ = try await engine.perform(.life(domain, .unpause))
      let limit = Task {
        try await Task.sleep(for: .seconds(100))
        console.close()
      }
      var output: [UInt8] = []
      for await bytes in console.output { output += bytes }
      limit.cancel()
      await engine.shutdown()
      return String(decoding: output, as: UTF8.self)
    }
  }
}
