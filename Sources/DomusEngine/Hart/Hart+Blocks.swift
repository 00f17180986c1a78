import Glibc

/// From pc to block.
extension Hart {
  /// The block at a virtual address, by way of the jump cache; nil if fetching it raises an exception.
  @inline(__always)
  func block(at pc: UInt64) -> UnsafeMutablePointer<Block>? {
    let entry = arena.jumps + Int(truncatingIfNeeded: (pc >> 1) & UInt64(HartArena.jumpEntries - 1))
    if entry.pointee.pc == pc, entry.pointee.generation == core.pointee.generation {
      return entry.pointee.blockPointer
    }
    return findBlock(at: pc)
  }

  /// Translates, looks up or decodes, and fills the jump cache.
  @inline(never)
  func findBlock(at pc: UInt64) -> UnsafeMutablePointer<Block>? {
    guard let first = fetchOffset(pc) else { return nil }
    let source = UnsafeRawPointer(memory.host + Int(truncatingIfNeeded: first))
    var available = Int(truncatingIfNeeded: GuestMemory.pageSize &- first % GuestMemory.pageSize)
    var straddling: UInt32 = 0
    let found: UnsafeMutablePointer<Block>
    if available == 2, source.load(as: UInt16.self) & 3 == 3 {
      // The second half lies in the next virtual page. The block is this one instruction; flushes of either page
      // make it be looked up anew, and its bytes be compared.
      guard let second = fetchOffset(pc &+ 2) else { return nil }
      let low = UInt32(source.load(as: UInt16.self))
      straddling = low | UInt32((memory.host + Int(truncatingIfNeeded: second)).load(as: UInt16.self)) << 16
      available = 4
      found = withUnsafeBytes(of: &straddling) { bytes in
        cachedBlock(physical: first, pc: pc, source: bytes.baseAddress ?? source, available: 4)
      }
    } else {
      found = cachedBlock(physical: first, pc: pc, source: source, available: available)
    }
    let entry = arena.jumps + Int(truncatingIfNeeded: (pc >> 1) & UInt64(HartArena.jumpEntries - 1))
    entry.pointee = JumpEntry(
      pc: pc, generation: core.pointee.generation, blockPointer: found, unused: 0)
    return found
  }

  /// Offset in RAM of the code at a virtual address; nil if it can't be fetched.
  private func fetchOffset(_ address: UInt64) -> UInt64? {
    let page = address >> GuestMemory.pageShift
    let entry = core.pointee.tlb + Int(truncatingIfNeeded: page & UInt64(HartArena.tlbEntries - 1))
    let tag = page << GuestMemory.pageShift | core.pointee.tlbGeneration
    if entry.pointee.executeTag != tag {
      guard let translation = translate(address, .execute) else { return nil }
      guard fill(address, translation, for: .execute) != nil else {
        setException(.instructionAccess, address)
        return nil
      }
    }
    noteExecuted(page)
    return UInt64(TLBEntry.host(entry, address) - memory.host)
  }

  private func cachedBlock(
    physical: UInt64, pc: UInt64, source: UnsafeRawPointer, available: Int
  ) -> UnsafeMutablePointer<Block> {
    let epoch = core.pointee.epoch
    let bucket = arena.buckets + Self.bucket(of: physical)
    var previous: UnsafeMutablePointer<Block>?
    var current = bucket.pointee
    while let block = current {
      let next = block.pointee.nextInBucket
      if block.pointee.physical == physical {
        let isCurrent =
          block.pointee.sourceSize <= available && memcmp(block.pointee.source, source, block.pointee.sourceSize) == 0
        if isCurrent, block.pointee.virtual == pc || block.pointee.epoch != epoch {
          block.pointee.virtual = pc
          block.pointee.epoch = epoch
          return block
        }
        if !isCurrent {
          if let previous { previous.pointee.nextInBucket = next } else { bucket.pointee = next }
          current = next
          continue
        }
      }
      previous = block
      current = next
    }
    return decodeBlock(physical: physical, pc: pc, source: source, available: available)
  }

  private static func bucket(of physical: UInt64) -> Int {
    let half = physical >> 1
    return Int(truncatingIfNeeded: (half ^ half >> 11) & UInt64(HartArena.bucketCount - 1))
  }

  private func decodeBlock(
    physical: UInt64, pc: UInt64, source: UnsafeRawPointer, available: Int
  ) -> UnsafeMutablePointer<Block> {
    // Another hart may be writing there: decode and compare later with what was read once.
    let size = min(available, Block.sourceLimit)
    memcpy(fetchBuffer, source, size)
    if core.pointee.usedBlockBytes + Block.sizeLimit > HartArena.blockBytes {
      core.pointee.usedBlockBytes = 0
      arena.clearBuckets()
      fenceInstructions()
    }
    let storage = arena.blocks + core.pointee.usedBlockBytes
    let block = storage.assumingMemoryBound(to: Block.self)
    let ops = Block.ops(of: block)
    var builder = BlockBuilder(into: ops)
    let built = builder.build(from: fetchBuffer, size: size)
    let copy = UnsafeMutableRawPointer(ops + built.ops)
    memcpy(copy, fetchBuffer, built.bytes)
    let bucket = arena.buckets + Self.bucket(of: physical)
    block.initialize(
      to: Block(
        physical: physical, virtual: pc, epoch: core.pointee.epoch, nextInBucket: bucket.pointee,
        source: copy, sourceSize: built.bytes))
    bucket.pointee = block
    let end = copy + built.bytes
    core.pointee.usedBlockBytes = (end - arena.blocks + 15) & ~15
    return block
  }
}
