import FoundationEssentials
import Glibc
import HypervisorModel

/// A machine that is reached with ssh(1), which does authentication, encryption and audit.
public struct SSHDestination: Hashable, Sendable {
  /// As ssh(1) takes it: `[user@]host`.
  public let host: String
  public let port: Int?

  /// Reads `ssh://[user@]host[:port]`; an IPv6 address is in brackets. Throws `.invalid` where it is something else.
  public init(url: String) throws(HypervisorError) {
    func wrong(_ why: String) -> HypervisorError {
      .invalid("'\(url)' \(why); it should look like ssh://root@dom0 or ssh://root@dom0:2222")
    }
    guard url.hasPrefix("ssh://") else { throw wrong("is no ssh address") }
    var rest = url.dropFirst("ssh://".count)
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    var port: Int?
    if let colon = rest.lastIndex(of: ":"), rest[colon...].contains("]") == false {
      guard let number = Int(rest[rest.index(after: colon)...]), (1...65535).contains(number) else {
        throw wrong("has no port after the colon")
      }
      port = number
      rest = rest[..<colon]
    }
    let user = rest.lastIndex(of: "@").map { String(rest[...$0]) } ?? ""
    var name = rest.dropFirst(user.count)
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    // A leading dash would be an option to ssh, and what else ssh refuses it says itself.
    guard !name.isEmpty, !name.hasPrefix("-"), !user.hasPrefix("-"), user != "@",
      !rest.contains(where: { $0 == "/" || $0.isWhitespace })
    else { throw wrong("names no host") }
    host = user + name
    self.port = port
  }

  /// Runs `domus serve --stdio` there and connects to what it serves.
  ///
  /// ssh asks for passwords on the terminal itself, and until the host has answered it writes its complaints to standard
  /// error; later ones are lost, because by then the terminal is somebody else's. Throws `.disconnected` where ssh ends
  /// before the host has answered.
  ///
  /// - Parameter isUnattended: nobody is there to be asked or told anything, and no host process is started there. What ssh
  ///   complains of is in the error.
  public func connect(
    readOnly: Bool = false, client: ClientIdentity = ClientIdentity(), isUnattended: Bool = false
  ) async throws(HypervisorError) -> HostClient {
    let ssh = try SSHProcess(self, isUnattended: isUnattended)
    defer { ssh.complaints.silence() }
    do throws(HypervisorError) {
      return try await HostClient.connect(input: ssh.input, output: ssh.output, readOnly: readOnly, client: client)
    } catch {
      guard case .disconnected = error else { throw error }
      let advice = "is ssh able to log in, and is domus in the PATH of that user?"
      let reason = isUnattended ? ssh.complaints.last : nil
      throw .disconnected(
        "can't use Domus on \(host): "
          + (reason ?? "ssh ended, or 'domus serve --stdio' failed there; \(advice)"))
    }
  }
}

/// A running ssh, seen by its standard input, output and error.
private struct SSHProcess {
  /// What ssh prints.
  let input: CInt
  /// What ssh reads.
  let output: CInt
  let complaints: SSHComplaints

  init(_ destination: SSHDestination, isUnattended: Bool) throws(HypervisorError) {
    let pipes = try Self.pipes(3)
    let (toSSH, fromSSH, errors) = (pipes[0], pipes[1], pipes[2])
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toSSH[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fromSSH[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO)
    var arguments = ["ssh", "-T", "-o", "ServerAliveInterval=15"]
    if isUnattended { arguments += ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10"] }
    if let port = destination.port { arguments += ["-p", String(port)] }
    arguments += ["--", destination.host, "domus", "serve", "--stdio"]
    if isUnattended { arguments.append("--if-running") }
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, "ssh", &actions, nil, &words, environ)
    for end in [toSSH[0], fromSSH[1], errors[1]] { close(end) }
    guard result == 0 else {
      for end in [toSSH[1], fromSSH[0], errors[0]] { close(end) }
      throw .failed("can't start ssh: \(systemErrorText(result)); install the package openssh-client")
    }
    input = fromSSH[0]
    output = toSSH[1]
    complaints = SSHComplaints(errors[0], isShown: !isUnattended)
  }

  /// Read and write end of each. ssh must not hold our ends open: it would not notice that we are gone.
  private static func pipes(_ count: Int) throws(HypervisorError) -> [[CInt]] {
    var pipes: [[CInt]] = []
    for _ in 0..<count {
      var ends: [CInt] = [0, 0]
      guard Glibc.pipe(&ends) == 0 else {
        let text = systemErrorText()
        for end in pipes.joined() { close(end) }
        throw .exhausted("can't make a pipe: \(text)")
      }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      pipes.append(ends)
    }
    return pipes
  }
}
