import HypervisorModel
import Testing

@testable import DomusEngine

@Suite(.serialized) struct MachineStateTests {
  @Test func aMachineRunsOnAClockThatATestMoves() throws {
    let hand = try HandMachine()
    hand.run()
    #expect(hand.answer("time").contains("\n0.000000"))
    hand.time.set(hand.time.now + .seconds(3600))
    #expect(hand.answer("time").contains("\n3600.000000"))
  }

  @Test func theSameClockAndEntropyGiveTheSameLife() throws {
    let hands = [try HandMachine(), try HandMachine()]
    for hand in hands {
      hand.run()
      #expect(hand.answer("echo hello").contains("\nhello"))
      try hand.machine.quiesce()
    }
    #expect(try hands[0].machine.save() == hands[1].machine.save())
    #expect(try hands[0].memory() == hands[1].memory())
  }

  @Test func aRestoredMachineGoesOnAsTheFirst() throws {
    let first = try HandMachine()
    first.run()
    _ = first.answer("fill 2")
    try first.machine.quiesce()
    let written = try first.machine.save().encoded()
    let memory = try first.memory()

    // Another host, whose clock has nothing to do with the first one's.
    let second = try HandMachine(seed: 2)
    second.time.set(.seconds(77))
    #expect(second.machine.memory.write(PhysicalAddress(GuestMemory.base), memory))
    try second.machine.quiesce()
    try second.machine.restore(MachineState.decode(written))
    #expect(try second.machine.save().encoded() == written)

    for hand in [first, second] { hand.machine.resume() }
    for command in ["time", "free", "echo still here", "help"] {
      let answer = first.answer(command)
      #expect(second.answer(command) == answer)
      #expect(answer.count > command.count + 2)
    }
    for hand in [first, second] { try hand.machine.quiesce() }
    #expect(try first.machine.save() == second.machine.save())
    #expect(try first.memory() == second.memory())
  }

  @Test func aStateOfAnotherMachineOrVersionIsRefused() throws {
    let hand = try HandMachine()
    hand.run()
    try hand.machine.quiesce()
    let state = try hand.machine.save()

    var other = state
    other.harts.append(state.harts[0])
    #expect(throws: StateError.otherMachine("it has 2 harts in place of 1")) { try hand.machine.restore(other) }
    other = state
    other.slots.removeLast()
    #expect(throws: StateError.self) { try hand.machine.restore(other) }
    other = state
    other.slots.swapAt(0, 1)
    #expect(throws: StateError.self) { try hand.machine.restore(other) }

    var newer = state
    newer.version += 1
    let written = try newer.encoded()
    #expect(throws: StateError.newer(part: "machine", version: 2, supported: 1)) { try MachineState.decode(written) }
    let whole = try state.encoded()
    for count in [0, 1, whole.count / 2, whole.count - 1] {
      #expect(throws: StateError.unreadable(part: "machine")) { try MachineState.decode(whole.prefix(count)) }
    }
  }
}
