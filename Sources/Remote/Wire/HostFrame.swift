import FoundationEssentials
import HypervisorModel
import NIOCore

/// What a frame of the host is. A client ignores kinds that it does not know.
package enum AnswerKind: String, Codable, Sendable {
  /// The handshake's two ends; after `refused` the connection is closed.
  case welcome, refused
  /// A call was carried out; its body is the answer. For `events` and `console`: the stream is open.
  case result
  /// A call failed.
  case error
  /// Console bytes of the stream with this id.
  case data
  /// An event of the stream with this id.
  case event
  /// The stream with this id is over.
  case end
}

/// A frame as the host writes it and the client reads it once it knows what it is.
package struct HostFrame<Body: Codable>: Codable {
  package var id: UInt64
  package var reply: AnswerKind
  package var body: Body
}

/// As much of a host's frame as tells whom it is for.
package struct HostFrameHeader: Decodable, Sendable {
  package var id: UInt64
  package var reply: String
}

/// The body of a frame that says all by its kind.
package struct NoBody: Codable, Sendable {}

/// The body of a `data` frame.
package struct ConsoleData: Codable, Sendable {
  package var bytes: Data
  /// Bytes that the guest printed before these and that were dropped because the client was too slow to take them.
  package var lost: Int?
}

extension WireProtocol {
  /// A host's frame; an answer that can't be written, or is too long, becomes an error with the same id.
  package static func answer<Body: Codable>(_ id: UInt64, _ kind: AnswerKind, _ body: Body) -> ByteBuffer {
    frame(HostFrame(id: id, reply: kind, body: body), limit: maximumHostFrame)
      ?? answer(
        id,
        WireError(
          .failed("the host's answer can't be sent: it holds a number that is not finite or is too long for a frame")))
  }

  /// A host's frame that says why a call failed.
  package static func answer(_ id: UInt64, _ error: WireError) -> ByteBuffer {
    // Strings always encode; only an absurdly long text could fail, and then an empty frame of that id still answers.
    frame(HostFrame(id: id, reply: .error, body: error), limit: maximumHostFrame) ?? answer(id, .end, NoBody())
  }
}
