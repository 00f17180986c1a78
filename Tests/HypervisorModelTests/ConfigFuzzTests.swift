import Testing

@testable import HypervisorModel

/// splitmix64: the same texts on every machine.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Reads hostile bytes to the end. Whatever they are, the outcome is a value or a one-line error inside the text.
private func survive(_ bytes: [UInt8]) {
  do throws(ConfigError) {
    let document = try DomainConfigFile.parse(bytes: bytes, file: "f")
    let words = document.settings.prefix(3).map { $0.key + "=" + String(decoding: bytes.prefix(40), as: UTF8.self) }
    _ = try DomainConfigFile.domain(from: document, overrides: words, workingDirectory: "/")
  } catch {
    #expect(!error.description.utf8.contains { $0 < 0x20 })
    #expect(error.position.line >= 1 && error.position.column >= 1)
    let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    #expect(error.position.line <= lines || error.position.file == SourcePosition.commandLine)
  }
}

@Suite struct ConfigFuzzTests {
  private static let seedText = """
    # guest
    name = "example.linux"; uuid = "1a2b3c4d-0123-4567-89ab-0123456789ab"
    kernel = 'builtin:guest'
    extra = "console=ttyS0 \\x41\\101\\n" # größe
    extra += ' quiet'
    memory = 0x80\r
    vcpus = 010
    disk = [ ]
    vif = [
      [ 'a', "b", 3, ],
    ]
    on_crash = "preserve"
    """

  @Test func randomBytesNeverTrap() {
    var random = SeededGenerator(state: 1)
    for _ in 0..<3000 {
      survive((0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
  }

  @Test func randomTokensNeverTrap() {
    let pieces = [
      "a", "name", "memory", "=", "+=", "+", "[", "]", ",", ";", "\n", "\r\n", "#", "'", "\"", "\\", "\\x", "0x", "08",
      "12", "'x'", "\"\\x41\"", "é", "\u{0}", " ", "\t", "type", "'hvm'", "vcpus", "-1",
    ]
    var random = SeededGenerator(state: 2)
    for _ in 0..<5000 {
      let count = Int.random(in: 0...40, using: &random)
      survive(Array((0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined().utf8))
    }
  }

  @Test func mutationsOfARealFileNeverTrap() {
    let seed = Array(Self.seedText.utf8)
    var random = SeededGenerator(state: 3)
    for _ in 0..<5000 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(contentsOf: bytes[index..<min(index + 9, bytes.count)], at: index)
        default: bytes.removeSubrange(index...)
        }
      }
      survive(bytes)
    }
  }

  @Test func everyBeginningOfARealFileIsReadOrRefused() {
    let seed = Array(Self.seedText.utf8)
    for count in 0...seed.count { survive(Array(seed.prefix(count))) }
  }
}
