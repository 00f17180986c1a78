import Glibc
import HypervisorModel
import Schedulers
import Synchronization
import Testing

@testable import DomusEngine

/// A mailbox that a vCPU empties: what a guest's pending interrupts are.
private final class Mailbox: Sendable {
  let sent = Atomic<Int>(0)
  let seen = Atomic<Int>(0)

  /// A vCPU that takes what is there and blocks when it has seen nothing new.
  func reader(then react: @escaping @Sendable () -> Void = {}) -> FakeVCPU {
    FakeVCPU { [self] in
      let sent = sent.load(ordering: .sequentiallyConsistent)
      guard seen.exchange(sent, ordering: .sequentiallyConsistent) == sent else {
        react()
        return nil
      }
      return .blocked(until: .never)
    }
  }
}

private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
  await withTaskGroup(of: Void.self) { group in
    for index in 0..<count { group.addTask { body(index) } }
  }
}

@Suite(.serialized) struct DispatcherStressTests {
  @Test func noWakeUpIsEverLost() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    let mailbox = Mailbox()
    let vcpu = mailbox.reader()
    dispatcher.add(1, [vcpu])
    let key = VCPUKey(domain: DomainID(1), index: 0)
    for message in 1...30_000 {
      mailbox.sent.store(message, ordering: .sequentiallyConsistent)
      dispatcher.wake(key)
      guard message % 3 == 0 else { continue }
      // Nobody wakes it again: if this one was lost, it stays blocked.
      let arrived = soon { mailbox.seen.load(ordering: .sequentiallyConsistent) == message }
      #expect(arrived)
      if !arrived { return }
    }
  }

  @Test func messagesThatGoRoundAmongManyVCPUsNeverStop() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    let boxes = (0..<4).map { _ in Mailbox() }
    let vcpus = (0..<4).map { index in
      let next = (index + 1) % 4
      return boxes[index].reader {
        boxes[next].sent.add(1, ordering: .sequentiallyConsistent)
        dispatcher.wake(VCPUKey(domain: DomainID(1), index: UInt32(next)))
      }
    }
    dispatcher.add(1, vcpus)
    boxes[0].sent.add(1, ordering: .sequentiallyConsistent)
    dispatcher.wake(VCPUKey(domain: DomainID(1), index: 0))
    #expect(eventually { boxes[0].seen.load(ordering: .relaxed) > 20_000 })
    #expect(!vcpus.contains { $0.hasRunTwiceAtOnce })
  }

  @Test(.timeLimit(.minutes(2)))
  func pausingRemovingWakingAndReweightingFromManyThreadsEndsWell() async throws {
    let dispatcher = try dispatcher(pcpus: 2)
    let isFaulty = Atomic<Bool>(false)
    await onThreads(4) { thread in
      var generator = SeededGenerator(seed: UInt64(thread))
      for _ in 0..<3000 {
        let domain = DomainID(UInt32(thread * 10 + 1))
        let mailbox = Mailbox()
        let vcpus = [
          FakeVCPU.hog(), mailbox.reader(), FakeVCPU { .blocked(until: HostClock.now() + .microseconds(30)) },
        ]
        dispatcher.add(domain.rawValue, vcpus)
        for step in 0..<Int.random(in: 0...8, using: &generator) {
          let other = DomainID(UInt32(Int.random(in: 0..<4, using: &generator) * 10 + 1))
          switch Int.random(in: 0...5, using: &generator) {
          case 0: dispatcher.pause(other)
          case 1: dispatcher.unpause(other)
          case 2: dispatcher.setParameters(of: other, DomainParameters(weight: Weight(clamping: 64 << step)))
          case 3: dispatcher.setParameters(of: other, DomainParameters(cap: Cap(clamping: step % 2 * 30)))
          default:
            mailbox.sent.add(1, ordering: .sequentiallyConsistent)
            dispatcher.wake(VCPUKey(domain: domain, index: 1))
          }
        }
        dispatcher.remove(domain)
        if vcpus.contains(where: { $0.isOnPCPU || $0.hasRunTwiceAtOnce }) {
          isFaulty.store(true, ordering: .relaxed)
        }
      }
    }
    let wasFaulty = isFaulty.load(ordering: .relaxed)
    #expect(!wasFaulty)
    #expect(dispatcher.statistics().vcpus.isEmpty)
    dispatcher.shutdown()
  }
}

/// As `eventually`, without sleeping between looks, so that the next message comes at any moment of the reader's life.
private func soon(_ condition: () -> Bool) -> Bool {
  let end = HostClock.now() + .seconds(30)
  while !condition() {
    guard HostClock.now() < end else { return false }
    sched_yield()
  }
  return true
}
