import HypervisorModel
import Remote
import Synchronization

/// What earlier host processes lost with their death: the next command says it, and so does its exit status.
enum LossReport {
  /// Of a command that did its work.
  static let exitStatus: Int32 = 3

  private static let isMade = Mutex(false)

  /// A command has said that domains were lost.
  static var wasMade: Bool { isMade.withLock { $0 } }

  /// Says it on standard error. No other command says it again, but for those that may only look.
  static func make(_ client: HostClient) {
    guard client.lossesAreNews else { return }
    for loss in client.losses { Output.notify("\(loss)") }
    isMade.withLock { $0 = true }
    client.acknowledgeLosses()
  }
}
