import CEngine

/// The hot loop.
///
/// Everything that it touches per instruction is a local or lies behind a raw pointer. It leaves by `direct` (a link
/// says where to go on), `indirect` (the jump cache does), `fault` and `system`; the order of these labelled blocks is
/// the order of their frequency.
extension Hart {
  /// Executes from `core.pc` for `core.budget` instructions or until something needs attention.
  @inline(never)
  func interpret() -> Pause {
    let core = core
    let x = registers
    let ram = memory.host
    let jumps = arena.jumps
    let attention = interrupts.words + 1
    var budget = core.pointee.budget
    reload: while true {
      // Privilege and translation are constant in here.
      let tlb = core.pointee.tlb
      let generation = core.pointee.generation
      var pc = core.pointee.pc
      guard var block = block(at: pc) else {
        core.pointee.budget = budget
        if !takeException() { return .trapLoop }
        continue reload
      }
      if core.pointee.generation != generation { continue reload }
      while true {
        if budget <= 0 || domus_load_relaxed_u64(attention) != 0 {
          core.pointee.pc = pc
          core.pointee.budget = budget
          return .poll
        }
        var op = block.pointee.ops
        system: do {
          fault: do {
            indirect: do {
              direct: do {
                while true {
                  let o = op.pointee
                  switch o.code {
                  case .li: x[Int(o.rd)] = o.imm
                  case .auipc: x[Int(o.rd)] = pc &+ o.imm
                  case .addi: x[Int(o.rd)] = x[Int(o.rs1)] &+ o.imm
                  case .slti: x[Int(o.rd)] = Int64(bitPattern: x[Int(o.rs1)]) < Int64(bitPattern: o.imm) ? 1 : 0
                  case .sltiu: x[Int(o.rd)] = x[Int(o.rs1)] < o.imm ? 1 : 0
                  case .xori: x[Int(o.rd)] = x[Int(o.rs1)] ^ o.imm
                  case .ori: x[Int(o.rd)] = x[Int(o.rs1)] | o.imm
                  case .andi: x[Int(o.rd)] = x[Int(o.rs1)] & o.imm
                  case .slli: x[Int(o.rd)] = x[Int(o.rs1)] &<< o.imm
                  case .srli: x[Int(o.rd)] = x[Int(o.rs1)] &>> o.imm
                  case .srai: x[Int(o.rd)] = Arithmetic.shiftRight(x[Int(o.rs1)], o.imm)
                  case .addiw: x[Int(o.rd)] = Arithmetic.extend(word(x[Int(o.rs1)]) &+ word(o.imm))
                  case .slliw: x[Int(o.rd)] = Arithmetic.extend(word(x[Int(o.rs1)]) &<< word(o.imm))
                  case .srliw: x[Int(o.rd)] = Arithmetic.extend(word(x[Int(o.rs1)]) &>> word(o.imm))
                  case .sraiw: x[Int(o.rd)] = Arithmetic.shiftRight32(x[Int(o.rs1)], o.imm)
                  case .add: x[Int(o.rd)] = x[Int(o.rs1)] &+ x[Int(o.rs2)]
                  case .sub: x[Int(o.rd)] = x[Int(o.rs1)] &- x[Int(o.rs2)]
                  case .sll: x[Int(o.rd)] = x[Int(o.rs1)] &<< x[Int(o.rs2)]
                  case .slt: x[Int(o.rd)] = Int64(bitPattern: x[Int(o.rs1)]) < Int64(bitPattern: x[Int(o.rs2)]) ? 1 : 0
                  case .sltu: x[Int(o.rd)] = x[Int(o.rs1)] < x[Int(o.rs2)] ? 1 : 0
                  case .xor: x[Int(o.rd)] = x[Int(o.rs1)] ^ x[Int(o.rs2)]
                  case .srl: x[Int(o.rd)] = x[Int(o.rs1)] &>> x[Int(o.rs2)]
                  case .sra: x[Int(o.rd)] = Arithmetic.shiftRight(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .or: x[Int(o.rd)] = x[Int(o.rs1)] | x[Int(o.rs2)]
                  case .and: x[Int(o.rd)] = x[Int(o.rs1)] & x[Int(o.rs2)]
                  case .addw: x[Int(o.rd)] = Arithmetic.extend(word(x[Int(o.rs1)]) &+ word(x[Int(o.rs2)]))
                  case .subw: x[Int(o.rd)] = Arithmetic.extend(word(x[Int(o.rs1)]) &- word(x[Int(o.rs2)]))
                  case .sllw: x[Int(o.rd)] = Arithmetic.extend(word(x[Int(o.rs1)]) &<< word(x[Int(o.rs2)]))
                  case .srlw: x[Int(o.rd)] = Arithmetic.extend(word(x[Int(o.rs1)]) &>> word(x[Int(o.rs2)]))
                  case .sraw: x[Int(o.rd)] = Arithmetic.shiftRight32(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .mul: x[Int(o.rd)] = x[Int(o.rs1)] &* x[Int(o.rs2)]
                  case .mulh:
                    x[Int(o.rd)] = UInt64(
                      bitPattern: Int64(bitPattern: x[Int(o.rs1)]).multipliedFullWidth(
                        by: Int64(bitPattern: x[Int(o.rs2)])
                      ).high)
                  case .mulhsu: x[Int(o.rd)] = Arithmetic.multiplyHighSignedUnsigned(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .mulhu: x[Int(o.rd)] = x[Int(o.rs1)].multipliedFullWidth(by: x[Int(o.rs2)]).high
                  case .div: x[Int(o.rd)] = Arithmetic.divide(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .divu: x[Int(o.rd)] = Arithmetic.divideUnsigned(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .rem: x[Int(o.rd)] = Arithmetic.remainder(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .remu: x[Int(o.rd)] = Arithmetic.remainderUnsigned(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .mulw: x[Int(o.rd)] = Arithmetic.extend(word(x[Int(o.rs1)]) &* word(x[Int(o.rs2)]))
                  case .divw: x[Int(o.rd)] = Arithmetic.divide32(word(x[Int(o.rs1)]), word(x[Int(o.rs2)]))
                  case .divuw: x[Int(o.rd)] = Arithmetic.divideUnsigned32(word(x[Int(o.rs1)]), word(x[Int(o.rs2)]))
                  case .remw: x[Int(o.rd)] = Arithmetic.remainder32(word(x[Int(o.rs1)]), word(x[Int(o.rs2)]))
                  case .remuw: x[Int(o.rd)] = Arithmetic.remainderUnsigned32(word(x[Int(o.rs1)]), word(x[Int(o.rs2)]))
                  case .adduw: x[Int(o.rd)] = UInt64(word(x[Int(o.rs1)])) &+ x[Int(o.rs2)]
                  case .sh1add: x[Int(o.rd)] = x[Int(o.rs1)] &<< 1 &+ x[Int(o.rs2)]
                  case .sh2add: x[Int(o.rd)] = x[Int(o.rs1)] &<< 2 &+ x[Int(o.rs2)]
                  case .sh3add: x[Int(o.rd)] = x[Int(o.rs1)] &<< 3 &+ x[Int(o.rs2)]
                  case .sh1adduw: x[Int(o.rd)] = UInt64(word(x[Int(o.rs1)])) &<< 1 &+ x[Int(o.rs2)]
                  case .sh2adduw: x[Int(o.rd)] = UInt64(word(x[Int(o.rs1)])) &<< 2 &+ x[Int(o.rs2)]
                  case .sh3adduw: x[Int(o.rd)] = UInt64(word(x[Int(o.rs1)])) &<< 3 &+ x[Int(o.rs2)]
                  case .slliuw: x[Int(o.rd)] = UInt64(word(x[Int(o.rs1)])) &<< o.imm
                  case .andn: x[Int(o.rd)] = x[Int(o.rs1)] & ~x[Int(o.rs2)]
                  case .orn: x[Int(o.rd)] = x[Int(o.rs1)] | ~x[Int(o.rs2)]
                  case .xnor: x[Int(o.rd)] = ~(x[Int(o.rs1)] ^ x[Int(o.rs2)])
                  case .clz: x[Int(o.rd)] = UInt64(x[Int(o.rs1)].leadingZeroBitCount)
                  case .ctz: x[Int(o.rd)] = UInt64(x[Int(o.rs1)].trailingZeroBitCount)
                  case .cpop: x[Int(o.rd)] = UInt64(x[Int(o.rs1)].nonzeroBitCount)
                  case .clzw: x[Int(o.rd)] = UInt64(word(x[Int(o.rs1)]).leadingZeroBitCount)
                  case .ctzw: x[Int(o.rd)] = UInt64(word(x[Int(o.rs1)]).trailingZeroBitCount)
                  case .cpopw: x[Int(o.rd)] = UInt64(word(x[Int(o.rs1)]).nonzeroBitCount)
                  case .max:
                    x[Int(o.rd)] =
                      Int64(bitPattern: x[Int(o.rs1)]) > Int64(bitPattern: x[Int(o.rs2)])
                      ? x[Int(o.rs1)] : x[Int(o.rs2)]
                  case .maxu: x[Int(o.rd)] = x[Int(o.rs1)] > x[Int(o.rs2)] ? x[Int(o.rs1)] : x[Int(o.rs2)]
                  case .min:
                    x[Int(o.rd)] =
                      Int64(bitPattern: x[Int(o.rs1)]) < Int64(bitPattern: x[Int(o.rs2)])
                      ? x[Int(o.rs1)] : x[Int(o.rs2)]
                  case .minu: x[Int(o.rd)] = x[Int(o.rs1)] < x[Int(o.rs2)] ? x[Int(o.rs1)] : x[Int(o.rs2)]
                  case .sextb: x[Int(o.rd)] = UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: x[Int(o.rs1)])))
                  case .sexth: x[Int(o.rd)] = UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: x[Int(o.rs1)])))
                  case .rol: x[Int(o.rd)] = Arithmetic.rotateLeft(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .ror: x[Int(o.rd)] = Arithmetic.rotateRight(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .rori: x[Int(o.rd)] = Arithmetic.rotateRight(x[Int(o.rs1)], o.imm)
                  case .rolw: x[Int(o.rd)] = Arithmetic.rotateLeft32(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .rorw: x[Int(o.rd)] = Arithmetic.rotateRight32(x[Int(o.rs1)], x[Int(o.rs2)])
                  case .roriw: x[Int(o.rd)] = Arithmetic.rotateRight32(x[Int(o.rs1)], o.imm)
                  case .orcb: x[Int(o.rd)] = Arithmetic.orCombineBytes(x[Int(o.rs1)])
                  case .rev8: x[Int(o.rd)] = x[Int(o.rs1)].byteSwapped
                  case .bclr: x[Int(o.rd)] = x[Int(o.rs1)] & ~(1 &<< x[Int(o.rs2)])
                  case .bext: x[Int(o.rd)] = x[Int(o.rs1)] &>> x[Int(o.rs2)] & 1
                  case .binv: x[Int(o.rd)] = x[Int(o.rs1)] ^ 1 &<< x[Int(o.rs2)]
                  case .bset: x[Int(o.rd)] = x[Int(o.rs1)] | 1 &<< x[Int(o.rs2)]
                  case .bexti: x[Int(o.rd)] = x[Int(o.rs1)] &>> o.imm & 1
                  case .lb:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.readOffset(core, tlb, address, 1) {
                      let value = (ram + offset).loadUnaligned(as: Int8.self)
                      x[Int(o.rd)] = UInt64(bitPattern: Int64(value))
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lh:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.readOffset(core, tlb, address, 2) {
                      let value = (ram + offset).loadUnaligned(as: Int16.self)
                      x[Int(o.rd)] = UInt64(bitPattern: Int64(value))
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lw:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.readOffset(core, tlb, address, 4) {
                      let value = (ram + offset).loadUnaligned(as: Int32.self)
                      x[Int(o.rd)] = UInt64(bitPattern: Int64(value))
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .ld:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.readOffset(core, tlb, address, 8) {
                      let value = (ram + offset).loadUnaligned(as: UInt64.self)
                      x[Int(o.rd)] = value
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lbu:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.readOffset(core, tlb, address, 1) {
                      let value = (ram + offset).loadUnaligned(as: UInt8.self)
                      x[Int(o.rd)] = UInt64(value)
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lhu:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.readOffset(core, tlb, address, 2) {
                      let value = (ram + offset).loadUnaligned(as: UInt16.self)
                      x[Int(o.rd)] = UInt64(value)
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lwu:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.readOffset(core, tlb, address, 4) {
                      let value = (ram + offset).loadUnaligned(as: UInt32.self)
                      x[Int(o.rd)] = UInt64(value)
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .flw:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.readOffset(core, tlb, address, 4) {
                      let value = (ram + offset).loadUnaligned(as: UInt32.self)
                      x[Int(o.rd)] = Float32Box.box(value)
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .sb:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.writeOffset(core, tlb, address, 1) {
                      (ram + offset).storeBytes(of: UInt8(truncatingIfNeeded: x[Int(o.rs2)]), as: UInt8.self)
                    } else if !storeSlow(o, address) {
                      break fault
                    }
                  case .sh:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.writeOffset(core, tlb, address, 2) {
                      (ram + offset).storeBytes(of: UInt16(truncatingIfNeeded: x[Int(o.rs2)]), as: UInt16.self)
                    } else if !storeSlow(o, address) {
                      break fault
                    }
                  case .sw:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.writeOffset(core, tlb, address, 4) {
                      (ram + offset).storeBytes(of: UInt32(truncatingIfNeeded: x[Int(o.rs2)]), as: UInt32.self)
                    } else if !storeSlow(o, address) {
                      break fault
                    }
                  case .sd:
                    let address = x[Int(o.rs1)] &+ o.imm
                    if let offset = Self.writeOffset(core, tlb, address, 8) {
                      (ram + offset).storeBytes(of: x[Int(o.rs2)], as: UInt64.self)
                    } else if !storeSlow(o, address) {
                      break fault
                    }
                  case .beq:
                    if x[Int(o.rs1)] == x[Int(o.rs2)] { break direct }
                    op += 2
                    continue
                  case .bne:
                    if x[Int(o.rs1)] != x[Int(o.rs2)] { break direct }
                    op += 2
                    continue
                  case .blt:
                    if Int64(bitPattern: x[Int(o.rs1)]) < Int64(bitPattern: x[Int(o.rs2)]) { break direct }
                    op += 2
                    continue
                  case .bge:
                    if Int64(bitPattern: x[Int(o.rs1)]) >= Int64(bitPattern: x[Int(o.rs2)]) { break direct }
                    op += 2
                    continue
                  case .bltu:
                    if x[Int(o.rs1)] < x[Int(o.rs2)] { break direct }
                    op += 2
                    continue
                  case .bgeu:
                    if x[Int(o.rs1)] >= x[Int(o.rs2)] { break direct }
                    op += 2
                    continue
                  case .lrW, .lrD, .scW, .scD, .amoW, .amoD:
                    if !atomic(o) { break fault }
                  case .fenceFull: domus_fence_seq_cst()
                  case .fencePartial: domus_fence_acq_rel()
                  case .jal:
                    x[Int(o.rd)] = pc &+ UInt64(o.offset) &+ UInt64(o.length)
                    break direct
                  case .next: break direct
                  case .jalr: break indirect
                  case .floatGuard:
                    if core.pointee.sstatus & Status.fs != Status.fs, !enableFloat(o) { break fault }
                  case .roundingGuard:
                    if core.pointee.frm > RoundingMode.nearestMaxMagnitude.rawValue {
                      setException(.illegalInstruction, o.imm)
                      break fault
                    }
                  case .faddS, .fsubS, .fmulS, .fdivS, .fsqrtS, .fmaddS, .fmsubS, .fnmsubS, .fnmaddS, .fsgnjS, .fsgnjnS,
                    .fsgnjxS, .fminS, .fmaxS, .feqS, .fltS, .fleS, .fclassS, .fcvtWS, .fcvtWUS, .fcvtLS, .fcvtLUS,
                    .fcvtSW, .fcvtSWU, .fcvtSL, .fcvtSLU, .fmvXW, .fmvWX, .faddD, .fsubD, .fmulD, .fdivD, .fsqrtD,
                    .fmaddD, .fmsubD, .fnmsubD, .fnmaddD, .fsgnjD, .fsgnjnD, .fsgnjxD, .fminD, .fmaxD, .feqD, .fltD,
                    .fleD, .fclassD, .fcvtWD, .fcvtWUD, .fcvtLD, .fcvtLUD, .fcvtDW, .fcvtDWU, .fcvtDL, .fcvtDLU,
                    .fcvtSD,
                    .fcvtDS:
                    float(o)
                  case .csr, .ecall, .ebreak, .sret, .wfi, .sfenceVMA, .fenceI, .illegal: break system
                  }
                  op += 1
                }
              }
              budget &-= Int(op.pointee.aux)
              pc = pc &+ op.pointee.imm
              let link = UnsafeMutableRawPointer(op + 1)
              if link.load(as: UInt64.self) == generation {
                block = link.load(fromByteOffset: 8, as: UnsafeMutablePointer<Block>.self)
                continue
              }
              core.pointee.pc = pc
              guard let target = self.block(at: pc), core.pointee.generation == generation else { continue reload }
              link.storeBytes(
                of: BlockLink(generation: generation, block: UInt(bitPattern: target)), as: BlockLink.self)
              block = target
              continue
            }
            let o = op.pointee
            budget &-= Int(o.aux)
            let target = (x[Int(o.rs1)] &+ o.imm) & ~1
            x[Int(o.rd)] = pc &+ UInt64(o.offset) &+ UInt64(o.length)
            pc = target
            let entry = jumps + Int(truncatingIfNeeded: (pc >> 1) & UInt64(HartArena.jumpEntries - 1))
            if entry.pointee.pc == pc, entry.pointee.generation == generation {
              block = entry.pointee.blockPointer
              continue
            }
            core.pointee.pc = pc
            continue reload
          }
          budget &-= Block.instructions(of: block, before: op)
          core.pointee.budget = budget
          core.pointee.pc = pc &+ UInt64(op.pointee.offset)
          if !takeException() { return .trapLoop }
          continue reload
        }
        budget &-= Int(op.pointee.aux)
        core.pointee.budget = budget
        core.pointee.pc = pc &+ UInt64(op.pointee.offset)
        switch system(op.pointee) {
        case .resume: continue reload
        case .exception:
          // The instruction has not retired.
          budget &+= 1
          core.pointee.budget = budget
          if !takeException() { return .trapLoop }
          continue reload
        case .pause(let pause): return pause
        }
      }
    }
  }

  @inline(__always)
  private func word(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }

  /// Offset in RAM of a readable address; nil if the TLB does not know it, or if the access crosses into the next
  /// page, whose tag lies elsewhere.
  @inline(__always)
  private static func readOffset(
    _ core: UnsafeMutablePointer<HartCore>, _ tlb: UnsafeMutablePointer<TLBEntry>, _ address: UInt64, _ width: UInt64
  ) -> Int? {
    let entry = tlb + Int(truncatingIfNeeded: address >> GuestMemory.pageShift & UInt64(HartArena.tlbEntries - 1))
    let tag = (address &+ (width &- 1)) & ~(GuestMemory.pageSize - 1) | core.pointee.tlbGeneration
    return entry.pointee.readTag == tag ? Int(truncatingIfNeeded: address &+ entry.pointee.addend) : nil
  }

  /// The same for a writable address.
  @inline(__always)
  private static func writeOffset(
    _ core: UnsafeMutablePointer<HartCore>, _ tlb: UnsafeMutablePointer<TLBEntry>, _ address: UInt64, _ width: UInt64
  ) -> Int? {
    let entry = tlb + Int(truncatingIfNeeded: address >> GuestMemory.pageShift & UInt64(HartArena.tlbEntries - 1))
    let tag = (address &+ (width &- 1)) & ~(GuestMemory.pageSize - 1) | core.pointee.tlbGeneration
    return entry.pointee.writeTag == tag ? Int(truncatingIfNeeded: address &+ entry.pointee.addend) : nil
  }
}
