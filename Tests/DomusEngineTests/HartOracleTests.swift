import Foundation
import HypervisorModel
import Testing

@testable import DomusEngine

/// Random straight-line programs, executed by our hart and by qemu-user: both must end with the same registers and
/// the same memory.
@Suite(.enabled(if: CrossTools.areInstalled))
struct HartOracleTests {
  enum Mix: String, CaseIterable {
    case integer, compressed, atomic, memory, float
  }

  @Test(arguments: Mix.allCases, ExecutionEngine.allCases)
  func agreesWithQemuOnRandomPrograms(_ mix: Mix, _ engine: ExecutionEngine) throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      var generator = ProgramGenerator(seed: seed &* 101 &+ UInt64(mix.rawValue.count), mix: mix)
      let program = generator.program(instructions: 1500)
      let expected = try Oracle.execute(program)
      let actual = try execute(program, engine)
      try #require(expected.count == actual.count)
      if expected != actual {
        let index = zip(expected, actual).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
        Issue.record(
          "\(mix.rawValue), seed \(seed): \(Oracle.name(of: index)) is \(hex(actual[index])), not \(hex(expected[index]))"
        )
      }
    }
  }

  /// The words of the result area.
  private func execute(_ program: String, _ engine: ExecutionEngine) throws -> [UInt64] {
    let machine = try TestMachine(engine: engine)
    let code = try CrossTools.assemble(Oracle.bareStart + program + Oracle.bareEnd)
    try #require(machine.memory.write(PhysicalAddress(GuestMemory.base), code))
    machine.hart.start(at: GuestMemory.base, a0: 0, a1: 0)
    machine.runToCall()
    let area = machine.hart.register(10)
    return (0..<Oracle.wordCount).map { machine.memory.load(PhysicalAddress(area + UInt64($0) * 8)) ?? 0 }
  }
}

/// A program's frame, once for qemu-user and once for a bare hart, and what it leaves behind.
///
/// The program may use all registers but sp (the end of the result area's scratch buffer), gp and tp.
enum Oracle {
  /// x0…x31, f0…f31, fcsr, then the scratch buffer.
  static let wordCount = 65 + scratchBytes / 8
  static let scratchBytes = 4096

  static func name(of word: Int) -> String {
    switch word {
    case ..<32: "x\(word)"
    case ..<64: "f\(word - 32)"
    case 64: "fcsr"
    default: "scratch word \(word - 65)"
    }
  }

  /// Sets sp to the middle of the scratch buffer.
  private static let prologue = """
    lla sp, scratch + \(scratchBytes / 2)
    li x1, 0x0123456789abcdef

    """

  private static let save = """

    lla gp, results
    \((0..<32).filter { $0 != 3 && $0 != 4 && $0 != 2 }.map { "sd x\($0), \($0 * 8)(gp)" }.joined(separator: "\n"))
    \((0..<32).map { "fsd f\($0), \(256 + $0 * 8)(gp)" }.joined(separator: "\n"))
    csrr t0, fcsr
    sd t0, 512(gp)

    """

  private static let data = """

    .balign 16
    results: .zero 520
    scratch: .zero \(scratchBytes)
    """

  static let bareStart = """
    .option norelax
    .globl _start
    _start:
    li t0, 0x6000
    csrs sstatus, t0

    """ + prologue
  static let bareEnd = save + "lla a0, results\necall\nj .\n" + data

  static func execute(_ program: String) throws -> [UInt64] {
    let text =
      ".option norelax\n.globl _start\n_start:\n" + prologue + program + save
        + """
        li a0, 1
        lla a1, results
        li a2, \(wordCount * 8)
        li a7, 64
        ecall
        li a0, 0
        li a7, 93
        ecall
        .data
        """ + data
    return try CrossTools.withDirectory { directory in
      let source = directory.appendingPathComponent("program.S")
      let binary = directory.appendingPathComponent("program")
      try Data(text.utf8).write(to: source)
      _ = try CrossTools.run(
        CrossTools.compiler,
        [
          "-march=rv64imafdc_zicsr_zifencei_zba_zbb_zbs", "-mabi=lp64d", "-nostdlib", "-static", "-o", binary.path,
          source.path,
        ])
      let output = try CrossTools.run(
        CrossTools.emulator, ["-cpu", "rv64,zba=true,zbb=true,zbs=true", binary.path])
      return stride(from: 0, to: output.count - 7, by: 8).map { offset in
        output[offset..<offset + 8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      }
    }
  }
}

/// Makes assembly text, the same for the same seed.
struct ProgramGenerator {
  private var random: SeededGenerator
  private let mix: HartOracleTests.Mix

  init(seed: UInt64, mix: HartOracleTests.Mix) {
    random = SeededGenerator(seed: seed)
    self.mix = mix
  }

  mutating func program(instructions: Int) -> String {
    var lines: [String] = []
    for register in 5..<32 { lines.append("li x\(register), \(hex(interestingValue()))") }
    if mix == .float { lines += floatSetup() }
    for _ in 0..<instructions { lines += instruction() }
    return lines.joined(separator: "\n")
  }

  // MARK: Operands

  /// Values at which carry, sign and width matter come often.
  private mutating func interestingValue() -> UInt64 {
    let edges: [UInt64] = [
      0, 1, .max, 1 << 63, (1 << 63) - 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x80, 0xFF, 0x8000, 0x1_0000_0000,
    ]
    return Bool.random(using: &random) ? edges.randomElement(using: &random) ?? 0 : random.next()
  }

  /// x1 and x5…x31.
  private mutating func x() -> String {
    let number = Int.random(in: 4...31, using: &random)
    return "x\(number == 4 ? 1 : number)"
  }
  /// Now and then x0.
  private mutating func anyX() -> String { Int.random(in: 0..<16, using: &random) == 0 ? "x0" : x() }
  private mutating func shortX() -> String { "x\(Int.random(in: 8...15, using: &random))" }
  private mutating func f() -> String { "f\(Int.random(in: 0...31, using: &random))" }
  private mutating func pick(_ names: String) -> String {
    names.split(separator: " ").randomElement(using: &random).map(String.init) ?? "nop"
  }
  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  // MARK: Instructions

  private mutating func instruction() -> [String] {
    switch mix {
    case .integer: [integer()]
    case .compressed: [number(0...3) == 0 ? integer() : compressed()]
    case .atomic: number(0...2) == 0 ? [integer()] : atomic()
    case .memory: number(0...1) == 0 ? [integer()] : memory()
    case .float: number(0...5) == 0 ? [integer()] : float()
    }
  }

  private mutating func integer() -> String {
    switch number(0...9) {
    case 0...3:
      let name = pick(
        """
        add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw sh1add sh2add sh3add add.uw sh1add.uw \
        sh2add.uw sh3add.uw andn orn xnor max maxu min minu rol ror rolw rorw bclr bext binv bset
        """)
      return "\(name) \(anyX()), \(anyX()), \(anyX())"
    case 4, 5:
      return
        "\(pick("mul mulh mulhsu mulhu div divu rem remu mulw divw divuw remw remuw")) \(anyX()), \(anyX()), \(anyX())"
    case 6: return "\(pick("addi slti sltiu xori ori andi addiw")) \(anyX()), \(anyX()), \(number(-2048...2047))"
    case 7:
      return Bool.random(using: &random)
        ? "\(pick("slli srli srai rori bclri bexti binvi bseti slli.uw")) \(anyX()), \(anyX()), \(number(0...63))"
        : "\(pick("slliw srliw sraiw roriw")) \(anyX()), \(anyX()), \(number(0...31))"
    case 8: return "\(pick("clz ctz cpop clzw ctzw cpopw sext.b sext.h zext.h orc.b rev8")) \(anyX()), \(anyX())"
    default: return "li \(x()), \(hex(interestingValue()))"
    }
  }

  private mutating func compressed() -> String {
    switch number(0...12) {
    case 0: return "c.addi \(x()), \(nonzero(-32...31))"
    case 1: return "c.addiw \(x()), \(number(-32...31))"
    case 2: return "c.li \(x()), \(number(-32...31))"
    case 3: return "c.lui \(x()), \(number(1...31))"
    case 4: return "\(pick("c.srli c.srai")) \(shortX()), \(number(1...63))"
    case 5: return "c.andi \(shortX()), \(number(-32...31))"
    case 6: return "\(pick("c.sub c.xor c.or c.and c.subw c.addw")) \(shortX()), \(shortX())"
    case 7: return "c.slli \(x()), \(number(1...63))"
    case 8: return "\(pick("c.mv c.add")) \(x()), \(x())"
    case 9: return "\(pick("c.ldsp c.sdsp")) \(x()), \(number(0...63) * 8)(sp)"
    case 10: return "\(pick("c.lwsp c.swsp")) \(x()), \(number(0...63) * 4)(sp)"
    case 11:
      let (base, value) = twoShort()
      return "c.mv \(base), sp\n\(pick("c.lw c.sw")) \(value), \(number(0...31) * 4)(\(base))\nc.li \(base), 5"
    default:
      let (base, value) = twoShort()
      return "c.addi4spn \(base), sp, \(number(1...255) * 4)\nc.andi \(base), -8\n"
        + "\(pick("c.ld c.sd")) \(value), \(number(0...31) * 8)(\(base))\nc.li \(base), \(number(-32...31))"
    }
  }

  /// Two different ones of x8…x15.
  private mutating func twoShort() -> (String, String) {
    let first = number(8...15)
    return ("x\(first)", "x\(8 + (first - 8 + number(1...7)) % 8)")
  }

  private mutating func nonzero(_ range: ClosedRange<Int>) -> Int {
    let value = number(range)
    return value == 0 ? 1 : value
  }

  /// The base x5 holds an address only for a moment: addresses must not reach the results, for they differ.
  private mutating func atomic() -> [String] {
    let suffix = pick("w d") + pick("- .aq .rl .aqrl").replacingOccurrences(of: "-", with: "")
    let address = "addi x5, sp, \(number(-128...127) * 8)"
    let forget = "li x5, \(number(0...100))"
    func other(_ register: String) -> String { register == "x5" ? "x6" : register }
    if number(0...4) == 0 {
      let lines = ["lr.\(suffix) \(other(anyX())), (x5)", "sc.\(suffix) \(other(x())), \(other(x())), (x5)"]
      return [address] + lines + [forget]
    }
    let name = pick("amoswap amoadd amoxor amoand amoor amomin amomax amominu amomaxu")
    return [address, "\(name).\(suffix) \(other(anyX())), \(other(anyX())), (x5)", forget]
  }

  /// Aligned or not.
  private mutating func memory() -> [String] {
    let offset = number(-2040...2030)
    return number(0...1) == 0
      ? ["\(pick("lb lh lw ld lbu lhu lwu")) \(anyX()), \(offset)(sp)"]
      : ["\(pick("sb sh sw sd")) \(anyX()), \(offset)(sp)"]
  }

  // MARK: Floating point

  private mutating func floatSetup() -> [String] {
    (0..<32).flatMap { register in
      let isSingle = Bool.random(using: &random)
      return [
        "li t0, \(hex(isSingle ? interestingSingle() : interestingDouble()))",
        "fmv.\(isSingle ? "w" : "d").x f\(register), t0",
      ]
    }
  }

  private mutating func interestingDouble() -> UInt64 {
    let edges: [UInt64] = [
      0, 1 << 63, 1, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF, 0x7FF0_0000_0000_0000,
      0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 0x3FF0_0000_0000_0000,
      0xC1E0_0000_0000_0000, 0x43E0_0000_0000_0000, 0x3FE0_0000_0000_0000, 0x3FF8_0000_0000_0000,
    ]
    switch number(0...2) {
    case 0: return edges.randomElement(using: &random) ?? 0
    case 1: return random.next()
    default: return (random.next() & ~(0x7FF << 52)) | UInt64(number(1000...1060)) << 52
    }
  }

  private mutating func interestingSingle() -> UInt64 {
    let edges: [UInt64] = [
      0, 0x8000_0000, 1, 0x007F_FFFF, 0x0080_0000, 0x7F7F_FFFF, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001,
      0x3F80_0000, 0xCF00_0000, 0x5F00_0000, 0x3F00_0000,
    ]
    switch number(0...2) {
    case 0: return edges.randomElement(using: &random) ?? 0
    case 1: return random.next() & 0xFFFF_FFFF
    default: return (random.next() & 0x807F_FFFF) | UInt64(number(100...160)) << 23
    }
  }

  private mutating func float() -> [String] {
    let width = pick("s d")
    let rounding = pick("rne rtz rdn rup rmm dyn dyn")
    switch number(0...13) {
    case 0...2: return ["\(pick("fadd fsub fmul fdiv")).\(width) \(f()), \(f()), \(f()), \(rounding)"]
    case 3: return ["fsqrt.\(width) \(f()), \(f()), \(rounding)"]
    case 4, 5: return ["\(pick("fmadd fmsub fnmadd fnmsub")).\(width) \(f()), \(f()), \(f()), \(f()), \(rounding)"]
    case 6: return ["\(pick("fsgnj fsgnjn fsgnjx fmin fmax")).\(width) \(f()), \(f()), \(f())"]
    case 7: return ["\(pick("feq flt fle")).\(width) \(x()), \(f()), \(f())"]
    case 8: return ["fcvt.\(pick("w wu l lu")).\(width) \(x()), \(f()), \(rounding)"]
    case 9:
      let source = pick("w wu l lu")
      let exact = width == "d" && source.hasPrefix("w")
      return ["fcvt.\(width).\(source) \(f()), \(x())" + (exact ? "" : ", \(rounding)")]
    case 10: return [Bool.random(using: &random) ? "fcvt.s.d \(f()), \(f()), \(rounding)" : "fcvt.d.s \(f()), \(f())"]
    case 11:
      return ["\(pick("fclass fmv.x")).\(width == "s" ? "s" : "d") \(x()), \(f())"].map {
        $0.hasPrefix("fmv") ? $0.replacingOccurrences(of: ".s ", with: ".w ") : $0
      }
    case 12:
      let value = width == "s" ? interestingSingle() : interestingDouble()
      return ["li t0, \(hex(value))", "fmv.\(width == "s" ? "w" : "d").x \(f()), t0"]
    default:
      return number(0...1) == 0
        ? ["fsrmi \(x()), \(number(0...4))", "frflags \(x())"]
        : ["\(pick("flw fld fsw fsd")) \(f()), \(number(-250...250) * 8)(sp)"]
    }
  }
}
