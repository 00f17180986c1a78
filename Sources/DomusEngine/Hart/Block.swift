/// A pre-decoded run of instructions from one page, entered only at its first.
///
/// Blocks are found by physical address, so all address spaces share them. `pc` enters micro-operations only as the
/// virtual address of the block's start, which whoever executes it brings along.
struct Block {
  /// Guest-physical address of the first byte.
  var physical: UInt64
  /// Virtual address at which it was last looked up, and the translation epoch of then. Links hold virtual
  /// successors, so within one epoch a block serves one virtual address only; an alias gets a block of its own.
  var virtual: UInt64
  var epoch: UInt64
  var nextInBucket: UnsafeMutablePointer<Block>?
  /// The instruction bytes that were decoded: a block is right as long as memory still holds them.
  var source: UnsafeMutableRawPointer
  var sourceSize: Int

  /// At most this many instructions in a block.
  static let instructionLimit = 64
  /// Bytes that they take at most.
  static let sourceLimit = instructionLimit * 4
  /// Micro-operations that they become at most: each may have a link; two guards and an end come on top.
  static let opLimit = instructionLimit * 2 + 4
  /// Storage for the largest block.
  static let sizeLimit = MemoryLayout<Block>.stride + opLimit * MemoryLayout<MicroOp>.stride + sourceLimit

  /// A block's micro-operations stand behind it.
  @inline(__always)
  static func ops(of block: UnsafeMutablePointer<Block>) -> UnsafeMutablePointer<MicroOp> {
    UnsafeMutableRawPointer(block + 1).assumingMemoryBound(to: MicroOp.self)
  }

  /// Instructions of the block that retire before `op` executes.
  static func instructions(of block: UnsafeMutablePointer<Block>, before op: UnsafeMutablePointer<MicroOp>) -> Int {
    var count = 0
    var current = ops(of: block)
    while current < op {
      count &+= current.pointee.code.instructionCount
      current += current.pointee.code.hasLink ? 2 : 1
    }
    return count
  }
}

/// Writes the micro-operations of one block.
struct BlockBuilder {
  private let ops: UnsafeMutablePointer<MicroOp>
  private var opCount = 0
  private var instructionCount = 0
  private var hasFloatGuard = false
  private var hasRoundingGuard = false

  /// `storage` has room for `Block.opLimit` micro-operations.
  init(into storage: UnsafeMutablePointer<MicroOp>) { ops = storage }

  /// Decodes from `source`, of which `size` bytes are readable, up to the end of a block. Returns the bytes consumed
  /// and the number of micro-operations. `size` covers at least the first instruction.
  mutating func build(from source: UnsafeRawPointer, size: Int) -> (bytes: Int, ops: Int) {
    var position = 0
    while instructionCount < Block.instructionLimit, position + 2 <= size {
      let half = UInt16(littleEndian: source.loadUnaligned(fromByteOffset: position, as: UInt16.self))
      let length = half & 3 == 3 ? 4 : 2
      guard position + length <= size else { break }
      var op: MicroOp
      if length == 4 {
        op = InstructionDecoder.decode(
          UInt32(littleEndian: source.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
      } else if let word = Compressed.expand(half) {
        op = InstructionDecoder.decode(word)
      } else {
        op = MicroOp(code: .illegal, imm: UInt64(half))
      }
      place(&op, at: position, length: length)
      let bits =
        length == 4
        ? UInt64(UInt32(littleEndian: source.loadUnaligned(fromByteOffset: position, as: UInt32.self))) : UInt64(half)
      append(op, bits: bits)
      position += length
      if op.code.endsBlock { return (position, opCount) }
    }
    var end = MicroOp(code: .next, imm: UInt64(position))
    place(&end, at: position, length: 0)
    emit(end)
    return (position, opCount)
  }

  private func place(_ op: inout MicroOp, at position: Int, length: Int) {
    op.offset = UInt16(truncatingIfNeeded: position)
    op.length = UInt8(truncatingIfNeeded: length)
    switch op.code {
    case .beq, .bne, .blt, .bge, .bltu, .bgeu, .jal, .auipc: op.imm &+= UInt64(position)
    default: break
    }
  }

  private mutating func append(_ op: MicroOp, bits: UInt64) {
    var op = op
    // The register file's upper half holds the floating-point registers: who touches it needs sstatus.FS.
    let touchesFloat =
      op.code.isFloat || op.rd > RegisterFile.sink || op.rs1 > RegisterFile.sink || op.rs2 > RegisterFile.sink
    if touchesFloat, !hasFloatGuard {
      emit(MicroOp(code: .floatGuard, offset: op.offset, length: op.length, imm: bits))
      hasFloatGuard = true
    }
    if !hasRoundingGuard, InstructionDecoder.roundsDynamically(op) {
      emit(MicroOp(code: .roundingGuard, offset: op.offset, length: op.length, imm: bits))
      hasRoundingGuard = true
    }
    instructionCount += 1
    switch op.code {
    case .illegal, .csr, .ecall, .ebreak, .sret, .wfi, .sfenceVMA, .fenceI: op.imm = bits
    default: break
    }
    emit(op)
  }

  private mutating func emit(_ op: MicroOp) {
    var op = op
    if op.code.hasLink || op.code.endsBlock { op.aux = UInt8(truncatingIfNeeded: instructionCount) }
    (ops + opCount).initialize(to: op)
    opCount += 1
    guard op.code.hasLink else { return }
    UnsafeMutableRawPointer(ops + opCount).storeBytes(of: BlockLink(generation: 0, block: 0), as: BlockLink.self)
    opCount += 1
  }
}
