import Glibc
import HypervisorModel

/// A running ssh, seen by its standard input, output and error.
struct SSHProcess {
  /// What ssh prints.
  let input: CInt
  /// What ssh reads.
  let output: CInt
  let complaints: SSHComplaints

  init(_ destination: SSHDestination, isUnattended: Bool) throws(HypervisorError) {
    let pipes = try Self.pipes(3)
    let (toSSH, fromSSH, errors) = (pipes[0], pipes[1], pipes[2])
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, toSSH[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fromSSH[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO)
    // Without a controlling terminal nobody asks there, not even an ssh that ssh starts to get through a jump host.
    if isUnattended { posix_spawnattr_setflags(&attributes, Int16(spawnInOwnSession)) }
    var words: [UnsafeMutablePointer<CChar>?] = Self.words(destination, isUnattended).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, "ssh", &actions, &attributes, &words, environ)
    for end in [toSSH[0], fromSSH[1], errors[1]] { close(end) }
    guard result == 0 else {
      for end in [toSSH[1], fromSSH[0], errors[0]] { close(end) }
      throw .failed("can't start ssh: \(systemErrorText(result)); install the package openssh-client")
    }
    input = fromSSH[0]
    output = toSSH[1]
    complaints = SSHComplaints(errors[0], of: pid, isShown: !isUnattended)
  }

  private static func words(_ destination: SSHDestination, _ isUnattended: Bool) -> [String] {
    var words = ["ssh", "-T", "-o", "ServerAliveInterval=15"]
    if isUnattended { words += ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10"] }
    if let port = destination.port { words += ["-p", String(port)] }
    words += ["--", destination.host, "domus", "serve", "--stdio"]
    return isUnattended ? words + ["--if-running"] : words
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

/// spawn.h hides POSIX_SPAWN_SETSID from Swift behind _GNU_SOURCE; it is part of glibc's ABI since 2.26.
let spawnInOwnSession: CInt = 0x80
