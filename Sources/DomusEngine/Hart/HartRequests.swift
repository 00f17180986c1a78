import CEngine
import Synchronization

/// What other threads want of a hart: served at its next block end, or when it runs next.
final class HartRequests: Sendable {
  struct Pending {
    var leavesRun = false
    var fencesInstructions = false
    var flushesAll = false
    var flushRanges: [ClosedRange<UInt64>] = []
  }

  /// More ranges than this are a flush of everything.
  private static let rangeLimit = 16

  private let pending = Mutex(Pending())
  /// Whether `pending` holds anything: spares a running hart the mutex. Sequentially consistent, as `Hart.isExecuting`
  /// is: who requests sets this and then looks whether the hart executes, and the hart does it the other way round, so one
  /// of them sees the other.
  private let isPending = Atomic<Bool>(false)

  var isEmpty: Bool { !isPending.load(ordering: .sequentiallyConsistent) }

  func add(_ change: (inout Pending) -> Void) {
    pending.withLock { pending in
      change(&pending)
      if pending.flushRanges.count > Self.rangeLimit {
        pending.flushesAll = true
        pending.flushRanges = []
      }
      isPending.store(true, ordering: .sequentiallyConsistent)
    }
  }

  /// Performs what is pending. The requests count as unserved until `serve` has returned.
  func take(_ serve: (Pending) -> Void) {
    pending.withLock { pending in
      serve(pending)
      pending = Pending()
      isPending.store(false, ordering: .releasing)
    }
  }
}

extension Hart {
  /// Makes `run` return `.preempted` soon, or at once when it is called next. Any thread.
  func kick() {
    requests.add { $0.leavesRun = true }
    interrupts.attention()
  }

  /// SBI RFENCE `remote_fence_i`. Any thread; does not wait.
  func requestFenceI() {
    requests.add { $0.fencesInstructions = true }
    interrupts.attention()
  }

  /// SBI RFENCE `remote_sfence_vma`. Any thread; does not wait.
  func requestTLBFlush(_ range: FenceRange) {
    requests.add { pending in
      switch range {
      case .all: pending.flushesAll = true
      case .addresses(let addresses): pending.flushRanges.append(addresses)
      }
    }
    interrupts.attention()
  }

  /// Whether a request has not been served yet. Any thread. A remote fence is complete when this is false, or while
  /// the hart is not running: it serves requests before it executes anything.
  var hasUnservedRequests: Bool { !requests.isEmpty }

  /// True if somebody wants the hart to leave `run`.
  func serveRequests() -> Bool {
    guard !requests.isEmpty else { return false }
    var leaves = false
    requests.take { pending in
      leaves = pending.leavesRun
      if pending.flushesAll {
        flushTranslations()
      } else {
        for range in pending.flushRanges { flushTranslations(of: range) }
      }
      if pending.fencesInstructions { fenceInstructions() }
    }
    return leaves
  }
}
