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
    let jumps = arena.jumps
    let attention = interrupts.words + 1
    var budget = core.pointee.budget
    reload: while true {
      // Privilege and translation are constant in here.
      let tlb = core.pointee.tlb
      let tlbGeneration = core.pointee.tlbGeneration
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
        var op = Block.ops(of: block)
        var o = op
        system: do {
          fault: do {
            indirect: do {
              direct: do {
                while true {
                  o = op
                  op = o + 1
                  switch o.pointee.code {
                  case .li: x[Int(o.pointee.rd)] = o.pointee.imm
                  case .auipc: x[Int(o.pointee.rd)] = pc &+ o.pointee.imm
                  case .addi: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                  case .slti:
                    x[Int(o.pointee.rd)] =
                      Int64(bitPattern: x[Int(o.pointee.rs1)]) < Int64(bitPattern: o.pointee.imm) ? 1 : 0
                  case .sltiu: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] < o.pointee.imm ? 1 : 0
                  case .xori: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] ^ o.pointee.imm
                  case .ori: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] | o.pointee.imm
                  case .andi: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] & o.pointee.imm
                  case .slli: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &<< o.pointee.imm
                  case .srli: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &>> o.pointee.imm
                  case .srai: x[Int(o.pointee.rd)] = Arithmetic.shiftRight(x[Int(o.pointee.rs1)], o.pointee.imm)
                  case .addiw:
                    x[Int(o.pointee.rd)] = Arithmetic.extend(word(x[Int(o.pointee.rs1)]) &+ word(o.pointee.imm))
                  case .slliw:
                    x[Int(o.pointee.rd)] = Arithmetic.extend(word(x[Int(o.pointee.rs1)]) &<< word(o.pointee.imm))
                  case .srliw:
                    x[Int(o.pointee.rd)] = Arithmetic.extend(word(x[Int(o.pointee.rs1)]) &>> word(o.pointee.imm))
                  case .sraiw: x[Int(o.pointee.rd)] = Arithmetic.shiftRight32(x[Int(o.pointee.rs1)], o.pointee.imm)
                  case .add: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &+ x[Int(o.pointee.rs2)]
                  case .sub: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &- x[Int(o.pointee.rs2)]
                  case .sll: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &<< x[Int(o.pointee.rs2)]
                  case .slt:
                    x[Int(o.pointee.rd)] =
                      Int64(bitPattern: x[Int(o.pointee.rs1)]) < Int64(bitPattern: x[Int(o.pointee.rs2)]) ? 1 : 0
                  case .sltu: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] < x[Int(o.pointee.rs2)] ? 1 : 0
                  case .xor: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] ^ x[Int(o.pointee.rs2)]
                  case .srl: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &>> x[Int(o.pointee.rs2)]
                  case .sra: x[Int(o.pointee.rd)] = Arithmetic.shiftRight(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .or: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] | x[Int(o.pointee.rs2)]
                  case .and: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] & x[Int(o.pointee.rs2)]
                  case .addw:
                    x[Int(o.pointee.rd)] = Arithmetic.extend(word(x[Int(o.pointee.rs1)]) &+ word(x[Int(o.pointee.rs2)]))
                  case .subw:
                    x[Int(o.pointee.rd)] = Arithmetic.extend(word(x[Int(o.pointee.rs1)]) &- word(x[Int(o.pointee.rs2)]))
                  case .sllw:
                    x[Int(o.pointee.rd)] = Arithmetic.extend(
                      word(x[Int(o.pointee.rs1)]) &<< word(x[Int(o.pointee.rs2)]))
                  case .srlw:
                    x[Int(o.pointee.rd)] = Arithmetic.extend(
                      word(x[Int(o.pointee.rs1)]) &>> word(x[Int(o.pointee.rs2)]))
                  case .sraw:
                    x[Int(o.pointee.rd)] = Arithmetic.shiftRight32(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .mul: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &* x[Int(o.pointee.rs2)]
                  case .mulh:
                    x[Int(o.pointee.rd)] = UInt64(
                      bitPattern: Int64(bitPattern: x[Int(o.pointee.rs1)]).multipliedFullWidth(
                        by: Int64(bitPattern: x[Int(o.pointee.rs2)])
                      ).high)
                  case .mulhsu:
                    x[Int(o.pointee.rd)] = Arithmetic.multiplyHighSignedUnsigned(
                      x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .mulhu:
                    x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)].multipliedFullWidth(by: x[Int(o.pointee.rs2)]).high
                  case .div: x[Int(o.pointee.rd)] = Arithmetic.divide(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .divu:
                    x[Int(o.pointee.rd)] = Arithmetic.divideUnsigned(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .rem: x[Int(o.pointee.rd)] = Arithmetic.remainder(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .remu:
                    x[Int(o.pointee.rd)] = Arithmetic.remainderUnsigned(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .mulw:
                    x[Int(o.pointee.rd)] = Arithmetic.extend(word(x[Int(o.pointee.rs1)]) &* word(x[Int(o.pointee.rs2)]))
                  case .divw:
                    x[Int(o.pointee.rd)] = Arithmetic.divide32(word(x[Int(o.pointee.rs1)]), word(x[Int(o.pointee.rs2)]))
                  case .divuw:
                    x[Int(o.pointee.rd)] = Arithmetic.divideUnsigned32(
                      word(x[Int(o.pointee.rs1)]), word(x[Int(o.pointee.rs2)]))
                  case .remw:
                    x[Int(o.pointee.rd)] = Arithmetic.remainder32(
                      word(x[Int(o.pointee.rs1)]), word(x[Int(o.pointee.rs2)]))
                  case .remuw:
                    x[Int(o.pointee.rd)] = Arithmetic.remainderUnsigned32(
                      word(x[Int(o.pointee.rs1)]), word(x[Int(o.pointee.rs2)]))
                  case .adduw: x[Int(o.pointee.rd)] = UInt64(word(x[Int(o.pointee.rs1)])) &+ x[Int(o.pointee.rs2)]
                  case .sh1add: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &<< 1 &+ x[Int(o.pointee.rs2)]
                  case .sh2add: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &<< 2 &+ x[Int(o.pointee.rs2)]
                  case .sh3add: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &<< 3 &+ x[Int(o.pointee.rs2)]
                  case .sh1adduw:
                    x[Int(o.pointee.rd)] = UInt64(word(x[Int(o.pointee.rs1)])) &<< 1 &+ x[Int(o.pointee.rs2)]
                  case .sh2adduw:
                    x[Int(o.pointee.rd)] = UInt64(word(x[Int(o.pointee.rs1)])) &<< 2 &+ x[Int(o.pointee.rs2)]
                  case .sh3adduw:
                    x[Int(o.pointee.rd)] = UInt64(word(x[Int(o.pointee.rs1)])) &<< 3 &+ x[Int(o.pointee.rs2)]
                  case .slliuw: x[Int(o.pointee.rd)] = UInt64(word(x[Int(o.pointee.rs1)])) &<< o.pointee.imm
                  case .andn: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] & ~x[Int(o.pointee.rs2)]
                  case .orn: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] | ~x[Int(o.pointee.rs2)]
                  case .xnor: x[Int(o.pointee.rd)] = ~(x[Int(o.pointee.rs1)] ^ x[Int(o.pointee.rs2)])
                  case .clz: x[Int(o.pointee.rd)] = UInt64(x[Int(o.pointee.rs1)].leadingZeroBitCount)
                  case .ctz: x[Int(o.pointee.rd)] = UInt64(x[Int(o.pointee.rs1)].trailingZeroBitCount)
                  case .cpop: x[Int(o.pointee.rd)] = UInt64(x[Int(o.pointee.rs1)].nonzeroBitCount)
                  case .clzw: x[Int(o.pointee.rd)] = UInt64(word(x[Int(o.pointee.rs1)]).leadingZeroBitCount)
                  case .ctzw: x[Int(o.pointee.rd)] = UInt64(word(x[Int(o.pointee.rs1)]).trailingZeroBitCount)
                  case .cpopw: x[Int(o.pointee.rd)] = UInt64(word(x[Int(o.pointee.rs1)]).nonzeroBitCount)
                  case .max:
                    x[Int(o.pointee.rd)] =
                      Int64(bitPattern: x[Int(o.pointee.rs1)]) > Int64(bitPattern: x[Int(o.pointee.rs2)])
                      ? x[Int(o.pointee.rs1)] : x[Int(o.pointee.rs2)]
                  case .maxu:
                    x[Int(o.pointee.rd)] =
                      x[Int(o.pointee.rs1)] > x[Int(o.pointee.rs2)] ? x[Int(o.pointee.rs1)] : x[Int(o.pointee.rs2)]
                  case .min:
                    x[Int(o.pointee.rd)] =
                      Int64(bitPattern: x[Int(o.pointee.rs1)]) < Int64(bitPattern: x[Int(o.pointee.rs2)])
                      ? x[Int(o.pointee.rs1)] : x[Int(o.pointee.rs2)]
                  case .minu:
                    x[Int(o.pointee.rd)] =
                      x[Int(o.pointee.rs1)] < x[Int(o.pointee.rs2)] ? x[Int(o.pointee.rs1)] : x[Int(o.pointee.rs2)]
                  case .sextb:
                    x[Int(o.pointee.rd)] = UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: x[Int(o.pointee.rs1)])))
                  case .sexth:
                    x[Int(o.pointee.rd)] = UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: x[Int(o.pointee.rs1)])))
                  case .rol: x[Int(o.pointee.rd)] = Arithmetic.rotateLeft(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .ror: x[Int(o.pointee.rd)] = Arithmetic.rotateRight(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .rori: x[Int(o.pointee.rd)] = Arithmetic.rotateRight(x[Int(o.pointee.rs1)], o.pointee.imm)
                  case .rolw:
                    x[Int(o.pointee.rd)] = Arithmetic.rotateLeft32(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .rorw:
                    x[Int(o.pointee.rd)] = Arithmetic.rotateRight32(x[Int(o.pointee.rs1)], x[Int(o.pointee.rs2)])
                  case .roriw: x[Int(o.pointee.rd)] = Arithmetic.rotateRight32(x[Int(o.pointee.rs1)], o.pointee.imm)
                  case .orcb: x[Int(o.pointee.rd)] = Arithmetic.orCombineBytes(x[Int(o.pointee.rs1)])
                  case .rev8: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)].byteSwapped
                  case .bclr: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] & ~(1 &<< x[Int(o.pointee.rs2)])
                  case .bext: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &>> x[Int(o.pointee.rs2)] & 1
                  case .binv: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] ^ 1 &<< x[Int(o.pointee.rs2)]
                  case .bset: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] | 1 &<< x[Int(o.pointee.rs2)]
                  case .bexti: x[Int(o.pointee.rd)] = x[Int(o.pointee.rs1)] &>> o.pointee.imm & 1
                  case .lb:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.readable(tlb, tlbGeneration, address, 1) {
                      let value = host.loadUnaligned(as: Int8.self)
                      x[Int(o.pointee.rd)] = UInt64(bitPattern: Int64(value))
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lh:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.readable(tlb, tlbGeneration, address, 2) {
                      let value = host.loadUnaligned(as: Int16.self)
                      x[Int(o.pointee.rd)] = UInt64(bitPattern: Int64(value))
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lw:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.readable(tlb, tlbGeneration, address, 4) {
                      let value = host.loadUnaligned(as: Int32.self)
                      x[Int(o.pointee.rd)] = UInt64(bitPattern: Int64(value))
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .ld:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.readable(tlb, tlbGeneration, address, 8) {
                      let value = host.loadUnaligned(as: UInt64.self)
                      x[Int(o.pointee.rd)] = value
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lbu:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.readable(tlb, tlbGeneration, address, 1) {
                      let value = host.loadUnaligned(as: UInt8.self)
                      x[Int(o.pointee.rd)] = UInt64(value)
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lhu:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.readable(tlb, tlbGeneration, address, 2) {
                      let value = host.loadUnaligned(as: UInt16.self)
                      x[Int(o.pointee.rd)] = UInt64(value)
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .lwu:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.readable(tlb, tlbGeneration, address, 4) {
                      let value = host.loadUnaligned(as: UInt32.self)
                      x[Int(o.pointee.rd)] = UInt64(value)
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .flw:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.readable(tlb, tlbGeneration, address, 4) {
                      let value = host.loadUnaligned(as: UInt32.self)
                      x[Int(o.pointee.rd)] = Float32Box.box(value)
                    } else if !loadSlow(o, address) {
                      break fault
                    }
                  case .sb:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.writable(tlb, tlbGeneration, address, 1) {
                      host.storeBytes(of: UInt8(truncatingIfNeeded: x[Int(o.pointee.rs2)]), as: UInt8.self)
                    } else if !storeSlow(o, address) {
                      break fault
                    }
                  case .sh:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.writable(tlb, tlbGeneration, address, 2) {
                      host.storeBytes(of: UInt16(truncatingIfNeeded: x[Int(o.pointee.rs2)]), as: UInt16.self)
                    } else if !storeSlow(o, address) {
                      break fault
                    }
                  case .sw:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.writable(tlb, tlbGeneration, address, 4) {
                      host.storeBytes(of: UInt32(truncatingIfNeeded: x[Int(o.pointee.rs2)]), as: UInt32.self)
                    } else if !storeSlow(o, address) {
                      break fault
                    }
                  case .sd:
                    let address = x[Int(o.pointee.rs1)] &+ o.pointee.imm
                    if let host = Self.writable(tlb, tlbGeneration, address, 8) {
                      host.storeBytes(of: x[Int(o.pointee.rs2)], as: UInt64.self)
                    } else if !storeSlow(o, address) {
                      break fault
                    }
                  case .beq:
                    if x[Int(o.pointee.rs1)] == x[Int(o.pointee.rs2)] { break direct }
                    op = o + 2
                    continue
                  case .bne:
                    if x[Int(o.pointee.rs1)] != x[Int(o.pointee.rs2)] { break direct }
                    op = o + 2
                    continue
                  case .blt:
                    if Int64(bitPattern: x[Int(o.pointee.rs1)]) < Int64(bitPattern: x[Int(o.pointee.rs2)]) {
                      break direct
                    }
                    op = o + 2
                    continue
                  case .bge:
                    if Int64(bitPattern: x[Int(o.pointee.rs1)]) >= Int64(bitPattern: x[Int(o.pointee.rs2)]) {
                      break direct
                    }
                    op = o + 2
                    continue
                  case .bltu:
                    if x[Int(o.pointee.rs1)] < x[Int(o.pointee.rs2)] { break direct }
                    op = o + 2
                    continue
                  case .bgeu:
                    if x[Int(o.pointee.rs1)] >= x[Int(o.pointee.rs2)] { break direct }
                    op = o + 2
                    continue
                  case .lrW, .lrD, .scW, .scD, .amoW, .amoD:
                    if !atomic(o) { break fault }
                  case .fenceFull: domus_fence_seq_cst()
                  case .fencePartial: domus_fence_acq_rel()
                  case .jal:
                    x[Int(o.pointee.rd)] = pc &+ UInt64(o.pointee.offset) &+ UInt64(o.pointee.length)
                    break direct
                  case .next: break direct
                  case .jalr: break indirect
                  case .floatGuard:
                    if core.pointee.sstatus & Status.fs != Status.fs, !enableFloat(o) { break fault }
                  case .roundingGuard:
                    if core.pointee.frm > RoundingMode.nearestMaxMagnitude.rawValue {
                      setException(.illegalInstruction, o.pointee.imm)
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
                }
              }
              budget &-= Int(o.pointee.aux)
              pc = pc &+ o.pointee.imm
              let link = UnsafeMutableRawPointer(op)
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
            budget &-= Int(o.pointee.aux)
            let target = (x[Int(o.pointee.rs1)] &+ o.pointee.imm) & ~1
            x[Int(o.pointee.rd)] = pc &+ UInt64(o.pointee.offset) &+ UInt64(o.pointee.length)
            pc = target
            let entry = jumps + Int(truncatingIfNeeded: (pc >> 1) & UInt64(HartArena.jumpEntries - 1))
            if entry.pointee.pc == pc, entry.pointee.generation == generation {
              block = entry.pointee.blockPointer
              continue
            }
            core.pointee.pc = pc
            continue reload
          }
          budget &-= Block.instructions(of: block, before: o)
          core.pointee.budget = budget
          core.pointee.pc = pc &+ UInt64(o.pointee.offset)
          if !takeException() { return .trapLoop }
          continue reload
        }
        budget &-= Int(o.pointee.aux)
        core.pointee.budget = budget
        core.pointee.pc = pc &+ UInt64(o.pointee.offset)
        switch system(o) {
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

  /// Where a readable address is on the host; nil if the TLB does not know it, or if the access crosses into the next
  /// page, whose tag lies elsewhere.
  @inline(__always)
  private static func readable(
    _ tlb: UnsafeMutablePointer<TLBEntry>, _ generation: UInt64, _ address: UInt64, _ width: UInt64
  ) -> UnsafeRawPointer? {
    let entry = tlb + Int(truncatingIfNeeded: address >> GuestMemory.pageShift & UInt64(HartArena.tlbEntries - 1))
    let tag = (address &+ (width &- 1)) & ~(GuestMemory.pageSize - 1) | generation
    return entry.pointee.readTag == tag ? UnsafeRawPointer(TLBEntry.host(entry, address)) : nil
  }

  /// The same for a writable address.
  @inline(__always)
  private static func writable(
    _ tlb: UnsafeMutablePointer<TLBEntry>, _ generation: UInt64, _ address: UInt64, _ width: UInt64
  ) -> UnsafeMutableRawPointer? {
    let entry = tlb + Int(truncatingIfNeeded: address >> GuestMemory.pageShift & UInt64(HartArena.tlbEntries - 1))
    let tag = (address &+ (width &- 1)) & ~(GuestMemory.pageSize - 1) | generation
    return entry.pointee.writeTag == tag ? TLBEntry.host(entry, address) : nil
  }
}
