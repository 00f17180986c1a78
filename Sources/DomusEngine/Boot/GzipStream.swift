import CZlib
import HypervisorModel

/// Unpacks a gzip file piece by piece. The only user of zlib.
struct GzipStream: ~Copyable {
  static let magic: [UInt8] = [0x1f, 0x8b]
  private static let chunk = 256 * 1024
  /// The largest window, and a gzip header is expected (zlib.h, inflateInit2).
  private static let windowBits: Int32 = 15 + 16

  /// zlib keeps a pointer back to it, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let input: UnsafeMutableRawBufferPointer
  private var consumed: UInt64 = 0
  /// The end of the compressed data was reached, and its checksum is right.
  private(set) var hasEnded = false

  init(_ file: borrowing BootFile) throws(HypervisorError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    input = .allocate(byteCount: Self.chunk, alignment: 16)
    let status = inflateInit2_(stream, Self.windowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      input.deallocate()
      stream.deallocate()
      throw .exhausted("no memory to unpack \(file.name)")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }

  /// Unpacks until `output` is full or the data ends. Returns how many bytes were written. When `output` is exactly
  /// as long as the data, `hasEnded` is true after it.
  mutating func inflate(_ file: borrowing BootFile, into output: UnsafeMutableRawBufferPointer)
    throws(HypervisorError) -> Int
  {
    var written = 0
    // zlib may need a call without room to see the end of the data.
    var spare: UInt8 = 0
    while !hasEnded {
      if stream.pointee.avail_in == 0 { try refill(file) }
      let room = min(output.count - written, 1 << 30)
      let isFull = room == 0
      let status = withUnsafeMutablePointer(to: &spare) { spare in
        stream.pointee.next_out =
          isFull ? spare : output.baseAddress?.advanced(by: written).assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = isFull ? 0 : UInt32(room)
        return CZlib.inflate(stream, Z_NO_FLUSH)
      }
      let produced = isFull ? 0 : room - Int(stream.pointee.avail_out)
      written += produced
      switch status {
      case Z_STREAM_END: hasEnded = true
      case Z_OK, Z_BUF_ERROR:
        // Full, and no end in sight with input at hand: there is more than fits.
        if isFull, stream.pointee.avail_in > 0 { return written }
      case Z_MEM_ERROR: throw .exhausted("no memory to unpack \(file.name)")
      default: throw .invalid("\(file.name) is a damaged gzip file")
      }
    }
    return written
  }

  private mutating func refill(_ file: borrowing BootFile) throws(HypervisorError) {
    let count = Int(min(UInt64(Self.chunk), file.size - consumed))
    guard count > 0 else { throw .invalid("\(file.name) is a gzip file that ends too early: it is truncated") }
    try file.read(at: consumed, into: UnsafeMutableRawBufferPointer(rebasing: input[..<count]))
    consumed += UInt64(count)
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(count)
  }
}
