import CProcess
import Glibc
import HypervisorModel

/// Starts host processes.
public enum HostProcess {
  /// Connects to the directory's host, and starts one first if none runs.
  ///
  /// The new process gets a session of its own, `/dev/null` as standard input, the log as standard output and error, and no
  /// other descriptor, so that it outlives the terminal and holds nothing of its starter open. When two clients start one at
  /// once, one of the two processes gets the lock, the other ends by itself, and both clients are connected.
  ///
  /// - Parameters:
  ///   - executable: an absolute path.
  ///   - arguments: without the program's name.
  ///   - timeLimit: how long a new host may take until it answers.
  /// - Throws: `.failed` with the last lines of the log when the host does not come up.
  public static func ensureRunning(
    executable: String, arguments: [String], directory: HostDirectory, readOnly: Bool = false,
    client: ClientIdentity = ClientIdentity(), timeLimit: Duration = .seconds(10)
  ) async throws(HypervisorError) -> HostClient {
    func connected() async throws(HypervisorError) -> HostClient? {
      // A host that hangs up before its welcome is about to end, and is no host.
      do throws(HypervisorError) {
        return try await HostClient.connectIfListening(directory.socketPath, readOnly: readOnly, client: client)
      } catch .disconnected(_) {
        return nil
      }
    }
    if let host = try await connected() { return host }
    let logStart = HostLog.size(directory)
    var child = Child(pid: try spawn(executable: executable, arguments: arguments, directory: directory))
    let deadline = ContinuousClock.now + timeLimit
    var pause = Duration.milliseconds(2)
    var spawns = 1
    while ContinuousClock.now < deadline {
      try await sleep(pause)
      pause = min(pause * 2, .milliseconds(20))
      if let host = try await connected() { return host }
      guard child.hasEnded else { continue }
      // Ours could not start, or found the lock taken. Then the other host answers soon, or was about to end itself.
      guard let other = directory.recordedPID, other != child.pid else { break }
      if isAlive(other) { continue }
      guard spawns < 3 else { break }
      spawns += 1
      child = Child(pid: try spawn(executable: executable, arguments: arguments, directory: directory))
    }
    let command = ([executable] + arguments).joined(separator: " ")
    let what = child.hasEnded ? "ended at once" : "does not answer after \(timeLimit)"
    let lines = HostLog.lastLines(directory, after: logStart)
    throw .failed(
      "the host process '\(command)' \(what); "
        + (lines.isEmpty ? "its log '\(directory.logPath)' says nothing" : "its log says:\n\(lines)"))
  }

  /// A process that we started and must collect when it ends.
  private struct Child {
    let pid: pid_t
    private var ended = false

    init(pid: pid_t) { self.pid = pid }

    var hasEnded: Bool {
      mutating get {
        if !ended, waitpid(pid, nil, WNOHANG) != 0 { ended = true }
        return ended
      }
    }
  }

  /// Waits until the process of a host that was stopped is gone, and with it its domains and its lock. Throws `.failed` after
  /// `timeLimit`.
  public static func waitUntilGone(
    pid: Int32, timeLimit: Duration = .seconds(30)
  ) async throws(HypervisorError) {
    let deadline = ContinuousClock.now + timeLimit
    while isAlive(pid) {
      guard ContinuousClock.now < deadline else {
        throw .failed("the host process \(pid) is still there after \(timeLimit); 'kill \(pid)' may help")
      }
      try await sleep(.milliseconds(5))
    }
  }

  /// If it is a child of this process, it stays until it is collected.
  private static func isAlive(_ pid: pid_t) -> Bool {
    waitpid(pid, nil, WNOHANG)
    return kill(pid, 0) == 0
  }

  /// What a process must do that is about to be a host: leave the directory it was started in, so that it keeps no file
  /// system busy, and put a long log aside.
  public static func prepare(_ lock: HostLock) {
    _ = chdir("/")
    HostLog.rotate(lock.directory)
  }

  private static func sleep(_ time: Duration) async throws(HypervisorError) {
    do { try await Task.sleep(for: time) } catch { throw .failed("the wait for the host process was cancelled") }
  }

  private static func spawn(
    executable: String, arguments: [String], directory: HostDirectory
  ) throws(HypervisorError) -> pid_t {
    try Program.start([executable] + arguments) { actions, attributes in
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(
        &actions, STDOUT_FILENO, directory.logPath, HostLog.openFlags & ~O_CLOEXEC, HostLog.openMode)
      posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
      _ = spawn_close_from(&actions, STDERR_FILENO + 1)
      setAttributes(&attributes)
    }
  }

  /// A session of its own, and no signal blocked or ignored, whatever the starter did with its own.
  private static func setAttributes(_ attributes: inout posix_spawnattr_t) {
    posix_spawnattr_setflags(
      &attributes, spawn_own_session | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
  }
}
