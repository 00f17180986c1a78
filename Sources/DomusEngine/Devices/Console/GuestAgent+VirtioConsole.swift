import Synchronization

extension GuestAgent {
  /// A machine's console device and the agent behind it: port 0 is the guest's console, port 1 the agent's.
  ///
  /// - Parameters:
  ///   - domain: the domain's name, for errors.
  ///   - output: what the guest prints on its console; called on the domain's executor, must not wait.
  ///   - inputSpace: there is room again after `send` to port 0 took less than it was given.
  static func withConsole(
    domain: String, limits: Limits = Limits(), clock: MachineClock = .host, entropy: EntropySource = .host,
    output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
    inputSpace: @escaping @Sendable () -> Void = {}
  ) -> (console: VirtioConsole, agent: GuestAgent) {
    let slot = ConsoleSlot()
    let agent = GuestAgent(
      domain: domain, limits: limits, clock: clock, entropy: entropy,
      isOpen: { slot.console?.isOpen(port: 1) ?? false },
      send: { slot.console?.send($0, to: 1) ?? 0 })
    let console = VirtioConsole(ports: [
      VirtioConsole.Port(kind: .console, output: output, inputSpace: inputSpace),
      VirtioConsole.Port(
        kind: .named(portName), output: { agent.receive($0) }, openChanged: { agent.openChanged($0) }),
    ])
    slot.console = console
    return (console, agent)
  }

  /// The device owns the agent by its callbacks; the way back must not.
  private final class ConsoleSlot: Sendable {
    private struct Reference { weak var console: VirtioConsole? }
    private let reference = Mutex(Reference())
    var console: VirtioConsole? {
      get { reference.withLock { $0.console } }
      set { reference.withLock { $0.console = newValue } }
    }
  }
}
