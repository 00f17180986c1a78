/// A cpio archive in the `newc` format, as Linux unpacks it into its root file system
/// (Documentation/driver-api/early-userspace/buffer-format.rst).
///
/// The bytes depend on the entries only: one fixed time, root as the owner, inode numbers in order.
struct CpioArchive {
  struct Entry {
    enum Content {
      case directory
      case file([UInt8])
      case symbolicLink(to: String)
      case characterDevice(major: UInt32, minor: UInt32)
    }

    /// Without a leading slash.
    var path: String
    /// The permission bits.
    var mode: UInt16
    var content: Content
  }

  /// 9 August 2025, the day of Debian 13's release: any time would do that does not make a guest's clock look wrong.
  static let time: UInt32 = 1_754_697_600

  private var entries: [String: Entry] = [:]

  /// Adds an entry; a later one of the same path replaces it.
  mutating func add(_ path: String, mode: UInt16, _ content: Entry.Content) {
    entries[path] = Entry(path: path, mode: mode, content: content)
  }

  /// The archive, sorted by path, so that a directory precedes what is in it. Directories that no entry names are added.
  func encoded() -> [UInt8] {
    var all = entries
    for path in entries.keys {
      var parent = path
      while let slash = parent.lastIndex(of: "/") {
        parent = String(parent[..<slash])
        guard all[parent] == nil else { break }
        all[parent] = Entry(path: parent, mode: 0o755, content: .directory)
      }
    }
    var bytes: [UInt8] = []
    var inode: UInt32 = 0
    for path in all.keys.sorted() {
      guard let entry = all[path] else { continue }
      inode += 1
      Self.append(entry, inode: inode, to: &bytes)
    }
    Self.append(Entry(path: "TRAILER!!!", mode: 0, content: .file([])), inode: 0, to: &bytes)
    // The unpacker skips zeros between archives; 512 is the block size that cpio pads to.
    bytes += [UInt8](repeating: 0, count: -bytes.count & 511)
    return bytes
  }

  private static func append(_ entry: Entry, inode: UInt32, to bytes: inout [UInt8]) {
    var type: UInt32 = 0
    var data: [UInt8] = []
    var device: (major: UInt32, minor: UInt32) = (0, 0)
    switch entry.content {
    case .directory: type = 0o040000
    case .file(let content): (type, data) = (inode == 0 ? 0 : 0o100000, content)
    case .symbolicLink(let target): (type, data) = (0o120000, Array(target.utf8))
    case .characterDevice(let major, let minor): (type, device) = (0o020000, (major, minor))
    }
    let name = Array(entry.path.utf8) + [0]
    let links: UInt32 = type == 0o040000 ? 2 : 1
    // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    let fields: [UInt32] = [
      inode, type | UInt32(entry.mode), 0, 0, links, inode == 0 ? 0 : time, UInt32(clamping: data.count), 0, 0,
      device.major, device.minor, UInt32(clamping: name.count), 0,
    ]
    bytes += Array("070701".utf8)
    for field in fields { bytes += hexadecimal(field) }
    bytes += name
    bytes += [UInt8](repeating: 0, count: -bytes.count & 3)
    bytes += data
    bytes += [UInt8](repeating: 0, count: -bytes.count & 3)
  }

  private static func hexadecimal(_ value: UInt32) -> [UInt8] {
    let digits = String(value, radix: 16)
    return Array(String(repeating: "0", count: 8 - digits.count).utf8) + Array(digits.utf8)
  }
}
