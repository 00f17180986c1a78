import Testing

@testable import DomusEngine

@Suite struct PLICTests {
  private let harts = [InterruptPending(), InterruptPending()]
  private let woken = Recorder<Int>()

  private func makePLIC() -> PLIC { PLIC(harts: harts, wake: { [woken] in woken.append($0) }) }

  private func isRaised(_ hart: Int) -> Bool {
    harts[hart].pending & InterruptPending.Bit.supervisorExternal != 0
  }

  private func enable(_ plic: PLIC, source: Int, context: Int, priority: UInt64 = 1) {
    plic.write(offset: UInt64(4 * source), width: 4, value: priority)
    let offset = 0x2000 + 0x80 * UInt64(context)
    plic.write(offset: offset, width: 4, value: plic.read(offset: offset, width: 4) | 1 << UInt64(source))
  }

  private func claim(_ plic: PLIC, context: Int) -> UInt64 {
    plic.read(offset: 0x20_0004 + 0x1000 * UInt64(context), width: 4)
  }

  private func complete(_ plic: PLIC, context: Int, _ source: UInt64) {
    plic.write(offset: 0x20_0004 + 0x1000 * UInt64(context), width: 4, value: source)
  }

  @Test func anEnabledSourceRaisesTheExternalInterruptOfItsHartOnly() {
    let plic = makePLIC()
    enable(plic, source: 10, context: 1)
    plic.line(10).set(true)
    #expect(!isRaised(0))
    #expect(isRaised(1))
    #expect(woken.all == [1])
  }

  @Test func aSourceWithoutPriorityOrEnableStaysSilentButPending() {
    let plic = makePLIC()
    plic.line(3).set(true)
    #expect(plic.read(offset: 0x1000, width: 4) == 1 << 3)
    #expect(!isRaised(0))
    enable(plic, source: 3, context: 0, priority: 0)
    #expect(!isRaised(0))
    #expect(claim(plic, context: 0) == 0)
  }

  @Test func aClaimTakesTheHighestPriorityAndThenTheLowestNumber() {
    let plic = makePLIC()
    for (source, priority) in [(4, 1), (5, 3), (6, 3)] {
      enable(plic, source: source, context: 0, priority: UInt64(priority))
      plic.line(source).set(true)
    }
    #expect(claim(plic, context: 0) == 5)
    #expect(claim(plic, context: 0) == 6)
    #expect(claim(plic, context: 0) == 4)
    #expect(claim(plic, context: 0) == 0)
    #expect(!isRaised(0))
  }

  @Test func theLevelIsLookedAtAgainOnCompletion() {
    let plic = makePLIC()
    enable(plic, source: 7, context: 0)
    plic.line(7).set(true)
    #expect(claim(plic, context: 0) == 7)
    #expect(!isRaised(0))
    complete(plic, context: 0, 7)
    #expect(isRaised(0))
    #expect(claim(plic, context: 0) == 7)
    plic.line(7).set(false)
    complete(plic, context: 0, 7)
    #expect(!isRaised(0))
    #expect(claim(plic, context: 0) == 0)
  }

  @Test func aLatchedRequestSurvivesItsLine() {
    let plic = makePLIC()
    enable(plic, source: 7, context: 0)
    plic.line(7).set(true)
    plic.line(7).set(false)
    #expect(isRaised(0))
    #expect(claim(plic, context: 0) == 7)
  }

  @Test func onlyOneContextGetsAClaim() {
    let plic = makePLIC()
    enable(plic, source: 2, context: 0)
    enable(plic, source: 2, context: 1)
    plic.line(2).set(true)
    #expect(isRaised(0) && isRaised(1))
    #expect(claim(plic, context: 1) == 2)
    #expect(claim(plic, context: 0) == 0)
    #expect(!isRaised(0) && !isRaised(1))
  }

  @Test func theThresholdMasksInterruptsButNotClaims() {
    let plic = makePLIC()
    enable(plic, source: 2, context: 0, priority: 3)
    plic.write(offset: 0x20_0000, width: 4, value: 3)
    plic.line(2).set(true)
    #expect(!isRaised(0))
    plic.write(offset: 0x20_0000, width: 4, value: 2)
    #expect(isRaised(0))
    plic.write(offset: 0x20_0000, width: 4, value: 7)
    #expect(!isRaised(0))
    #expect(claim(plic, context: 0) == 2)
  }

  @Test func completionOfADisabledSourceIsIgnored() {
    let plic = makePLIC()
    enable(plic, source: 2, context: 0)
    plic.line(2).set(true)
    #expect(claim(plic, context: 0) == 2)
    complete(plic, context: 1, 2)
    #expect(!isRaised(0))
    complete(plic, context: 0, 2)
    #expect(isRaised(0))
  }

  @Test func prioritiesAndThresholdsKeepThreeBits() {
    let plic = makePLIC()
    plic.write(offset: 4, width: 4, value: 0xffff_ffff)
    plic.write(offset: 0x20_0000, width: 4, value: 0xffff_ffff)
    #expect(plic.read(offset: 4, width: 4) == 7)
    #expect(plic.read(offset: 0x20_0000, width: 4) == 7)
    plic.write(offset: 0x2000, width: 4, value: 0xffff_ffff)
    #expect(plic.read(offset: 0x2000, width: 4) == 0xffff_fffe)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func garbageIsHarmless(seed: UInt64) {
    let plic = makePLIC()
    var random = SeededGenerator(seed: seed)
    let bases: [UInt64] = [0, 0x1000, 0x2000, 0x20_0000, 0x20_1000, .max - 0xfff]
    for _ in 0..<100_000 {
      let width = 1 << Int.random(in: 0...3, using: &random)
      let base = bases.randomElement(using: &random) ?? 0
      let offset = base + (UInt64.random(in: 0..<0x1000, using: &random) & ~UInt64(width - 1))
      switch Int.random(in: 0..<3, using: &random) {
      case 0: _ = plic.read(offset: offset, width: width)
      case 1: plic.write(offset: offset, width: width, value: random.next())
      default: plic.line(Int.random(in: -1...40, using: &random)).set(Bool.random(using: &random))
      }
    }
    #expect(plic.read(offset: 0x1000, width: 4) & 1 == 0)
  }
}
