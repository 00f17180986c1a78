import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct KeyMapTests {
  private func makeState(_ own: [String: [Key]]) -> UIState {
    var options = UIOptions()
    options.keys = KeyMap(own: own)
    var state = UIState(options: options)
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    _ = state.update(.described(host))
    for snapshot in twoSamples() { _ = state.update(.snapshot(snapshot)) }
    return state
  }

  @Test func everyCommandThatCanHaveOtherKeysHasANameOfItsOwn() {
    #expect(Set(KeyMap.commandNames).count == KeyMap.commandNames.count)
    for binding in KeyBinding.all { #expect(binding.isFixed || binding.name != nil, "\(binding.help)") }
    #expect(KeyMap.standardKeys(of: "destroy") == [.character("d"), .character("x")])
    #expect(KeyMap.standardKeys(of: "consoles") == nil)
  }

  @Test func anotherKeyRunsTheCommandAndTheOldOneNoMore() {
    var state = makeState(["pause": [.character("z"), Key(.function(5))]])
    state.press(.down)
    #expect(state.type("p").isEmpty)
    #expect(state.type("z").requests == [.life(reference(1), .pause)])
    #expect(state.press(.function(5)).requests == [.life(reference(1), .pause)])
  }

  @Test func helpHintsAndPaletteShowTheOperatorsKeys() {
    var state = makeState(["pause": [.character("z"), Key(.function(5))], "help": [Key(.function(2))]])
    state.press(.down)
    #expect(state.screen.lines[23].hasPrefix(" F2 help  q quit  c console  z pause"))
    state.type(":paus")
    #expect(state.screen.text.contains("pause, or let a paused domain go on (z F5)"))
    state.press(.escape)
    state.press(.function(2))
    #expect(state.screen.text.contains("F2         this help"))
  }

  @Test func aCommandWithoutKeysIsInThePaletteOnly() {
    var state = makeState(["destroy": []])
    state.press(.down)
    #expect(state.type("dx").isEmpty)
    #expect(state.mode == .command)
    #expect(!state.screen.lines[23].contains("destroy"))
    state.type("?")
    #expect(!state.screen.text.contains("destroy the domain"))
    state.press(.escape)
    _ = state.command("destroy")
    #expect(state.screen.text.contains("destroy domain 'web1'?"))
  }

  @Test func aKeyOfTwoCommandsIsACollision() {
    #expect(KeyMap.collisions(in: [:]).isEmpty)
    #expect(KeyMap.collisions(in: ["quit": [.character("q")], "destroy": [.character("d")]]).isEmpty)
    // The key is free once its owner has others.
    #expect(KeyMap.collisions(in: ["quit": [.character("x")], "destroy": [.character("d")]]).isEmpty)
    let taken = KeyMap.collisions(in: ["quit": [.character("x")]])
    #expect(taken == [.init(key: .character("x"), taker: "quit", owner: "destroy")])
    let shared = KeyMap.collisions(in: ["quit": [.character("!")], "redraw": [.character("!")]])
    #expect(shared == [.init(key: .character("!"), taker: "redraw", owner: "quit")])
    #expect(KeyMap.collisions(in: ["quit": [.character("3")]]).map(\.owner) == [nil])
  }

  @Test(arguments: ["^i", "^m", "^h", "^[", "Shift-a", "^1"]) func whatNoTerminalSendsIsNamed(name: String) throws {
    #expect(try #require(Key(name: name)).untypeable != nil)
  }

  @Test(arguments: ["^a", "^]", "x", "Alt-x", "F12", "Shift-Tab", "Space", "^_"])
  func whatTerminalsSendCanBeUsed(name: String) throws {
    #expect(try #require(Key(name: name)).untypeable == nil)
  }
}

@Suite struct SavedSettingsTests {
  private func makeState(confirming operations: Set<Operation>) -> UIState {
    var options = UIOptions()
    options.confirmations = operations
    var state = UIState(options: options)
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    _ = state.update(.described(host))
    for snapshot in twoSamples() { _ = state.update(.snapshot(snapshot)) }
    state.press(.down)
    return state
  }

  @Test func onlyWhatIsConfiguredAsksFirstUnlessItIsForSeveral() {
    var state = makeState(confirming: [.destroy])
    #expect(state.type("s").requests == [.life(reference(1), .shutdown)])
    #expect(state.type("d").isEmpty)
    state.type("n")
    state.type("  ")
    #expect(state.type("s").isEmpty)
    guard case .confirm = state.mode else { return #expect(Bool(false)) }
  }

  @Test func columnsAndOrderOfDomainsAreKeptFromAnyView() {
    var state = makeState(confirming: [])
    _ = state.command("columns name cpu")
    _ = state.command("sort cpu up")
    state.type("3")
    let saved = SavedSettings.table(
      columns: [Column("name"), Column("cpu")], SortOrder(column: Column("cpu"), isDescending: false))
    #expect(state.command("save-columns") == [.save(saved)])
    _ = state.update(.saved(saved, overruledBy: nil, failure: nil))
    #expect(state.screen.lines[23].contains("columns and order: kept for the next start"))
    _ = state.update(.saved(saved, overruledBy: "config.toml, line 3", failure: nil))
    #expect(state.screen.lines[23].contains("but config.toml, line 3 goes first"))
    _ = state.update(.saved(saved, overruledBy: nil, failure: "state.toml can't be written"))
    #expect(state.screen.lines[23].contains("columns and order can't be kept: state.toml can't be written"))
  }
}
