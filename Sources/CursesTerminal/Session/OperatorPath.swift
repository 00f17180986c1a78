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
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(isDirectory(path + "/" + name) ? name + "/" : name) }
    }
    return names.sorted()
  }

  /// Nobody looks through more of them.
  private static let limit = 2000

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
