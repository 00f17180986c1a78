import FoundationEssentials
import Glibc
import HypervisorModel
import Remote
import XenBackend

/// Which hypervisor a command talks to (`--connect`).
enum Endpoint: Hashable {
  /// The engine of this program, in a host process of this user.
  case embedded
  /// The Xen that this machine runs under, of which this is Domain-0.
  case xen
  /// Whatever `domus` finds on another machine.
  case ssh(SSHDestination)

  /// Reads `embedded:`, `xen:` or `ssh://[user@]host[:port]`.
  init(_ text: String) throws(HypervisorError) {
    switch text {
    case "embedded:": self = .embedded
    case "xen:": self = .xen
    case _ where text.hasPrefix("ssh://"): self = .ssh(try SSHDestination(url: text))
    default:
      throw .invalid("can't connect to '\(text)'; give 'xen:', 'embedded:' or 'ssh://[user@]host[:port]'")
    }
  }

  /// What `--connect`, `DOMUS_CONNECT` or, without either, this machine says: a Xen host's Domain-0 uses Xen.
  static func chosen(_ option: String?) throws(HypervisorError) -> Endpoint {
    if let text = option ?? ProcessInfo.processInfo.environment["DOMUS_CONNECT"], !text.isEmpty {
      return try Endpoint(text)
    }
    return XenHost.isPresent ? .xen : .embedded
  }

  /// Where the host process for it lives; nil where another machine has that.
  func directory() throws(HypervisorError) -> HostDirectory? {
    switch self {
    case .embedded: try .standard()
    case .xen: try .standard(subdirectory: "xen")
    case .ssh: nil
    }
  }

  /// Connects to its host process, and starts one first if none runs.
  func connect(readOnly: Bool) async throws(HypervisorError) -> HostClient {
    switch self {
    case .embedded:
      return try await Self.local("embedded:", try .standard(), readOnly)
    case .xen:
      try XenHost.check()
      return try await Self.local("xen:", try .standard(subdirectory: "xen"), readOnly)
    case .ssh(let destination): return try await destination.connect(readOnly: readOnly, client: .domus)
    }
  }

  /// Connects anew to a host process that was there before. Asks nobody anything, and starts none: it may have been stopped
  /// on purpose.
  func reconnect(readOnly: Bool) async throws(HypervisorError) -> HostClient {
    if case .ssh(let destination) = self {
      return try await destination.connect(readOnly: readOnly, client: .domus, isUnattended: true)
    }
    guard let directory = try directory() else { throw .disconnected("the host process is of another machine") }
    if let client = try await HostClient.connectIfListening(directory.socketPath, readOnly: readOnly, client: .domus) {
      return client
    }
    let losses = HostProcess.losses(directory).map(\.description)
    throw .disconnected(
      (losses.isEmpty ? "the host process has ended" : losses.joined(separator: "; "))
        + "; the next 'domus' command starts another one")
  }

  private static func local(
    _ name: String, _ directory: HostDirectory, _ readOnly: Bool
  ) async throws(HypervisorError) -> HostClient {
    try await HostProcess.ensureRunning(
      executable: Executable.path, arguments: ["host", "run", "--connect", name], directory: directory,
      readOnly: readOnly, client: .domus)
  }
}
