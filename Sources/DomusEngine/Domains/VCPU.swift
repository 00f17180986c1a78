import HypervisorModel

/// A domain's virtual CPU: a hart, and the machine that answers its SBI calls. The dispatcher holds it, and with it the
/// machine, until the domain is removed.
///
/// `run` belongs to the pCPU thread that the dispatcher chose; everything else is thread-safe.
final class VCPU: Schedulable {
  let hart: Hart
  private let machine: Machine

  init(hart: Hart, machine: Machine) {
    self.hart = hart
    self.machine = machine
  }

  func attention() { hart.kick() }

  func collectDeviceTime() -> Nanoseconds { machine.collectDeviceTime() }

  func run(until deadline: Nanoseconds, on pcpu: PCPUID) -> RunOutcome {
    while true {
      // The guest may have stopped or suspended the hart, whatever woke it.
      if let rest = machine.rest(of: hart) { return rest }
      switch hart.run(until: deadline) {
      case .preempted: return .preempted
      case .waiting(let wakeAt): return .blocked(until: wakeAt)
      case .environmentCall: machine.answer(hart)
      case .fault(let fault): machine.end(hart, .fault(fault))
      }
    }
  }
}
