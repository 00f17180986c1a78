import Foundation
import Testing

/// `--connect ssh://…`, over a real sshd of its own. Where no sshd is installed, `make test-xen` tries the same alone:
/// tests don't install a server on somebody's machine.
@Suite(.serialized, .enabled(if: SSHServer.isInstalled)) struct RemoteUseTests {
  @Test func commandsAndConsolesWorkOverSSH() throws {
    let domus = try Domus()
    let server = try SSHServer(domus)
    try domus.createBuiltin("far")
    #expect(try server.run("--connect", server.url, "list").stdout.contains("far"))
    #expect(try server.run("pause", "far", "--connect", server.url).status == 0)
    #expect(try domus.state("far") == "--p---")
    #expect(try server.run("--connect=\(server.url)", "unpause", "far").status == 0)
    let answer = try server.run("console", "far", "--connect", server.url, input: "echo over ssh\n")
    #expect(answer.stdout.contains("over ssh"))
  }

  @Test func theFirstCommandStartsTheHostProcessThere() throws {
    let domus = try Domus()
    let server = try SSHServer(domus)
    #expect(try domus.run("host", "status").status == 1)
    #expect(try server.run("--connect", server.url, "list").stdout.contains("Domain-0"))
    #expect(try domus.run("host", "status").status == 0)
  }

  @Test func aConfigFileIsReadHereAndUnderstoodThere() throws {
    let domus = try Domus()
    let server = try SSHServer(domus)
    let config = try domus.file("a.cfg", "name = 'a'\nkernel = 'builtin:guest'\nmemory = 32\ncolour = 'x'\n")
    let result = try server.run("--connect", server.url, "create", config)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(result.stderr.contains("a.cfg:4:1: warning"))
    #expect(try domus.row("a") != nil)
  }

  @Test func readOnlyIsEnforcedThere() throws {
    let domus = try Domus()
    let server = try SSHServer(domus)
    try domus.createBuiltin("kept")
    let result = try server.run("--read-only", "--connect", server.url, "destroy", "kept")
    #expect(result.status == 1 && result.stderr.contains("read-only"))
    #expect(try domus.row("kept") != nil)
  }

  @Test func theTerminalUIConnectsAgainWhenSSHBreaks() throws {
    let domus = try Domus()
    let server = try SSHServer(domus)
    try domus.createBuiltin("far")
    let tmux = try Tmux(environment: server.environment, command: "\(Domus.executable) --connect \(server.url)")
    try tmux.expect("far")
    try tmux.key("Down")
    try tmux.type("c")
    try tmux.expect("guest>")
    let session = try #require(try Self.process("serve --stdio", under: domus.directory.path))
    kill(session, SIGKILL)
    try tmux.expect("closed")
    try tmux.expect("guest>", seconds: 60)
    try tmux.key("C-]")
    try tmux.expect("1.0 s")
    #expect(try !tmux.screen().contains("Connection to"), "ssh's words are not on the screen")
  }

  /// A process that has these words in its command line, and this one in its environment.
  private static func process(_ words: String, under directory: String) throws -> pid_t? {
    for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
      guard let pid = pid_t(entry), let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
        let variables = FileManager.default.contents(atPath: "/proc/\(pid)/environ")
      else { continue }
      let command = String(decoding: line.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
      if !command.contains("ssh "), command.contains(words),
        String(decoding: variables, as: UTF8.self).contains(directory)
      {
        return pid
      }
    }
    return nil
  }

  @Test func aHostThatCannotBeReachedIsNamedWithWhatToTry() throws {
    let domus = try Domus()
    let server = try SSHServer(domus)
    let result = try server.run("--connect", "ssh://127.0.0.1:1", "list")
    #expect(result.status == 1)
    #expect(result.stderr.contains("can't use Domus on 127.0.0.1"))
    #expect(result.stderr.contains("domus in the PATH"))
  }
}

/// An sshd on a free port of this machine that lets this user in, and an ssh that knows it.
private final class SSHServer {
  static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")

  private let domus: Domus
  private var pid: pid_t = 0
  private let directory: URL
  private let port: Int
  /// What `--connect` takes.
  var url: String { "ssh://\(NSUserName())@127.0.0.1:\(port)" }

  /// At the far end `domus` is the program under test, with the host directory of `domus`.
  init(_ domus: Domus) throws {
    self.domus = domus
    port = Int.random(in: 20_000..<30_000)
    // sockets' paths are short; keys must not be readable by others
    directory = domus.directory.appendingPathComponent("ssh")
    try FileManager.default.createDirectory(
      at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    if getuid() == 0 { try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true) }
    for key in ["host", "user"] {
      try Self.finish("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path(key)])
    }
    let programs = URL(fileURLWithPath: Domus.executable).deletingLastPathComponent().path
    try write(
      "sshd_config",
      """
      Port \(port)
      ListenAddress 127.0.0.1
      HostKey \(path("host"))
      AuthorizedKeysFile \(path("user.pub"))
      PidFile none
      StrictModes no
      PasswordAuthentication no
      PermitRootLogin prohibit-password
      SetEnv PATH=\(programs):/usr/bin:/bin DOMUS_DIR=\(domus.directory.path)
      """)
    try write(
      "ssh_config",
      """
      IdentityFile \(path("user"))
      IdentitiesOnly yes
      BatchMode yes
      StrictHostKeyChecking no
      UserKnownHostsFile /dev/null
      LogLevel ERROR
      """)
    try write("ssh", "#!/bin/sh\nexec /usr/bin/ssh -F '\(path("ssh_config"))' \"$@\"\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path("ssh"))
    // Not by `Process`, which takes it for the end of a program when that closes the descriptors that it inherited.
    let arguments = ["/usr/sbin/sshd", "-D", "-f", path("sshd_config")]
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    guard posix_spawn(&pid, arguments[0], nil, nil, &words, environ) == 0 else {
      throw Domus.Failure(description: "sshd can't be started")
    }
    try wait(for: "sshd") {
      (try? Self.finish(path("ssh"), ["-p", "\(port)", "\(NSUserName())@127.0.0.1", "true"])) != nil
    }
  }

  deinit {
    kill(pid, SIGTERM)
    waitpid(pid, nil, 0)
  }

  private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  private func write(_ name: String, _ text: String) throws {
    try (text + "\n").write(toFile: path(name), atomically: true, encoding: .utf8)
  }

  private static func finish(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Domus.Failure(description: "\(program) failed") }
  }

  /// Runs a command here, with the ssh that knows the server.
  func run(_ arguments: String..., input: String? = nil) throws -> Domus.Output {
    let own = ProcessInfo.processInfo.environment
    return try domus.run(arguments, input: input, environment: own.merging(environment) { $1 })
  }

  /// Of a program here that is to find the ssh that knows the server, and no host process.
  var environment: [String: String] {
    ["PATH": directory.path + ":/usr/bin:/bin", "DOMUS_DIR": directory.path, "LC_ALL": "C.UTF-8"]
  }
}
