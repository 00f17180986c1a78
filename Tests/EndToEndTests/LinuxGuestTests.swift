import Foundation
import Testing

/// Debian's unmodified kernel. `make test` fetches it; where it is missing these tests fail and say so.
@Suite(.serialized)
struct LinuxGuestTests {
  private struct Image {
    var kernel: String
    var initrd: String
  }

  private func image() throws -> Image {
    let output = try Domus().ok("guest", "list", "--paths")
    let words = output.split(separator: "\n").first { $0.hasPrefix("debian") }?.split(separator: "\t").map(String.init)
    guard let words, words.count == 3 else {
      throw Domus.Failure(description: "no Debian image; run 'domus guest fetch'")
    }
    return Image(kernel: words[1], initrd: words[2])
  }

  private func create(_ domus: Domus, _ name: String, vcpus: Int = 1, _ settings: String = "") throws {
    let image = try image()
    let config = try domus.file(
      "\(name).cfg",
      """
      name = '\(name)'
      kernel = '\(image.kernel)'
      ramdisk = '\(image.initrd)'
      extra = 'console=ttyS0 quiet domus.name=\(name)'
      memory = 160
      vcpus = \(vcpus)
      \(settings)

      """)
    try domus.ok("create", config)
  }

  @Test(arguments: [1, 4])
  func bootsToAShellThatAnswers(vcpus: Int) throws {
    let domus = try Domus()
    try create(domus, "deb", vcpus: vcpus)
    let console = try ConsoleClient(domus, "deb")
    defer { console.detach() }
    try console.expect("root@deb", seconds: 180)
    try console.type("nproc; uname -m; echo $((6*7))\r")
    try console.expect("\n\(vcpus)", seconds: 60)
    try console.expect("riscv64")
    try console.expect("42")
    // All vCPUs that the guest brought up are online.
    let rows = try domus.ok("vcpu-list", "deb").split(separator: "\n").dropFirst()
    #expect(rows.count { !$0.contains("--p") } == vcpus)
  }

  @Test func vcpusComeIntoServiceAndGoOutOfItWhileLinuxRuns() throws {
    let domus = try Domus()
    try create(domus, "deb", vcpus: 1, "maxvcpus = 3")
    let console = try ConsoleClient(domus, "deb")
    defer { console.detach() }
    try console.expect("root@deb", seconds: 180)
    func online() throws -> Int {
      try domus.ok("vcpu-list", "deb").split(separator: "\n").dropFirst().count { !$0.contains("--p") }
    }
    #expect(try online() == 1)
    for count in [3, 2, 3, 1] {
      try domus.ok("vcpu-set", "deb", "\(count)")
      try wait(for: "\(count) vCPUs to be online") { try online() == count }
      try console.type("echo n=$(nproc)\r")
      try console.expect("n=\(count)", seconds: 60)
    }
    #expect(try domus.run("vcpu-set", "deb", "4").stderr.contains("the domain has 1 to 3"))
  }

  @Test func theGuestLearnsTheSizeOfItsConsole() throws {
    let domus = try Domus()
    try create(domus, "deb", vcpus: 1)
    let tmux = try Tmux(
      width: 91, height: 31, environment: ["DOMUS_DIR": domus.directory.path, "LC_ALL": "C.UTF-8"],
      command: "\(Domus.executable) console deb")
    try tmux.expect("root@deb", seconds: 180)
    for (width, height) in [(91, 31), (132, 40)] {
      try tmux.resize(width, height)
      try wait(for: "the size \(width)x\(height) in the guest", seconds: 60) {
        try tmux.type("stty size\n")
        usleep(700_000)
        return try tmux.screen().contains("\(height - 1) \(width)")
      }
    }
    try tmux.key("C-]")
    try tmux.expect("shell>")
  }

  @Test func shutdownFromOutsidePowersOffThroughTheAgent() throws {
    let domus = try Domus()
    try create(domus, "deb")
    let console = try ConsoleClient(domus, "deb")
    try console.expect("root@deb", seconds: 180)
    console.detach()
    try domus.ok("shutdown", "-w", "deb")
    #expect(try domus.row("deb") == nil)
  }

  @Test func rebootFromOutsideRestartsThroughTheAgent() throws {
    let domus = try Domus()
    try create(domus, "deb")
    let console = try ConsoleClient(domus, "deb")
    defer { console.detach() }
    try console.expect("root@deb", seconds: 180)
    let id = try #require(try domus.row("deb"))[1]
    try domus.ok("reboot", "deb")
    try console.expect("root@deb", seconds: 180)
    #expect(try #require(try domus.row("deb"))[1] != id)
  }

  @Test func kernelPanicEndsAsCrashed() throws {
    let domus = try Domus()
    try create(domus, "deb", "on_crash = 'preserve'")
    let console = try ConsoleClient(domus, "deb")
    defer { console.detach() }
    try console.expect("root@deb", seconds: 180)
    try console.type("echo c > /proc/sysrq-trigger\r")
    try wait(for: "the crashed state") { try domus.state("deb") == "---sc-" }
  }

  @Test func rebootAndPoweroffInTheGuestDoWhatTheConfigSays() throws {
    let domus = try Domus()
    try create(domus, "deb", "on_reboot = 'preserve'")
    let console = try ConsoleClient(domus, "deb")
    try console.expect("root@deb", seconds: 180)
    try console.type("reboot\r")
    try wait(for: "the shutdown state") { try domus.state("deb") == "---s--" }
    console.detach()
    try domus.ok("destroy", "deb")

    try create(domus, "deb")
    let again = try ConsoleClient(domus, "deb")
    defer { again.detach() }
    try again.expect("root@deb", seconds: 180)
    try again.type("poweroff\r")
    try wait(for: "the domain to go") { try domus.row("deb") == nil }
  }

  @Test func guestWithoutAnAgentIsNamedAsSuch() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let output = try domus.run("shutdown", "one")
    #expect(output.status != 0)
    #expect(output.stderr.contains("no guest agent"))
    #expect(try domus.row("one") != nil)
  }
}
