import HypervisorModel
import VirtualTerminal

/// From a wish to a request: whom it is about, whether it may be, and what was asked for.
extension UIState {
  /// The marked domains where marks can be seen, else the selected one.
  var targetRows: [DomainRow] {
    let marked = showsMarks ? allDomains.filter { marks.contains($0.reference) } : []
    return marked.isEmpty ? selectedRow.map { [$0] } ?? [] : marked
  }

  var showsMarks: Bool { type(of: screens[view]).showsMarks }

  private func targets(_ requests: [Request]) -> [Confirmation.Target] {
    var targets: [Confirmation.Target] = []
    for domain in requests.compactMap(\.domain) where !targets.contains(where: { $0.domain == domain }) {
      targets.append(.init(domain: domain, name: row(of: domain)?.name ?? ""))
    }
    return targets
  }

  /// Asks the same of all target domains, or of those that were named.
  mutating func request(on named: [DomainRow]? = nil, _ make: (DomainRow) -> Request?) -> [UIEffect] {
    let rows = named ?? targetRows
    guard !rows.isEmpty else {
      show(.warning, "no domain is selected")
      return []
    }
    return ask(rows.compactMap(make))
  }

  /// Asks for all of these; what loses something is confirmed first.
  mutating func ask(_ requests: [Request]) -> [UIEffect] {
    guard requests.allSatisfy({ isAllowed($0) }) else { return [] }
    let isAskedFirst = requests.count > 1 || requests.contains { options.confirmations.contains($0.operation) }
    if isAskedFirst, requests.contains(where: { $0.operation.facts.loss != nil }) {
      ask(Confirmation(requests, targets(requests)))
      return []
    }
    return submit(requests)
  }

  /// Whether the host offers it and it makes sense; else the operator is told.
  mutating func isAllowed(_ request: Request) -> Bool {
    let operation = request.operation
    if options.isReadOnly, operation.facts.isChange {
      show(.failure, "\(operation.rawValue) is refused: this terminal is read-only")
      return false
    }
    if case .unavailable(let reason) = host.description?.operations[operation] {
      show(.failure, HypervisorError.unavailable(operation: operation, reason: reason).description)
      return false
    }
    guard let domain = request.domain, domain.id == .domain0, !operation.facts.isForDomain0 else { return true }
    show(.warning, "\(row(of: domain)?.name ?? "Domain-0") is the host itself: \(operation.rawValue) is not for it")
    return false
  }

  /// Sends requests, or first asks for the operator's leave where one endangers the host.
  mutating func submit(_ requests: [Request], isUndoable: Bool = true) -> [UIEffect] {
    guard requests.allSatisfy({ isAllowed($0) }) else { return [] }
    let dangers = requests.compactMap { host.snapshot?.warning(before: $0) }
    if let danger = dangers.first {
      ask(Confirmation(requests, targets(requests), danger: danger, isUndoable: isUndoable))
      return []
    }
    return send(requests, isUndoable: isUndoable).effects
  }

  /// A weight or cap in a request is shown from now on; every change is taken down.
  private mutating func send(_ requests: [Request], isUndoable: Bool) -> (effects: [UIEffect], asked: [Journal.Asked]) {
    var asked: [Journal.Asked] = []
    for request in requests {
      let change = Change(request, row: request.domain.flatMap { row(of: $0) }, host: host.snapshot)
      let entry = LogEntry(
        time: timeOfDay, domain: request.domain, name: change.name,
        text: isUndoable ? change.what : "undo: " + change.what, old: change.old, new: change.new, outcome: "asked for")
      asked.append(Journal.Asked(id: RequestID(), change: change, entry: log.add(entry)))
      expect(request)
    }
    host.journal.begin(asked, isUndoable: isUndoable, at: now)
    refreshRows()
    return (asked.map { .perform($0.change.request, $0.id, on: shownHost) }, asked)
  }

  /// The next request, even of the same step, counts on from what this one asks for.
  private mutating func expect(_ request: Request) {
    guard let share = request.share else { return }
    let edit = ShareEdit(weight: share.weight, cap: share.cap)
    let before = host.requested[share.domain] ?? RequestedShare()
    host.requested[share.domain] = RequestedShare(edit: before.edit.with(edit), pending: before.pending + 1)
    if let index = allDomains.firstIndex(where: { $0.reference == share.domain }) {
      host.domains[index] = host.domains[index].with(edit)
    }
  }

  mutating func undo() -> [UIEffect] {
    guard let step = host.journal.takeLast() else {
      show(.info, "there is nothing to undo")
      return []
    }
    guard !step.inverse.isEmpty else {
      let further = host.journal.hasSteps ? "; \(options.keys.shown(.undo) ?? ":undo") again goes further back" : ""
      show(.warning, "\(step.text) can't be taken back" + further)
      return []
    }
    let present = step.inverse.filter { request in request.domain.map { row(of: $0) != nil } ?? true }
    guard !present.isEmpty else {
      show(
        .warning, "'\(step.changes.first?.name ?? "")' has gone: its \(step.changes.first?.what ?? "") stays as it was")
      return []
    }
    return submit(present, isUndoable: false)
  }

  // MARK: Questions

  /// Nobody answers a question that can't be read.
  private mutating func ask(_ question: Confirmation) {
    mode = .confirm(question)
    closeUnreadableQuestion()
  }

  mutating func closeUnreadableQuestion() {
    guard case .confirm(let question) = mode,
      !ConfirmationView(question, size: mainSize).isReadable
    else { return }
    mode = .command
    show(.failure, "the screen is too small to ask before \(question.verb): make it larger")
  }

  mutating func answer(_ question: Confirmation, _ key: Key) -> [UIEffect] {
    if var typed = question.typed {
      switch key {
      case Key(.enter) where typed.text == question.password: return confirm(question)
      case Key(.escape), .control("c"), Key(.enter): refuse(question)
      default:
        _ = typed.press(key)
        var question = question
        question.typed = typed
        mode = .confirm(question)
      }
      return []
    }
    switch key {
    case .character("y"), .character("Y"): return confirm(question)
    case .character("n"), .character("N"), .character("q"), .control("c"), Key(.escape), Key(.enter): refuse(question)
    default: break
    }
    return []
  }

  private mutating func refuse(_ question: Confirmation) {
    mode = .command
    let names = question.targets.map { "'\($0.name)'" }
    let what = names.count > 1 ? "\(names.count) domains are" : (names.first ?? "'\(question.subject.name)'") + " is"
    show(.info, what + " left alone")
  }

  private mutating func confirm(_ question: Confirmation) -> [UIEffect] {
    mode = .command
    let (effects, asked) = send(question.requests, isUndoable: question.isUndoable)
    let changes = asked.map(\.change)
    let inverse = changes.reversed().flatMap(\.inverse)
    if question.isOnTrial, !inverse.isEmpty {
      let text = changes.map { "\($0.what) \($0.new ?? "") for \($0.name)" }.joined(separator: ", ")
      mode = .trial(
        Trial(
          inverse: inverse, requests: asked.map(\.id), isUndoable: question.isUndoable, text: text,
          deadline: now + Trial.time))
    }
    return effects
  }

  /// The question is taken back as soon as one of its domains has gone: its id may be another's by now.
  mutating func closeQuestionAboutGoneDomain() {
    guard case .confirm(let question) = mode,
      let gone = question.targets.first(where: { host.snapshot?.contains($0.domain) == false })
    else { return }
    mode = .command
    show(.warning, "domain '\(gone.name)' has gone in the meantime; nothing was done")
  }

  // MARK: Trials

  mutating func pressOnTrial(_ key: Key, _ trial: Trial) -> [UIEffect] {
    switch key {
    case .character("y"), .character("k"), .character("Y"):
      mode = .command
      show(.success, "\(trial.text) is kept")
      return []
    case .character("n"), .character("N"), .character("q"), .control("c"), Key(.escape): return takeBack(trial)
    default: return []
    }
  }

  mutating func takeBackIfDue() -> [UIEffect] {
    guard case .trial(let trial) = mode, trial.deadline <= now else { return [] }
    return takeBack(trial)
  }

  /// What was not kept yet when the program ends is taken back.
  mutating func takeBackAtEnd() -> [UIEffect] {
    guard case .trial(let trial) = mode else { return [] }
    return takeBack(trial)
  }

  private mutating func takeBack(_ trial: Trial) -> [UIEffect] {
    mode = .command
    if trial.isUndoable { _ = host.journal.takeLast() }
    show(.warning, "\(trial.text) is taken back")
    return send(trial.inverse, isUndoable: false).effects
  }

  // MARK: Replies

  mutating func receive(_ result: Result<Reply, HypervisorError>, of id: RequestID) {
    if let config, config.request == id { return receiveConfig(of: config.domain, result) }
    let failed = if case .failure = result { true } else { false }
    guard let asked = host.journal.finish(id, failed: failed) else { return }
    let request = asked.change.request
    if let domain = request.share?.domain, var share = host.requested[domain] {
      share.pending = max(share.pending - 1, 0)
      if failed { share.edit = ShareEdit() }
      host.requested[domain] = share
    }
    switch result {
    case .failure(let error):
      endTrial(of: id)
      show(.failure, error.description)
      log.update(asked.entry) { ($0.outcome, $0.kind) = (error.description, .failure) }
    case .success(let reply):
      if let domain = request.domain, config?.domain == domain { config = nil }
      tell(reply, of: request)
      log.update(asked.entry) { ($0.outcome, $0.kind) = ("done", .success) }
    }
    refreshRows()
  }

  /// What was refused needs no taking back.
  private mutating func endTrial(of id: RequestID) {
    if case .trial(let trial) = mode, trial.requests.contains(id) { mode = .command }
  }

  private mutating func tell(_ reply: Reply, of request: Request) {
    switch reply {
    case .text(let text) where !text.allSatisfy(\.isWhitespace): open(TextPage(request.operation.rawValue, text))
    case .created(_, let warnings):
      show(.success, success(of: request))
      for warning in warnings { show(.warning, warning) }
    default: show(.success, success(of: request))
    }
  }

  private func success(of request: Request) -> String {
    let name =
      request.domain.flatMap { row(of: $0)?.name } ?? request.pool ?? (request.domain == nil ? "" : "the domain")
    if let text = request.operation.facts.success { return text.replacingSubject(with: name) }
    let change = Change(request, row: request.domain.flatMap { row(of: $0) }, host: host.snapshot)
    return (name.isEmpty ? "" : name + ": ") + "\(change.what) \(change.new ?? "set")"
  }
}

extension String {
  /// A text of the table of operations, with its subject's name in it.
  func replacingSubject(with name: String) -> String {
    split(separator: "%", omittingEmptySubsequences: false).joined(separator: name)
  }
}
