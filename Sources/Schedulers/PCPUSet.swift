import HypervisorModel

/// A set of physical CPUs: an affinity, a cpupool, or the pCPUs that a decision pokes.
///
/// A plain value of four words, so that the policies can pass sets around without touching the heap. Ids outside
/// `0..<capacity` are never members.
package struct PCPUSet: Hashable, Sendable {
  /// One more than the highest id that fits.
  package static let capacity = 256

  package static let none = PCPUSet()
  /// Every pCPU that there can be: "no restriction".
  package static let all = PCPUSet(words: SIMD4(repeating: .max))

  private var words: SIMD4<UInt64>

  private init(words: SIMD4<UInt64>) { self.words = words }
  package init() { words = .zero }
  package init(_ ids: some Sequence<PCPUID>) {
    words = .zero
    for id in ids { insert(id) }
  }
  package init(_ ids: Range<Int>) { self.init(ids.lazy.map { PCPUID($0) }) }

  package var isEmpty: Bool { words == .zero }
  package var count: Int { (0..<4).reduce(0) { $0 + words[$1].nonzeroBitCount } }

  /// The member with the lowest id.
  package var first: PCPUID? {
    for index in 0..<4 where words[index] != 0 { return PCPUID(index << 6 | words[index].trailingZeroBitCount) }
    return nil
  }

  package func contains(_ id: PCPUID) -> Bool {
    guard 0..<Self.capacity ~= id.rawValue else { return false }
    return words[id.rawValue >> 6] >> UInt64(id.rawValue & 63) & 1 != 0
  }

  package mutating func insert(_ id: PCPUID) {
    guard 0..<Self.capacity ~= id.rawValue else { return }
    words[id.rawValue >> 6] |= 1 << UInt64(id.rawValue & 63)
  }

  package mutating func remove(_ id: PCPUID) {
    guard 0..<Self.capacity ~= id.rawValue else { return }
    words[id.rawValue >> 6] &= ~(1 << UInt64(id.rawValue & 63))
  }

  package func intersection(_ other: PCPUSet) -> PCPUSet { PCPUSet(words: words & other.words) }
  package func union(_ other: PCPUSet) -> PCPUSet { PCPUSet(words: words | other.words) }
  package func subtracting(_ other: PCPUSet) -> PCPUSet { PCPUSet(words: words & ~other.words) }
  package func removing(_ id: PCPUID?) -> PCPUSet {
    guard let id else { return self }
    var set = self
    set.remove(id)
    return set
  }
}

extension PCPUSet: Sequence {
  /// Goes through the members in order of their ids.
  package struct Iterator: IteratorProtocol {
    fileprivate var rest: PCPUSet

    package mutating func next() -> PCPUID? {
      guard let id = rest.first else { return nil }
      rest.remove(id)
      return id
    }
  }

  package func makeIterator() -> Iterator { Iterator(rest: self) }
}

extension PCPUSet: ExpressibleByArrayLiteral {
  package init(arrayLiteral ids: Int...) { self.init(ids.lazy.map { PCPUID($0) }) }
}
