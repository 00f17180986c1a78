import Testing

@testable import DomusEngine

@Suite struct LinuxCommandLineTests {
  private func text(_ operators: String, _ online: Int? = nil) -> String {
    LinuxCommandLine(operators, onlineVCPUs: online).text
  }

  @Test func whatIsAddedStandsBehindTheOperatorsWords() {
    #expect(text("") == "panic=-1 reboot=panic_warm")
    #expect(text("console=ttyS0  a=\"b  c\"") == "console=ttyS0  a=\"b  c\" panic=-1 reboot=panic_warm")
    #expect(text("quiet", 2) == "quiet panic=-1 reboot=panic_warm maxcpus=2")
  }

  @Test func whatTheOperatorSaysIsLeftAlone() {
    #expect(text("panic=5 quiet") == "panic=5 quiet reboot=panic_warm")
    #expect(text("reboot=cold") == "reboot=cold panic=-1")
    #expect(text("maxcpus=1 panic=0 reboot=warm", 2) == "maxcpus=1 panic=0 reboot=warm")
    #expect(text("panic_on_oops=1") == "panic_on_oops=1 panic=-1 reboot=panic_warm")
  }

  @Test func wordsForInitStayTheLast() {
    #expect(text("quiet -- panic=3 -x") == "quiet panic=-1 reboot=panic_warm -- panic=3 -x")
  }

  @Test func aWarmRebootIsAPanicOnlyWhereTheKernelWasToldSo() {
    #expect(LinuxCommandLine.rebootsWarmOnPanic(text("quiet")))
    #expect(LinuxCommandLine.rebootsWarmOnPanic("reboot=cold reboot=panic_warm"))
    #expect(!LinuxCommandLine.rebootsWarmOnPanic(text("reboot=warm")))
    #expect(!LinuxCommandLine.rebootsWarmOnPanic(""))
    #expect(!LinuxCommandLine.rebootsWarmOnPanic("quiet -- reboot=panic_warm"))
  }

  @Test func anEndSaysWhatTheGuestAskedFor() {
    func end(_ kind: SBIReset.Kind, _ reason: SBIReset.Reason = .none, isPanic: Bool = false) -> MachineEnd {
      .reset(SBIReset(kind: kind, reason: reason), isPanic: isPanic)
    }
    #expect(end(.shutdown).reason == .poweroff)
    #expect(end(.shutdown).text == "asked for a shutdown")
    #expect(end(.coldReboot).reason == .reboot)
    #expect(end(.warmReboot).reason == .reboot)
    #expect(end(.warmReboot).text == "asked for a warm reboot")
    #expect(end(.warmReboot, isPanic: true).reason == .crash)
    #expect(end(.warmReboot, isPanic: true).text == "crashed: its kernel panicked and rebooted")
    #expect(end(.shutdown, .systemFailure).reason == .crash)
    #expect(end(.coldReboot, .systemFailure).text == "asked for a cold reboot because of a system failure")
  }
}
