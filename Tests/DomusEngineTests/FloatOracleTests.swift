import Foundation
import Testing

@testable import DomusEngine

/// Compares every computing F and D instruction with QEMU's, which is an implementation not ours.
@Suite(.enabled(if: FloatOracleProgram.canRun, "needs gcc and qemu for riscv64"))
struct FloatOracleTests {
  private typealias Operands = (UInt64, UInt64, UInt64)
  private struct Step {
    let name: String
    let modes: [RoundingMode]
    let apply: (Operands, RoundingMode, inout UInt32) -> UInt64
  }

  /// Our half of the program's instructions, in its order.
  private static func plan() -> [Step] {
    var steps = arithmetic(UInt32.self, "s")
    steps.append(
      Step(name: "fcvt.s.w", modes: allRoundingModes) { extended(FloatUnit.fromInt32($0.0, $1, &$2, as: UInt32.self)) })
    steps.append(
      Step(name: "fcvt.s.wu", modes: allRoundingModes) {
        extended(FloatUnit.fromUInt32($0.0, $1, &$2, as: UInt32.self))
      })
    steps.append(
      Step(name: "fcvt.d.s", modes: [.nearestEven]) { FloatUnit.widen(UInt32(truncatingIfNeeded: $0.0), &$2) })
    steps += arithmetic(UInt64.self, "d")
    steps.append(Step(name: "fcvt.d.w", modes: [.nearestEven]) { FloatUnit.fromInt32($0.0, $1, &$2, as: UInt64.self) })
    steps.append(
      Step(name: "fcvt.d.wu", modes: [.nearestEven]) { FloatUnit.fromUInt32($0.0, $1, &$2, as: UInt64.self) })
    steps.append(Step(name: "fcvt.s.d", modes: allRoundingModes) { extended(FloatUnit.narrow($0.0, $1, &$2)) })
    return steps
  }

  /// FMV.X.W extends the sign of a single.
  private static func extended<F: FloatFormat>(_ bits: F) -> UInt64 {
    F.bitWidth == 64 ? UInt64(bits) : UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: bits)))
  }

  private static func arithmetic<F: HostFloatFormat>(_: F.Type, _ suffix: String) -> [Step] {
    var steps: [Step] = []
    func modes(_ name: String, _ apply: @escaping (F, F, F, RoundingMode, inout UInt32) -> F) {
      steps.append(
        Step(name: "\(name).\(suffix)", modes: allRoundingModes) { o, rm, flags in
          let (a, b, c) = (F(truncatingIfNeeded: o.0), F(truncatingIfNeeded: o.1), F(truncatingIfNeeded: o.2))
          return extended(apply(a, b, c, rm, &flags))
        })
    }
    func toInteger(_ name: String, _ apply: @escaping (F, RoundingMode, inout UInt32) -> UInt64) {
      steps.append(
        Step(name: "\(name).\(suffix)", modes: allRoundingModes) { apply(F(truncatingIfNeeded: $0.0), $1, &$2) })
    }
    func once(_ name: String, _ apply: @escaping (F, F, inout UInt32) -> UInt64) {
      steps.append(
        Step(name: "\(name).\(suffix)", modes: [.nearestEven]) { o, _, flags in
          apply(F(truncatingIfNeeded: o.0), F(truncatingIfNeeded: o.1), &flags)
        })
    }
    let sign = F.signBit
    modes("fadd") { FloatUnit.add($0, $1, $3, &$4) }
    modes("fsub") { FloatUnit.sub($0, $1, $3, &$4) }
    modes("fmul") { FloatUnit.mul($0, $1, $3, &$4) }
    modes("fdiv") { FloatUnit.div($0, $1, $3, &$4) }
    modes("fsqrt") { FloatUnit.sqrt($0, $3, &$4) }
    modes("fmadd") { FloatUnit.fusedMultiplyAdd($0, $1, $2, $3, &$4) }
    modes("fmsub") { FloatUnit.fusedMultiplyAdd($0, $1, $2 ^ sign, $3, &$4) }
    modes("fnmsub") { FloatUnit.fusedMultiplyAdd($0 ^ sign, $1, $2, $3, &$4) }
    modes("fnmadd") { FloatUnit.fusedMultiplyAdd($0 ^ sign, $1, $2 ^ sign, $3, &$4) }
    toInteger("fcvt.w") { FloatUnit.toInt32($0, $1, &$2) }
    toInteger("fcvt.wu") { FloatUnit.toUInt32($0, $1, &$2) }
    toInteger("fcvt.l") { FloatUnit.toInt64($0, $1, &$2) }
    toInteger("fcvt.lu") { FloatUnit.toUInt64($0, $1, &$2) }
    steps.append(
      Step(name: "fcvt.\(suffix).l", modes: allRoundingModes) {
        extended(FloatUnit.fromInt64($0.0, $1, &$2, as: F.self))
      })
    steps.append(
      Step(name: "fcvt.\(suffix).lu", modes: allRoundingModes) {
        extended(FloatUnit.fromUInt64($0.0, $1, &$2, as: F.self))
      })
    once("fmin") { extended(FloatUnit.min($0, $1, &$2)) }
    once("fmax") { extended(FloatUnit.max($0, $1, &$2)) }
    once("feq") { FloatUnit.equal($0, $1, &$2) ? 1 : 0 }
    once("flt") { FloatUnit.lessThan($0, $1, &$2) ? 1 : 0 }
    once("fle") { FloatUnit.lessOrEqual($0, $1, &$2) ? 1 : 0 }
    once("fclass") { a, _, _ in FloatUnit.classify(a) }
    return steps
  }

  private static func run(_ tool: URL, _ arguments: [String], input: URL? = nil, output: URL? = nil) throws {
    let process = Process()
    process.executableURL = tool
    process.arguments = arguments
    if let input { process.standardInput = try FileHandle(forReadingFrom: input) }
    if let output {
      try Data().write(to: output)
      process.standardOutput = try FileHandle(forWritingTo: output)
    }
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(tool.lastPathComponent) failed")
  }

  /// What the emulated program writes for the operands.
  private static func oracle(_ operands: [UInt64]) throws -> [UInt64] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "float-oracle-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = folder.appending(path: "oracle.c")
    let program = folder.appending(path: "oracle")
    let input = folder.appending(path: "operands")
    let output = folder.appending(path: "results")
    try Data(FloatOracleProgram.source.utf8).write(to: source)
    try operands.withUnsafeBytes { try Data($0).write(to: input) }
    let gcc = try #require(FloatOracleProgram.compiler)
    let qemu = try #require(FloatOracleProgram.emulator)
    try run(gcc, ["-O1", "-static", "-o", program.path(), source.path()])
    try run(qemu, [program.path(), String(operands.count / 3)], input: input, output: output)
    return try Data(contentsOf: output).withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
  }

  private static func operands(count: Int) -> [UInt64] {
    var singles = FloatOperands<UInt32>(seed: 3)
    var doubles = FloatOperands<UInt64>(seed: 4)
    var result: [UInt64] = []
    for index in 0..<count {
      if index & 1 == 0 {
        let (a, b, c) = singles.triple()
        let high = UInt64(singles.next()) << 32  // as a double and as an integer these are ordinary numbers
        result += [UInt64(a) | high, UInt64(b) | high, UInt64(c) | high]
      } else {
        let (a, b, c) = doubles.triple()
        result += [a, b, c]
      }
    }
    return result
  }

  @Test func `every instruction gives the foreign result and flags in every rounding mode`() throws {
    let operands = Self.operands(count: 12_000)
    let expected = try Self.oracle(operands)
    var index = 0
    for step in Self.plan() {
      var reported = false
      for base in stride(from: 0, to: operands.count, by: 3) {
        let triple = (operands[base], operands[base + 1], operands[base + 2])
        for rm in step.modes {
          try #require(index + 1 < expected.count, "the program wrote too little")
          var flags: UInt32 = 0
          let result = step.apply(triple, rm, &flags)
          if !reported, result != expected[index] || UInt64(flags) != expected[index + 1] {
            reported = true
            let texts = [triple.0, triple.1, triple.2, result, expected[index]].map { String($0, radix: 16) }
            Issue.record("\(step.name) \(rm) \(texts): flags \(flags), foreign \(expected[index + 1])")
          }
          index += 2
        }
      }
    }
    #expect(index == expected.count)
  }
}
