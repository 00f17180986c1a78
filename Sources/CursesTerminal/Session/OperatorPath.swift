import Glibc

/// Paths as the operator types them, on the side of the terminal.
enum OperatorPath {
  /// `~/` is the operator's home.
  static func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
    return String(cString: home) + path.dropFirst()
  }
}
