import FoundationEssentials
import Glibc

extension ConfigFileText {
  /// A file as it is, for a host that reads it seen from this directory. It must be a regular file: a pipe could hold up
  /// whoever reads it for ever.
  ///
  /// Throws `.invalid` where it is something else, too large, or no text.
  public init(reading path: String, settings: [String] = []) throws(HypervisorError) {
    try self.init(path, settings: settings, acceptsStreams: false)
  }

  /// What a command line names: a file and `key=value` words behind it, or only such words. As with xl the file may be
  /// `/dev/null`, a pipe, or `-` for standard input, which is read to its end.
  ///
  /// Throws as `init(reading:settings:)`.
  public init(words: [String]) throws(HypervisorError) {
    guard let first = words.first, !first.contains("=") else {
      let directory = FileManager.default.currentDirectoryPath
      self.init(name: SourcePosition.commandLine, text: "", settings: words, directory: directory)
      return
    }
    try self.init(first == "-" ? "/dev/stdin" : first, settings: Array(words.dropFirst()), acceptsStreams: true)
  }

  private init(_ path: String, settings: [String], acceptsStreams: Bool) throws(HypervisorError) {
    let text: String
    do throws(ConfigError) {
      text = try DomainConfigFile.text(of: try Self.contents(path, acceptsStreams), file: path)
    } catch {
      throw .invalid(error.description)
    }
    self.init(name: path, text: text, settings: settings, directory: FileManager.default.currentDirectoryPath)
  }

  private static func contents(_ path: String, _ acceptsStreams: Bool) throws(ConfigError) -> [UInt8] {
    func fault(_ reason: String) -> ConfigError {
      ConfigError(at: SourcePosition(file: path, line: 1, column: 1), "can't read the config file: \(reason)")
    }
    // Looked at before it is opened: opening a pipe waits for who writes into it.
    var status = stat()
    guard stat(path, &status) == 0 else { throw fault(String(cString: strerror(errno))) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || acceptsStreams && kind != S_IFDIR else { throw fault("it is not a regular file") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fault(String(cString: strerror(errno))) }
    defer { close(descriptor) }

    var contents: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fault(String(cString: strerror(errno))) }
      if count == 0 { return contents }
      contents += piece.prefix(count)
      guard contents.count <= DomainConfigFile.maximumSize else {
        throw fault("it is larger than \(DomainConfigFile.maximumSize) bytes")
      }
    }
  }
}
