import HypervisorModel

/// What matters of an ELF64 RISC-V program: its loadable segments, all within the file (ELF-64 object file format 1.5).
struct ELFImage: Sendable {
  static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  private static let machineRISCV: UInt16 = 243
  private static let loadableType: UInt32 = 1
  private static let segmentHeaderSize: UInt16 = 56
  /// More program headers than any kernel has.
  private static let segmentLimit: UInt16 = 64

  struct Segment: Hashable, Sendable {
    let fileOffset: UInt64
    let fileSize: UInt64
    let virtualAddress: UInt64
    /// Physical.
    let address: UInt64
    let memorySize: UInt64
  }

  /// As the file says it, usually virtual.
  let entry: UInt64
  let segments: [Segment]

  /// `header` is the file's first 64 bytes.
  init(_ file: borrowing BootFile, header: [UInt8]) throws(HypervisorError) {
    let name = file.name
    let fields = Fields(bytes: header)
    guard header.count >= 64, header.starts(with: Self.magic) else { throw .invalid("\(name) is not an ELF file") }
    guard header[4] == 2, header[5] == 1 else { throw .invalid("\(name) is not a 64-bit little-endian ELF file") }
    guard fields.word16(18) == Self.machineRISCV else { throw .invalid("\(name) is an ELF file, but not for RISC-V") }
    guard fields.word16(16) == 2 else { throw .invalid("\(name) is an ELF file, but not an executable one") }
    entry = fields.word64(24)
    let count = fields.word16(56)
    guard fields.word16(54) == Self.segmentHeaderSize, count > 0, count <= Self.segmentLimit else {
      throw .invalid("\(name) has no usable program headers")
    }
    let size = Int(Self.segmentHeaderSize)
    let table = Fields(bytes: try file.read(at: fields.word64(32), count: Int(count) * size))
    var segments: [Segment] = []
    for start in stride(from: 0, to: Int(count) * size, by: size) where table.word32(start) == Self.loadableType {
      let segment = Segment(
        fileOffset: table.word64(start + 8), fileSize: table.word64(start + 32),
        virtualAddress: table.word64(start + 16), address: table.word64(start + 24),
        memorySize: table.word64(start + 40))
      guard segment.memorySize > 0 else { continue }
      guard segment.fileSize <= segment.memorySize, segment.fileOffset <= file.size,
        segment.fileSize <= file.size - segment.fileOffset
      else { throw .invalid("\(name) has a segment that is not wholly in the file: it is truncated or damaged") }
      segments.append(segment)
    }
    self.segments = segments
  }

  /// The entry as a physical address: through the segment that holds it, or as it is. Nil if no segment holds it.
  var physicalEntry: UInt64? {
    for segment in segments where entry &- segment.virtualAddress < segment.memorySize {
      return segment.address &+ (entry &- segment.virtualAddress)
    }
    return segments.contains { entry &- $0.address < $0.memorySize } ? entry : nil
  }

  /// Little-endian numbers at offsets that are within `bytes`.
  private struct Fields {
    let bytes: [UInt8]

    private func word(_ offset: Int, _ count: Int) -> UInt64 {
      bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    func word16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: word(offset, 2)) }
    func word32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: word(offset, 4)) }
    func word64(_ offset: Int) -> UInt64 { word(offset, 8) }
  }
}
