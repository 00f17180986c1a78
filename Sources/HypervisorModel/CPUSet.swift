/// Physical CPUs that something is restricted to, in the words of xl: `all`, or numbers and ranges as in `0-3,5`.
public enum CPUSet: Hashable, Sendable {
  case all
  /// In ascending order, each once.
  case some([PCPUID])

  /// The largest number that is taken, so that a range can't be made to fill the memory.
  public static let maximumNumber = 4095
  /// The longest text that is read, in bytes of UTF-8: room enough for every set.
  public static let maximumLength = 16_384

  /// The set of these numbers.
  public static func of(_ numbers: some Sequence<Int>) -> CPUSet { .some(Set(numbers).sorted().map { PCPUID($0) }) }

  /// Reads xl's syntax (xl-vcpu-pin's `CPU-LIST`): `all`, and numbers and ranges with commas between, of which those that
  /// start with `^` are taken out again. Nil where it is something else or too long, or where nothing is left.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.maximumLength else { return nil }
    var chosen = [Bool](repeating: false, count: Self.maximumNumber + 1)
    var isAll = false
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      var word = part.drop { $0 == " " }
      while word.last == " " { word.removeLast() }
      if word == "all" {
        isAll = true
        continue
      }
      let isExcluded = word.first == "^"
      if isExcluded { word.removeFirst() }
      guard let range = Self.range(word) else { return nil }
      guard !(isExcluded && isAll) else { return nil }
      for number in range { chosen[number] = !isExcluded }
    }
    guard isAll || chosen.contains(true) else { return nil }
    self = isAll ? .all : .some(chosen.indices.filter { chosen[$0] }.map { PCPUID($0) })
  }

  private static func range(_ word: Substring) -> ClosedRange<Int>? {
    let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first >= 0, first <= last,
      last <= maximumNumber
    else { return nil }
    return first...last
  }

  /// Those that are named one by one, in ascending order; none for all.
  public var numbers: [Int] {
    guard case .some(let pcpus) = self else { return [] }
    return pcpus.map(\.rawValue)
  }
}

extension CPUSet: CustomStringConvertible {
  /// As xl prints it.
  public var description: String {
    guard case .some(let pcpus) = self else { return "all" }
    var parts: [String] = []
    var rest = pcpus.map(\.rawValue)[...]
    while let first = rest.first {
      var last = first
      rest.removeFirst()
      while rest.first == last + 1 { last = rest.removeFirst() }
      parts.append(first == last ? "\(first)" : "\(first)-\(last)")
    }
    return parts.joined(separator: ",")
  }
}

extension CPUSet: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    // The empty set has no words in xl's syntax: a pool without pCPUs.
    guard let set = text.isEmpty ? .some([]) : CPUSet(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text.prefix(64))' is no list of CPUs")
    }
    self = set
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
