import HypervisorModel

extension HostID {
  /// A host that has not told its id yet.
  public static let untold = HostID(rawValue: "")
}

/// What hosts say.
extension UIState {
  /// The host that the screens are about. Changed in place: its histories are large.
  var host: HostState {
    get { hosts[shownHost] ?? HostState() }
    _modify { yield &hosts[shownHost, default: HostState()] }
  }

  /// All domains of the shown host.
  var allDomains: [DomainRow] { host.domains }

  mutating func receive(_ event: HostEvent, from id: HostID) -> [UIEffect] {
    if shownHost == .untold { show(id) }
    if case .described = event { show(id) }
    guard id == shownHost else { return [] }
    switch event {
    case .described(let description): host.description = description
    case .snapshot(let snapshot): return receive(snapshot)
    case .history(let samples): host.receive(samples)
    case .happened(let event): receive(event)
    case .reply(let id, let result): receive(result, of: id)
    case .disconnected(let text): disconnected(text)
    }
    return []
  }

  /// The host at the other end says who it is. It may have told nothing before, or another one may have answered.
  private mutating func show(_ id: HostID) {
    guard id != shownHost else { return }
    if host.snapshot != nil { record(LogEntry(time: timeOfDay, text: "another host answers", kind: .warning)) }
    let before = hosts.removeValue(forKey: shownHost)
    if hosts[id] == nil { hosts[id] = shownHost == .untold ? before : HostState() }
    shownHost = id
    refreshRows()
  }

  private mutating func disconnected(_ reason: String) {
    if host.disconnection == nil, host.snapshot != nil { noteOutage(reason) }
    host.disconnection = reason
    // Nobody will say when it is over.
    host.progress = nil
  }
}
