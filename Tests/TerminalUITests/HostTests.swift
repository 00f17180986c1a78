import HypervisorModel
import Testing

@testable import TerminalUI

/// Whose host it is that something is known of.
@Suite struct HostTests {
  private let other = HostID(rawValue: "other")

  private func samples(_ milliseconds: UInt64) -> HostSnapshot {
    snapshot(at: milliseconds, [domain(0, "Domain-0"), domain(1, "web1")])
  }

  private func description(of id: HostID) -> HostDescription {
    var description = host
    description.host = id
    return description
  }

  @Test func aHostThatWasOutOfReachIsTheSameByItsID() {
    var state = makeState([samples(9000)])
    state.type("j +")
    _ = state.update(.disconnected("the host process has gone"))
    _ = state.update(.described(host))
    // Another process, whose clock is its own.
    _ = state.update(.snapshot(samples(10)))
    #expect(state.marks == [reference(1)])
    #expect(state.type("u").requests.contains(.scheduling(reference(1), SchedulingChange(.credit2, [.weight: 256]))))
  }

  @Test func whatIsKnownOfOneHostIsNotTakenForAnothers() {
    var state = makeState([samples(9000)])
    state.type("j+")
    _ = state.update(.disconnected("no route to host"))
    _ = state.update(.host(other, .described(description(of: other))))
    #expect(state.shownHost == other)
    #expect(state.allDomains.isEmpty && state.host.disconnection == nil)
    #expect(state.type("u").isEmpty)
    #expect(state.screen.text.contains("there is nothing to undo"))
    #expect(state.log.entries.last?.text == "another host answers")
  }

  @Test func whatAHostSaysThatIsNotShownChangesNothing() {
    var state = makeState([samples(9000)])
    let before = state.screen
    _ = state.update(.host(other, .snapshot(snapshot(at: 1, [domain(7, "elsewhere")]))))
    _ = state.update(.host(other, .disconnected("gone")))
    #expect(state.screen == before)
  }

  @Test func aHostThatCannotBeReachedAtTheStartGetsItsIDLater() {
    var state = UIState()
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    _ = state.update(.host(.untold, .disconnected("connection refused")))
    #expect(state.screen.text.contains("connection refused"))
    _ = state.update(.described(host))
    _ = state.update(.snapshot(samples(1000)))
    #expect(state.shownHost == lab)
    #expect(state.screen.text.contains("web1"))
    #expect(!state.screen.text.contains("connection refused"))
  }

  @Test func requestsGoToTheHostThatIsShown() {
    var state = makeState([samples(9000)])
    state.press(.down)
    guard case .perform(.life(reference(1), .pause), _, on: lab)? = state.type("p").first else {
      return #expect(Bool(false))
    }
  }
}
