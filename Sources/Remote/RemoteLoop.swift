import NIOPosix

/// The one event loop that all connections of a process share, a host's and a client's. Its thread starts with the first
/// connection and ends with the process.
enum RemoteLoop {
  static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
}
