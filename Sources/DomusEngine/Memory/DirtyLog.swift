import CEngine
import Glibc
import HypervisorModel

/// Which pages of a domain's memory were written since the log was last collected.
///
/// Devices, the loader and SBI calls mark what they have written, always and after the fact: `GuestMemory` sees to it.
/// Harts mark a page when a write translation enters a TLB, and only while the log is on; then a translation gets its write
/// tag by a write and not before. So collecting is done in this order: take the marks, then have all harts drop their
/// translations, then read the pages. A hart that wrote in between, with a tag from before, is seen by that reading; what it
/// writes after it is marked again. Harts never write page table entries by themselves (Svade).
///
/// `@unchecked Sendable`: the words are only touched atomically; the pointers never change.
final class DirtyLog: @unchecked Sendable {
  private static let bitsPerWord = UInt64(UInt64.bitWidth)

  /// One bit for each page; the last word says whether harts mark. Pages of it become real when they are touched.
  private let words: UnsafeMutablePointer<UInt64>
  private let wordCount: Int
  private let length: Int

  init(pages: Int) throws(HypervisorError) {
    wordCount = (pages + UInt64.bitWidth - 1) / UInt64.bitWidth
    length = (wordCount + 1) * MemoryLayout<UInt64>.size
    let pointer = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let pointer, pointer != MAP_FAILED else {
      throw .exhausted("no address space for a log of written pages: \(String(cString: strerror(errno)))")
    }
    words = pointer.assumingMemoryBound(to: UInt64.self)
  }

  deinit { munmap(words, length) }

  /// Whether harts mark. Asked on a TLB miss.
  var isOn: Bool { domus_load_relaxed_u64(words + wordCount) != 0 }

  /// Whoever changes it has all harts drop their translations afterwards.
  func setOn(_ isOn: Bool) { domus_store_u64(words + wordCount, isOn ? 1 : 0) }

  /// Marks the pages of `count` bytes from an offset in RAM.
  func mark(offset: UInt64, count: UInt64) {
    guard count > 0 else { return }
    let first = offset >> GuestMemory.pageShift
    let last = (offset &+ count &- 1) >> GuestMemory.pageShift
    for word in first / Self.bitsPerWord...last / Self.bitsPerWord {
      let low = max(first, word * Self.bitsPerWord) % Self.bitsPerWord
      let high = min(last, word * Self.bitsPerWord + Self.bitsPerWord - 1) % Self.bitsPerWord
      _ = domus_fetch_or_u64(words + Int(word), UInt64.max >> (Self.bitsPerWord - 1 - high) & UInt64.max << low)
    }
  }

  /// The numbers of the marked pages, least first, and no marks from then on.
  func takeMarks() -> [Int] {
    var pages: [Int] = []
    for index in 0..<wordCount where domus_load_relaxed_u64(words + index) != 0 {
      var bits = domus_exchange_u64(words + index, 0)
      while bits != 0 {
        pages.append(index * UInt64.bitWidth + bits.trailingZeroBitCount)
        bits &= bits &- 1
      }
    }
    return pages
  }
}
