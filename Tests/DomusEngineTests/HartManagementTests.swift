import Testing

@testable import DomusEngine

/// What harts of one machine do to each other by SBI calls, run by real programs.
@Suite(.enabled(if: CrossTools.areInstalled), .serialized)
struct HartManagementTests {
  @Test func aFenceMayReachTheEndOfTheAddressSpace() async throws {
    let output = try await GuestProgram.output(
      """
      .macro fence_end extension, function, first, second
      li a0, 1
      li a1, 0
      li \\first, -4096
      li \\second, 4096
      sbi \\extension, \\function
      addi a0, a0, 'A'
      li a7, 1
      ecall
      .endm
      start:
      fence_end RFENCE, 1, a2, a3
      li a4, 5
      fence_end RFENCE, 2, a2, a3
      fence_end 6, 0, a1, a2
      li a3, 5
      fence_end 7, 0, a1, a2
      poweroff
      """)
    #expect(output == "AAAA")
  }

  /// Hart 0 suspends itself, having enabled the interrupts in `sie`, and says how the call returned.
  private func suspending(type: String = "0", _ setUp: String) async throws -> String {
    try await GuestProgram.output(
      """
      start:
      \(setUp)
      li a0, \(type)
      sbi HSM, 3
      addi a0, a0, 'A'
      li a7, 1
      ecall
      poweroff
      """)
  }

  @Test func aSuspendedHartResumesForAnInterruptThatIsPendingAlready() async throws {
    #expect(try await suspending("csrwi sie, 2\ncsrsi sip, 2") == "A")
  }

  @Test func aSuspendedHartResumesForItsTimer() async throws {
    let timer = "li t0, 32\ncsrw sie, t0\nrdtime t0\nli t1, 100000\nadd t0, t0, t1\ncsrw 0x14D, t0"
    #expect(try await suspending(timer) == "A")
  }

  @Test func theUpperHalfOfASuspendTypeDoesNotCount() async throws {
    #expect(try await suspending(type: "0xdeadbeef00000000", "csrwi sie, 2\ncsrsi sip, 2") == "A")
  }

  @Test func othersSeeAHartStartSuspendResumeAndStop() async throws {
    // Waits for a state of hart 1 and prints it.
    let output = try await GuestProgram.output(
      """
      .macro await state
      1: li a0, 1
      sbi HSM, 2
      li t0, \\state
      bne a1, t0, 1b
      print '0' + \\state
      .endm
      start:
      await 1
      li a0, 1
      lla a1, second
      li a2, 77
      sbi HSM, 0
      await 0
      lla t0, go
      li t1, 1
      sw t1, (t0)
      await 4
      li a0, 2
      li a1, 0
      sbi IPI, 0
      await 1
      poweroff
      second:
      lla t0, go
      1: lw t1, (t0)
      beqz t1, 1b
      csrwi sie, 2
      li a0, 0
      sbi HSM, 3
      sbi HSM, 1
      .balign 4
      go: .word 0
      """, vcpus: 2)
    #expect(output == "1041")
  }

  @Test func anInterruptThatArrivesDuringACSRInstructionForOthersIsKept() async throws {
    // Hart 1 interrupts hart 0 and waits until it has seen that, again and again.
    let output = try await GuestProgram.output(
      """
      start:
      li a0, 1
      lla a1, second
      li a2, 0
      sbi HSM, 0
      lla s0, seen
      li s1, 0
      li s2, 20000
      li t0, 0x220
      li t2, 2
      1: csrs sip, t0
      csrr t1, sip
      and t1, t1, t2
      beqz t1, 1b
      csrrc t1, sip, t2
      addi s1, s1, 1
      sd s1, (s0)
      bne s1, s2, 1b
      print 'k'
      poweroff
      second:
      lla s0, seen
      li s1, 0
      2: li a0, 1
      li a1, 0
      sbi IPI, 0
      addi s1, s1, 1
      3: ld t0, (s0)
      bne t0, s1, 3b
      j 2b
      .balign 8
      seen: .quad 0
      """, vcpus: 2)
    #expect(output == "k")
  }

  @Test func codeThatOthersHaveFencedIsNotRunInItsOldForm() async throws {
    // Hart 0 writes `li a0, n` into a function, fences all harts and then publishes n; whoever reads n there and gets less
    // from the function ran old code.
    let output = try await GuestProgram.output(
      """
      start:
      li s3, 7
      1: mv a0, s3
      lla a1, second
      li a2, 0
      sbi HSM, 0
      addi s3, s3, -1
      bnez s3, 1b
      lla s0, published
      lla s1, function
      li s2, 0
      li s3, 1500
      2: addi s2, s2, 1
      slli t0, s2, 20
      ori t0, t0, 0x513
      sw t0, (s1)
      fence
      li a0, 0
      li a1, -1
      sbi RFENCE, 0
      sd s2, (s0)
      bne s2, s3, 2b
      print 'k'
      poweroff
      second:
      lla s0, published
      3: ld s2, (s0)
      fence
      jal function
      bge a0, s2, 3b
      print 'o'
      poweroff
      .balign 4
      .option norvc
      function: li a0, 0
      ret
      .balign 8
      published: .quad 0
      """, vcpus: 8, pcpus: 4)
    #expect(output == "k")
  }
}
