import Foundation
import HypervisorModel
import Testing

@testable import DomusEngine

/// Traps, CSRs, WFI, the timer and interrupts.
@Suite(.enabled(if: CrossTools.areInstalled))
struct HartTrapTests {
  /// Sets stvec to `handler`, which saves scause, sepc and stval in a0…a2 and calls the engine.
  static let handler = """
    .option norelax
    lla t0, handler
    csrw stvec, t0
    j main
    .balign 4
    handler:
    csrr a0, scause
    csrr a1, sepc
    csrr a2, stval
    ecall
    main:

    """

  /// The top bit of scause.
  private static let interrupt: UInt64 = 1 << 63

  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let cause: UInt64
    let value: UInt64
    var testDescription: String { text }
  }

  static let exceptions: [Case] = [
    Case(text: ".word 0xffffffff", cause: 2, value: 0xFFFF_FFFF),
    Case(text: ".half 0", cause: 2, value: 0),
    Case(text: "mret", cause: 2, value: 0x3020_0073),
    Case(text: "csrr t0, 0x300", cause: 2, value: 0x3000_22F3),
    Case(text: "csrw cycle, t0", cause: 2, value: 0xC002_9073),
    Case(text: "fadd.d f0, f1, f2", cause: 2, value: 0x0220_F053),
    Case(text: "fld f0, 4(sp)", cause: 2, value: 0x0041_3007),
    Case(text: "csrr t0, fcsr", cause: 2, value: 0x0030_22F3),
    Case(text: "li t1, 0x1000\nfault: ld t0, 8(t1)", cause: 5, value: 0x1008),
    Case(text: "li t1, 0x1000\nfault: sb t0, 3(t1)", cause: 7, value: 0x1003),
    Case(text: "li t1, 0x80000801\nfault: amoadd.w t0, t0, (t1)", cause: 6, value: 0x8000_0801),
    Case(text: "li t1, 0x80000804\nfault: lr.d t0, (t1)", cause: 4, value: 0x8000_0804),
    Case(text: "li t1, 0x1000\nfault: amoswap.d t0, t0, (t1)", cause: 7, value: 0x1000),
    Case(text: "li t1, 0x1000\nfault: lr.w t0, (t1)", cause: 5, value: 0x1000),
  ]

  @Test(arguments: exceptions)
  func trapsPrecisely(_ exception: Case) throws {
    let fault = exception.text.contains("fault:") ? exception.text : "fault: \(exception.text)"
    let machine = try TestMachine(Self.handler + "li s0, 1\nli s1, 2\n\(fault)\nli s1, 3\nj .")
    machine.runToCall()
    #expect(machine.hart.register(10) == exception.cause)
    #expect(machine.hart.register(12) == exception.value)
    // Everything before the instruction has happened, nothing after it.
    #expect(machine.hart.register(8) == 1 && machine.hart.register(9) == 2)
    let pc = PhysicalAddress(machine.hart.register(11))
    #expect(machine.memory.contains(pc, count: 4))
  }

  @Test func breakpointTrapsAtItsAddress() throws {
    let machine = try TestMachine(Self.handler + "lla s0, here\nhere: ebreak")
    machine.runToCall()
    #expect(machine.hart.register(10) == 3)
    #expect(machine.hart.register(11) == machine.hart.register(8))
  }

  @Test func jumpOutOfMemoryTrapsAtTheTarget() throws {
    let machine = try TestMachine(Self.handler + "li t0, 0x4000\njr t0")
    machine.runToCall()
    #expect(machine.hart.register(10) == 1)
    #expect(machine.hart.register(11) == 0x4000)
    #expect(machine.hart.register(12) == 0x4000)
  }

  @Test func userCallsTrapAndSupervisorCallsLeave() throws {
    let machine = try TestMachine(
      Self.handler + "lla t0, user\ncsrw sepc, t0\nli t0, 0x100\ncsrc sstatus, t0\nsret\nuser: li s0, 7\necall")
    machine.runToCall()
    #expect(machine.hart.register(10) == 8)
    #expect(machine.hart.register(8) == 7)
    #expect(machine.hart.save().sstatus & Status.spp == 0)
  }

  @Test(arguments: ["wfi", "sret", "sfence.vma", "csrr t0, sstatus"])
  func userMayNot(_ instruction: String) throws {
    let machine = try TestMachine(
      Self.handler + "lla t0, user\ncsrw sepc, t0\nli t0, 0x100\ncsrc sstatus, t0\nsret\nuser: \(instruction)\necall")
    machine.runToCall()
    #expect(machine.hart.register(10) == 2)
  }

  @Test func usersReadTheTimeFromTheStart() throws {
    let machine = try TestMachine(
      Self.handler + "lla t0, user\ncsrw sepc, t0\nli t0, 0x100\ncsrc sstatus, t0\nsret\nuser: rdtime s0\necall")
    machine.runToCall()
    #expect(machine.hart.register(10) == 8)
  }

  @Test func countersAreForUsersAsScounterenSays() throws {
    let machine = try TestMachine(
      Self.handler
        + """
        li t0, 2
        csrw scounteren, t0
        lla t0, user
        csrw sepc, t0
        li t0, 0x100
        csrc sstatus, t0
        sret
        user: rdtime s0
        here: rdinstret s1
        """)
    machine.runToCall()
    #expect(machine.hart.register(10) == 2)
    #expect(machine.hart.register(12) == 0xC020_24F3)
  }

  @Test func instructionsAreCountedExactly() throws {
    let machine = try TestMachine("rdinstret a0\nli t0, 10\n1: addi t0, t0, -1\nbnez t0, 1b\nrdinstret a1\necall")
    machine.runToCall()
    #expect(machine.hart.register(11) - machine.hart.register(10) == 22)
  }

  @Test func endlessTrapsEndTheHart() throws {
    let machine = try TestMachine("li t0, 0x123000\ncsrw stvec, t0\n.word 0")
    guard case .fault(.trapLoop(let pc, let cause, let value)) = machine.run() else {
      Issue.record("no trap loop")
      return
    }
    #expect(pc == 0x123000 && cause == 1 && value == 0x123000)
  }

  @Test func aHandlerThatFaultsAtItsFirstInstructionEndsTheHart() throws {
    let machine = try TestMachine(
      ".option norelax\nlla t0, h\ncsrw stvec, t0\nli t1, 64\n.word 0\n.balign 4\nh: ld t0, 0(t1)")
    guard case .fault(.trapLoop(_, let cause, let value)) = machine.run() else {
      Issue.record("no trap loop")
      return
    }
    #expect(cause == 5 && value == 64)
  }

  @Test func aHandlerMayFaultLater() throws {
    let machine = try TestMachine(
      ".option norelax\nlla t0, h\ncsrw stvec, t0\n.word 0\n.balign 4\nh: addi s0, s0, 1\nli t0, 5\nbeq s0, t0, 1f\n.word 0\n1: ecall"
    )
    machine.runToCall()
    #expect(machine.hart.register(8) == 5)
  }

  @Test func statusKeepsOnlyWhatExists() throws {
    let machine = try TestMachine(
      "li t0, -1\ncsrw sstatus, t0\ncsrr a0, sstatus\ncsrw sstatus, x0\ncsrr a1, sstatus\necall")
    machine.runToCall()
    #expect(machine.hart.register(10) == Status.writable | Status.uxl64 | Status.sd)
    #expect(machine.hart.register(11) == Status.uxl64)
  }

  @Test func floatingPointTurnsStatusDirty() throws {
    let machine = try TestMachine(
      "li t0, 0x2000\ncsrs sstatus, t0\ncsrr a0, sstatus\nfmv.d.x f0, x0\ncsrr a1, sstatus\necall")
    machine.runToCall()
    #expect(machine.hart.register(10) & (Status.fs | Status.sd) == Status.fsInitial)
    #expect(machine.hart.register(11) & (Status.fs | Status.sd) == Status.fs | Status.sd)
  }

  @Test func reservedDynamicRoundingIsIllegal() throws {
    let machine = try TestMachine(
      Self.handler
        + "li t0, 0x2000\ncsrs sstatus, t0\nfsrmi 5\nfmv.d.x f1, x0\nfadd.d f0, f1, f1, rtz\nfadd.d f0, f1, f1, dyn")
    machine.runToCall()
    #expect(machine.hart.register(10) == 2)
    #expect(machine.hart.register(12) == 0x0210_F053)
  }

  @Test func satpIgnoresUnsupportedModes() throws {
    let machine = try TestMachine(
      "li t0, 0xb << 60 | 5\ncsrw satp, t0\ncsrr a0, satp\nli t0, 0x0ffff00000000005\ncsrw satp, t0\ncsrr a1, satp\necall"
    )
    machine.runToCall()
    #expect(machine.hart.register(10) == 0)
    #expect(machine.hart.register(11) == 5)
  }

  // MARK: Waiting and interrupts

  @Test func waitingEndsTheRunUntilSomethingIsPending() throws {
    let machine = try TestMachine("li t0, 0x202\ncsrw sie, t0\n1: wfi\naddi s0, s0, 1\nj 1b")
    guard case .waiting(let wakeAt) = machine.run() else {
      Issue.record("not waiting")
      return
    }
    #expect(wakeAt == .never)
    #expect(machine.hart.register(8) == 0)
    guard case .waiting = machine.run() else {
      Issue.record("not waiting again")
      return
    }
    #expect(machine.hart.register(8) == 1)
  }

  @Test func waitingSaysWhenTheTimerRings() throws {
    let machine = try TestMachine(
      "li t0, 0x20\ncsrw sie, t0\nrdtime t1\nli t2, 10000000\nadd t1, t1, t2\ncsrw 0x14d, t1\nwfi")
    let before = HostClock.now()
    guard case .waiting(let wakeAt) = machine.run() else {
      Issue.record("not waiting")
      return
    }
    #expect(wakeAt > before && wakeAt < HostClock.now() + .seconds(1))
  }

  @Test func theTimerInterrupts() throws {
    let machine = try TestMachine(
      Self.handler
        + "li t0, 0x20\ncsrw sie, t0\ncsrsi sstatus, 2\nrdtime t1\naddi t1, t1, 200\ncsrw 0x14d, t1\n1: addi s0, s0, 1\nj 1b"
    )
    machine.runToCall()
    #expect(machine.hart.register(10) == Self.interrupt | 5)
    #expect(machine.hart.register(8) > 0)
  }

  @Test func vectoredInterruptsEnterAtTheirEntry() throws {
    let machine = try TestMachine(
      ".option norelax\nlla t0, v\naddi t0, t0, 1\ncsrw stvec, t0\nli t0, 2\ncsrw sie, t0\ncsrsi sstatus, 2\ncsrsi sip, 2\n1: j 1b\n.balign 4\n.option norvc\nv: j v\nli a0, 77\n.option rvc\necall"
    )
    machine.runToCall()
    #expect(machine.hart.register(10) == 77)
    #expect(machine.hart.save().scause == Self.interrupt | 1)
  }

  @Test func interruptsOfOtherThreadsAreTakenWhileRunning() throws {
    let machine = try TestMachine(
      Self.handler + "li t0, 0x200\ncsrw sie, t0\ncsrsi sstatus, 2\n1: addi s0, s0, 1\nj 1b")
    let interrupts = machine.hart.interrupts
    Thread.detachNewThread {
      usleep(20_000)
      interrupts.raise(InterruptPending.Bit.supervisorExternal)
    }
    machine.runToCall()
    #expect(machine.hart.register(10) == Self.interrupt | 9)
  }

  @Test func aKickEndsTheRunOnce() throws {
    let machine = try TestMachine("1: addi s0, s0, 1\nj 1b")
    machine.hart.kick()
    guard case .preempted = machine.hart.run(until: .never) else {
      Issue.record("not preempted")
      return
    }
    #expect(!machine.hart.hasUnservedRequests)
  }

  @Test func theStateSurvivesACopy() throws {
    let program =
      "li s0, 42\nli t0, 0x6000\ncsrs sstatus, t0\nfmv.d.x f3, s0\nfsrmi 2\ncsrw sscratch, s0\necall\naddi s0, s0, 1\nfmv.x.d s1, f3\necall"
    let first = try TestMachine(program)
    first.runToCall()
    let second = try TestMachine()
    try second.load(program)
    try second.hart.restore(first.hart.save())
    #expect(second.hart.save() == first.hart.save())
    second.runToCall()
    #expect(second.hart.register(8) == 43 && second.hart.register(9) == 42)
  }
}
