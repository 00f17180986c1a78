import HypervisorModel
import Synchronization

/// A domain's virtual CPU: a hart, and the machine that answers its SBI calls.
///
/// `run` belongs to the pCPU thread that the dispatcher chose; everything else is thread-safe.
final class VCPU: Schedulable {
  let hart: Hart
  private unowned let machine: Machine
  private let executing = Atomic(false)

  init(hart: Hart, machine: Machine) {
    self.hart = hart
    self.machine = machine
  }

  /// Whether guest code is being executed at this moment. Any thread.
  var isExecuting: Bool { executing.load(ordering: .sequentiallyConsistent) }

  func attention() { hart.kick() }

  func run(until deadline: Nanoseconds, on pcpu: PCPUID) -> RunOutcome {
    // An interrupt, or the move to another pool, may have woken a hart that the guest has stopped.
    guard machine.hartStatus(hart.id) == .started else { return .stopped }
    while true {
      executing.store(true, ordering: .sequentiallyConsistent)
      let exit = hart.run(until: deadline)
      executing.store(false, ordering: .sequentiallyConsistent)
      switch exit {
      case .preempted: return .preempted
      case .waiting(let wakeAt): return .blocked(until: wakeAt)
      case .environmentCall:
        switch machine.answer(hart) {
        case .goOn: continue
        case .stop: return .stopped
        case .wait: return .blocked(until: .never)
        }
      case .fault(let fault):
        machine.end(.crash(fault))
        return .stopped
      }
    }
  }
}
