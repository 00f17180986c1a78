import Glibc
import HypervisorModel

/// The hart's tables and decoded blocks: one lazy host mapping, all zero at first, that can be given back while the
/// guest idles. A zeroed table is an empty one.
struct HartArena {
  static let tlbEntries = 1024
  static let jumpEntries = 4096
  static let bucketCount = 8192
  /// Words of the bitmap of pages that hold looked-up code.
  static let executedWords = 64
  static let blockBytes = 8 << 20

  private static let tlbBytes = tlbEntries * MemoryLayout<TLBEntry>.stride
  private static let jumpBytes = jumpEntries * MemoryLayout<JumpEntry>.stride
  private static let bucketBytes = bucketCount * 8
  private static let executedBytes = executedWords * 8
  /// Bytes of all of it.
  static let size =
    TranslationContext.allCases.count * tlbBytes + jumpBytes + bucketBytes + executedBytes + blockBytes

  private let start: UnsafeMutableRawPointer

  /// Throws if the process has no more address space.
  init() throws(HypervisorError) {
    let pointer = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let pointer, pointer != MAP_FAILED else {
      throw .exhausted("no address space for a vCPU: \(String(cString: strerror(errno)))")
    }
    start = pointer
  }

  func release() { munmap(start, Self.size) }

  /// Gives the memory back; all tables are empty then.
  func discard() { madvise(start, Self.size, MADV_DONTNEED) }

  func tlb(_ context: TranslationContext) -> UnsafeMutablePointer<TLBEntry> {
    (start + context.rawValue * Self.tlbBytes).assumingMemoryBound(to: TLBEntry.self)
  }

  private var jumpStart: UnsafeMutableRawPointer { start + TranslationContext.allCases.count * Self.tlbBytes }

  var jumps: UnsafeMutablePointer<JumpEntry> { jumpStart.assumingMemoryBound(to: JumpEntry.self) }

  var buckets: UnsafeMutablePointer<UnsafeMutablePointer<Block>?> {
    (jumpStart + Self.jumpBytes).assumingMemoryBound(to: UnsafeMutablePointer<Block>?.self)
  }

  var executedPages: UnsafeMutablePointer<UInt64> {
    (jumpStart + Self.jumpBytes + Self.bucketBytes).assumingMemoryBound(to: UInt64.self)
  }

  var blocks: UnsafeMutableRawPointer { jumpStart + Self.jumpBytes + Self.bucketBytes + Self.executedBytes }

  func clearTLBs() {
    UnsafeMutableRawPointer(tlb(.user)).initializeMemory(
      as: UInt8.self, repeating: 0, count: TranslationContext.allCases.count * Self.tlbBytes)
  }

  func clearBuckets() {
    UnsafeMutableRawPointer(buckets).initializeMemory(as: UInt8.self, repeating: 0, count: Self.bucketBytes)
  }

  func clearExecutedPages() { executedPages.update(repeating: 0, count: Self.executedWords) }
}

/// Whose rights a data access has. Each context has a TLB of its own, so that a change of privilege or of sstatus.SUM
/// is a change of pointer.
enum TranslationContext: Int, CaseIterable {
  case user, supervisor
  /// Supervisor with sstatus.SUM set.
  case supervisorUserMemory
}

/// A page's translations. A tag is the virtual page and, in the low 12 bits, the generation for which it is right.
struct TLBEntry: BitwiseCopyable {
  var readTag: UInt64
  var writeTag: UInt64
  var executeTag: UInt64
  /// Added to a virtual address, gives the distance from this entry to the host's address of it: the hot loop has the
  /// entry's address in a register already.
  var addend: UInt64

  /// The host's address of a virtual address whose tag in `entry` matches.
  @inline(__always)
  static func host(_ entry: UnsafeMutablePointer<TLBEntry>, _ address: UInt64) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(entry) + Int(truncatingIfNeeded: address &+ entry.pointee.addend)
  }
}

/// Where a jump to `pc` leads.
struct JumpEntry: BitwiseCopyable {
  var pc: UInt64
  /// `HartCore.generation` for which `block` is right.
  var generation: UInt64
  var blockPointer: UnsafeMutablePointer<Block>
  var unused: UInt
}
