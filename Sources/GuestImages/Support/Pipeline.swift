import CProcess
import FoundationEssentials
import Glibc

/// Programs of the host, each one's output being the next one's input, as in a shell's `a | b`.
///
/// They run in C's locale and in our process group, so an interrupt from the terminal reaches them too.
struct Pipeline {
  struct Command {
    let program: String
    let arguments: [String]
  }

  let commands: [Command]
  /// Where the programs start; nil is our own working directory.
  var directory: String?

  init(_ commands: [Command], in directory: String? = nil) {
    self.commands = commands
    self.directory = directory
  }

  init(_ program: String, _ arguments: [String], in directory: String? = nil) {
    self.init([Command(program: program, arguments: arguments)], in: directory)
  }

  /// Runs to the end and returns the last program's output.
  /// - Parameter receive: gets each piece of output when it comes.
  /// - Throws: `missingProgram`, or `programFailed` with the last lines of the error output.
  @discardableResult
  func run(receive: ([UInt8]) -> Void = { _ in }) throws(GuestImageError) -> [UInt8] {
    for command in commands where !Self.isInstalled(command.program) { throw .missingProgram(command.program) }
    let errors = try Self.makePipe()
    defer { close(errors.read) }
    var children: [(program: String, pid: pid_t)] = []
    var input = open("/dev/null", O_RDONLY | O_CLOEXEC)
    for command in commands {
      guard let output = try? Self.makePipe() else { break }
      let pid = spawn(command, input: input, output: output.write, errors: errors.write)
      close(output.write)
      guard let pid else {
        close(output.read)
        break
      }
      close(input)
      input = output.read
      children.append((command.program, pid))
    }
    close(errors.write)
    let started = children.count == commands.count
    let (output, messages) = started ? Self.drain(output: input, errors: errors.read, receive) : ([], [])
    // Closed before waiting: a program that still writes ends instead of blocking for ever.
    close(input)
    let failed = children.map { ($0.program, Self.wait(for: $0.pid)) }.last { $0.1 != 0 }
    guard started else { throw .programFailed(program: commands[children.count].program, detail: "it did not start") }
    if let (program, status) = failed {
      throw .programFailed(program: program, detail: Self.summary(of: messages, status: status))
    }
    return output
  }

  static func isInstalled(_ program: String) -> Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
  }

  private func spawn(_ command: Command, input: Int32, output: Int32, errors: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    let words = [command.program] + command.arguments
    // coreutils' env changes the directory: the spawn action that could is not visible to Swift.
    var arguments = (directory.map { ["env", "--chdir=\($0)"] + words } ?? words).map { strdup($0) } + [nil]
    var variables = Self.environment().map { strdup($0) } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var pid: pid_t = 0
    return posix_spawnp(&pid, directory == nil ? command.program : "env", &actions, nil, &arguments, &variables) == 0
      ? pid : nil
  }

  /// Ours, except for the language: messages are searched for words.
  private static func environment() -> [String] {
    var variables = ProcessInfo.processInfo.environment
    variables["LANGUAGE"] = nil
    variables["LC_ALL"] = "C.UTF-8"
    return variables.map { "\($0.key)=\($0.value)" }
  }

  private static func makePipe() throws(GuestImageError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard process_pipe(&ends) == 0 else {
      throw .file(path: "a pipe", action: "open", reason: String(cString: strerror(errno)))
    }
    return (ends[0], ends[1])
  }

  /// Reads both pipes to their ends; of the error output only the last part is kept.
  private static func drain(
    output: Int32, errors: Int32, _ receive: ([UInt8]) -> Void
  ) -> (output: [UInt8], messages: [UInt8]) {
    var collected: [UInt8] = []
    var messages: [UInt8] = []
    var polled = [
      pollfd(fd: output, events: Int16(POLLIN), revents: 0), pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 65536)
    while polled.contains(where: { $0.fd >= 0 }) {
      guard poll(&polled, 2, -1) >= 0 || errno == EINTR else { break }
      for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
        let count = read(polled[index].fd, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        guard count > 0 else {
          polled[index].fd = -1
          continue
        }
        if index == 0 {
          collected += buffer[..<count]
          receive(Array(buffer[..<count]))
        } else {
          messages = (messages + buffer[..<count]).suffix(4096)
        }
      }
    }
    return (collected, messages)
  }

  /// The exit status, or 128 and the signal's number as shells count.
  private static func wait(for pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { return 127 }
    }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  private static func summary(of messages: [UInt8], status: Int32) -> String {
    let lines = String(decoding: messages, as: UTF8.self).split(separator: "\n").map(String.init)
    let errors = lines.filter { $0.hasPrefix("E: ") }
    let telling = errors.isEmpty ? lines.suffix(3) : errors.prefix(1)
    // Our own sentence goes on after it.
    return telling.isEmpty
      ? "exit status \(status)" : String(telling.joined(separator: "; ").reversed().drop { $0 == "." }.reversed())
  }
}
