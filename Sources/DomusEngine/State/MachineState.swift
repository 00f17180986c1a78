import FoundationEssentials

/// The state of a machine at rest, without the contents of its memory.
struct MachineState: Codable, Hashable, Sendable {
  static let name = "machine"
  static let currentVersion = 1

  /// What is in a virtio slot.
  struct Slot: Codable, Hashable, Sendable {
    var number: Int
    var transport: SavedPart
    var device: SavedPart
  }

  var version = MachineState.currentVersion
  var clock: SavedPart
  var harts: [SavedPart]
  /// As hart state management has them.
  var hartStates: [HSMState]
  var plic: SavedPart
  var uart: SavedPart
  /// In the order of their numbers.
  var slots: [Slot]
  var agent: SavedPart
  var console: SavedPart

  private struct Header: Decodable { var version: Int }

  func encoded() throws(StateError) -> Data { try SavedState.encode(self, Self.name) }

  /// Reads what `encoded` wrote.
  static func decode(_ content: Data) throws(StateError) -> MachineState {
    let header: Header = try SavedState.decode(content, name)
    guard header.version <= currentVersion else {
      throw .newer(part: name, version: header.version, supported: currentVersion)
    }
    return try SavedState.decode(content, name)
  }
}
