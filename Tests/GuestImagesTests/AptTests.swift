import Testing

@testable import GuestImages

@Suite struct AptTests {
  @Test func stanzasGiveTheMirrorAndItsKeyring() {
    let text = """
      # a comment
      Types: deb deb-src
      URIs: http://mirror.example.org/debian/
      Suites: bookworm bookworm-updates
      Components: main
       contrib
      Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
      """
    #expect(
      AptSources.debianMirror(in: [("/etc/apt/sources.list.d/debian.sources", text)])
        == AptMirror(
          uri: "http://mirror.example.org/debian/", keyrings: ["/usr/share/keyrings/debian-archive-keyring.gpg"]))
    #expect(AptSources.stanzas(text).map(\.components) == [["main", "contrib"], ["main", "contrib"]])
  }

  @Test func oneLineEntriesMayHaveOptions() {
    let text = """
      deb-src http://first.example.org/debian bookworm main
      deb [ arch=amd64 signed-by=/a.gpg,/b.gpg ] https://second.example.org/debian bookworm main contrib # note
      """
    #expect(
      AptSources.debianMirror(in: [("/etc/apt/sources.list", text)])
        == AptMirror(uri: "https://second.example.org/debian", keyrings: ["/a.gpg", "/b.gpg"]))
  }

  @Test(arguments: [
    "deb http://security.debian.org/debian-security bookworm-security main",
    "deb http://archive.ubuntu.com/ubuntu noble main",
    "deb cdrom:[Debian]/debian bookworm main",
    "deb http://deb.debian.org/debian bookworm contrib",
    "deb [arch=amd64 http://deb.debian.org/debian bookworm main",
    "deb",
  ]) func otherArchivesAndBrokenLinesAreNoMirror(line: String) {
    #expect(AptSources.debianMirror(in: [("sources.list", line)]) == nil)
  }

  @Test func disabledStanzasAndEmbeddedKeysAreSkipped() {
    let text = """
      Types: deb
      URIs: http://off.example.org/debian
      Suites: trixie
      Components: main
      Enabled: no

      Types: deb
      URIs: http://on.example.org/debian
      Suites: trixie
      Components: main
      Signed-By:
       -----BEGIN PGP PUBLIC KEY BLOCK-----
       .
       /aBase64Line
      """
    let mirror = AptSources.debianMirror(in: [("x.sources", text)])
    #expect(mirror == AptMirror(uri: "http://on.example.org/debian"))
  }

  @Test func progressIsReadFromPiecesOfLines() {
    var progress = AptProgress()
    #expect(progress.receive(Array("Get:1 http://x\ndlstatus:2:10.66".utf8)) == nil)
    #expect(progress.receive(Array("68:Retrieving file 2 of 2\ndlstatus:2:25.0:Retr".utf8)) == 0.106668)
    #expect(progress.receive(Array("ieving: file\n".utf8)) == 0.25)
    #expect(AptProgress.fraction(of: "dlstatus:1:nan:x") == nil)
    #expect(AptProgress.fraction(of: "dlstatus:1:250:x") == 1)
  }

  @Test(arguments: [
    ("E: Failed to fetch http://x  Could not resolve 'x'", "network"),
    ("E: You don't have enough free space in /x.", "disk"),
    ("E: The repository 'http://x' is not signed.", "trust"),
    ("E: Could not get lock /x/lock", "busy"),
    ("E: Strange", "program"),
  ]) func failuresAreTold(detail: String, kind: String) {
    let apt = PrivateApt(directory: "/d", mirror: .fallback, keyrings: [], suite: "trixie")
    let told =
      switch apt.classified(.programFailed(program: "apt-get", detail: detail)) {
      case .network: "network"
      case .diskFull: "disk"
      case .untrusted: "trust"
      case .busy: "busy"
      default: "program"
      }
    #expect(told == kind)
  }
}
