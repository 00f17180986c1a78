import FoundationEssentials

/// A part of a machine whose state is a value that can be written out, and from which a part of the same shape goes on.
protocol Persistent {
  associatedtype State: Codable & Hashable & Sendable
  /// What the part is called in a saved machine.
  static var stateName: String { get }
  /// Of the layout and meaning of `State`.
  static var stateVersion: Int { get }

  /// The state now. The part must be at rest.
  func save() -> State
  /// Brings a part at rest to a state, which may come from anywhere. Throws if the part could never be in it; then the part
  /// isn't to be used any more.
  func restore(_ state: State) throws(StateError)
}

/// Why a saved state can't be restored.
enum StateError: Error, Hashable, Sendable {
  /// It ends too early, or has another form.
  case unreadable(part: String)
  /// It was written by a later version of Domus.
  case newer(part: String, version: Int, supported: Int)
  /// It is readable, but the part could never be in it.
  case impossible(part: String)
  /// It belongs to another machine: parts are missing, superfluous, or of another kind.
  case otherMachine(String)
  /// The machine does something still.
  case busy

  /// One line for the operator.
  var text: String {
    switch self {
    case .unreadable(let part): "the saved state of the \(part) is damaged or truncated"
    case .newer(let part, let version, let supported):
      "the saved state of the \(part) has version \(version); this version of Domus reads up to \(supported)"
    case .impossible(let part): "the saved state of the \(part) is damaged: the \(part) can't be in it"
    case .otherMachine(let difference): "the saved state belongs to another machine: \(difference)"
    case .busy: "the machine is not at rest"
    }
  }
}

/// The state of one part as it is written out.
struct SavedPart: Codable, Hashable, Sendable {
  var name: String
  var version: Int
  /// The part's `State` as JSON.
  var content: Data

  init<Part: Persistent>(_ part: Part) throws(StateError) {
    name = Part.stateName
    version = Part.stateVersion
    content = try SavedState.encode(part.save(), name)
  }

  /// Brings a part to this state.
  func restore<Part: Persistent>(to part: Part) throws(StateError) {
    guard name == Part.stateName else { throw .otherMachine("\(name) in place of \(Part.stateName)") }
    guard version <= Part.stateVersion else {
      throw .newer(part: name, version: version, supported: Part.stateVersion)
    }
    let state: Part.State = try SavedState.decode(content, name)
    try part.restore(state)
    // What was not taken as it is was damaged.
    guard part.save() == state else { throw .impossible(part: name) }
  }
}

/// How states are written.
enum SavedState {
  static func encode(_ value: some Encodable, _ part: String) throws(StateError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    do { return try encoder.encode(value) } catch { throw .unreadable(part: part) }
  }

  static func decode<Value: Decodable>(_ content: Data, _ part: String) throws(StateError) -> Value {
    do { return try JSONDecoder().decode(Value.self, from: content) } catch { throw .unreadable(part: part) }
  }
}
