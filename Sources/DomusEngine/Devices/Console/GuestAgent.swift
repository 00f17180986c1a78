import Dispatch
import FoundationEssentials
import HypervisorModel
import Synchronization

/// The host's side of qemu-guest-agent's protocol: JSON lines over a named virtio-console port.
///
/// What the guest answers is hostile: lines are bounded, at most a few wait to be read, and whatever is no answer to
/// the request at hand is dropped.
final class GuestAgent: Sendable {
  /// The port's name in the guest.
  static let portName = "org.qemu.guest_agent.0"
  /// Bytes of one answer at most; the requests made here have short ones.
  static let lineCapacity = 4096
  /// Answers that wait to be read at most.
  private static let answerCapacity = 16
  /// How often a program in the guest is asked for its end, and for how long.
  private static let programPause = Duration.milliseconds(50)
  private static let programQuestions = 20

  /// `guest-shutdown`'s modes.
  enum ShutdownMode: String, Hashable, Sendable {
    case powerdown, reboot, halt
  }

  /// How long to wait.
  struct Limits: Sendable {
    /// For a sign of life: the whole synchronisation.
    var answer = Nanoseconds.seconds(5)
    /// For a refusal of a shutdown, which has no other answer.
    var refusal = Nanoseconds.seconds(1)
  }

  struct Internals {
    var line: [UInt8] = []
    var isOverlong = false
    var isBusy = false
    /// Requests that wait for the one at hand, in their order.
    var turns: [CheckedContinuation<Void, Never>] = []
    var hasEnded = false
    var answers: [Answer] = []
    /// Who waits for an answer; the number tells its time limit from those of earlier waits.
    var waiter: CheckedContinuation<Event, Never>?
    var waitNumber: UInt64 = 0
  }

  enum Event: Sendable {
    case answer(Answer)
    case timeout
    /// The domain ended, or the guest closed the port.
    case ended
  }

  private let domain: String
  private let limits: Limits
  private let clock: MachineClock
  private let entropy: EntropySource
  private let isOpen: @Sendable () -> Bool
  private let send: @Sendable ([UInt8]) -> Int
  let state = Mutex(Internals())

  /// - Parameters:
  ///   - domain: the domain's name, for errors.
  ///   - isOpen: whether the guest has the port open.
  ///   - send: types into the port and returns how many bytes were taken.
  init(
    domain: String, limits: Limits = Limits(), clock: MachineClock = .host, entropy: EntropySource = .host,
    isOpen: @escaping @Sendable () -> Bool,
    send: @escaping @Sendable ([UInt8]) -> Int
  ) {
    self.domain = domain
    self.limits = limits
    self.clock = clock
    self.entropy = entropy
    self.isOpen = isOpen
    self.send = send
  }

  // MARK: Requests

  /// Asks the guest to end. Returns when the agent is there and has not refused, or the domain has ended.
  /// Throws `noAgent` if nobody answers.
  func request(_ mode: ShutdownMode) async throws(HypervisorError) {
    try await exclusively { () async throws(HypervisorError) in
      try await self.synchronize()
      try self.transmit(#"{"execute":"guest-shutdown","arguments":{"mode":"\#(mode.rawValue)"}}"#)
      // The real agent answers only to refuse.
      if case .answer(let answer) = await self.nextEvent(until: self.clock.now() + self.limits.refusal),
        let refusal = answer.error
      {
        throw .failed("the guest agent of domain '\(self.domain)' refused to shut down: \(refusal.printable)")
      }
    }
  }

  /// Has the guest bring its first `count` vCPUs into service and take the others out of it. Throws `noAgent` if nobody
  /// answers, `failed` where the guest refuses.
  func setOnlineVCPUs(_ count: Int, of most: Int) async throws(HypervisorError) {
    try await exclusively { () async throws(HypervisorError) in
      try await self.synchronize()
      // One at a time, since the kernel takes them so, and a guest may keep its first for ever.
      for number in 1..<max(most, 1) {
        let vcpu = #"{"logical-id":\#(number),"online":\#(number < count)}"#
        let answer = try await self.ask("guest-set-vcpus", #"{"vcpus":[\#(vcpu)]}"#)
        try self.check(answer, "refused for vCPU \(number)")
      }
    }
  }

  /// Has the guest set the size of the terminal at its console. Throws `noAgent` if nobody answers, `failed` where the guest
  /// refuses. The protocol has no word of its own for it.
  func resizeConsole(columns: UInt16, rows: UInt16) async throws(HypervisorError) {
    try await exclusively { () async throws(HypervisorError) in
      try await self.synchronize()
      try await self.run("stty", ["-F", "/dev/console", "rows", "\(rows)", "columns", "\(columns)"])
    }
  }

  /// Runs a program in the guest and waits for its end; the agent keeps what nobody asks for. Words must need no escapes.
  private func run(_ program: String, _ words: [String]) async throws(HypervisorError) {
    let list = words.map { "\"\($0)\"" }.joined(separator: ",")
    let start = try await ask("guest-exec", #"{"path":"\#(program)","arg":[\#(list)]}"#)
    try check(start, "refused to run \(program)")
    guard let pid = start.process?.pid else { return }
    for _ in 0..<Self.programQuestions {
      let answer = try await ask("guest-exec-status", #"{"pid":\#(pid)}"#)
      try check(answer, "does not tell how \(program) ended")
      if answer.process?.exited != false {
        guard answer.process?.exitcode ?? 0 == 0 else { throw .failed("\(program) failed in domain '\(domain)'") }
        return
      }
      try? await Task.sleep(for: Self.programPause)
    }
  }

  /// Returns if the agent is there. Throws `noAgent` if nobody answers.
  func ping() async throws(HypervisorError) {
    try await exclusively { () async throws(HypervisorError) in
      try await self.synchronize()
      _ = try await self.ask("guest-ping")
    }
  }

  /// Sends a command, and waits for its answer. Throws `noAgent` if none comes.
  private func ask(_ command: String, _ arguments: String = "{}") async throws(HypervisorError) -> Answer {
    try transmit(#"{"execute":"\#(command)","arguments":\#(arguments)}"#)
    guard case .answer(let answer) = await nextEvent(until: clock.now() + limits.answer) else {
      throw .noAgent(domain: domain)
    }
    return answer
  }

  /// Throws `failed` where the guest did not do what it was asked for.
  private func check(_ answer: Answer, _ what: String) throws(HypervisorError) {
    guard let refusal = answer.error else { return }
    throw .failed("the guest agent of domain '\(domain)' \(what): \(refusal.printable)")
  }

  private func exclusively(_ body: @Sendable () async throws(HypervisorError) -> Void) async throws(HypervisorError) {
    await takeTurn()
    defer { endTurn() }
    guard isOpen(), !state.withLock({ $0.hasEnded }) else { throw .noAgent(domain: domain) }
    try await body()
  }

  /// Waits for the requests before it.
  private func takeTurn() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.isBusy else {
          state.isBusy = true
          return true
        }
        state.turns.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func endTurn() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.answers = []
      state.line = []
      state.isOverlong = false
      state.isBusy = !state.turns.isEmpty
      return state.isBusy ? state.turns.removeFirst() : nil
    }
    next?.resume()
  }

  /// Finds out whether somebody is there, and skips answers to what was asked before.
  private func synchronize() async throws(HypervisorError) {
    let deadline = clock.now() + limits.answer
    let id = entropy.bytes(4).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    // 0xff makes the agent's parser drop an unfinished line.
    try transmit(#"{"execute":"guest-sync-delimited","arguments":{"id":\#(id)}}"#, prefix: [0xff])
    while case .answer(let answer) = await nextEvent(until: deadline) {
      if answer.number == id { return }
      if answer.error?.class == "CommandNotFound" {
        try transmit(#"{"execute":"guest-sync","arguments":{"id":\#(id)}}"#)
      }
    }
    throw .noAgent(domain: domain)
  }

  private func transmit(_ json: String, prefix: [UInt8] = []) throws(HypervisorError) {
    let bytes = prefix + Array(json.utf8) + [UInt8(ascii: "\n")]
    guard send(bytes) == bytes.count else { throw .noAgent(domain: domain) }
  }

  // MARK: Waiting

  private func nextEvent(until deadline: Nanoseconds) async -> Event {
    await withCheckedContinuation { continuation in
      let (event, number) = state.withLock { state -> (Event?, UInt64) in
        state.waitNumber += 1
        if !state.answers.isEmpty { return (.answer(state.answers.removeFirst()), 0) }
        if state.hasEnded { return (.ended, 0) }
        state.waiter = continuation
        return (nil, state.waitNumber)
      }
      if let event { return continuation.resume(returning: event) }
      let limit = (deadline - clock.now()).rawValue
      DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(clamping: limit))) { [weak self] in
        self?.resume(.timeout, wait: number)
      }
    }
  }

  /// Wakes who waits, if it still is the wait with that number.
  private func resume(_ event: Event, wait number: UInt64? = nil) {
    let waiter = state.withLock { state -> CheckedContinuation<Event, Never>? in
      guard number == nil || number == state.waitNumber else { return nil }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: event)
  }

  /// The guest opened or closed the port: whoever waits for an answer on a closed port gets none.
  func openChanged(_ isOpen: Bool) {
    state.withLock { state in
      state.line = []
      state.isOverlong = false
    }
    if !isOpen { resume(.ended) }
  }

  /// The domain has ended: requests that wait return.
  func domainEnded() {
    state.withLock { $0.hasEnded = true }
    resume(.ended)
  }

  // MARK: Answers

  /// Takes what the guest sent on the port. Calls come one at a time, in order. Without a request at hand nothing is
  /// kept.
  func receive(_ bytes: some Sequence<UInt8>) {
    let lines = state.withLock { state -> [[UInt8]] in
      guard state.isBusy else { return [] }
      return Self.collect(&state, bytes)
    }
    for line in lines {
      if let answer = try? JSONDecoder().decode(Answer.self, from: Data(line)) { deliver(answer) }
    }
  }

  /// The lines that end in these bytes, the first few of them.
  private static func collect(_ state: inout Internals, _ bytes: some Sequence<UInt8>) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n"), 0xff:
        // 0xff goes before the answer to a delimited synchronisation: what was before it doesn't count.
        if byte != 0xff, !state.isOverlong, !state.line.isEmpty, lines.count < answerCapacity {
          lines.append(state.line)
        }
        state.line = []
        state.isOverlong = false
      default:
        guard !state.isOverlong else { continue }
        state.isOverlong = state.line.count >= lineCapacity
        if !state.isOverlong { state.line.append(byte) }
      }
    }
    return lines
  }

  private func deliver(_ answer: Answer) {
    let waiter = state.withLock { state -> CheckedContinuation<Event, Never>? in
      guard state.isBusy else { return nil }
      guard let waiter = state.waiter else {
        if state.answers.count < Self.answerCapacity { state.answers.append(answer) }
        return nil
      }
      state.waiter = nil
      return waiter
    }
    waiter?.resume(returning: .answer(answer))
  }

  /// `{"return": …}` or `{"error": {…}}`.
  struct Answer: Decodable, Sendable {
    struct Refusal: Decodable, Sendable {
      let `class`: String?
      let desc: String?

      /// Bounded, and without anything that a terminal would obey.
      var printable: String {
        let text = (desc ?? self.class ?? "no reason given").unicodeScalars.prefix(200)
        return String(String.UnicodeScalarView(text.map { (32..<127).contains($0.value) ? $0 : "?" }))
      }
    }

    /// Of `guest-exec` and `guest-exec-status`.
    struct Process: Decodable, Sendable {
      let pid: Int64?
      let exited: Bool?
      let exitcode: Int64?
    }

    let number: Int64?
    let process: Process?
    let error: Refusal?

    private enum CodingKeys: String, CodingKey {
      case `return`, error
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      number = try? container.decodeIfPresent(Int64.self, forKey: .return)
      process = try? container.decodeIfPresent(Process.self, forKey: .return)
      error = try container.decodeIfPresent(Refusal.self, forKey: .error)
      guard error != nil || container.contains(.return) else {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no answer"))
      }
    }
  }
}
