/// A binary heap, smallest priority first, whose elements are small integers that can be found and taken out again.
///
/// Ids index an array, so they should be dense: slots of a table. Insertion and removal are O(log n). Inlinable, so that
/// the modules which use it get it for their own priorities: the general code is several times slower.
@usableFromInline package struct IndexedHeap<Priority: Comparable & Sendable>: Sendable {
  @usableFromInline package struct Entry: Sendable {
    @usableFromInline package let id: Int
    @usableFromInline package var priority: Priority

    @inlinable init(id: Int, priority: Priority) {
      self.id = id
      self.priority = priority
    }
  }

  /// In heap order.
  @usableFromInline package internal(set) var entries: [Entry] = []
  /// Where each id stands in `entries`; -1 if it doesn't.
  @usableFromInline var positions: [Int] = []

  @inlinable package init() {}

  @inlinable package var isEmpty: Bool { entries.isEmpty }
  @inlinable package var count: Int { entries.count }
  @inlinable package var first: Entry? { entries.first }

  @inlinable package func contains(_ id: Int) -> Bool { id < positions.count && positions[id] >= 0 }

  /// Precondition: `id` is not negative and not in the heap.
  @inlinable package mutating func insert(_ id: Int, _ priority: Priority) {
    while positions.count <= id { positions.append(-1) }
    entries.append(Entry(id: id, priority: priority))
    siftUp(entries.count - 1)
  }

  /// Takes `id` out if it is in.
  @inlinable package mutating func remove(_ id: Int) {
    guard contains(id) else { return }
    let hole = positions[id]
    positions[id] = -1
    let last = entries.removeLast()
    guard hole < entries.count else { return }
    entries[hole] = last
    siftDown(hole)
    siftUp(hole)
  }

  /// Gives every element a new priority. O(n).
  @inlinable package mutating func reprioritize(_ priority: (Entry) -> Priority) {
    for index in entries.indices { entries[index].priority = priority(entries[index]) }
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    for index in entries.indices { positions[entries[index].id] = index }
  }

  /// The first element, in order of priority, that a predicate accepts. O(k²) where k elements are looked at,
  /// which is nearly always one; then it allocates nothing.
  @inlinable package func first(where accepts: (Entry) -> Bool) -> Entry? {
    guard let top = entries.first else { return nil }
    if accepts(top) { return top }
    // Best first through the tree: a child is never before its parent.
    var frontier = [1, 2].filter { $0 < entries.count }
    while let best = frontier.indices.min(by: { entries[frontier[$0]].priority < entries[frontier[$1]].priority }) {
      let index = frontier.remove(at: best)
      if accepts(entries[index]) { return entries[index] }
      for child in [2 * index + 1, 2 * index + 2] where child < entries.count { frontier.append(child) }
    }
    return nil
  }

  @inlinable mutating func siftUp(_ start: Int) {
    var index = start
    let entry = entries[index]
    while index > 0 {
      let parent = (index - 1) / 2
      guard entry.priority < entries[parent].priority else { break }
      entries[index] = entries[parent]
      positions[entries[index].id] = index
      index = parent
    }
    entries[index] = entry
    positions[entry.id] = index
  }

  @inlinable mutating func siftDown(_ start: Int) {
    var index = start
    let entry = entries[index]
    while true {
      var child = 2 * index + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1].priority < entries[child].priority { child += 1 }
      guard entries[child].priority < entry.priority else { break }
      entries[index] = entries[child]
      positions[entries[index].id] = index
      index = child
    }
    entries[index] = entry
    positions[entry.id] = index
  }
}
