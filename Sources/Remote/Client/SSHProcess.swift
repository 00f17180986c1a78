import CProcess
import Glibc
import HypervisorModel

/// A running ssh, seen by its standard input, output and error.
struct SSHProcess {
  /// What ssh prints.
  let input: CInt
  /// What ssh reads.
  let output: CInt
  let complaints: SSHComplaints

  init(_ destination: SSHDestination, readOnly: Bool, isUnattended: Bool) throws(HypervisorError) {
    let pipes = try Self.pipes(3)
    let (toSSH, fromSSH, errors) = (pipes[0], pipes[1], pipes[2])
    defer { for end in [toSSH[0], fromSSH[1], errors[1]] { close(end) } }
    let pid: pid_t
    do throws(HypervisorError) {
      pid = try Program.start(Self.words(destination, readOnly, isUnattended)) { actions, attributes in
        posix_spawn_file_actions_adddup2(&actions, toSSH[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, fromSSH[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO)
        // Without a controlling terminal nobody asks there, not even an ssh that ssh starts to get through a jump host.
        if isUnattended { posix_spawnattr_setflags(&attributes, spawn_own_session) }
      }
    } catch {
      for end in [toSSH[1], fromSSH[0], errors[0]] { close(end) }
      throw .failed("\(error); install the package openssh-client")
    }
    input = fromSSH[0]
    output = toSSH[1]
    complaints = SSHComplaints(errors[0], of: pid, isShown: !isUnattended)
  }

  private static func words(_ destination: SSHDestination, _ readOnly: Bool, _ isUnattended: Bool) -> [String] {
    var words = ["ssh", "-T", "-o", "ServerAliveInterval=15"]
    if isUnattended { words += ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10"] }
    if let port = destination.port { words += ["-p", String(port)] }
    words += ["--", destination.host, "domus", "serve", "--stdio"]
    if readOnly { words.append("--read-only") }
    return isUnattended ? words + ["--if-running"] : words
  }

  /// Read and write end of each. ssh must not hold our ends open: it would not notice that we are gone.
  private static func pipes(_ count: Int) throws(HypervisorError) -> [[CInt]] {
    var pipes: [[CInt]] = []
    for _ in 0..<count {
      var ends: [CInt] = [0, 0]
      guard process_pipe(&ends) == 0 else {
        let text = systemErrorText()
        for end in pipes.joined() { close(end) }
        throw .exhausted("can't make a pipe: \(text)")
      }
      pipes.append(ends)
    }
    return pipes
  }
}
