import Glibc

/// This program's file, and the files that come with it.
enum Executable {
  /// Absolute path of the running program.
  static let path: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return CommandLine.arguments.first ?? "domus" }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  /// Path of a file that comes with the program: below `../share/domus` when installed, else below the source tree
  /// that the program was built in. Nil if it isn't there.
  static func shared(installed: String, inSourceTree: String) -> String? {
    var directory = parent(of: path)
    let share = parent(of: directory) + "/share/domus/" + installed
    if access(share, R_OK) == 0 { return share }
    // .build/TRIPLE/release/domus: the tree is at most four levels up.
    for _ in 0..<4 {
      directory = parent(of: directory)
      let candidate = directory + "/" + inSourceTree
      if access(candidate, R_OK) == 0 { return candidate }
    }
    return nil
  }

  /// The built-in guest.
  static var builtinGuest: String? { shared(installed: "guests/guest.elf", inSourceTree: "Guests/build/guest.elf") }

  /// The themes that come with the program.
  static var themes: String? { shared(installed: "themes", inSourceTree: "themes") }

  /// Where `make xen` and `make install` put what speaks with Xen's libraries, in the order in which it is looked for.
  static var xenLibraries: [String] {
    [parent(of: parent(of: path)) + "/lib/domus", shared(installed: "xen", inSourceTree: "xen/build")].compactMap { $0 }
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return String(path[..<slash])
  }
}
