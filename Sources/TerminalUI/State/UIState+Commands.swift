import HypervisorModel
import VirtualTerminal

extension UIState {
  mutating func press(_ key: Key) -> [UIEffect] {
    if console != nil { return pressInConsole(key) }
    if onlyConsole != nil { return [] }
    switch dialog {
    case .help(let scroll): return pressInHelp(key, scroll)
    case .confirm(let question): return answer(question, key)
    case nil: return KeyBinding.command(for: key).map { run($0) } ?? []
    }
  }

  mutating func run(_ command: Command) -> [UIEffect] {
    switch command {
    case .up: select(by: -1)
    case .down: select(by: 1)
    case .pageUp: select(by: -pageSize)
    case .pageDown: select(by: pageSize)
    case .first: select(by: -rows.count)
    case .last: select(by: rows.count)
    case .sortLeft: order(sort.moved(by: -1))
    case .sortRight: order(sort.moved(by: 1))
    case .reverseOrder: order(SortOrder(column: sort.column, isDescending: !sort.isDescending))
    case .toggleCPUUnit: cpuUnit = cpuUnit == .pcpu ? .host : .pcpu
    case .console: return stepIntoConsole()
    case .pause: return pauseOrUnpause()
    case .shutdown: ask { .shutdown($0) }
    case .reboot: ask { .reboot($0) }
    case .destroy: ask { .destroy($0) }
    case .raiseWeight: return changeWeight(up: true)
    case .lowerWeight: return changeWeight(up: false)
    case .raiseCap: return changeCap(by: Self.capStep)
    case .lowerCap: return changeCap(by: -Self.capStep)
    case .help: dialog = .help(scroll: 0)
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    case .quit: return [.quit(ExitReport())]
    case .dismiss: message = nil
    }
    return []
  }

  private var pageSize: Int { max(Layout(size: size).table.height - 1, 1) }

  mutating func select(by step: Int) {
    guard !rows.isEmpty else { return }
    let index = min(max((selectedIndex ?? 0) + step, 0), rows.count - 1)
    selection = rows[index].reference
    keepSelectionInView()
  }

  mutating func order(_ order: SortOrder) {
    sort = order
    refreshRows()
  }

  // MARK: Requests

  /// The selected domain, if the host offers the operation and it makes sense for that domain; else the operator is told.
  private mutating func target(of operation: Operation) -> DomainRow? {
    guard let row = selectedRow else {
      show(.warning, "no domain is selected")
      return nil
    }
    if case .unavailable(let reason) = description?.operations[operation] {
      show(.failure, HypervisorError.unavailable(operation: operation, reason: reason).description)
      return nil
    }
    if row.reference.id == .domain0, operation != .setCredit2, operation != .setCredit {
      show(.warning, "\(row.name) is the host itself: \(operation.rawValue) is not for it")
      return nil
    }
    return row
  }

  private mutating func pauseOrUnpause() -> [UIEffect] {
    let isPaused = selectedRow?.state == .paused
    guard let row = target(of: isPaused ? .unpause : .pause) else { return [] }
    return [.perform(isPaused ? .unpause(row.reference) : .pause(row.reference))]
  }

  private mutating func ask(_ request: (DomainReference) -> Request) {
    guard let selection, let row = target(of: request(selection).operation) else { return }
    dialog = .confirm(Confirmation(request: request(row.reference), domain: row.reference, name: row.name))
  }

  private mutating func answer(_ question: Confirmation, _ key: Key) -> [UIEffect] {
    switch key {
    case .character("y"), .character("Y"):
      dialog = nil
      return send(question.request)
    case .character("n"), .character("N"), .character("q"), .control("c"), Key(.escape), Key(.enter):
      dialog = nil
      show(.info, "'\(question.name)' is left alone")
    default: break
    }
    return []
  }

  /// Steps of 32, an eighth of the default weight; a weight between two steps goes to the next one.
  static let weightStep = 32
  /// Per cent of one pCPU.
  static let capStep = 5

  private mutating func changeWeight(up: Bool) -> [UIEffect] {
    guard let row = target(of: shareOperation) else { return [] }
    guard let weight = row.weight else { return tellUnscheduled(row) }
    let step = Self.weightStep
    let value = up ? (weight.rawValue / step + 1) * step : (weight.rawValue - 1) / step * step
    let new = Weight(clamping: value)
    guard new != weight else { return [] }
    return wish(row, weight: new, cap: nil)
  }

  private mutating func changeCap(by step: Int) -> [UIEffect] {
    guard let row = target(of: shareOperation) else { return [] }
    guard let cap = row.cap else { return tellUnscheduled(row) }
    let new = Cap(clamping: cap.rawValue + step)
    guard new != cap else { return [] }
    return wish(row, weight: nil, cap: new)
  }

  private mutating func tellUnscheduled(_ row: DomainRow) -> [UIEffect] {
    show(.warning, "the scheduler has no weight and cap for \(row.name)")
    return []
  }

  /// How the selected domain's scheduler is told a weight and a cap.
  private var shareOperation: Operation { selectedRow?.scheduler == "credit" ? .setCredit : .setCredit2 }

  /// Asks for another weight or cap, and for the operator's leave where that endangers the host.
  private mutating func wish(_ row: DomainRow, weight: Weight?, cap: Cap?) -> [UIEffect] {
    let domain = row.reference
    let request =
      shareOperation == .setCredit
      ? Request.setCredit(domain, weight: weight, cap: cap) : .setCredit2(domain, weight: weight, cap: cap)
    if let warning = snapshot?.warning(before: request) {
      dialog = .confirm(Confirmation(request: request, domain: domain, name: row.name, warning: warning))
      return []
    }
    return send(request)
  }

  /// Performs a request; a weight or cap in it is shown from now on.
  private mutating func send(_ request: Request) -> [UIEffect] {
    if let share = request.share {
      var wish = wanted[share.domain] ?? WantedShare()
      wish.weight = share.weight ?? wish.weight
      wish.cap = share.cap ?? wish.cap
      wish.pending += 1
      wanted[share.domain] = wish
      refreshRows()
    }
    return [.perform(request)]
  }

  // MARK: Replies

  mutating func take(_ result: Result<Reply, HypervisorError>, of request: Request) {
    if let domain = request.share?.domain, var wish = wanted[domain] {
      wish.pending = max(wish.pending - 1, 0)
      if case .failure = result { wish = WantedShare(pending: wish.pending) }
      wanted[domain] = wish
      refreshRows()
    }
    switch result {
    case .failure(let error): show(.failure, error.description)
    case .success: show(.success, success(of: request))
    }
  }

  private func success(of request: Request) -> String {
    let name = request.domain.flatMap { domain in rows.first { $0.reference == domain }?.name } ?? "the domain"
    switch request {
    case .pause: return "\(name) is paused"
    case .unpause: return "\(name) goes on"
    case .shutdown: return "\(name) was asked to power off"
    case .reboot: return "\(name) was asked to restart"
    case .destroy: return "\(name) is destroyed"
    case .setCredit(_, let weight, let cap), .setCredit2(_, let weight, let cap):
      if let weight { return "\(name): weight \(weight.rawValue)" }
      return cap.map { $0 == .none ? "\(name): no cap" : "\(name): cap \($0.rawValue) % of a pCPU" } ?? name
    default: return "\(name): \(request.operation.rawValue) is done"
    }
  }

  // MARK: Help

  private mutating func pressInHelp(_ key: Key, _ scroll: Int) -> [UIEffect] {
    let limit = HelpOverlay.maximumScroll(size)
    switch KeyBinding.command(for: key) {
    case .up: dialog = .help(scroll: max(scroll - 1, 0))
    case .down: dialog = .help(scroll: min(scroll + 1, limit))
    case .pageUp: dialog = .help(scroll: max(scroll - 10, 0))
    case .pageDown: dialog = .help(scroll: min(scroll + 10, limit))
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    default: dialog = nil
    }
    return []
  }

  // MARK: Mouse

  mutating func handle(_ mouse: MouseEvent) -> [UIEffect] {
    let step = 3
    if console != nil {
      if mouse.kind != .press { console?.scroll(by: mouse.kind == .wheelUp ? step : -step) }
      return []
    }
    if case .help(let scroll) = dialog {
      let moved = scroll + (mouse.kind == .wheelUp ? -step : step)
      dialog = mouse.kind == .press ? nil : .help(scroll: min(max(moved, 0), HelpOverlay.maximumScroll(size)))
      return []
    }
    guard dialog == nil, onlyConsole == nil else { return [] }
    switch mouse.kind {
    case .wheelUp: select(by: -1)
    case .wheelDown: select(by: 1)
    case .press: click(mouse.position)
    }
    return []
  }

  private mutating func click(_ position: Position) {
    let layout = Layout(size: size)
    if layout.heading == position.row {
      guard let column = TableView.columns(width: size.columns).first(where: { $0.range.contains(position.column) }),
        column.spec.precedes != nil
      else { return }
      let clicked = column.spec.column
      order(
        clicked == sort.column
          ? SortOrder(column: clicked, isDescending: !sort.isDescending) : SortOrder.by(clicked))
      return
    }
    let index = top + position.row - layout.table.row
    guard layout.table.rows.contains(position.row), rows.indices.contains(index) else { return }
    selection = rows[index].reference
    keepSelectionInView()
  }
}

extension Request {
  /// Of a request that changes a weight or cap: whose, and what.
  fileprivate var share: (domain: DomainReference, weight: Weight?, cap: Cap?)? {
    switch self {
    case .setCredit(let domain, let weight, let cap), .setCredit2(let domain, let weight, let cap):
      (domain, weight, cap)
    default: nil
    }
  }
}
