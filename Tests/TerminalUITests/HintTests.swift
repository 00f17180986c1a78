import HypervisorModel
import Testing

@testable import TerminalUI

/// The bottom line offers the keys of the screen, as far as they can do something.
@Suite struct HintTests {
  private func line(_ state: UIState) -> String { state.screen.lines.last ?? "" }

  @Test func domain0IsNotOfferedWhatCanOnlyBeDoneToGuests() {
    var state = makeState(Size(columns: 200, rows: 24))
    for word in ["console", "pause", "destroy", "shutdown"] { #expect(!line(state).contains(word)) }
    state.press(.down)
    for word in ["console", "pause", "destroy", "shutdown"] { #expect(line(state).contains(word)) }
  }

  @Test func undoIsOfferedOnceThereIsSomethingToUndo() {
    var state = makeState(Size(columns: 200, rows: 24))
    state.press(.down)
    #expect(!line(state).contains("undo"))
    state.type("+")
    state.press(.escape)
    #expect(line(state).contains("u undo"))
  }

  @Test func whatTheHostCannotDoIsNotOffered() {
    var state = makeState(Size(columns: 200, rows: 24))
    state.press(.down)
    var description = host
    description.operations[.shutdown] = .unavailable(reason: "no")
    _ = state.update(.described(description))
    #expect(!line(state).contains("shutdown"))
    #expect(line(state).contains("pause"))
  }

  @Test func aTerminalThatMayOnlyLookIsOfferedNoChange() {
    var options = UIOptions()
    options.isReadOnly = true
    var state = UIState(options: options)
    _ = state.update(.resize(Size(columns: 200, rows: 24)))
    for sample in twoSamples() { _ = state.update(.snapshot(sample)) }
    state.press(.down)
    for word in ["pause", "destroy", "weight", "cap"] { #expect(!line(state).contains(word)) }
    #expect(line(state).contains("console"))
  }

  @Test func aScreenWithoutDomainsOffersNoneOfTheirKeys() {
    var state = makeState(Size(columns: 200, rows: 24))
    state.type("j4")
    for word in ["console", "pause", "domain", "mark"] { #expect(!line(state).contains(word)) }
    #expect(line(state).contains("sort"))
  }
}
