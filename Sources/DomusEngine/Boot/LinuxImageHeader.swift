/// The header of Linux's RISC-V `Image` (Linux, Documentation/arch/riscv/boot-image-header.rst).
struct LinuxImageHeader: Hashable, Sendable {
  static let size = 64
  /// The first bytes of a kernel that is an EFI program too.
  static let dosMagic: [UInt8] = [0x4d, 0x5a]

  /// From the beginning of RAM.
  let textOffset: UInt64
  /// Bytes that the kernel occupies from its beginning, BSS included; 0 if unknown.
  let imageSize: UInt64
  let isLittleEndian: Bool

  /// Nil if the bytes are no such header.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.size, bytes[56..<60].elementsEqual([0x52, 0x53, 0x43, 0x05]) else { return nil }
    func word(_ offset: Int) -> UInt64 { bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    textOffset = word(8)
    imageSize = word(16)
    isLittleEndian = word(24) & 1 == 0
  }

  func loadedSize(fileSize: UInt64) -> UInt64 { max(imageSize, fileSize) }
}
