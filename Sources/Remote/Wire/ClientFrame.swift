import FoundationEssentials
import HypervisorModel

/// Everything that a client can ask for in one frame.
package enum Call: Sendable {
  case hello(Hello)
  case describe
  case snapshot
  case history
  case hostStatus
  case hostStop
  /// The losses of the welcome were shown to somebody. Has no answer; ignored of a client that may only look.
  case lossesSeen
  case perform(Request)
  /// Opens a stream of events under the id of this call.
  case events
  /// Opens a console under the id of this call.
  case console(ConsoleOpening)
  /// Types into an open console.
  case input(ConsoleInput)
  /// Lets the host send that many more bytes of a console. Has no answer.
  case credit(ConsoleCredit)
  /// Abandons a call, or ends a stream. Has no answer.
  case cancel(Cancellation)

  package enum Name: String {
    case hello, describe, snapshot, history, hostStatus, hostStop, lossesSeen, perform, events, console, input, credit
    case cancel
  }

  package var name: Name {
    switch self {
    case .hello: .hello
    case .describe: .describe
    case .snapshot: .snapshot
    case .history: .history
    case .hostStatus: .hostStatus
    case .hostStop: .hostStop
    case .lossesSeen: .lossesSeen
    case .perform: .perform
    case .events: .events
    case .console: .console
    case .input: .input
    case .credit: .credit
    case .cancel: .cancel
    }
  }
}

package struct ConsoleOpening: Codable, Sendable {
  package var domain: DomainReference
  /// Bytes that the host may send before it needs more credit.
  package var credit: Int
}

package struct ConsoleInput: Codable, Sendable {
  /// The id of the call that opened the console.
  package var console: UInt64
  package var bytes: Data
}

package struct ConsoleCredit: Codable, Sendable {
  package var console: UInt64
  package var bytes: Int
}

package struct Cancellation: Codable, Sendable {
  /// The id of the call to abandon.
  package var target: UInt64
}

private enum FrameKey: String, CodingKey { case id, request, body }

/// A call as the client writes it.
package struct ClientFrame: Encodable {
  package var id: UInt64
  package var call: Call

  package init(id: UInt64, call: Call) {
    self.id = id
    self.call = call
  }

  package func encode(to encoder: any Encoder) throws {
    var frame = encoder.container(keyedBy: FrameKey.self)
    try frame.encode(id, forKey: .id)
    try frame.encode(call.name.rawValue, forKey: .request)
    switch call {
    case .hello(let body): try frame.encode(body, forKey: .body)
    case .perform(let request): try frame.encode(request, forKey: .body)
    case .console(let body): try frame.encode(body, forKey: .body)
    case .input(let body): try frame.encode(body, forKey: .body)
    case .credit(let body): try frame.encode(body, forKey: .body)
    case .cancel(let body): try frame.encode(body, forKey: .body)
    case .describe, .snapshot, .history, .events, .hostStatus, .hostStop, .lossesSeen: break
    }
  }
}

/// A call as the host reads it.
///
/// Reading it throws only where not even id and name of the request are there: such a peer speaks something else. A
/// request that this host does not know, or whose body is wrong, is a `refused` call that the connection survives.
package struct ReceivedFrame: Decodable, Sendable {
  package var id: UInt64
  package var call: Result<Call, HypervisorError>

  package init(from decoder: any Decoder) throws {
    let frame = try decoder.container(keyedBy: FrameKey.self)
    id = try frame.decode(UInt64.self, forKey: .id)
    let text = try frame.decode(String.self, forKey: .request)
    guard let name = Call.Name(rawValue: text) else {
      call = .failure(.protocolViolation("unknown request '\(text.prefix(64))'"))
      return
    }
    do {
      call = .success(try Self.call(name, in: frame))
    } catch let unknown as UnknownOperation {
      call = .failure(.protocolViolation("unknown request '\(unknown.name.prefix(64))'"))
    } catch let error as DecodingError {
      call = .failure(.invalid("the request '\(text)' can't be understood: \(error.oneLine)"))
    }
  }

  private static func call(_ name: Call.Name, in frame: KeyedDecodingContainer<FrameKey>) throws -> Call {
    switch name {
    case .hello: .hello(try frame.decode(Hello.self, forKey: .body))
    case .describe: .describe
    case .snapshot: .snapshot
    case .history: .history
    case .events: .events
    case .hostStatus: .hostStatus
    case .hostStop: .hostStop
    case .lossesSeen: .lossesSeen
    case .perform: .perform(try frame.decode(Request.self, forKey: .body))
    case .console: .console(try frame.decode(ConsoleOpening.self, forKey: .body))
    case .input: .input(try frame.decode(ConsoleInput.self, forKey: .body))
    case .credit: .credit(try frame.decode(ConsoleCredit.self, forKey: .body))
    case .cancel: .cancel(try frame.decode(Cancellation.self, forKey: .body))
    }
  }
}

extension DecodingError {
  /// Which field is wrong and how, in one line.
  package var oneLine: String {
    let (what, context): (String, Context) =
      switch self {
      case .keyNotFound(let key, let context): ("'\(key.stringValue)' is missing", context)
      case .valueNotFound(_, let context): ("a value is missing", context)
      case .typeMismatch(let type, let context): ("a \(type) is expected", context)
      case .dataCorrupted(let context): (context.debugDescription, context)
      @unknown default: ("it can't be read", Context(codingPath: [], debugDescription: ""))
      }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return path.isEmpty ? what : "\(what) (at \(path))"
  }
}
