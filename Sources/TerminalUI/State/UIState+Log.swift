import HypervisorModel

/// What happened, for the log.
extension UIState {
  /// Seconds since 1970 on the host's clock, in the operator's time zone.
  var timeOfDay: Double {
    guard let snapshot = host.snapshot, let updatedAt = host.updatedAt else { return 0 }
    return snapshot.wallClock + (now - updatedAt).seconds + Double(options.secondsFromUTC)
  }

  @discardableResult
  mutating func record(_ entry: LogEntry) -> Int {
    let serial = log.add(entry)
    if view == .log { refreshTable() }
    return serial
  }

  mutating func receive(_ event: HypervisorEvent) {
    switch event {
    case .appeared(let domain, let name): note(domain, name, "appeared")
    case .changed(let domain, let name, let state):
      let before = row(of: domain)?.state
      switch state {
      case .running, .runnable, .blocked: if before == .paused { note(domain, name, "goes on") }
      case .shutdown(.crash): alarm(domain, name)
      case .shutdown(let reason): note(domain, name, "shut down: \(reason.rawValue)")
      case .paused, .building, .dying: note(domain, name, state.word)
      }
    case .gone(let domain, let name, .crash): alarm(domain, name)
    case .gone(let domain, let name, let reason):
      note(domain, name, reason.map { "has gone: \($0.rawValue)" } ?? "has gone")
    case .progress(let work, let fraction):
      host.progress = fraction < 1 ? Progress(work: work, fraction: fraction) : nil
    }
  }

  private mutating func note(_ domain: DomainReference, _ name: String, _ text: String) {
    record(LogEntry(time: timeOfDay, domain: domain, name: name, text: text))
  }

  /// What happens meanwhile nobody tells.
  mutating func noteOutage(_ reason: String) {
    record(LogEntry(time: timeOfDay, text: "the host is out of reach", kind: .failure, outcome: reason))
  }

  mutating func noteReturn() { record(LogEntry(time: timeOfDay, text: "the host is there again")) }

  private mutating func alarm(_ domain: DomainReference, _ name: String) {
    record(LogEntry(time: timeOfDay, domain: domain, name: name, text: "crashed", kind: .failure))
    show(.failure, "domain '\(name)' crashed")
  }
}

/// Long work on the host.
struct Progress: Hashable {
  var work: String
  /// 0 to 1.
  var fraction: Double
}
