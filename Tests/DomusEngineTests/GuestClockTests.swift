import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct GuestClockTests {
  @Test func aTickHasATimeOnTheHost() {
    let clock = GuestClock(startingAt: .seconds(5))
    #expect(clock.ticks(at: .seconds(6)) == GuestClock.frequency)
    #expect(clock.machineTime(ofTick: 0) == .seconds(5))
    #expect(clock.machineTime(ofTick: GuestClock.frequency) == .seconds(6))
  }

  @Test func aTimeSpanIsRightThoughTheWallClockIsSetInBetween() {
    for wallClock in [1e9, 2e9, 0] {
      let start = HostClock.wallClock(at: .seconds(5), now: .seconds(65), wallClock)
      #expect(wallClock - start == 60)
    }
  }

  @Test func aTickThatIsTooFarAwayNeverComes() {
    let clock = GuestClock(startingAt: .seconds(5))
    #expect(clock.machineTime(ofTick: .max) == .never)
    #expect(clock.machineTime(ofTick: .max / 100) == .never)
    #expect(clock.machineTime(ofTick: .max / 100 - 5 * GuestClock.frequency - 1) > .seconds(1))
  }

  @Test func aTickBeforeTheHostsOwnTimeHasCome() {
    // A guest that came from a host that had been up for longer.
    let clock = GuestClock(startingAt: Nanoseconds(0 &- 1_000_000_000))
    #expect(clock.machineTime(ofTick: 0) == .zero)
    #expect(clock.machineTime(ofTick: 2 * GuestClock.frequency) == .seconds(1))
  }
}
