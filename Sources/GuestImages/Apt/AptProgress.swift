/// Reads what apt writes to `APT::Status-Fd`: lines `dlstatus:COUNT:PERCENT:TEXT` among others.
struct AptProgress {
  private var pending: [UInt8] = []

  /// Takes the next bytes; returns the last percentage in them, as a fraction from 0 to 1, or nil when there is none.
  mutating func receive(_ bytes: [UInt8]) -> Double? {
    pending += bytes
    var latest: Double?
    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
      latest = Self.fraction(of: String(decoding: pending[..<end], as: UTF8.self)) ?? latest
      pending.removeSubrange(...end)
    }
    return latest
  }

  static func fraction(of line: String) -> Double? {
    let fields = line.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count == 4, fields[0] == "dlstatus", let percent = Double(fields[2]), percent.isFinite else {
      return nil
    }
    return min(max(percent / 100, 0), 1)
  }
}
