import NIOCore

/// Cuts the byte stream into the bodies of frames; its buffer never holds more than one frame and one read.
package struct FrameDecoder: ByteToMessageDecoder {
  package typealias InboundOut = ByteBuffer

  private let limit: Int

  /// `limit`: the longest body that is taken, in bytes.
  package init(limit: Int) { self.limit = limit }

  package mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
    guard let body = try Self.nextBody(in: &buffer, limit: limit) else { return .needMoreData }
    context.fireChannelRead(wrapInboundOut(body))
    return .continue
  }

  package mutating func decodeLast(
    context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
  ) throws -> DecodingState {
    let state = try decode(context: context, buffer: &buffer)
    if seenEOF, state == .needMoreData, buffer.readableBytes > 0 { throw FrameError.truncated }
    return state
  }

  /// Takes the next whole body out of `buffer`; nil while it is not all there.
  package static func nextBody(in buffer: inout ByteBuffer, limit: Int) throws(FrameError) -> ByteBuffer? {
    guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
    guard length > 0 else { throw .empty }
    guard length <= limit else { throw text(in: buffer).map { .text($0) } ?? .tooLong(Int(length), limit: limit) }
    guard buffer.readableBytes >= 4 + Int(length) else { return nil }
    buffer.moveReaderIndex(forwardBy: 4)
    return buffer.readSlice(length: Int(length))
  }

  /// What came, as far as it is text: a shell's greeting, or a peer that speaks another protocol.
  private static func text(in buffer: ByteBuffer) -> String? {
    let printable = buffer.readableBytesView.prefix(textLimit).prefix {
      (32...126).contains($0) || (9...13).contains($0)
    }
    // Not the first bytes of a length that happen to be letters.
    guard printable.count >= 4 else { return nil }
    let lines = String(decoding: printable, as: UTF8.self).split(whereSeparator: \.isNewline)
    return lines.joined(separator: " ").replacing("\t", with: " ")
  }
  private static let textLimit = 200
}

/// Why a byte stream can't be cut into frames.
package enum FrameError: Error, Hashable, CustomStringConvertible {
  case empty
  case tooLong(Int, limit: Int)
  case truncated
  /// No frame, but this text.
  case text(String)

  package var description: String {
    switch self {
    case .empty: "a frame of length 0; a frame is a 4-byte length and a JSON object"
    case .tooLong(let length, let limit):
      "a frame that claims \(length) bytes, where at most \(limit) are allowed; is the other side Domus?"
    case .truncated: "the connection ended inside a frame"
    case .text(let text): "text where a frame should be: '\(text)'"
    }
  }
}
