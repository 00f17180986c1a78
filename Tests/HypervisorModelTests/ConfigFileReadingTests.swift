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
    #expect(fault(pipe).hasSuffix("it is not a regular file"))
    #expect(fault(directory).hasSuffix("it is not a regular file"))
    #expect(fault(image).contains("it is larger than"))
    #expect(fault(binary).contains("not valid UTF-8"))
    #expect(fault(directory + "/none").hasSuffix("No such file or directory"))
  }

  @Test func aCommandLineMayNameAPipeOrNoFileAtAll() throws {
    let path = directory + "/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    // Opened for both ways, so that neither end waits for the other.
    let pipe = open(path, O_RDWR)
    #expect(write(pipe, "memory = 64\n", 12) == 12)
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { close(pipe) }
    #expect(try ConfigFileText(words: [path, "name=x"]).text == "memory = 64\n")

    #expect(try ConfigFileText(words: ["/dev/null", "name=x"]).text == "")
    let bare = try ConfigFileText(words: ["name=x", "memory=64"])
    #expect(bare.name == "command line" && bare.settings == ["name=x", "memory=64"])
  }
}
