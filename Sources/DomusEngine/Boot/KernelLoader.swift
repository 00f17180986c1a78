import HypervisorModel

/// A kernel that is in memory.
struct LoadedKernel: Hashable, Sendable {
  /// For errors.
  let name: String
  let entry: PhysicalAddress
  /// It has the header of Linux, whose boot protocol others use, too.
  let isLinux: Bool
  /// The first address above all that the kernel occupies at its start.
  let end: UInt64
}

/// Recognises a kernel's format and puts it into memory.
struct KernelLoader {
  let memory: GuestMemory

  func load(_ file: borrowing BootFile) throws(HypervisorError) -> LoadedKernel {
    guard file.size >= 64 else { throw .invalid("\(file.name) is too short to be a kernel") }
    let start = try file.read(at: 0, count: 64)
    if start.starts(with: ELFImage.magic) { return try loadELF(file, header: start) }
    if start.starts(with: GzipStream.magic) { return try loadCompressed(file) }
    if let header = LinuxImageHeader(start) { return try loadImage(file, header) }
    if start.starts(with: LinuxImageHeader.dosMagic), start[4..<8].elementsEqual("zimg".utf8) {
      throw .invalid("\(file.name) is an EFI zboot image; unpack it and give the Image inside")
    }
    throw .invalid("\(file.name) is not a RISC-V kernel: neither an Image, nor a gzipped Image, nor an ELF file")
  }

  private func loadImage(_ file: borrowing BootFile, _ header: LinuxImageHeader) throws(HypervisorError) -> LoadedKernel
  {
    let (kernel, _) = try place(header, fileSize: file.size, name: file.name)
    try file.read(at: 0, count: file.size, into: memory, at: kernel.entry)
    return kernel
  }

  /// Unpacks straight into RAM, once the header has told where to.
  private func loadCompressed(_ file: borrowing BootFile) throws(HypervisorError) -> LoadedKernel {
    var stream = try GzipStream(file)
    var start = [UInt8](repeating: 0, count: LinuxImageHeader.size)
    let count = try Self.inflate(&stream, file, into: &start)
    guard count == start.count, let header = LinuxImageHeader(start) else {
      throw .invalid("\(file.name) is a gzip file, but what is in it is not a RISC-V Linux Image")
    }
    let (kernel, room) = try place(header, fileSize: UInt64(count), name: file.name)
    let rest = kernel.entry + UInt64(count)
    guard memory.write(kernel.entry, start), let space = Int(exactly: room - UInt64(count)) else {
      throw tooSmall(file.name, needed: header.loadedSize(fileSize: 0))
    }
    let inflated = try memory.withMutableBytes(rest, count: space) { buffer throws(HypervisorError) in
      try stream.inflate(file, into: buffer)
    }
    guard let unpacked = inflated else { throw tooSmall(file.name, needed: room) }
    guard stream.hasEnded else { throw tooSmall(file.name, needed: room + 1) }
    return LoadedKernel(
      name: file.name, entry: kernel.entry, isLinux: true, end: max(kernel.end, rest.rawValue + UInt64(unpacked)))
  }

  private static func inflate(
    _ stream: inout GzipStream, _ file: borrowing BootFile, into bytes: inout [UInt8]
  ) throws(HypervisorError) -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    defer { buffer.deallocate() }
    let count = try stream.inflate(file, into: buffer)
    bytes.replaceSubrange(0..<count, with: buffer[..<count])
    return count
  }

  /// Where an Image goes, and the room that it has there.
  private func place(_ header: LinuxImageHeader, fileSize: UInt64, name: String) throws(HypervisorError)
    -> (LoadedKernel, room: UInt64)
  {
    guard header.isLittleEndian else { throw .invalid("\(name) is a big-endian kernel; harts here are little-endian") }
    let size = header.loadedSize(fileSize: fileSize)
    guard header.textOffset < memory.size, size <= memory.size - header.textOffset else {
      throw tooSmall(name, needed: header.textOffset.addingReportingOverflow(size).partialValue)
    }
    let entry = MachineLayout.memory + header.textOffset
    guard entry & 3 == 0 else { throw .invalid("\(name) wants to be loaded at an odd address") }
    let kernel = LoadedKernel(name: name, entry: PhysicalAddress(entry), isLinux: true, end: entry + size)
    return (kernel, memory.size - header.textOffset)
  }

  private func tooSmall(_ name: String, needed: UInt64) -> HypervisorError {
    .invalid(
      "\(name) needs more memory than the domain has: \(needed >> 20 + 1) MiB or more, and there are"
        + " \(memory.size >> 20)")
  }

  // MARK: ELF

  private func loadELF(_ file: borrowing BootFile, header: [UInt8]) throws(HypervisorError) -> LoadedKernel {
    let image = try ELFImage(file, header: header)
    var occupied: [Range<UInt64>] = []
    for segment in image.segments {
      guard memory.contains(PhysicalAddress(segment.address), count: segment.memorySize) else {
        throw .invalid(
          "\(file.name) wants to be loaded at 0x\(String(segment.address, radix: 16)), where the domain has no memory"
            + " for \(segment.memorySize) bytes; RAM is \(memory.size >> 20) MiB from 0x"
            + String(MachineLayout.memory, radix: 16))
      }
      let range = segment.address..<segment.address + segment.memorySize
      guard !occupied.contains(where: range.overlaps) else {
        throw .invalid("\(file.name) has segments that overlap at 0x\(String(segment.address, radix: 16))")
      }
      occupied.append(range)
      try file.read(
        at: segment.fileOffset, count: segment.fileSize, into: memory, at: PhysicalAddress(segment.address))
    }
    guard let end = occupied.map(\.upperBound).max() else { throw .invalid("\(file.name) has nothing to load") }
    guard let entry = image.physicalEntry, occupied.contains(where: { $0.contains(entry) }) else {
      throw .invalid("\(file.name) begins at 0x\(String(image.entry, radix: 16)), which is in none of its segments")
    }
    return LoadedKernel(name: file.name, entry: PhysicalAddress(entry), isLinux: false, end: end)
  }
}
