import Glibc
import HypervisorModel
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Offers a hypervisor on a directory's Unix sockets to any number of clients.
public final class HostServer: Sendable {
  private let context: ServerContext
  private let lock: HostLock
  private let listeners = Mutex<[Access: any Channel]>([:])

  /// - Parameters:
  ///   - lock: proof that no other process is the directory's host.
  ///   - version: of the host program, told to clients.
  ///   - readOnly: no client may change anything, whatever it asks for.
  public convenience init(
    hypervisor: any Hypervisor, lock: HostLock, version: String, readOnly: Bool = false, logger: Logger
  ) {
    self.init(
      hypervisor: hypervisor, lock: lock, version: version, readOnly: readOnly,
      limits: ServerLimits(freeDescriptors: HostProcess.freeDescriptors), logger: logger)
  }

  package init(
    hypervisor: any Hypervisor, lock: HostLock, version: String, readOnly: Bool = false, limits: ServerLimits,
    logger: Logger
  ) {
    self.lock = lock
    context = ServerContext(
      hypervisor: hypervisor, directory: lock.directory, version: version, readOnly: readOnly, limits: limits,
      logger: logger)
  }

  /// Serves until `stop()` is called, a client asks for it, or the calling task is cancelled. On return the sockets are gone
  /// and every client is disconnected; the hypervisor is untouched, and the lock is still held. Call it once.
  ///
  /// Throws when a socket can't be made.
  public func run() async throws(HypervisorError) {
    let context = context
    for access in Access.allCases { try await listen(access) }
    context.logger.info("host process \(getpid()), version \(context.version), listens on \(lock.directory.socketPath)")
    let recording = Task { await context.recorder.run() }
    let tending = Task { await self.tend() }
    for await _ in context.untilStopped {}
    for task in [recording, tending] {
      task.cancel()
      await task.value
    }
    lock.removeSockets()
    for listener in listeners.withLock({ Array($0.values) }) { try? await listener.close() }
    for client in context.clients.withLock({ Array($0.values) }) { try? await client.close() }
    context.recorder.remove()
    context.logger.info("host process \(getpid()) no longer serves")
  }

  /// Ends `run()`. May be called from any thread, at any time, more than once.
  public func stop() { context.stop() }

  // MARK: Listening

  /// Listens on a socket of its own, instead of the one before.
  private func listen(_ access: Access) async throws(HypervisorError) {
    let context = context
    let socket = try lock.listen(access)
    let listener: any Channel
    do {
      listener = try await ServerBootstrap(group: RemoteLoop.group)
        .childChannelOption(
          .writeBufferWaterMark,
          value: .init(low: context.limits.highWaterMark / 4, high: context.limits.highWaterMark)
        )
        .childChannelInitializer { channel in
          PeerCredentials.of(channel).flatMapThrowing { peer in
            guard peer.areTrusted else {
              context.logger.warning("refused a connection of user \(peer.uid), pid \(peer.pid)")
              throw HypervisorError.failed("user \(peer.uid) may not use this host")
            }
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(limit: WireProtocol.maximumClientFrame)))
            try pipeline.addHandler(BackPressureHandler())
            try pipeline.addHandler(ServerConnection(context, channel: channel, peer: peer, access: access))
          }
        }
        .withBoundSocket(socket).get()
    } catch {
      throw .failed("can't listen on '\(lock.directory.socketPath(access))': \(error)")
    }
    let before = listeners.withLock { $0.updateValue(listener, forKey: access) }
    try? await before?.close()
  }

  // MARK: The host's own files

  /// Between two times at which the files are made to look used.
  private static let refreshInterval = Duration.seconds(600)
  /// Between two signs of life.
  private static let beatInterval = Duration.seconds(10)

  /// Looks after the directory until the task is cancelled: makes anew what was removed, keeps the log short, and leaves
  /// signs of life.
  private func tend() async {
    var (refreshed, beaten) = (ContinuousClock.now, ContinuousClock.now)
    var lastFailure = ""
    while true {
      do { try await Task.sleep(for: context.limits.tending) } catch { return }
      do throws(HypervisorError) {
        for access in try lock.mend() {
          context.logger.warning("'\(lock.directory.socketPath(access))' was removed; it is made anew")
          try await listen(access)
        }
        lastFailure = ""
      } catch {
        // Said once, not every two seconds.
        if lastFailure != error.description { context.logger.error("clients can't reach this host: \(error)") }
        lastFailure = error.description
      }
      HostLog.renew(lock.directory)
      HostLog.rotate(lock.directory)
      if beaten + Self.beatInterval < .now {
        beaten = .now
        context.recorder.beat()
      }
      if refreshed + Self.refreshInterval < .now {
        refreshed = .now
        lock.refreshTimes()
      }
    }
  }
}
