/// The newest bytes that a guest printed, enough to fill a screen of another size.
struct RecentOutput {
  private(set) var bytes: [UInt8] = []

  static let limit = 256 << 10

  mutating func append(_ new: [UInt8]) {
    bytes += new
    // Cut rarely, and behind a line end, where a control sequence hardly ever goes on.
    guard bytes.count > 2 * Self.limit else { return }
    let start = bytes.count - Self.limit
    let cut = bytes[start...].prefix(4096).firstIndex(of: 0x0A).map { $0 + 1 } ?? start
    bytes.removeFirst(cut)
  }
}
