import FoundationEssentials
import Testing

@testable import HypervisorModel

@Suite struct UnitsTests {
  @Test func timeSaturatesAtBothEnds() {
    #expect(Nanoseconds.never + .seconds(1) == .never)
    #expect(Nanoseconds.zero - .seconds(1) == .zero)
    #expect(Nanoseconds.milliseconds(1500).seconds == 1.5)
    #expect(Nanoseconds.microseconds(2) + Nanoseconds(5) == Nanoseconds(2005))
  }

  @Test func memorySaturatesAtBothEnds() {
    #expect(Bytes(.max) + .kibibytes(1) == Bytes(.max))
    #expect(Bytes.zero - .kibibytes(1) == .zero)
    #expect(Bytes(1_048_575).mebibytes == 0)
    #expect(Bytes(1_048_575).kibibytes == 1023)
    #expect(Bytes.mebibytes(96).kibibytes == 98304)
  }

  @Test func weightsAndCapsHaveBounds() {
    #expect(Weight(rawValue: 0) == nil)
    #expect(Weight(rawValue: 65536) == nil)
    #expect(Weight(rawValue: 65535)?.rawValue == 65535)
    #expect(Weight(clamping: -5).rawValue == 1)
    #expect(Cap(rawValue: -1) == nil)
    #expect(Cap(rawValue: 0) == Cap.none)
    #expect(Cap(clamping: 1_000_000).rawValue == 65535)
  }

  @Test func domainStatesReadAsInXentop() {
    let states: [DomainState] = [
      .building, .running, .runnable, .blocked, .paused, .shutdown(.poweroff), .shutdown(.crash), .dying,
    ]
    #expect(
      states.map(\.flags) == ["------", "-----r", "------", "--b---", "----p-", "-s----", "-s-c--", "d-----"])
    #expect(
      states.map(\.word) == ["building", "running", "runnable", "blocked", "paused", "shutdown", "crashed", "dying"])
  }
}

@Suite struct HypervisorErrorTests {
  @Test func everyErrorTellsWhatToDo() {
    #expect(HypervisorError.noSuchDomain("web").description == "no domain 'web' here; 'domus list' shows what there is")
    #expect(
      HypervisorError.wrongState(operation: .unpause, domain: "web", state: "running").description
        == "can't unpause domain 'web': it is running")
    #expect(
      HypervisorError.exists("web").description
        == "a domain 'web' is there already; destroy it or choose another name")
    #expect(
      HypervisorError.unavailable(operation: .setCredit2, reason: "Domain-0 has no vCPU").description
        == "sched-credit2 is not available: Domain-0 has no vCPU")
    #expect(
      HypervisorError.noAgent(domain: "web").description
        == "domain 'web' has no guest agent that answers; use its console, or 'domus destroy web' to take it away")
    #expect(
      HypervisorError.readOnly(operation: .destroy).description == "can't destroy: this connection is read-only")
  }

  @Test func requestsKnowTheirDomainAndTheirName() {
    let reference = DomainReference(host: HostID(rawValue: "h"), uuid: .zero, id: DomainID(3))
    #expect(
      Request.creation(.create(source: .config(DomainConfig(name: "a", kernel: .builtin)), paused: false)).domain == nil
    )
    #expect(Request.scheduling(reference, SchedulingChange(.credit2, [:])).domain == reference)
    #expect(Request.scheduling(reference, SchedulingChange(.credit2, [:])).operation.rawValue == "sched-credit2")
    #expect(Request.life(reference, .reboot).operation == .reboot)
  }
}
