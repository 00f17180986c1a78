import HypervisorModel
import Testing

@testable import TerminalUI

/// The mouse reaches what dialogs and the bottom line offer, and a click does what the key does.
@Suite struct MouseTests {
  /// Where a text stands on the screen, for the last time from above.
  private func place(of text: String, _ state: UIState) -> Position? {
    let screen = state.screen
    for row in (0..<screen.size.rows).reversed() {
      let cells = screen.row(row).map(\.text)
      let signs = text.map(String.init)
      for column in 0..<max(cells.count - signs.count + 1, 0)
      where Array(cells[cells.startIndex + column..<cells.startIndex + column + signs.count]) == signs {
        return Position(column: column, row: row)
      }
    }
    return nil
  }

  private func press(_ state: inout UIState, _ position: Position) -> [UIEffect] {
    state.mouse(.press, at: position)
  }

  private func click(
    _ text: String, _ state: inout UIState, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [UIEffect] {
    press(&state, try #require(place(of: text, state), "\(state.screen.text)", sourceLocation: sourceLocation))
  }

  /// Presses all cells that no key stands on.
  private func clickEverywhere(_ state: inout UIState) {
    let hits = state.hits
    _ = state.update(.drawn(hits))
    for row in 0..<state.size.rows {
      for column in 0..<state.size.columns {
        let position = Position(column: column, row: row)
        if case .key = hits.target(at: position) { continue }
        #expect(state.update(.mouse(MouseEvent(.press, at: position))).isEmpty)
      }
    }
  }

  private static let sizes = [(80, 24), (40, 10), (34, 7), (33, 7), (30, 6), (24, 5)].map {
    Size(columns: $0.0, rows: $0.1)
  }

  @Test func aClickIsOnWhatWasDrawn() throws {
    var state = makeState()
    let quit = try #require(state.place(of: .key(.character("q"))))
    _ = state.update(.mouse(MouseEvent(.press, at: quit)))
    #expect(state.mode == .command, "nothing was drawn")
    _ = state.update(.drawn(state.hits))
    // The question comes before the next drawing: nobody meant to answer it.
    state.type("jd")
    let mode = state.mode
    #expect(state.update(.mouse(MouseEvent(.press, at: quit))).isEmpty)
    #expect(state.mode == mode)
    #expect(state.hits.target(at: quit) == nil)
  }

  @Test func aClickBesideTheScreenIsOnNothing() {
    var state = makeState()
    for place in [Position(column: -1, row: 3), Position(column: 80, row: 3), Position(column: 3, row: 24)] {
      #expect(state.mouse(.press, at: place).isEmpty)
    }
    #expect(state.domains.position.selectedIndex == 0)
  }

  // MARK: Questions

  @Test(arguments: sizes) func aQuestionIsAnsweredByAClick(size: Size) throws {
    var state = makeState(size)
    state.type("jd")
    let (yes, no) = size.columns < 30 ? ("y  n", "n") : size.columns < 34 ? ("yes", "no") : ("yes, destroy", "no")
    #expect(try click(yes, &state).requests == [.life(reference(1), .destroy)])
    #expect(state.mode == .command)
    state.type("d")
    #expect(try click(no, &state).isEmpty)
    #expect(state.mode == .command)
  }

  @Test(arguments: sizes) func aClickBesideAQuestionIsNoAnswer(size: Size) throws {
    var state = makeState(size)
    state.type("jd")
    let mode = state.mode
    guard case .confirm = mode else { return #expect(Bool(false)) }
    clickEverywhere(&state)
    #expect(state.mode == mode)
    _ = state.mouse(.wheelDown, at: Position(column: 3, row: 3))
    #expect(state.mode == mode)
  }

  @Test(arguments: [Size(columns: 12, rows: 3), Size(columns: 1, rows: 1)])
  func aQuestionThatCannotBeReadIsNotAsked(size: Size) {
    var state = makeState(size)
    state.press(.down)
    #expect(state.type("d").isEmpty)
    #expect(state.type("y") == [.copy("web1")], "the key means what it means without a question")
    #expect(state.mode == .command)
    #expect(state.messages.first?.text.contains("too small") == true)
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    state.type("d")
    _ = state.update(.resize(size))
    #expect(state.type("y") == [.copy("web1")], "nor when the screen shrinks meanwhile")
  }

  @Test(arguments: sizes.filter { $0.columns >= 30 }) func aNameThatHasToBeTypedCanBeLeft(size: Size) throws {
    var state = makeState(size)
    state.type("j  d")
    let cancel = size.columns < 34 ? "Esc" : "Esc cancel"
    #expect(try click(cancel, &state).isEmpty)
    #expect(state.mode == .command)
    state.type("dweb1")
    #expect(state.screen.cursor != nil)
    #expect(
      try click(size.columns < 34 ? "Enter" : "Enter destroy", &state).requests == [
        .life(reference(1), .destroy), .life(reference(2), .destroy),
      ])
  }

  @Test func aQuestionOnOneLineShowsWhatIsTyped() {
    var state = makeState(Size(columns: 60, rows: 6))
    state.type("j  dwe")
    #expect(state.screen.lines[5] == "destroy 2 domains? type 'web1': e  Enter destroy  Esc cancel")
  }

  @Test(arguments: sizes) func aTrialIsKeptOrTakenBackByAClick(size: Size) throws {
    let sample = snapshot(at: 1000, [domain(0, "Domain-0"), domain(1, "web1")])
    for isKept in [true, false] {
      var state = makeState(size, [sample])
      state.type("-y")
      guard case .trial(let trial) = state.mode else { return #expect(Bool(false)) }
      clickEverywhere(&state)
      #expect(state.mode == .trial(trial))
      let place = try #require(state.place(of: .key(.character(isKept ? "y" : "n"))))
      #expect(press(&state, place).isEmpty == isKept)
      #expect(state.mode == .command)
    }
  }

  @Test func buttonsKeepTheirWordsAsLongAsTheyFindRoom() {
    let buttons = [Button("y", word: "keep it"), Button("n", word: "take it back")]
    #expect(ButtonRow(all: buttons, row: 0, in: 0..<28, gap: 5).columns == 0..<28)
    #expect(ButtonRow(all: buttons, row: 0, in: 0..<27, gap: 5).columns == 0..<25)
    #expect(ButtonRow(all: buttons, row: 0, in: 3..<27, gap: 5).columns == 3..<7)
    #expect(ButtonRow(all: buttons, row: 0, in: 3..<27, gap: 5, isAtEnd: true).columns == 23..<27)
    #expect(ButtonRow(all: buttons, row: 0, in: 0..<0).columns == 0..<0)
  }

  // MARK: The bottom line

  @Test func aClickOnAHintRunsItsCommand() throws {
    var state = makeState()
    state.press(.down)
    #expect(try click("pause", &state).requests == [.life(reference(1), .pause)])
    state.press(.escape)
    #expect(try click("q quit", &state) == [.quit(ExitReport())])
    _ = try click("help", &state)
    #expect(state.mode == .help(scroll: 0))
    state.press(.escape)
    _ = try click(": command", &state)
    #expect(state.mode == .palette(Palette()))
    state.press(.escape)
    _ = try click("destroy", &state)
    #expect(state.screen.text.contains("destroy domain 'web1'?"))
  }

  @Test func eachKeyOfAHintIsForItself() throws {
    var state = makeState()
    state.press(.down)
    let weight = try #require(place(of: "+ - weight", state))
    func changed(_ weight: Int) -> [Request] {
      [.scheduling(reference(1), SchedulingChange(.credit2, [.weight: Int64(weight)]))]
    }
    #expect(press(&state, weight).requests == changed(288))
    #expect(press(&state, Position(column: weight.column + 2, row: weight.row)).requests == changed(256))
    // What the word alone would mean, nobody knows.
    #expect(press(&state, Position(column: weight.column + 5, row: weight.row)).isEmpty)
    #expect(press(&state, Position(column: weight.column + 1, row: weight.row)).isEmpty)
  }

  @Test func whatIsMarkedFilteredOrTriedOutIsClearedByAClick() throws {
    var state = makeState()
    state.type("j /i")
    state.press(.enter)
    #expect(state.screen.lines[23].hasPrefix(" 1 marked  /i  Esc clears"))
    _ = try click("clears", &state)
    #expect(state.marks.isEmpty)
    _ = try click("clears", &state)
    #expect(state.filter.isEmpty)
    state.type("7+")
    #expect(state.screen.lines[23].hasPrefix(" 1 change tried out  Enter applies  Esc forgets"))
    _ = try click("forgets", &state)
    #expect(state.host.plan.isEmpty)
  }

  @Test func aHintUnderAMessageIsNotThere() throws {
    var state = makeState()
    let quit = try #require(place(of: "quit", state))
    _ = state.update(.notice("a broken theme"))
    #expect(press(&state, quit).isEmpty)
  }

  @Test func hintsHaveTheOperatorsKeys() throws {
    var options = UIOptions()
    options.keys = KeyMap(own: ["quit": [Key(.function(10))]])
    var state = UIState(options: options)
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    #expect(try click("F10 quit", &state) == [.quit(ExitReport())])
  }

  // MARK: The palette

  @Test func aClickOnASuggestionTakesIt() throws {
    var state = makeState()
    state.type(":we")
    _ = try click("weight-up", &state)
    guard case .palette(let palette) = state.mode else { return #expect(Bool(false)) }
    #expect(palette.editor.text == "weight-up ")
    // Beside the suggestions nothing happens.
    #expect(press(&state, Position(column: 4, row: 12)).isEmpty)
    #expect(state.mode == .palette(palette))
    #expect(press(&state, Position(column: 4, row: 23)).isEmpty)
    #expect(state.mode == .palette(palette))
  }

  @Test func theWheelGoesThroughSuggestions() {
    var state = makeState()
    state.type(":")
    for _ in 0..<15 { _ = state.mouse(.wheelDown, at: Position(column: 4, row: 20)) }
    guard case .palette(let palette) = state.mode else { return #expect(Bool(false)) }
    #expect(palette.selected == 15)
    let row = state.screen.lines.firstIndex { $0.contains(PaletteCommand.all[12].help) }
    _ = state.mouse(.press, at: Position(column: 4, row: row ?? 0))
    guard case .palette(let completed) = state.mode else { return #expect(Bool(false)) }
    #expect(completed.editor.text == PaletteCommand.all[12].name + " ")
  }

  // MARK: The other dialogs

  @Test func aClickInTheChooserShowsAndHidesAColumn() throws {
    var state = makeState()
    state.type("f")
    _ = try click("the domain's name", &state)
    #expect(!state.domains.position.columns.contains(.name))
    _ = try click("SWITCHES", &state)
    #expect(state.domains.position.columns.last == Column("switches"))
    // Further down there are more, which come under the mouse by its wheel.
    for _ in 0..<60 { _ = state.mouse(.wheelDown, at: Position(column: 20, row: 10)) }
    let last = try #require(DomainRow.columns.last?.spec)
    let place = try #require(self.place(of: last.help, state))
    _ = press(&state, place)
    #expect(state.domains.position.columns.last == last.column)
    // What was clicked on may have moved, but the list did not.
    guard case .columns(let chooser) = state.mode else { return #expect(Bool(false)) }
    let hidden = chooser.columns[chooser.top + place.row - 1]
    _ = press(&state, place)
    #expect(state.domains.position.columns.last == hidden)
  }

  @Test func theChoosersKeysCanBeClicked() throws {
    var state = makeState()
    state.type("fj")
    _ = try click("< > moves", &state)
    #expect(state.domains.position.columns.first == .id)
    _ = try click("Space shows", &state)
    #expect(state.domains.position.columns.first == .name)
    #expect(press(&state, Position(column: 0, row: 0)).isEmpty)
    guard case .columns = state.mode else { return #expect(Bool(false)) }
    _ = try click("closes", &state)
    #expect(state.mode == .command)
  }

  @Test func theChooserIsLeftByAClickWhateverKeyGoesBack() throws {
    var options = UIOptions()
    options.keys = KeyMap(own: ["back": [Key(.function(9))]])
    var state = UIState(options: options)
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    state.type("f")
    _ = try click("Esc closes", &state)
    #expect(state.mode == .command)
  }

  @Test func aClickClosesTheHelp() {
    var state = makeState()
    state.type("?")
    _ = press(&state, Position(column: 40, row: 10))
    #expect(state.mode == .command)
  }
}
