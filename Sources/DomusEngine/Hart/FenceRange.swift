/// The virtual addresses that a fence of translations is about.
enum FenceRange: Hashable, Sendable {
  case all
  /// The first to the last: closed, since a range may end where the address space does.
  case addresses(ClosedRange<UInt64>)

  /// As SBI's remote fences say it (SBI 2.0, chapter 8): zero bytes from zero, or 2⁶⁴ - 1 bytes, are the whole address
  /// space. No bytes from anywhere else are the page at `start`: a fence too many is harmless. Nil if the range goes
  /// beyond the end of the address space.
  init?(start: UInt64, size: UInt64) {
    if size == .max || (start == 0 && size == 0) {
      self = .all
      return
    }
    let (last, overflow) = start.addingReportingOverflow(max(size, 1) &- 1)
    guard !overflow else { return nil }
    self = .addresses(start...last)
  }
}
