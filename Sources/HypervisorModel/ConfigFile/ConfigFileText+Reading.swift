import FoundationEssentials
import Glibc

extension ConfigFileText {
  /// A file as it is, for a host that reads it seen from this directory. As with xl it must be a regular file: a pipe could
  /// hold up whoever reads it for ever.
  ///
  /// Throws `.invalid` where it is something else, too large, or no text.
  public init(reading path: String, settings: [String] = []) throws(HypervisorError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Self.unreadable(path, String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Self.unreadable(path, "it is no regular file") }
    guard status.st_size <= DomainConfigFile.maximumSize else {
      throw Self.unreadable(path, "it is larger than \(DomainConfigFile.maximumSize) bytes")
    }
    guard let contents = FileManager.default.contents(atPath: path) else {
      throw Self.unreadable(path, String(cString: strerror(errno)))
    }
    guard let text = String(validating: contents, as: UTF8.self) else {
      throw .invalid("the config file '\(path)' is not valid UTF-8: it is not a text file")
    }
    self.init(name: path, text: text, settings: settings, directory: FileManager.default.currentDirectoryPath)
  }

  private static func unreadable(_ path: String, _ reason: String) -> HypervisorError {
    .invalid("can't read the config file '\(path)': \(reason)")
  }
}
