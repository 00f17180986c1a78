import HypervisorModel

/// Numbers as the screen shows them, without a locale.
enum Format {
  /// With a fixed number of decimals; what is not finite or absurdly large is shown as a dash.
  static func fixed(_ value: Double, decimals: Int = 1) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    var scale: Int64 = 1
    for _ in 0..<min(max(decimals, 0), 3) { scale *= 10 }
    let scaled = Int64((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard scale > 1 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    let zeros = String(repeating: "0", count: max(String(scale).count - 1 - fraction.count, 0))
    return "\(sign)\(scaled / scale).\(zeros)\(fraction)"
  }

  /// A part of one as whole per cent.
  static func percent(_ fraction: Double) -> String { fixed(fraction * 100, decimals: 0) + "%" }

  /// With a binary unit, three or four signs: `96M`, `7.8G`.
  static func bytes(_ bytes: Bytes) -> String {
    var value = Double(bytes.kibibytes)
    var unit = "K"
    for next in ["M", "G", "T", "P"] where value >= 1000 {
      value /= 1024
      unit = next
    }
    return fixed(value, decimals: value < 10 && unit != "K" ? 1 : 0) + unit
  }

  /// Days, hours, minutes, seconds: `3d 04:12:07`.
  static func uptime(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "-" }
    let total = Int(seconds)
    let clock = [total / 3600 % 24, total / 60 % 60, total % 60].map(twoDigits).joined(separator: ":")
    return total >= 86400 ? "\(total / 86400)d \(clock)" : clock
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension String {
  /// Right-aligned in `width` columns; ASCII only.
  func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(width - utf8.count, 0)) + self }
  /// Left-aligned in `width` columns; ASCII only.
  func rightPadded(to width: Int) -> String { self + String(repeating: " ", count: max(width - utf8.count, 0)) }
}
