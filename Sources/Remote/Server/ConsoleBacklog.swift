/// A console's bytes on their way to a client: sent against the client's credit, kept up to a bound while there is none, and
/// beyond that dropped from the front and counted. What a guest prints never waits for a client.
package struct ConsoleBacklog {
  /// What to send next. `lost` bytes were dropped before `bytes`.
  package struct Piece: Equatable {
    package var bytes: [UInt8]
    package var lost: Int

    package init(bytes: [UInt8], lost: Int) {
      self.bytes = bytes
      self.lost = lost
    }
  }

  private var chunks: [ArraySlice<UInt8>] = []
  private var first = 0
  private var count = 0
  private var lost = 0
  private var credit: Int

  package init(credit: Int) { self.credit = max(credit, 0) }

  package var isEmpty: Bool { count == 0 && lost == 0 }

  /// The client has read that many bytes and may be sent as many more.
  package mutating func grant(_ bytes: Int) {
    guard bytes > 0 else { return }
    let (sum, overflow) = credit.addingReportingOverflow(bytes)
    credit = overflow ? .max : sum
  }

  /// Keeps the newest `bound` bytes. True: older ones were dropped.
  @discardableResult
  package mutating func append(_ bytes: [UInt8], bound: Int) -> Bool {
    guard !bytes.isEmpty else { return false }
    // A guest that prints byte by byte must not cost an array for each.
    if let last = chunks.indices.last, last >= first, chunks[last].count + bytes.count <= 4096 {
      chunks[last] += bytes
    } else {
      chunks.append(bytes[...])
    }
    count += bytes.count
    drop(count - bound)
    return lost > 0
  }

  /// Takes the next piece of at most `limit` bytes; nil when there is nothing, or no credit.
  package mutating func next(limit: Int) -> Piece? {
    var room = min(limit, credit)
    guard room > 0, !isEmpty else { return nil }
    var bytes: [UInt8] = []
    while room > 0, first < chunks.count {
      let part = chunks[first].prefix(room)
      bytes += part
      room -= part.count
      removeFirst(part.count)
    }
    credit -= bytes.count
    defer { lost = 0 }
    return Piece(bytes: bytes, lost: lost)
  }

  private mutating func drop(_ excess: Int) {
    var excess = excess
    while excess > 0, first < chunks.count {
      let part = min(excess, chunks[first].count)
      removeFirst(part)
      excess -= part
      lost = lost.addingReportingOverflow(part).partialValue
    }
  }

  /// Takes `bytes` off the first chunk.
  private mutating func removeFirst(_ bytes: Int) {
    count -= bytes
    chunks[first] = chunks[first].dropFirst(bytes)
    guard chunks[first].isEmpty else { return }
    chunks[first] = []
    first += 1
    if first == chunks.count || first > 1024 {
      chunks.removeSubrange(..<first)
      first = 0
    }
  }
}
