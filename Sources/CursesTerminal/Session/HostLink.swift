import HypervisorModel
import Synchronization
import TerminalUI

/// Speaks with the hypervisor for a terminal session: samples it, hears its events, carries out effects. What comes back
/// goes into the queue; nothing here waits for the terminal or makes it wait.
final class HostLink: Sendable {
  private struct Work: Sendable {
    var background: [Task<Void, Never>] = []
    var sampler: Task<Void, Never>?
    /// The host's id, once it has told it.
    var host = HostID.untold
    /// The host has said what it is since it was last out of reach.
    var knowsHost = false
    /// The last request about a domain: the next one waits for it.
    var requests: [DomainReference: Task<Void, Never>] = [:]
    var consoles: [ConsoleID: ConsoleLink] = [:]
    /// Requests and closing consoles that are not through yet.
    var unfinished = 0
  }

  private let hypervisor: any Hypervisor
  private let queue: EventQueue
  private let files: FileWork
  private let work = Mutex(Work())
  private let pokes: AsyncStream<Void>
  private let poke: AsyncStream<Void>.Continuation

  /// Snapshots after events and requests are at least so far apart.
  private static let pokeGap = Duration.milliseconds(50)
  private static let retryGap = Duration.seconds(1)

  init(hypervisor: any Hypervisor, queue: EventQueue, files: FileWork) {
    self.hypervisor = hypervisor
    self.queue = queue
    self.files = files
    (pokes, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func start(interval: Duration) {
    setInterval(interval)
    let tasks = [
      Task { await self.lookWhenPoked() },
      Task { await self.watch() },
    ]
    work.withLock { $0.background = tasks }
  }

  /// Samples at once, and so often from now on.
  func setInterval(_ interval: Duration) {
    let sampler = Task { await self.sample(every: interval) }
    let before = work.withLock { work in
      defer { work.sampler = sampler }
      return work.sampler
    }
    before?.cancel()
  }

  func stop() {
    poke.finish()
    let (tasks, consoles) = work.withLock {
      ($0.background + [$0.sampler].compactMap(\.self), Array($0.consoles.values))
    }
    for task in tasks { task.cancel() }
    for console in consoles { console.close() }
  }

  /// Something that the operator asked for is not through yet.
  var isBusy: Bool { work.withLock { $0.unfinished > 0 } }

  private func push(_ event: HostEvent) { queue.push(.host(work.withLock(\.host), event)) }

  // MARK: Looking

  private func sample(every interval: Duration) async {
    var next = ContinuousClock.now
    while !Task.isCancelled {
      await look()
      // A host that answers late is not asked twice at once.
      next = max(next + interval, ContinuousClock.now)
      try? await Task.sleep(until: next)
    }
  }

  /// Asks for a snapshot; after the host was out of reach also for what doesn't change while a connection lasts. The past
  /// of many domains is much: it comes last, while the present is on the screen already.
  private func look() async {
    do throws(HypervisorError) {
      let knowsHost = work.withLock(\.knowsHost)
      if !knowsHost {
        let description = try await hypervisor.describe()
        work.withLock { $0.host = description.host }
        push(.described(description))
      }
      push(.snapshot(try await hypervisor.snapshot()))
      if !knowsHost {
        push(.history(try await hypervisor.history()))
        work.withLock { $0.knowsHost = true }
      }
    } catch {
      work.withLock { $0.knowsHost = false }
      push(.disconnected(error.description))
    }
  }

  private func lookWhenPoked() async {
    for await _ in pokes {
      await look()
      try? await Task.sleep(for: Self.pokeGap)
    }
  }

  /// Events end with the connection, which others may have missed, and made a new one in passing.
  private func watch() async {
    while !Task.isCancelled {
      if let events = try? await hypervisor.events() {
        for await event in events {
          push(.happened(event))
          poke.yield()
        }
      }
      work.withLock { $0.knowsHost = false }
      try? await Task.sleep(for: Self.retryGap)
    }
  }

  // MARK: Acting

  func perform(_ request: Request, id: RequestID) {
    work.withLock { work in
      work.unfinished += 1
      let before = request.domain.flatMap { work.requests[$0] }
      let task = Task {
        await before?.value
        await self.carryOut(request, id)
      }
      if let domain = request.domain { work.requests[domain] = task }
    }
  }

  private func carryOut(_ request: Request, _ id: RequestID) async {
    let result: Result<Reply, HypervisorError>
    do throws(HypervisorError) {
      result = .success(try await hypervisor.perform(request, id: id))
    } catch {
      result = .failure(error)
    }
    push(.reply(to: id, result))
    poke.yield()
    finished()
  }

  private func finished() {
    work.withLock { $0.unfinished -= 1 }
    queue.wake()
  }

  func openConsole(_ id: ConsoleID) {
    let link = ConsoleLink(id: id, hypervisor: hypervisor, queue: queue, files: files)
    work.withLock { $0.consoles[id] = link }
    link.start()
  }

  func send(_ bytes: [UInt8], to id: ConsoleID) {
    guard let link = work.withLock({ $0.consoles[id] }) else { return }
    if !link.send(bytes) { queue.push(.notice("the guest takes no input: what was typed is lost")) }
  }

  func resizeConsole(_ id: ConsoleID, to size: Size) { work.withLock { $0.consoles[id] }?.resize(to: size) }

  func startLog(_ path: String, of id: ConsoleID) { work.withLock { $0.consoles[id] }?.startLog(path) }

  func stopLog(of id: ConsoleID) { work.withLock { $0.consoles[id] }?.stopLog() }

  func closeConsole(_ id: ConsoleID) {
    guard let link = work.withLock({ $0.consoles.removeValue(forKey: id) }) else { return }
    work.withLock { $0.unfinished += 1 }
    link.close()
    Task {
      await link.end()
      self.finished()
    }
  }
}
