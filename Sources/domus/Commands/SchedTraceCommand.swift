import ArgumentParser
import Figures
import FoundationEssentials
import HypervisorModel
import TerminalUI

struct SchedTraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-trace", abstract: "Show who ran where, from when to when, and why it stopped.",
    discussion: """
      The engine always keeps the last few ten thousand switches of each cpupool. Without -n they are shown; with -n, what \
      comes in so many seconds. With --json it is Chrome trace JSON, which https://ui.perfetto.dev opens.
      """)

  @Option(name: .customShort("n"), help: "Watch for so many seconds from now on.")
  var seconds: Double?

  @Option(name: [.customShort("p"), .long], help: "The cpupool.")
  var cpupool = PoolSnapshot.standardName

  @Flag(help: "Chrome trace JSON instead of text.")
  var json = false

  @OptionGroup var host: HostOptions

  func validate() throws {
    if let seconds, !(0...3600).contains(seconds) { throw ValidationError("-n must be 0 to 3600 seconds.") }
  }

  func run() async throws {
    let client = try await host.client()
    let (events, lost) = try await events(client)
    if lost > 0 { Output.notify("\(lost) events came too fast and are missing") }
    var names: [DomainID: String] = [:]
    for domain in try await client.snapshot().domains { names[domain.reference.id] = domain.name }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      try Output.printJSON(ChromeTrace(events, names: names), encoder)
    } else {
      show(events, names)
    }
  }

  private func events(_ client: any Hypervisor) async throws -> (events: [SchedulingEvent], lost: UInt64) {
    var (events, lost): ([SchedulingEvent], UInt64) = ([], 0)
    let start = try await trace(client, from: seconds == nil ? nil : .max)
    let end = seconds.map { start.time + Nanoseconds(UInt64($0 * 1e9)) } ?? start.time
    events = start.events
    var piece = start
    // Full pieces are followed by more that is there already.
    while piece.time < end || !piece.events.isEmpty {
      if piece.events.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
      piece = try await trace(client, from: piece.next)
      let news = piece.events.filter { $0.from < end }
      // A host of another machine may say anything.
      lost = lost.addingReportingOverflow(piece.lost).overflow ? .max : lost + piece.lost
      events += news
      if piece.time >= end, news.count < piece.events.count || news.isEmpty { break }
    }
    return (events, lost)
  }

  private func trace(_ client: any Hypervisor, from: UInt64?) async throws -> SchedulingTrace {
    guard case .trace(let trace) = try await client.perform(.diagnostics(.trace(pool: cpupool, from: from))) else {
      throw HypervisorError.protocolViolation("the host answered something else than a trace")
    }
    return trace
  }

  private func show(_ events: [SchedulingEvent], _ names: [DomainID: String]) {
    Output.print("     From(ms)       To(ms)  CPU   Ran(us)  Waited(us)  Why        vCPU")
    guard let start = events.map(\.from).min() else { return }
    for event in events {
      var line = TextTable.right(Format.fixed((event.from - start).seconds * 1000, decimals: 3), 13)
      line += TextTable.right(Format.fixed((event.to - start).seconds * 1000, decimals: 3), 13)
      line += TextTable.right(event.pcpu.rawValue, 5)
      line += TextTable.right((event.to - event.from).rawValue / 1000, 10)
      line += TextTable.right(event.waited.rawValue / 1000, 12)
      line += "  " + TextTable.left(event.why.rawValue, 10)
      Output.print(line + " " + (names[event.domain] ?? "domain \(event.domain)") + "/\(event.vcpu.rawValue)")
    }
  }
}

/// The Trace Event Format of Chrome: a track for each pCPU, and one for each vCPU that shows its waits too.
private struct ChromeTrace: Encodable {
  struct Event: Encodable {
    struct Arguments: Encodable {
      var name: String?
      var why: String?
      var waitedUs: Double?

      private enum CodingKeys: String, CodingKey {
        case name, why
        case waitedUs = "waited_us"
      }
    }

    var name: String
    var ph: String
    var pid: Int
    var tid: Int
    var ts: Double?
    var dur: Double?
    var args: Arguments?
  }

  private static let (pcpus, vcpus) = (1, 2)

  var displayTimeUnit = "ms"
  var traceEvents: [Event] = []

  init(_ events: [SchedulingEvent], names: [DomainID: String]) {
    label(Self.pcpus, "pCPUs")
    label(Self.vcpus, "vCPUs")
    for pcpu in Set(events.map(\.pcpu)).sorted() { label(Self.pcpus, pcpu.rawValue, "pCPU \(pcpu.rawValue)") }
    var known: Set<Int> = []
    for event in events {
      let track = Int(event.domain.rawValue) << 8 | event.vcpu.rawValue & 255
      let name = (names[event.domain] ?? "domain \(event.domain)") + "/\(event.vcpu.rawValue)"
      if known.insert(track).inserted { label(Self.vcpus, track, name) }
      add(event, name, Self.pcpus, event.pcpu.rawValue)
      add(event, "running on pCPU \(event.pcpu.rawValue)", Self.vcpus, track)
      guard event.waited > .zero else { continue }
      traceEvents.append(
        Event(
          name: "waiting", ph: "X", pid: Self.vcpus, tid: track, ts: Self.microseconds(event.from - event.waited),
          dur: Self.microseconds(event.waited)))
    }
  }

  private mutating func add(_ event: SchedulingEvent, _ name: String, _ process: Int, _ track: Int) {
    traceEvents.append(
      Event(
        name: name, ph: "X", pid: process, tid: track, ts: Self.microseconds(event.from),
        dur: Self.microseconds(event.to - event.from),
        args: .init(why: event.why.rawValue, waitedUs: Self.microseconds(event.waited))))
  }

  private mutating func label(_ process: Int, _ track: Int = 0, _ name: String) {
    traceEvents.append(Event(name: "thread_name", ph: "M", pid: process, tid: track, args: .init(name: name)))
  }

  private mutating func label(_ process: Int, _ name: String) {
    traceEvents.append(Event(name: "process_name", ph: "M", pid: process, tid: 0, args: .init(name: name)))
  }

  private static func microseconds(_ time: Nanoseconds) -> Double { Double(time.rawValue) / 1000 }
}
