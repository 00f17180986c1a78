import Figures
import HypervisorModel

/// The host in one line, its domains by state in another.
struct HeaderView {
  let state: UIState
  let layout: Layout

  func draw(on canvas: inout Canvas) {
    if let row = layout.title { drawTitle(row, on: &canvas) }
    if let row = layout.counts { drawCounts(row, on: &canvas) }
  }

  private func drawTitle(_ row: Int, on canvas: inout Canvas) {
    let (mark, text, role) = connection(canvas.glyphs)
    let traffic = state.traffic.rate.map { "sent " + Format.rate($0) + "B/s  " } ?? ""
    let status = (state.options.isReadOnly ? "read-only  " : "") + traffic + "\(mark) \(text) "
    let statusWidth = DisplayText(status, charset: canvas.charset).width
    var end = canvas.size.columns
    if statusWidth + 8 <= canvas.size.columns {
      canvas.put(status, endingAt: end, row: row, role)
      end -= statusWidth + 1
    }
    var column = canvas.put(state.host.description?.hostname ?? "domus", column: 1, row: row, end: end, .header)
    for fact in facts {
      let text = canvas.glyphs.separator + fact
      guard column + DisplayText(text, charset: canvas.charset).width <= end else { break }
      column = canvas.put(canvas.glyphs.separator, column: column, row: row, .dim)
      column = canvas.put(fact, column: column, row: row, end: end)
    }
  }

  private var facts: [String] {
    guard let host = state.host.description else { return [] }
    // The scheduler of a running pool can be exchanged.
    let scheduler = state.host.snapshot?.pools.first?.scheduler ?? host.scheduler
    var facts = ["\(host.engine) \(host.version)", scheduler?.rawValue ?? "unknown"]
    facts.append(host.pcpus == 1 ? "1 pCPU" : "\(host.pcpus) pCPUs")
    guard let snapshot = state.host.snapshot else { return facts + [Format.bytes(host.memory)] }
    facts.append("up " + Format.uptime(snapshot.wallClock - host.startedAt))
    facts.append("\(Format.bytes(snapshot.freeMemory)) of \(Format.bytes(snapshot.memory)) free")
    return facts
  }

  private func connection(_ glyphs: Glyphs) -> (mark: String, text: String, role: ThemeRole) {
    if state.host.disconnection != nil { return (glyphs.down, "disconnected", .error) }
    guard let updatedAt = state.host.updatedAt else { return (glyphs.live, "waiting", .warning) }
    if state.isStale {
      return (glyphs.down, "no news for \(Format.fixed((state.now - updatedAt).seconds, decimals: 0)) s", .warning)
    }
    return (glyphs.live, Format.fixed(state.interval.seconds) + " s", .success)
  }

  /// xentop's line.
  private func drawCounts(_ row: Int, on canvas: inout Canvas) {
    var counts = Counts()
    for domain in state.domains.rows { counts.add(domain.state) }
    let total = state.domains.rows.count
    let all = state.allDomains.count
    let count = (state.filter.isEmpty ? "\(total)" : "\(total) of \(all)") + (all == 1 ? " domain:" : " domains:")
    let parts = counts.parts
    let width = parts.reduce(count.utf8.count) { $0 + " \($1.count) \($1.word),".utf8.count }
    let isNarrow = canvas.size.columns < width + 2
    let column = canvas.put(count, column: 1, row: row)
    var runs: [(String, ThemeRole)] = []
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      let word = isNarrow ? String(part.word.prefix(1)) : " " + part.word + (isLast ? "" : ",")
      runs.append((" \(part.count)", part.count > 0 ? part.role : .dim))
      runs.append((word, .dim))
    }
    let end = canvas.put(runs, column: column, row: row)
    let nature = [state.host.description?.capabilities, state.host.description?.commandLine].compactMap { $0 }.filter {
      !$0.isEmpty
    }
    guard state.host.description?.commandLine != nil, end + 8 < canvas.size.columns else { return }
    let text = DisplayText(nature.joined(separator: canvas.glyphs.separator), charset: canvas.charset)
      .truncated(to: canvas.size.columns - end - 3, ellipsis: canvas.glyphs.ellipsis)
    canvas.put(text, column: end + 2, row: row, end: canvas.size.columns - 1, .dim)
  }

  private struct Counts {
    var running = 0, runnable = 0, blocked = 0, paused = 0, crashed = 0, dying = 0, shutdown = 0, building = 0

    mutating func add(_ state: DomainState) {
      switch state {
      case .running: running += 1
      case .blocked: blocked += 1
      case .paused: paused += 1
      case .shutdown(.crash): crashed += 1
      case .dying: dying += 1
      case .shutdown: shutdown += 1
      case .runnable: runnable += 1
      case .building: building += 1
      }
    }

    typealias Part = (count: Int, word: String, role: ThemeRole)

    /// xentop's states, and where there are such domains the two that it does not count: so all counts add up.
    var parts: [Part] {
      let xentops: [Part] = [
        (running, "running", .running), (blocked, "blocked", .blocked), (paused, "paused", .paused),
        (crashed, "crashed", .crashed), (dying, "dying", .dying), (shutdown, "shutdown", .shutdown),
      ]
      let others: [Part] = [(runnable, "runnable", .runnable), (building, "building", .runnable)]
      return xentops + others.filter { $0.count > 0 }
    }
  }
}
