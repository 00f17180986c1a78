import HypervisorModel

@testable import CursesTerminal
@testable import DomusEngine

extension FuzzTarget {
  /// Kernel files: ELF, Linux's Image, both compressed.
  static let kernel = FuzzTarget(name: "kernel") { bytes in
    guard let memory = try? GuestMemory(size: .mebibytes(32)) else { return }
    let machine = MachineDescription(harts: 1, memorySize: 0, isaExtensions: ["i"], commandLine: "quiet", seed: [1])
    _ = try? BootLoader(memory: memory).load(
      kernel: BootFile(bytes: bytes, name: "kernel"), initrd: nil, machine: machine)
  }

  /// A domain's config, and the same bytes as a word of a command line.
  static let config = FuzzTarget(name: "config") { bytes in
    let word = String(decoding: bytes.prefix(100), as: UTF8.self)
    guard let document = try? DomainConfigFile.parse(bytes: bytes, file: "fuzz.cfg") else { return }
    guard let domain = try? DomainConfigFile.domain(from: document, overrides: [], workingDirectory: "/") else {
      return
    }
    _ = try? DomainConfigFile.domain(from: document, overrides: [word], workingDirectory: "/")
    // What a config says of itself is a config for the same domain.
    let again = try? DomainConfigFile.domain(
      from: DomainConfigFile.parse(domain.config.fileText, file: "again.cfg"), workingDirectory: "/")
    precondition(again?.config == domain.config)
  }

  /// The terminal's settings; what is in force can be read again.
  static let toml = FuzzTarget(name: "toml") { bytes in
    var settings = Settings()
    _ = settings.read(String(decoding: bytes, as: UTF8.self), file: "fuzz.toml")
    var again = Settings()
    precondition(again.read(settings.text, file: "again.toml").isEmpty)
  }

  static let theme = FuzzTarget(name: "theme") { bytes in
    _ = try? Theme(parsing: String(decoding: bytes, as: UTF8.self), file: "fuzz.toml")
  }
}
