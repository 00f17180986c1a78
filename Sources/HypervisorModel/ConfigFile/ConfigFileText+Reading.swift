import FoundationEssentials
import Glibc

extension ConfigFileText {
  /// A file as it is, for a host that reads it seen from this directory.
  public init(reading path: String, settings: [String] = []) throws(HypervisorError) {
    guard let contents = FileManager.default.contents(atPath: path) else {
      throw .invalid("can't read the config file '\(path)': \(String(cString: strerror(errno)))")
    }
    guard let text = String(validating: contents, as: UTF8.self) else {
      throw .invalid("the config file '\(path)' is not valid UTF-8: it is not a text file")
    }
    self.init(name: path, text: text, settings: settings, directory: FileManager.default.currentDirectoryPath)
  }
}
