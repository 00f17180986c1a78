import HypervisorModel
import Synchronization

/// One boot of a domain: its memory, harts and devices. A restart makes a new one.
///
/// It doesn't own its vCPUs: they own it, and the dispatcher owns them.
///
/// `@unchecked Sendable`: all parts are thread-safe or confined to the vCPU that runs; the closures are set once, before
/// the first vCPU runs.
final class Machine: @unchecked Sendable {
  let memory: GuestMemory
  let agent: GuestAgent

  /// Called once, on any thread, when the guest ends by itself.
  var onEnd: @Sendable (MachineEnd) -> Void {
    get { signals.onEnd }
    set { signals.onEnd = newValue }
  }
  /// Called on any thread when a vCPU has something to do again.
  var onWake: @Sendable (_ hart: Int) -> Void {
    get { signals.onWake }
    set { signals.onWake = newValue }
  }

  /// Called on any thread with what the guest's drivers do wrong, a few times at most.
  var onGuestError: @Sendable (VirtioGuestError) -> Void {
    get { signals.onGuestError }
    set { signals.onGuestError = newValue }
  }

  let harts: [Hart]
  let slots: DeviceSlots
  let clock: GuestClock
  let hartStates: Mutex<[HSMState]>
  /// A warm reboot means that the guest's kernel has panicked.
  let panicsWarm: Bool
  let uart: UART16550
  let console: Console
  private let executor: DeviceExecutor
  private let signals: MachineSignals
  private let resident = Atomic<UInt64>(0)

  /// Reads kernel and initrd into fresh memory; hart 0 is ready to run. Blocks on files.
  ///
  /// - Parameters:
  ///   - clock: the time that the guest sees, and by which vCPUs are given deadlines.
  ///   - entropy: where all randomness in the machine comes from.
  init(
    config: DomainConfig, console: Console, builtinGuest: String?, clock: MachineClock = .host,
    entropy: EntropySource = .host
  ) throws(HypervisorError) {
    let memory = try GuestMemory(size: config.memory)
    let signals = MachineSignals()
    let executor = DeviceExecutor(label: "domus.io.\(config.name)")

    let pending = (0..<config.vcpus).map { _ in InterruptPending() }
    let plic = PLIC(harts: pending, wake: { [signals] hart in signals.onWake(hart) })
    let slots = DeviceSlots(
      plic: plic, memory: memory, executor: executor, report: { [signals] error in signals.complain(error) })
    let uart = UART16550(
      interrupt: plic.line(MachineLayout.uartInterrupt), output: { [console] byte in console.output.write(byte) })
    try slots.insert(uart, UART16550.node)
    // The kernel's console is the UART; what a guest prints on hvc0 all the same is shown too.
    let (virtioConsole, agent) = GuestAgent.withConsole(
      domain: config.name, clock: clock, entropy: entropy, output: { [console] bytes in console.output.write(bytes) })
    try slots.insert(virtioConsole)
    try slots.insert(VirtioEntropy(source: entropy))

    let state = try Self.load(
      config, into: memory, devices: slots.nodes, entropy: entropy, builtinGuest: builtinGuest)
    let guestClock = GuestClock(startingAt: clock.now(), source: clock)
    harts = try pending.enumerated().map { (number, interrupts) throws(HypervisorError) in
      try Hart(id: number, memory: memory, bus: slots.bus, clock: guestClock, interrupts: interrupts)
    }

    self.memory = memory
    self.slots = slots
    self.clock = guestClock
    self.executor = executor
    self.signals = signals
    self.uart = uart
    self.console = console
    self.agent = agent
    panicsWarm = state.panicsWarm
    hartStates = Mutex(
      [.startPending(pc: state.entry.rawValue, opaque: state.deviceTree.rawValue)]
        + Array(repeating: .stopped, count: config.vcpus - 1))
    console.connect { [uart] bytes in uart.receive(bytes) }
  }

  private static func load(
    _ config: DomainConfig, into memory: GuestMemory, devices: [DeviceNode], entropy: EntropySource,
    builtinGuest: String?
  ) throws(HypervisorError) -> BootState {
    let machine = MachineDescription(
      harts: config.vcpus, memorySize: memory.size, isaExtensions: Hart.extensions, commandLine: config.commandLine,
      devices: devices, seed: [])
    let path: String
    switch config.kernel {
    case .path(let kernel): path = kernel
    case .builtin:
      guard let builtinGuest else {
        throw .failed("the built-in guest is not installed with this program; build it with 'make guests'")
      }
      path = builtinGuest
    }
    let kernel = try BootFile(path: path, role: "kernel")
    let loader = BootLoader(memory: memory, entropy: entropy) { operators in
      config.extraOnly == true ? operators : LinuxCommandLine(operators, onlineVCPUs: config.onlineVCPUs).text
    }
    guard let ramdisk = config.ramdisk else {
      return try loader.load(kernel: kernel, initrd: nil, machine: machine)
    }
    return try loader.load(
      kernel: kernel, initrd: try BootFile(path: ramdisk, role: "ramdisk"), machine: machine)
  }

  // MARK: Life

  func wake(_ hart: Int) { signals.onWake(hart) }

  /// The guest has ended by itself; only the first call counts.
  func end(_ end: MachineEnd) { signals.end(end) }

  /// CPU time of the devices since the last call. Any thread.
  func collectDeviceTime() -> Nanoseconds { executor.collectCPUTime() }

  /// Ends the devices. The vCPUs must not run any more. Blocks until the work at hand is done.
  func stop() {
    executor.stop()
    agent.domainEnded()
    console.disconnect()
  }

  /// Host memory that the guest held when it was counted last.
  var residentMemory: Bytes { Bytes(resident.load(ordering: .relaxed)) }

  /// Walks all pages of the guest.
  func countResidentMemory() { resident.store(memory.residentSize().rawValue, ordering: .relaxed) }
}

/// Where a machine's parts report to. Apart from the machine, so that devices can have it before the machine is whole.
///
/// `@unchecked Sendable`: the closures are set once, before the first vCPU runs.
private final class MachineSignals: @unchecked Sendable {
  var onEnd: @Sendable (MachineEnd) -> Void = { _ in }
  var onWake: @Sendable (_ hart: Int) -> Void = { _ in }
  var onGuestError: @Sendable (VirtioGuestError) -> Void = { _ in }
  private let hasEnded = Atomic(false)
  private let complaints = Atomic(0)
  /// A hostile driver can err as often as it likes; the host's log is not its to fill.
  private static let maximumComplaints = 8

  func end(_ end: MachineEnd) {
    guard !hasEnded.exchange(true, ordering: .sequentiallyConsistent) else { return }
    onEnd(end)
  }

  func complain(_ error: VirtioGuestError) {
    guard complaints.wrappingAdd(1, ordering: .relaxed).oldValue < Self.maximumComplaints else { return }
    onGuestError(error)
  }
}
