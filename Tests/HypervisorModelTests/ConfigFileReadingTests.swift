import Foundation
import HypervisorModel
import Testing

@Suite final class ConfigFileReadingTests {
  private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("domus-\(UUID().uuidString)")
    .path

  init() throws { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  private func fault(_ path: String) -> String {
    do throws(HypervisorError) {
      _ = try ConfigFileText(reading: path)
      return "-"
    } catch { return error.description }
  }

  @Test func aRegularFileIsReadAsItIs() throws {
    let path = directory + "/a.cfg"
    try Data("name = 'ü'\n".utf8).write(to: URL(fileURLWithPath: path))
    let file = try ConfigFileText(reading: path, settings: ["vcpus=2"])
    #expect(file.name == path && file.text == "name = 'ü'\n" && file.settings == ["vcpus=2"])
  }

  @Test func whatIsNoConfigFileIsNamedWithTheReason() throws {
    let (pipe, image, binary) = (directory + "/pipe", directory + "/image", directory + "/binary")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(FileManager.default.createFile(atPath: image, contents: nil) && truncate(image, 1 << 30) == 0)
    try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: binary))
    #expect(fault(pipe).hasSuffix("it is no regular file"))
    #expect(fault(directory).hasSuffix("it is no regular file"))
    #expect(fault(image).contains("it is larger than"))
    #expect(fault(binary).contains("not valid UTF-8"))
    #expect(fault(directory + "/none").hasSuffix("No such file or directory"))
  }
}
