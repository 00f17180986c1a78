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
  /// ssh asks for passwords on the terminal itself and writes its complaints to standard error. Throws `.disconnected` where
  /// ssh ends before the host has answered.
  public func connect(
    readOnly: Bool = false, client: ClientIdentity = ClientIdentity()
  ) async throws(HypervisorError) -> HostClient {
    let pipes = try SSHPipes(self)
    do throws(HypervisorError) {
      return try await HostClient.connect(
        input: pipes.input, output: pipes.output, readOnly: readOnly, client: client)
    } catch {
      guard case .disconnected = error else { throw error }
      throw .disconnected(
        "can't use Domus on \(host): ssh ended, or 'domus serve --stdio' failed there; "
          + "is ssh able to log in, and is domus in the PATH of that user?")
    }
  }
}

/// A running ssh, seen by its standard input and output.
private struct SSHPipes {
  /// What ssh prints.
  let input: CInt
  /// What ssh reads.
  let output: CInt

  init(_ destination: SSHDestination) throws(HypervisorError) {
    var toSSH: [CInt] = [0, 0]
    var fromSSH: [CInt] = [0, 0]
    guard Glibc.pipe(&toSSH) == 0 else { throw .exhausted("can't make a pipe: \(systemErrorText())") }
    guard Glibc.pipe(&fromSSH) == 0 else {
      let text = systemErrorText()
      for end in toSSH { close(end) }
      throw .exhausted("can't make a pipe: \(text)")
    }
    // ssh must not hold our ends open: it would not notice that we are gone.
    for end in toSSH + fromSSH { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toSSH[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fromSSH[1], STDOUT_FILENO)
    var arguments = ["ssh", "-T", "-o", "ServerAliveInterval=15"]
    if let port = destination.port { arguments += ["-p", String(port)] }
    arguments += ["--", destination.host, "domus", "serve", "--stdio"]
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, "ssh", &actions, nil, &words, environ)
    close(toSSH[0])
    close(fromSSH[1])
    guard result == 0 else {
      close(toSSH[1])
      close(fromSSH[0])
      throw .failed("can't start ssh: \(systemErrorText(result)); install the package openssh-client")
    }
    input = fromSSH[0]
    output = toSSH[1]
  }
}
