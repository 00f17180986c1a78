import Figures
import HypervisorModel
import VirtualTerminal

extension UIState {
  mutating func press(_ key: Key) -> [UIEffect] {
    if consoles.hasFocus { return pressInConsole(key) }
    if onlyConsole != nil { return [] }
    switch mode {
    case .command: return options.keys.command(for: key).map { run($0) } ?? []
    case .help, .text: return pressInOverlay(key)
    case .confirm(let question): return answer(question, key)
    case .trial(let trial): return pressOnTrial(key, trial)
    case .columns(let chooser): return pressInColumns(key, chooser)
    case .filter(let typed): return pressInFilter(key, typed)
    case .palette(let palette): return pressInPalette(key, palette)
    }
  }

  /// `named`: domains that the command is for, instead of the marked or the selected ones.
  mutating func run(_ command: Command, on named: [DomainRow]? = nil) -> [UIEffect] {
    switch command {
    case .up: move(by: -1)
    case .down: move(by: 1)
    case .pageUp: movePage(-1)
    case .pageDown: movePage(1)
    case .first: move(by: -Self.far)
    case .last: move(by: Self.far)
    case .previousDomain: selectDomain(by: -1)
    case .nextDomain: selectDomain(by: 1)
    case .mark: mark()
    case .markAll: markAll()
    case .screen(let new): show(new)
    case .nextView: show(view.moved(by: 1))
    case .previousView: show(view.moved(by: -1))
    case .open: return open()
    case .sortLeft, .sortRight, .reverseOrder, .columnsLeft, .columnsRight, .chooseColumns: arrange(command)
    case .toggleDetails(let details): toggle(details)
    case .toggleCPUUnit: cpuUnit = cpuUnit == .pcpu ? .host : .pcpu
    case .filter: beginFilter()
    case .palette: mode = .palette(Palette())
    case .type(let beginning): mode = .palette(Palette(beginning + " "))
    case .console: return stepIntoConsole(of: named?.first)
    case .consoles: return focusConsoles()
    case .split: toggleSplit()
    case .pause: return named.map { pause($0) } ?? pauseOrUnpause()
    case .shutdown: return request(on: named) { .life($0.reference, .shutdown) }
    case .reboot: return request(on: named) { .life($0.reference, .reboot) }
    case .destroy: return request(on: named) { .life($0.reference, .destroy) }
    case .raiseWeight: return changeWeight(up: true)
    case .lowerWeight: return changeWeight(up: false)
    case .raiseCap: return changeCap(by: Self.capStep)
    case .lowerCap: return changeCap(by: -Self.capStep)
    case .undo: return undo()
    case .copyNames: return copyNames()
    case .copyTable: return copyTable()
    case .help: mode = .help(scroll: 0)
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    case .quit: return [.quit(ExitReport())]
    case .dismiss: dismiss()
    }
    return []
  }

  /// One step back: what is tried out and messages go first, then marks, the filter, the view.
  private mutating func dismiss() {
    if !host.plan.isEmpty {
      discardPlan()
    } else if !messages.isEmpty {
      messages = []
    } else if showsMarks, !marks.isEmpty {
      marks = []
    } else if !filter.isEmpty {
      apply(filter: "")
    } else if view != .overview {
      show(.overview)
    }
  }

  /// More or less of each domain in the overview; from another view it goes there, to more.
  private mutating func toggle(_ details: DomainDetails) {
    if view == .overview {
      domains.position.details.formSymmetricDifference(details)
    } else {
      show(.overview)
      domains.position.details.formUnion(details)
    }
    refreshTable()
  }

  /// Pauses all targets, or lets them go on if all are paused.
  private mutating func pauseOrUnpause() -> [UIEffect] {
    let arePaused = targetRows.allSatisfy { $0.state == .paused }
    return request { row in
      if arePaused { return .life(row.reference, .unpause) }
      return row.state == .paused ? nil : .life(row.reference, .pause)
    }
  }

  /// What is paused already stays so: who names a domain does not look at it.
  private mutating func pause(_ named: [DomainRow]) -> [UIEffect] {
    let paused = named.filter { $0.state == .paused }
    if !paused.isEmpty {
      show(
        .info,
        paused.map { "'\($0.name)'" }.joined(separator: ", ") + (paused.count == 1 ? " is" : " are") + " paused already"
      )
    }
    return request(on: named) { $0.state == .paused ? nil : .life($0.reference, .pause) }
  }

  // MARK: Moving

  /// More rows than a table has.
  static let far = 1 << 30

  mutating func move(by step: Int) { changeScreen { $0.move(by: step, in: $1) } }

  private mutating func movePage(_ direction: Int) { changeScreen { $0.movePage(direction, in: $1) } }

  /// A row, however many lines it has; where there is no table, the domain after or before in the overview.
  private mutating func selectDomain(by step: Int) {
    let visible = visibleRows
    guard position == nil else {
      position?.select(by: step, visible: visible)
      return
    }
    domains.position.select(by: step, visible: visible)
    screens[view].select(domains.selected?.reference, visible: visible)
  }

  /// What is under the cursor, from near: a table's row becomes a domain's view, and that its console.
  private mutating func open() -> [UIEffect] {
    if !host.plan.isEmpty { return applyPlan() }
    return selection == nil ? [] : run(type(of: screens[view]).enter)
  }

  private mutating func mark() {
    guard showsMarks, let selection else { return }
    marks.formSymmetricDifference([selection])
    selectDomain(by: 1)
  }

  /// All guests that are shown, or none: with Domain-0 among them hardly anything could be done to them.
  private mutating func markAll() {
    guard showsMarks else { return }
    let shown = Set(domains.rows.filter { !$0.isDomain0 }.map(\.reference))
    marks = shown.isSubset(of: marks) ? [] : shown
  }
}
