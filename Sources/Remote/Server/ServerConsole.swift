import FoundationEssentials
import HypervisorModel
import NIOCore

/// A console that a client has open. Belongs to the connection's event loop.
final class ServerConsole {
  /// Bytes that a client typed, and the call to answer when the hypervisor has taken them.
  struct Input: Sendable {
    var id: UInt64
    var bytes: [UInt8]
    /// Bytes of memory while it waits, about; so that a flood of tiny inputs is bounded too.
    var cost: Int { bytes.count + 64 }
  }

  var backlog: ConsoleBacklog
  var outputEnded = false
  /// The cost of the input that the hypervisor has not taken yet.
  private(set) var pendingInput = 0
  private let inputBound: Int
  private let input: AsyncStream<Input>.Continuation
  private let typist: Task<Void, Never>

  /// `taken` is called, on any thread, with the answer to each input when the hypervisor took or refused it.
  init(
    _ stream: ConsoleStream, limits: ServerLimits, credit: Int, taken: @escaping @Sendable (Input, ByteBuffer) -> Void
  ) {
    backlog = ConsoleBacklog(credit: credit)
    inputBound = limits.consoleInput
    let (inputs, input) = AsyncStream<Input>.makeStream()
    self.input = input
    // One task for all input of a console: it arrives in the order in which it was typed.
    typist = Task {
      for await next in inputs {
        do throws(HypervisorError) {
          try await stream.send(next.bytes)
          taken(next, WireProtocol.answer(next.id, .result, NoBody()))
        } catch {
          taken(next, WireProtocol.answer(next.id, WireError(error)))
        }
      }
    }
  }

  /// Queues typed bytes; false when too many wait already.
  func take(_ typed: ConsoleInput, id: UInt64) -> Bool {
    let next = Input(id: id, bytes: Array(typed.bytes))
    guard pendingInput + next.cost <= inputBound else { return false }
    pendingInput += next.cost
    input.yield(next)
    return true
  }

  /// The hypervisor has taken, or refused, that input.
  func settle(_ done: Input) { pendingInput -= done.cost }

  func close() {
    input.finish()
    typist.cancel()
  }
}

extension ConsoleData {
  init(_ piece: ConsoleBacklog.Piece) {
    bytes = Data(piece.bytes)
    lost = piece.lost > 0 ? piece.lost : nil
  }
}
