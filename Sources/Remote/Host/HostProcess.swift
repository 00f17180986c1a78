import CProcess
import Glibc
import HypervisorModel

/// Starts host processes, and finds those that run.
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
  /// - Throws: `.failed` with the last lines of the log when the host does not come up, or with what is known of one that
  ///   runs and does not answer.
  public static func ensureRunning(
    executable: String, arguments: [String], directory: HostDirectory, readOnly: Bool = false,
    client: ClientIdentity = ClientIdentity(), timeLimit: Duration = .seconds(10)
  ) async throws(HypervisorError) -> HostClient {
    if let host = try await connectIfRunning(directory, readOnly: readOnly, client: client, timeLimit: timeLimit) {
      return host
    }
    let logStart = HostLog.size(directory)
    var child = Child(pid: try spawn(executable: executable, arguments: arguments, directory: directory))
    let deadline = ContinuousClock.now + timeLimit
    var pause = Duration.milliseconds(2)
    var spawns = 1
    while ContinuousClock.now < deadline {
      try await sleep(pause)
      pause = min(pause * 2, .milliseconds(20))
      if let host = try await connected(directory, readOnly, client) { return host }
      guard child.end != nil else { continue }
      // Ours could not start, or found the lock taken. Then the other host answers soon, or was about to end itself.
      if HostClaim.holder(of: directory) != nil { continue }
      guard spawns < 3, let other = directory.recordedPID, other != child.pid else { break }
      spawns += 1
      child = Child(pid: try spawn(executable: executable, arguments: arguments, directory: directory))
    }
    let command = ([executable] + arguments).joined(separator: " ")
    let what = child.end.map { "ended at once with \($0)" } ?? "does not answer after \(timeLimit)"
    let lines = HostLog.lastLines(directory, after: logStart)
    guard lines.isEmpty else { throw .failed("the host process '\(command)' \(what); its log says:\n\(lines)") }
    do throws(HypervisorError) {
      try HostLog.append("the host process '\(command)' \(what)", directory)
    } catch {
      // Neither could the process write why.
      throw .failed("the host process '\(command)' \(what); \(error)")
    }
    throw .failed("the host process '\(command)' \(what); its log '\(directory.logPath)' says nothing")
  }

  /// Connects to the directory's host; nil where none runs. One that runs and can't be reached, because its socket was removed
  /// and is not made anew yet, is waited for.
  ///
  /// Throws `.failed` where a host runs and does not answer within the time.
  public static func connectIfRunning(
    _ directory: HostDirectory, readOnly: Bool = false, client: ClientIdentity = ClientIdentity(),
    timeLimit: Duration = .seconds(10)
  ) async throws(HypervisorError) -> HostClient? {
    let deadline = ContinuousClock.now + timeLimit
    while true {
      if let host = try await connected(directory, readOnly, client) { return host }
      guard let pid = HostClaim.holder(of: directory) else { return nil }
      guard ContinuousClock.now < deadline else {
        throw .failed("no socket of the host process at '\(directory.socketPath)': \(HostCondition.text(pid))")
      }
      try await sleep(.milliseconds(20))
    }
  }

  private static func connected(
    _ directory: HostDirectory, _ readOnly: Bool, _ client: ClientIdentity
  ) async throws(HypervisorError) -> HostClient? {
    // A host that hangs up before its welcome is about to end, and is no host.
    do throws(HypervisorError) {
      return try await HostClient.connectIfListening(directory.socketPath, readOnly: readOnly, client: client)
    } catch .disconnected(_) {
      return nil
    }
  }

  /// What the directory's hosts have written since the log was last put aside. Throws `.failed` where there is no log.
  public static func log(_ directory: HostDirectory) throws(HypervisorError) -> String {
    guard let log = HostFile.contents(directory.logPath, limit: 16 << 20) else {
      throw .failed("no log at \(directory.logPath): no host process has run there")
    }
    return String(decoding: log, as: UTF8.self)
  }

  /// What a host lost that is dead and that no other has succeeded yet.
  public static func losses(_ directory: HostDirectory) -> [HostLoss] { HostRecord.losses(directory) }

  /// A process that we started and must collect when it ends.
  private struct Child {
    let pid: pid_t
    private var status: CInt?

    init(pid: pid_t) { self.pid = pid }

    /// How it ended; nil while it runs.
    var end: String? {
      mutating get {
        var now: CInt = 0
        if status == nil, waitpid(pid, &now, WNOHANG) != 0 { status = now }
        return status.map { $0 & 0x7F == 0 ? "status \($0 >> 8 & 0xFF)" : "signal \($0 & 0x7F)" }
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
        throw .failed("the host process \(pid) was told to end and is still there after \(timeLimit)")
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
  /// system busy, put a long log aside, and allow itself as many descriptors as it may.
  ///
  /// Throws `.exhausted` where those are too few: libdispatch, on which Swift's tasks run, ends a process that has none left.
  public static func prepare(_ lock: HostLock) throws(HypervisorError) {
    _ = chdir("/")
    HostLog.rotate(lock.directory)
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    if getrlimit(resource, &limit) == 0 {
      let most = max(limit.rlim_max, rlim_t(leastDescriptors))
      var wanted = rlimit(rlim_cur: most, rlim_max: most)
      if setrlimit(resource, &wanted) != 0 {
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
      }
    }
    let free = freeDescriptors
    guard free >= leastDescriptors / 2 else {
      throw .exhausted(
        "a host process needs \(leastDescriptors) descriptors, and only \(free) are free here; raise 'ulimit -n'")
    }
  }

  private static let leastDescriptors = 256

  /// How many descriptors this process may still open.
  static var freeDescriptors: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, let directory = opendir("/proc/self/fd")
    else { return .max }
    defer { closedir(directory) }
    // Without `.`, `..` and the directory itself.
    var open = -3
    while readdir(directory) != nil { open += 1 }
    return max(Int(clamping: limit.rlim_cur) - open, 0)
  }

  /// From now on a crash of this process is reported in its log and, to the next host, in the directory.
  public static func reportCrashes(_ directory: HostDirectory) {
    guard let words = try? HostFile.open(directory.lastWordsPath, O_WRONLY | O_CREAT | O_TRUNC) else { return }
    crash_report_install(STDERR_FILENO, words)
  }

  private static func sleep(_ time: Duration) async throws(HypervisorError) {
    do { try await Task.sleep(for: time) } catch { throw .failed("the wait for the host process was cancelled") }
  }

  private static func spawn(
    executable: String, arguments: [String], directory: HostDirectory
  ) throws(HypervisorError) -> pid_t {
    let log = try HostLog.openForAppending(directory)
    defer { close(log) }
    return try Program.start([executable] + arguments) { actions, attributes in
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO)
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
