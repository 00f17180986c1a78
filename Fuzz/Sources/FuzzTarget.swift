import Glibc

/// Something that has to survive any bytes.
struct FuzzTarget: Sendable {
  let name: String
  /// What makes the bytes' way through it. A trap, a failed check or too long a time is a finding.
  let run: @Sendable (_ input: [UInt8]) -> Void

  static let all: [FuzzTarget] = [
    .sbi, .hart, .virtioConsole, .virtioEntropy, .uart, .plic, .agent, .kernel, .config, .toml, .theme, .clientFrame,
    .hostFrame, .console,
  ]
}

/// libFuzzer has one function for each program; the environment says what this run is about.
private let chosen: FuzzTarget = {
  let name = getenv("DOMUS_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    let message = "DOMUS_FUZZ_TARGET must be one of \(FuzzTarget.all.map(\.name).joined(separator: " "))\n"
    _ = write(STDERR_FILENO, message, message.utf8.count)
    _exit(EXIT_FAILURE)
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  chosen.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

/// Bytes as the numbers that a target wants, zeros behind their end.
struct FuzzInput {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isEmpty: Bool { rest.isEmpty }

  mutating func next<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
    (0..<Number.bitWidth / 8).reduce(0) { number, index in
      number | Number(truncatingIfNeeded: rest.popFirst() ?? 0) << Number(truncatingIfNeeded: 8 * index)
    }
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    let taken = Array(rest.prefix(count))
    rest = rest.dropFirst(count)
    return taken
  }
}
