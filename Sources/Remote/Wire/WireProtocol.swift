import FoundationEssentials
import NIOCore

/// The numbers and the framing that both ends agree on; `docs/PROTOCOL.md` is its prose.
///
/// A frame is a length of four bytes, big-endian, and a JSON object of that many bytes.
package enum WireProtocol {
  /// Changes when an old peer could no longer understand a new one: a field that changes its meaning, a new case in a
  /// snapshot. New requests and new fields need no new version.
  package static let version = 2
  /// The longest body that a client may send, in bytes.
  package static let maximumClientFrame = 1 << 20
  /// The longest body that a host may send, in bytes.
  package static let maximumHostFrame = 16 << 20
  /// Console bytes that a client lets the host send ahead of what its user has read.
  package static let consoleWindow = 256 << 10
  /// The most console bytes in one frame, either way, so that other frames get between.
  package static let consolePiece = 32 << 10

  /// The bytes of a frame around `body`, its length first; nil when the body can't be written as JSON (a number that is
  /// not finite) or is longer than `limit`.
  package static func frame(_ body: some Encodable, limit: Int) -> ByteBuffer? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let json = try? encoder.encode(body), json.count <= limit else { return nil }
    var buffer = ByteBuffer()
    buffer.reserveCapacity(4 + json.count)
    buffer.writeInteger(UInt32(truncatingIfNeeded: json.count))
    buffer.writeBytes(json)
    return buffer
  }

  /// Reads the body of a frame.
  package static func decode<Value: Decodable>(_ type: Value.Type, from body: ByteBuffer) throws -> Value {
    try JSONDecoder().decode(type, from: body.withUnsafeReadableBytes { Data($0) })
  }
}
