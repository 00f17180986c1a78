import Foundation

/// A newc archive with one file, to stand behind an initrd: the kernel unpacks both.
enum Cpio {
  static func append(file: URL, as name: String, to initrd: String, output: URL) throws {
    var archive = try Data(contentsOf: URL(fileURLWithPath: initrd))
    while archive.count % 512 != 0 { archive.append(0) }
    archive.append(entry(name: name, mode: 0o100755, contents: try Data(contentsOf: file)))
    archive.append(entry(name: "TRAILER!!!", mode: 0, contents: Data()))
    try archive.write(to: output)
  }

  private static func entry(name: String, mode: UInt32, contents: Data) -> Data {
    let fields: [UInt32] = [
      1, mode, 0, 0, 1, 0, UInt32(contents.count), 0, 0, 0, 0, UInt32(name.utf8.count + 1), 0,
    ]
    var entry = Data("070701".utf8)
    for field in fields {
      let digits = String(field, radix: 16, uppercase: true)
      entry.append(Data((String(repeating: "0", count: 8 - digits.count) + digits).utf8))
    }
    entry.append(Data(name.utf8) + [0])
    while entry.count % 4 != 0 { entry.append(0) }
    entry.append(contents)
    while entry.count % 4 != 0 { entry.append(0) }
    return entry
  }
}
