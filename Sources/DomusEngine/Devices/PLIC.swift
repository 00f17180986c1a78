import Synchronization

/// Platform-level interrupt controller: `sifive,plic-1.0.0` with one S-mode context per hart, context n being hart n.
///
/// Register layout and rules: RISC-V PLIC specification 1.0.0, chapters 3 to 9. Every source has a level-triggered
/// gateway: a request is latched when its line is high and no handler is at work on it, stays until it is claimed
/// even if the line falls, and the line is looked at again on completion. Whatever a guest writes changes only this
/// state; unknown sources, contexts and access widths are ignored.
final class PLIC: MMIODevice {
  /// Sources 1 to 31; source 0 means "none".
  static let sourceCount = 32
  /// Priorities and thresholds have three bits.
  static let maximumPriority: UInt32 = 7

  struct Context: Codable, Hashable {
    var enabled: UInt32 = 0
    var threshold: UInt32 = 0
    /// What the hart's external interrupt bit was last set to.
    var asserted = false
  }

  struct State: Codable, Hashable {
    var level: UInt32 = 0
    var pending: UInt32 = 0
    /// Claimed and not yet completed.
    var inService: UInt32 = 0
    var priorities = [UInt32](repeating: 0, count: PLIC.sourceCount)
    var contexts: [Context]
  }

  let harts: [InterruptPending]
  private let wake: @Sendable (_ hart: Int) -> Void
  let state: Mutex<State>

  /// `wake` is called, on the thread that changed something and with no lock of the PLIC held, for each hart whose
  /// external interrupt has just been raised.
  init(harts: [InterruptPending], wake: @escaping @Sendable (_ hart: Int) -> Void = { _ in }) {
    self.harts = harts
    self.wake = wake
    state = Mutex(State(contexts: Array(repeating: Context(), count: harts.count)))
  }

  /// The wire of one source, 1 to 31. The line of any other number is connected to nothing.
  func line(_ source: Int) -> InterruptLine {
    guard (1..<Self.sourceCount).contains(source) else { return InterruptLine { _ in } }
    return InterruptLine { [self] level in setLevel(source: source, level) }
  }

  private func setLevel(source: Int, _ level: Bool) {
    update { state in
      let bit = UInt32(1) << UInt32(source)
      state.level = level ? state.level | bit : state.level & ~bit
    }
  }

  /// `sifive,plic-1.0.0` of Linux's bindings.
  var node: DeviceNode {
    let contexts = harts.indices.flatMap { [Phandle.interruptController(hart: $0), Self.supervisorExternal] }
    return DeviceNode(
      name: "interrupt-controller", compatible: ["sifive,plic-1.0.0", "riscv,plic0"], range: MachineLayout.plic
    ) { node in
      node.flag("interrupt-controller")
      node.cells("#interrupt-cells", 1)
      node.cells("#address-cells", 0)
      node.cells("riscv,ndev", UInt32(Self.sourceCount - 1))
      node.cells("interrupts-extended", contexts)
      node.cells("phandle", Phandle.plic)
    }
  }

  /// The supervisor external interrupt at a hart (Privileged specification, table 10.1).
  private static let supervisorExternal: UInt32 = 9

  // MARK: Registers

  private enum Register {
    case priority(source: Int)
    case pending
    case enable(context: Int)
    case threshold(context: Int)
    case claim(context: Int)

    /// Nil for what is not there (PLIC specification, chapter 3).
    init?(offset: UInt64, contexts: Int) {
      switch offset {
      case 0..<0x1000:
        let source = Int(offset >> 2)
        guard source > 0, source < PLIC.sourceCount else { return nil }
        self = .priority(source: source)
      case 0x1000:
        self = .pending
      case 0x2000..<0x20_0000:
        let context = Int((offset - 0x2000) >> 7)
        guard context < contexts, (offset - 0x2000) & 0x7f == 0 else { return nil }
        self = .enable(context: context)
      case 0x20_0000..<0x400_0000:
        let context = Int((offset - 0x20_0000) >> 12)
        guard context < contexts else { return nil }
        switch offset & 0xfff {
        case 0: self = .threshold(context: context)
        case 4: self = .claim(context: context)
        default: return nil
        }
      default: return nil
      }
    }
  }

  func read(offset: UInt64, width: Int) -> UInt64 {
    guard width == 4, let register = Register(offset: offset, contexts: harts.count) else { return 0 }
    switch register {
    case .priority(let source): return UInt64(state.withLock { $0.priorities[source] })
    case .pending: return UInt64(state.withLock { $0.pending })
    case .enable(let context): return UInt64(state.withLock { $0.contexts[context].enabled })
    case .threshold(let context): return UInt64(state.withLock { $0.contexts[context].threshold })
    case .claim(let context): return UInt64(update { Self.claim(&$0, context) })
    }
  }

  func write(offset: UInt64, width: Int, value: UInt64) {
    guard width == 4, let register = Register(offset: offset, contexts: harts.count) else { return }
    let value = UInt32(truncatingIfNeeded: value)
    update { state in
      switch register {
      case .priority(let source): state.priorities[source] = value & Self.maximumPriority
      case .pending: break
      case .enable(let context): state.contexts[context].enabled = value & ~1
      case .threshold(let context): state.contexts[context].threshold = value & Self.maximumPriority
      case .claim(let context): Self.complete(&state, context, source: value)
      }
    }
  }

  // MARK: Rules

  /// The pending source with the highest priority above `threshold`, the lowest number first among equals; or 0.
  static func best(_ state: State, _ context: Int, above threshold: UInt32) -> UInt32 {
    var candidates = state.pending & state.contexts[context].enabled
    var best: UInt32 = 0
    var priority = threshold
    while candidates != 0 {
      let source = candidates.trailingZeroBitCount
      candidates &= candidates &- 1
      if state.priorities[source] > priority {
        best = UInt32(source)
        priority = state.priorities[source]
      }
    }
    return best
  }

  /// The threshold does not matter to a claim (chapter 8).
  private static func claim(_ state: inout State, _ context: Int) -> UInt32 {
    let source = best(state, context, above: 0)
    if source != 0 {
      state.pending &= ~(1 << source)
      state.inService |= 1 << source
    }
    return source
  }

  /// Completion of a source that isn't enabled for the context is ignored (chapter 9).
  private static func complete(_ state: inout State, _ context: Int, source: UInt32) {
    guard source > 0, source < UInt32(sourceCount), state.contexts[context].enabled & 1 << source != 0 else { return }
    state.inService &= ~(1 << source)
  }

  /// Changes the state, lets the gateways forward, and brings the harts' external interrupt bits up to date.
  @discardableResult
  private func update<Result: Sendable>(_ change: (inout State) -> Result) -> Result {
    let (result, raised) = state.withLock { state -> (Result, UInt64) in
      let result = change(&state)
      state.pending |= state.level & ~state.inService
      var raised: UInt64 = 0
      for context in state.contexts.indices {
        let assert = Self.best(state, context, above: state.contexts[context].threshold) != 0
        guard assert != state.contexts[context].asserted else { continue }
        state.contexts[context].asserted = assert
        if assert {
          harts[context].raise(InterruptPending.Bit.supervisorExternal)
          raised |= 1 << UInt64(context)
        } else {
          harts[context].clear(InterruptPending.Bit.supervisorExternal)
        }
      }
      return (result, raised)
    }
    var rest = raised
    while rest != 0 {
      wake(rest.trailingZeroBitCount)
      rest &= rest &- 1
    }
    return result
  }
}
