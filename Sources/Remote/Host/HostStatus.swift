/// How a host process is, for `domus host status`.
public struct HostStatus: Hashable, Codable, Sendable {
  public var pid: Int32
  /// Seconds since the server was made.
  public var uptime: Double
  public var version: String
  /// Clients that are connected and past the handshake, the asking one included.
  public var clients: Int
  public var socketPath: String
  public var logPath: String

  public init(pid: Int32, uptime: Double, version: String, clients: Int, socketPath: String, logPath: String) {
    self.pid = pid
    self.uptime = uptime
    self.version = version
    self.clients = clients
    self.socketPath = socketPath
    self.logPath = logPath
  }
}
