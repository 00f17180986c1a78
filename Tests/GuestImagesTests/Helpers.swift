import FoundationEssentials

@testable import GuestImages

/// A directory that lives as long as the closure runs.
func withTemporaryDirectory<T>(_ body: (String) throws -> T) throws -> T {
  let path = FileManager.default.temporaryDirectory.path + "/domus-images-\(UUID().uuidString)"
  try FileIO.makeDirectory(path)
  defer { try? FileIO.removeTree(path) }
  return try body(path)
}

/// Makes a directory as a fetch would leave it.
func makeImage(in catalog: GuestCatalog, name: String = "debian", initrd: [UInt8] = [1, 2, 3]) throws {
  let directory = try catalog.directory(of: name)
  try FileIO.makeDirectory(directory)
  try FileIO.write([9, 9], to: "\(directory)/kernel")
  try FileIO.write(initrd, to: "\(directory)/initrd")
  let record = ImageRecord(
    version: "6.12.0-riscv64", kernelSize: 2, initrdSize: UInt64(initrd.count), packagedSize: UInt64(initrd.count),
    date: Date(timeIntervalSince1970: 1_000_000))
  try FileIO.write(Array(try JSONEncoder().encode(record)), to: "\(directory)/image.json")
}
