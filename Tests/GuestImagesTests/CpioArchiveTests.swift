import Testing

@testable import GuestImages

@Suite struct CpioArchiveTests {
  private func sample(reversed: Bool) -> [UInt8] {
    var archive = CpioArchive()
    let add: [(inout CpioArchive) -> Void] = [
      { $0.add("bin/busybox", mode: 0o755, .file([1, 2, 3, 4, 5])) },
      { $0.add("bin/sh", mode: 0o777, .symbolicLink(to: "busybox")) },
      { $0.add("dev/console", mode: 0o600, .characterDevice(major: 5, minor: 1)) },
    ]
    for step in reversed ? add.reversed() : add { step(&archive) }
    return archive.encoded()
  }

  @Test func bytesDependOnTheEntriesOnly() {
    #expect(sample(reversed: false) == sample(reversed: true))
  }

  @Test func anEntryIsAHeaderANameAndPaddedData() {
    var archive = CpioArchive()
    archive.add("a", mode: 0o644, .file([0x41, 0x42, 0x43]))
    let text = String(decoding: archive.encoded().prefix(116), as: UTF8.self)
    let header =
      "070701" + "00000001" + "000081a4" + "00000000" + "00000000" + "00000001" + "68968f80" + "00000003"
      + "00000000" + "00000000" + "00000000" + "00000000" + "00000002" + "00000000"
    #expect(text == header + "a\0" + "ABC\0")
  }

  @Test func archivesEndOnABlockSoThatTheyCanBeConcatenated() {
    #expect(sample(reversed: false).count % 512 == 0)
  }

  @Test(.enabled(if: Pipeline.isInstalled("cpio"))) func cpioReadsIt() throws {
    try withTemporaryDirectory { directory in
      try FileIO.write(sample(reversed: false), to: "\(directory)/archive")
      let listing = try Pipeline("cpio", ["--list", "--verbose", "--quiet", "--file=archive"], in: directory).run()
      let lines = String(decoding: listing, as: UTF8.self).split(separator: "\n")
      #expect(lines.map { $0.prefix(10) } == ["drwxr-xr-x", "-rwxr-xr-x", "lrwxrwxrwx", "drwxr-xr-x", "crw-------"])
      #expect(
        lines.map { $0.split(separator: " ").last ?? "" } == ["bin", "bin/busybox", "busybox", "dev", "dev/console"])
      #expect(lines.last?.contains("5,   1") == true)
    }
  }
}
