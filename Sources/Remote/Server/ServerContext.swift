import Glibc
import HypervisorModel
import Logging
import NIOCore
import Synchronization

/// What all connections of a server share.
final class ServerContext: Sendable {
  let hypervisor: any Hypervisor
  let version: String
  let readOnly: Bool
  let limits: ServerLimits
  let logger: Logger
  let recorder: DomainRecorder
  /// Every connection, before and after its handshake.
  let clients = Mutex<[ObjectIdentifier: any Channel]>([:])
  let welcomed = Atomic<Int>(0)
  let owner: ClientClass
  let readers: ClientClass
  /// Ends when the server is asked to stop.
  let untilStopped: AsyncStream<Never>
  private let stopSignal: AsyncStream<Never>.Continuation
  private let directory: HostDirectory
  private let stopping = Atomic(false)
  private let start = ContinuousClock.now

  init(
    hypervisor: any Hypervisor, directory: HostDirectory, version: String, readOnly: Bool, limits: ServerLimits,
    logger: Logger
  ) {
    self.hypervisor = hypervisor
    self.directory = directory
    self.version = version
    self.readOnly = readOnly
    self.limits = limits
    self.logger = logger
    recorder = DomainRecorder(hypervisor, directory, logger)
    owner = ClientClass(answers: limits.answersOfOwner)
    readers = ClientClass(answers: limits.answersOfReaders)
    (untilStopped, stopSignal) = AsyncStream.makeStream()
  }

  /// Those with whom a client shares.
  func fellows(_ access: Access) -> ClientClass {
    switch access {
    case .full: owner
    case .readOnly: readers
    }
  }

  /// True from the moment at which somebody asked for the end: nobody is welcomed any more.
  var isStopping: Bool { stopping.load(ordering: .relaxed) }

  /// From now on nobody is welcomed; those who are connected stay until `stop()`.
  func prepareToStop() { stopping.store(true, ordering: .relaxed) }

  func stop() {
    prepareToStop()
    stopSignal.finish()
  }

  var status: HostStatus {
    HostStatus(
      pid: getpid(), uptime: (ContinuousClock.now - start) / .seconds(1), version: version,
      clients: welcomed.load(ordering: .relaxed), socketPath: directory.socketPath, logPath: directory.logPath)
  }
}
