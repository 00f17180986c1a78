import Glibc

/// Moments as people read them.
enum Timestamp {
  /// `2026-12-01 02:41:59`, in this machine's time zone. `seconds`: since 1970.
  static func text(_ seconds: Double) -> String {
    var moment = time_t(seconds.isFinite ? max(min(seconds, 1e11), 0) : 0)
    var parts = tm()
    localtime_r(&moment, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &parts)
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
