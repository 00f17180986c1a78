import Dispatch
import FoundationEssentials
import Glibc
import HypervisorModel

/// Runs `xl` for what Xen's library does not offer: making domains from xl's config files with their monitor, saving,
/// restoring, migrating, and attaching devices.
enum XlTool {
  /// Runs it and answers what it printed. Blocks.
  ///
  /// The output goes to a file: a pipe would be held open by the monitor that `xl create` leaves behind.
  /// - Parameter progress: hears from time to time which part of the work is done, 0 to 1, where xl says it.
  /// - Throws: `.failed` with xl's own words.
  @discardableResult
  static func run(
    _ arguments: [String], directory: String = "/", progress: (@Sendable (Double) -> Void)? = nil
  ) throws(HypervisorError) -> String {
    let output = try TemporaryFile()
    defer { output.remove() }
    let child = try ChildProcess(["xl"] + arguments, output: output.descriptor, directory: directory)
    let queue = DispatchQueue(label: "domus.xl.progress")
    let watch = progress.map { progress in
      Self.repeating(every: .milliseconds(500), on: queue) { Self.progress(in: output.text()).map(progress) }
    }
    let status = child.wait()
    // The end is the last that is heard.
    queue.sync {
      watch?.cancel()
      progress?(1)
    }
    let text = output.text()
    guard status == 0 else { throw .failed(message(of: text, arguments[0], status)) }
    return text
  }

  /// Runs `xl create` on a config, and answers what it printed. Blocks.
  static func create(_ flags: [String], _ file: ConfigFileText) throws(HypervisorError) -> String {
    let copy = try TemporaryFile()
    defer { copy.remove() }
    try copy.write(file.text)
    // xl names the copy; the operator knows the file by another name.
    func renamed(_ text: String) -> String { text.replacing(copy.path, with: file.name) }
    do throws(HypervisorError) {
      return renamed(try run(["create"] + flags + [copy.path] + file.settings, directory: file.directory))
    } catch {
      throw .failed(renamed(error.description))
    }
  }

  private static func repeating(
    every interval: DispatchTimeInterval, on queue: DispatchQueue, _ work: @escaping @Sendable () -> Void
  ) -> any DispatchSourceTimer {
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + interval, repeating: interval)
    timer.setEventHandler(handler: work)
    timer.activate()
    return timer
  }

  /// The newest of xl's lines such as `xc: progress: Frames: 4096/32768   12%`, as a part of one.
  static func progress(in output: String) -> Double? {
    guard let start = output.ranges(of: "progress: Frames: ").last?.upperBound else { return nil }
    let counts = output[start...].prefix { !$0.isWhitespace }.split(separator: "/").map { Double($0) }
    guard counts.count == 2, let done = counts[0], let all = counts[1], all > 0 else { return nil }
    return min(done / all, 1)
  }

  /// xl's complaints in one line, without the places in its source where they arose.
  static func message(of output: String, _ command: String, _ status: Int) -> String {
    var complaints: [String] = []
    for line in output.split(whereSeparator: \.isNewline) {
      let text = printable(line)
      guard let range = text.firstRange(of: "error: ") else { continue }
      complaints.append(withoutPlace(text[range.upperBound...]))
    }
    if complaints.isEmpty {
      complaints = output.split(whereSeparator: \.isNewline).map { printable($0) }
        .filter { !$0.hasPrefix("Parsing config") }
    }
    // What follows the first complaints is of its own making: the tool clears away what it had begun.
    let reason =
      complaints.isEmpty ? "it gives no reason (exit status \(status))" : complaints.prefix(2).joined(separator: "; ")
    return "xl \(command) failed: \(String(reason.prefix(600)))"
  }

  /// `libxl_create.c:123:initiate_domain_create: Domain 5:what is wrong` without the place in the source.
  static func withoutPlace(_ complaint: some StringProtocol) -> String {
    var words = complaint[...]
    if let end = words.firstIndex(of: ":"), words[..<end].hasSuffix(".c") {
      let parts = words.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
      if parts.count == 4 { words = parts[3] }
    }
    return String(words.drop { $0 == " " })
  }

  /// xl's warnings about a config.
  static func warnings(in output: String) -> [String] {
    output.split(whereSeparator: \.isNewline).filter { $0.contains("warning") || $0.contains("WARNING") }
      .map { printable($0) }
  }
}

/// A file that only this process's user can read.
private struct TemporaryFile {
  let path: String
  let descriptor: CInt

  init() throws(HypervisorError) {
    var template = Array("/tmp/domus-xl-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .exhausted("can't make a file in /tmp: \(String(cString: strerror(errno)))") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func write(_ text: String) throws(HypervisorError) {
    do {
      try Data(text.utf8).write(to: URL(filePath: path))
    } catch {
      throw .exhausted("can't write \(path): \(error)")
    }
  }

  func text() -> String {
    (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  func remove() {
    close(descriptor)
    unlink(path)
  }
}
