/// The hard affinities that occur in a pool, each a class of vCPUs.
struct AffinityClasses {
  /// Up to so many classes, the limits of all their combinations are taken into account, which is exact. Of more, those of
  /// each class and of all: exact where affinities are nested or disjoint, as they are in practice.
  private static let maximumCombined = 8

  /// pCPUs of the pool, by their place in it.
  private struct Mask: Hashable {
    var words: [UInt64]

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    func isSubset(of other: Mask) -> Bool { zip(words, other.words).allSatisfy { $0 & ~$1 == 0 } }
    func union(_ other: Mask) -> Mask { Mask(words: zip(words, other.words).map { $0 | $1 }) }
  }

  /// Places of the pool's pCPUs.
  private let places: [Int: Int]
  private let all: Mask
  private var masks: [Mask] = []
  private var classByMask: [Mask: Int] = [:]
  private var classBySet: [CPUSet: Int] = [:]

  init(pool: [Int]) {
    places = Dictionary(pool.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    all = Self.mask(Array(places.values), of: places.count)
  }

  var count: Int { masks.count }

  private static func mask(_ places: [Int], of count: Int) -> Mask {
    var words = Array(repeating: UInt64.zero, count: (count + 63) / 64)
    for place in places { words[place / 64] |= 1 << UInt64(place % 64) }
    return Mask(words: words)
  }

  /// The class of a hard affinity. Where nothing of it is in the pool, every pCPU of the pool is allowed.
  mutating func index(of affinity: CPUSet) -> Int {
    if let index = classBySet[affinity] { return index }
    let chosen = affinity.numbers.compactMap { places[$0] }
    let mask = chosen.isEmpty ? all : Self.mask(chosen, of: places.count)
    let index = classByMask[mask] ?? masks.count
    if index == masks.count { masks.append(mask) }
    classByMask[mask] = index
    classBySet[affinity] = index
    return index
  }

  /// Whether a class may run on a pCPU.
  func allows(_ pcpu: Int, for index: Int) -> Bool {
    guard let place = places[pcpu] else { return false }
    return masks[index].words[place / 64] >> UInt64(place % 64) & 1 != 0
  }

  /// For sets of pCPUs: those who may run nowhere else get no more than these together.
  var constraints: [ProgressiveFilling.Constraint] {
    var unions: Set<Mask> = []
    if masks.count <= Self.maximumCombined {
      for mask in masks { unions.formUnion(unions.map { $0.union(mask) } + [mask]) }
    } else {
      unions = Set(masks + [all])
    }
    return unions.map { union in
      ProgressiveFilling.Constraint(
        classes: masks.indices.filter { masks[$0].isSubset(of: union) }, capacity: Double(union.count))
    }
  }
}
