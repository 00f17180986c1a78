import Glibc
import HypervisorModel
import Logging
import NIOCore
import NIOPosix

/// Offers a hypervisor on a directory's Unix socket to any number of clients.
public final class HostServer: Sendable {
  private let context: ServerContext
  private let lock: HostLock

  /// - Parameters:
  ///   - lock: proof that no other process is the directory's host.
  ///   - version: of the host program, told to clients.
  ///   - readOnly: no client may change anything, whatever it asks for.
  public convenience init(
    hypervisor: any Hypervisor, lock: HostLock, version: String, readOnly: Bool = false, logger: Logger
  ) {
    self.init(
      hypervisor: hypervisor, lock: lock, version: version, readOnly: readOnly, limits: ServerLimits(), logger: logger)
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

  /// Serves until `stop()` is called, a client asks for it, or the calling task is cancelled. On return the socket is gone
  /// and every client is disconnected; the hypervisor is untouched, and the lock is still held. Call it once.
  ///
  /// Throws when the socket can't be made.
  public func run() async throws(HypervisorError) {
    let context = context
    let listener = try await listen()
    context.logger.info("host process \(getpid()), version \(context.version), listens on \(lock.directory.socketPath)")
    for await _ in context.untilStopped {}
    unlink(lock.directory.socketPath)
    try? await listener.close()
    for client in context.clients.withLock({ Array($0.values) }) { try? await client.close() }
    context.logger.info("host process \(getpid()) no longer serves")
  }

  /// Ends `run()`. May be called from any thread, at any time, more than once.
  public func stop() { context.stop() }

  private func listen() async throws(HypervisorError) -> any Channel {
    let context = context
    let socket = try lock.listen()
    do {
      return try await ServerBootstrap(group: RemoteLoop.group)
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
            try pipeline.addHandler(ServerConnection(context, channel: channel, peer: peer))
          }
        }
        .withBoundSocket(socket).get()
    } catch {
      throw .failed("can't listen on '\(lock.directory.socketPath)': \(error)")
    }
  }
}
