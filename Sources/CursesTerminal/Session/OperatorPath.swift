import FoundationEssentials
import Glibc

/// Paths as the operator types them, on the side of the terminal.
enum OperatorPath {
  /// `~/` is the operator's home.
  static func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
    return String(cString: home) + path.dropFirst()
  }

  /// Names in a directory, in their order, directories with a `/` at the end; none where it can't be read.
  static func names(in path: String) -> [String] {
    let path = path.isEmpty ? "." : expanded(path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().prefix(limit).map { isDirectory(path + "/" + $0) ? $0 + "/" : $0 }
  }

  /// Nobody looks through more of them.
  private static let limit = 2000

  private static func isDirectory(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
  }
}
