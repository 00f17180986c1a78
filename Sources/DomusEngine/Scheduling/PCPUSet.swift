import HypervisorModel

/// A set of physical CPUs: an affinity, a cpupool, or the pCPUs that a decision pokes.
///
/// A plain value of four words, so that the policies can pass sets around without touching the heap. Ids outside
/// `0..<capacity` are never members.
struct PCPUSet: Hashable, Sendable {
  /// One more than the highest id that fits.
  static let capacity = 256

  static let none = PCPUSet()
  /// Every pCPU that there can be: "no restriction".
  static let all = PCPUSet(words: SIMD4(repeating: .max))

  private var words: SIMD4<UInt64>

  private init(words: SIMD4<UInt64>) { self.words = words }
  init() { words = .zero }
  init(_ ids: some Sequence<PCPUID>) {
    words = .zero
    for id in ids { insert(id) }
  }
  init(_ ids: Range<Int>) { self.init(ids.lazy.map { PCPUID($0) }) }

  var isEmpty: Bool { words == .zero }
  var count: Int { (0..<4).reduce(0) { $0 + words[$1].nonzeroBitCount } }

  /// The member with the lowest id.
  var first: PCPUID? {
    for index in 0..<4 where words[index] != 0 { return PCPUID(index << 6 | words[index].trailingZeroBitCount) }
    return nil
  }

  func contains(_ id: PCPUID) -> Bool {
    guard 0..<Self.capacity ~= id.rawValue else { return false }
    return words[id.rawValue >> 6] >> UInt64(id.rawValue & 63) & 1 != 0
  }

  mutating func insert(_ id: PCPUID) {
    guard 0..<Self.capacity ~= id.rawValue else { return }
    words[id.rawValue >> 6] |= 1 << UInt64(id.rawValue & 63)
  }

  mutating func remove(_ id: PCPUID) {
    guard 0..<Self.capacity ~= id.rawValue else { return }
    words[id.rawValue >> 6] &= ~(1 << UInt64(id.rawValue & 63))
  }

  func intersection(_ other: PCPUSet) -> PCPUSet { PCPUSet(words: words & other.words) }
  func union(_ other: PCPUSet) -> PCPUSet { PCPUSet(words: words | other.words) }
  func subtracting(_ other: PCPUSet) -> PCPUSet { PCPUSet(words: words & ~other.words) }
  func removing(_ id: PCPUID?) -> PCPUSet {
    guard let id else { return self }
    var set = self
    set.remove(id)
    return set
  }
}

extension PCPUSet: Sequence {
  /// Goes through the members in order of their ids.
  struct Iterator: IteratorProtocol {
    fileprivate var rest: PCPUSet

    mutating func next() -> PCPUID? {
      guard let id = rest.first else { return nil }
      rest.remove(id)
      return id
    }
  }

  func makeIterator() -> Iterator { Iterator(rest: self) }
}

extension PCPUSet: ExpressibleByArrayLiteral {
  init(arrayLiteral ids: Int...) { self.init(ids.lazy.map { PCPUID($0) }) }
}
