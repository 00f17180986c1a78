import HypervisorModel

/// Why a hart stopped executing. Its state is precise: the next `run` goes on where this one ended.
enum HartExit: Sendable {
  /// The deadline passed, or somebody called `kick`.
  case preempted
  /// The guest executed WFI and nothing is pending. `wakeAt` is its timer on the machine's clock (`never` if none).
  case waiting(wakeAt: Nanoseconds)
  /// The guest executed ECALL in supervisor mode. Arguments are in a0–a7; pc is already past the instruction.
  case environmentCall
  /// The hart can't go on.
  case fault(GuestFault)
}

/// What a guest did that ends it.
enum GuestFault: Error, Hashable, Sendable {
  /// The trap handler itself can't be fetched or executed, so the hart would trap forever.
  case trapLoop(pc: UInt64, cause: UInt64, value: UInt64)

  /// One line for the log.
  var text: String {
    switch self {
    case .trapLoop(let pc, let cause, let value):
      "trap loop at pc 0x\(String(pc, radix: 16)), cause \(cause), value 0x\(String(value, radix: 16))"
    }
  }
}
