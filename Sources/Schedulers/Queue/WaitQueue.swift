/// The vCPUs that wait for a pCPU, by slot: least rank first, and among equals who came first.
///
/// Joining and leaving are O(log n).
struct WaitQueue<Rank: Comparable & Sendable>: Sendable {
  struct Place: Comparable, Sendable {
    var rank: Rank
    let arrival: UInt64

    static func < (a: Place, b: Place) -> Bool { a.rank != b.rank ? a.rank < b.rank : a.arrival < b.arrival }
  }

  typealias Entry = IndexedHeap<Place>.Entry

  private var heap = IndexedHeap<Place>()
  private var arrivals: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }
  var count: Int { heap.count }
  /// In no order that means anything.
  var entries: [Entry] { heap.entries }

  func contains(_ slot: Int) -> Bool { heap.contains(slot) }

  /// The first one, in order, that a predicate accepts. O(k²) where k are looked at.
  func first(where accepts: (Entry) -> Bool) -> Entry? { heap.first(where: accepts) }

  /// Precondition: `slot` isn't in the queue.
  mutating func insert(_ slot: Int, _ rank: Rank) {
    arrivals += 1
    heap.insert(slot, Place(rank: rank, arrival: arrivals))
  }

  /// Takes `slot` out if it is in.
  mutating func remove(_ slot: Int) { heap.remove(slot) }

  /// Gives everybody a new rank. O(n).
  mutating func rerank(_ rank: (Int) -> Rank) {
    heap.reprioritize { Place(rank: rank($0.id), arrival: $0.priority.arrival) }
  }
}
