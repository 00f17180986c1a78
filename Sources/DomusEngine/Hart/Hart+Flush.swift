/// Translation and code fences: all cached translations carry a generation, so a flush is a new generation.
extension Hart {
  /// Chooses TLB and generation by privilege and sstatus.SUM.
  func updateContext() {
    let context: TranslationContext =
      if core.pointee.isUser {
        .user
      } else if core.pointee.sstatus & Status.sum != 0 {
        .supervisorUserMemory
      } else {
        .supervisor
      }
    core.pointee.tlb = arena.tlb(context)
    core.pointee.generation = core.pointee.epoch << 1 | (core.pointee.isUser ? 1 : 0)
  }

  /// SFENCE.VMA for all addresses.
  func flushTranslations() {
    core.pointee.tlbGeneration &+= 1
    if core.pointee.tlbGeneration > 0xFFF {
      core.pointee.tlbGeneration = 1
      arena.clearTLBs()
    }
    core.pointee.superpagesStart = .max
    core.pointee.superpagesLast = 0
    fenceInstructions()
  }

  /// SFENCE.VMA for a range of virtual addresses.
  func flushTranslations(of range: ClosedRange<UInt64>) {
    let pageLimit: UInt64 = 32
    let first = range.lowerBound >> GuestMemory.pageShift
    let last = range.upperBound >> GuestMemory.pageShift
    let touchesSuperpages =
      range.upperBound >= core.pointee.superpagesStart && range.lowerBound <= core.pointee.superpagesLast
    guard last &- first < pageLimit, !touchesSuperpages else { return flushTranslations() }
    var holdsCode = false
    for page in first...last {
      for context in TranslationContext.allCases {
        let entry = arena.tlb(context) + Int(page & UInt64(HartArena.tlbEntries - 1))
        entry.pointee = TLBEntry(readTag: 0, writeTag: 0, executeTag: 0, addend: 0)
      }
      if wasExecuted(page) { holdsCode = true }
    }
    if holdsCode { fenceInstructions() }
  }

  /// FENCE.I: every block is looked up anew, and compared with memory, before it executes again.
  func fenceInstructions() {
    core.pointee.epoch &+= 1
    arena.clearExecutedPages()
    updateContext()
  }

  // MARK: Pages with code

  /// Remembers that blocks were looked up by way of a virtual page, so that its flush concerns them.
  func noteExecuted(_ page: UInt64) {
    let bit = Int(page & UInt64(HartArena.executedWords * 64 - 1))
    arena.executedPages[bit >> 6] |= 1 << UInt64(bit & 63)
  }

  private func wasExecuted(_ page: UInt64) -> Bool {
    let bit = Int(page & UInt64(HartArena.executedWords * 64 - 1))
    return arena.executedPages[bit >> 6] & 1 << UInt64(bit & 63) != 0
  }
}
