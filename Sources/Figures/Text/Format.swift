import HypervisorModel

/// Numbers as the screen shows them, without a locale.
package enum Format {
  /// With a fixed number of decimals; what is not finite or absurdly large is shown as a dash.
  package static func fixed(_ value: Double, decimals: Int = 1) -> String {
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
  package static func percent(_ fraction: Double) -> String { fixed(fraction * 100, decimals: 0) + "%" }

  /// A short span: `85us`, `4.5ms`, `1.2s`.
  package static func duration(_ time: Nanoseconds) -> String {
    if time < .milliseconds(1) { return "\(time.rawValue / 1000)us" }
    let milliseconds = time.seconds * 1000
    guard milliseconds >= 999.5 else { return fixed(milliseconds, decimals: milliseconds < 9.95 ? 1 : 0) + "ms" }
    return fixed(time.seconds, decimals: time.seconds < 9.95 ? 1 : 0) + "s"
  }

  /// With a binary unit, three or four signs: `96M`, `7.8G`.
  package static func bytes(_ bytes: Bytes) -> String {
    var value = Double(bytes.kibibytes)
    var unit = "K"
    for next in ["M", "G", "T", "P"] where value >= 1000 {
      value /= 1024
      unit = next
    }
    return fixed(value, decimals: value < 10 && unit != "K" ? 1 : 0) + unit
  }

  /// In full where that fits, else in thousands, millions, ...: `12k`.
  package static func count(_ count: UInt64, width: Int) -> String {
    var text = String(count)
    var rest = count
    for unit in ["k", "M", "G", "T", "P"] where text.utf8.count > width {
      rest /= 1000
      text = "\(rest)\(unit)"
    }
    return text
  }

  /// Something per second, three or four signs: `0`, `900`, `1.5M`.
  package static func rate(_ rate: Double) -> String {
    guard rate.isFinite, rate >= 0, rate < 1e18 else { return "-" }
    return rate < 1024 ? fixed(rate, decimals: 0) : bytes(Bytes(UInt64(rate)))
  }

  /// The largest parts: `2:15:04`, `3d 04:12`, `120d`.
  package static func shortUptime(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e11 else { return "-" }
    let total = Int(seconds)
    let (hours, minutes) = (total / 3600 % 24, twoDigits(total / 60 % 60))
    if total >= 100 * 86400 { return "\(total / 86400)d" }
    if total >= 86400 { return "\(total / 86400)d \(twoDigits(hours)):\(minutes)" }
    return "\(hours):\(minutes):\(twoDigits(total % 60))"
  }

  /// Days, hours, minutes, seconds: `3d 04:12:07`.
  package static func uptime(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "-" }
    let total = Int(seconds)
    let clock = [total / 3600 % 24, total / 60 % 60, total % 60].map(twoDigits).joined(separator: ":")
    return total >= 86400 ? "\(total / 86400)d \(clock)" : clock
  }

  /// `14:03:59`, of seconds since some midnight.
  package static func timeOfDay(_ seconds: Double) -> String {
    guard seconds.isFinite, abs(seconds) < 1e15 else { return "-" }
    let total = (Int(seconds.rounded(.down)) % 86400 + 86400) % 86400
    return [total / 3600, total / 60 % 60, total % 60].map(twoDigits).joined(separator: ":")
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension String {
  /// Right-aligned in `width` columns; ASCII only.
  package func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(width - utf8.count, 0)) + self }
  /// Left-aligned in `width` columns; ASCII only.
  package func rightPadded(to width: Int) -> String { self + String(repeating: " ", count: max(width - utf8.count, 0)) }
}
