import FoundationEssentials
import Glibc
import HypervisorModel

/// The one way to standard output and standard error for all commands.
///
/// Names, paths, settings and errors come from guests, files and other hosts: nothing goes out that a terminal would obey,
/// that reorders text, or that forges a line. What can't be written ends the program: quietly where nobody reads on
/// (`EPIPE`), else with a line on standard error.
enum Output {
  /// Keeps files that are opened later from becoming standard output where that was closed. Before anything else is opened.
  static func occupyClosedDescriptors() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // Using it fails as before (`EBADF`): it is open the wrong way.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Prints one line. Tabs stay; a line break in the text is shown as an escape.
  static func print(_ line: String = "") { write(MessageText.harmless(line, keeping: "\t") + "\n") }

  /// Prints a text of several lines as it is divided.
  static func printLines(_ text: String) { write(MessageText.harmless(text, keeping: "\n\t")) }

  /// Prints a value as JSON; in its strings, what isn't harmless stands as `\uXXXX`, so that programs read what was meant.
  static func printJSON(_ value: some Encodable, _ encoder: JSONEncoder) throws {
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    printLines(MessageText.harmlessJSON(text) + "\n")
  }

  /// Tells the operator something that is not the command's output, on standard error. Further lines are indented, so that
  /// none can pass for a message of its own.
  static func notify(_ message: String, prefix: String = "domus: ") {
    let lines = MessageText.harmless(message, keeping: "\n\t").split(separator: "\n", omittingEmptySubsequences: false)
    writeError(prefix + lines.joined(separator: "\n    ") + "\n")
  }

  /// Writes control sequences of Domus's own to standard error, which is a terminal.
  static func control(_ sequence: String) { writeError(sequence) }

  private static func write(_ text: String) {
    guard let fault = writeAll(text, to: STDOUT_FILENO) else { return }
    if fault == EPIPE {
      // As for every other program in a pipeline.
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    notify("can't write to standard output: \(String(cString: strerror(fault)))")
    exit(EXIT_FAILURE)
  }

  /// Nobody can be told when this fails.
  private static func writeError(_ text: String) { _ = writeAll(text, to: STDERR_FILENO) }

  /// The error number, or nil when all is written.
  private static func writeAll(_ text: String, to descriptor: CInt) -> CInt? {
    var text = text
    return text.withUTF8 { buffer in
      var rest = UnsafeRawBufferPointer(buffer)
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return errno }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
      return nil
    }
  }
}

@available(*, unavailable, message: "use Output.print")
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}
