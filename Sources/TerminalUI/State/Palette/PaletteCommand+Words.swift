import HypervisorModel

/// Arguments, from words to values.
extension PaletteCommand {
  static func word(_ words: [String], _ what: String) throws(PaletteFault) -> String {
    guard let word = words.first, words.count == 1 else { throw PaletteFault("one word is needed: \(what)") }
    return word
  }

  /// Two words, each with what it is.
  static func two(_ words: [String], _ first: String, _ second: String) throws(PaletteFault) -> (String, String) {
    guard words.count == 2 else { throw PaletteFault("two words are needed: \(first), and \(second)") }
    return (words[0], words[1])
  }

  /// The host has another directory than the operator.
  static func path(_ words: [String]) throws(PaletteFault) -> String {
    let path = words.joined(separator: " ")
    guard path.hasPrefix("/") else {
      throw PaletteFault("an absolute path on the host is needed, such as /srv/web1.save")
    }
    return path
  }

  static func integer(_ words: [String], _ range: ClosedRange<Int>, _ what: String) throws(PaletteFault) -> Int {
    guard words.count == 1, let number = Int(words[0]), range.contains(number) else {
      throw PaletteFault("\(what) is a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// MiB, or with a unit: `512`, `2G`.
  static func memory(_ words: [String]) throws(PaletteFault) -> Bytes {
    guard words.count == 1 else { throw PaletteFault("memory is a number of MiB, or one with b, k, m, g or t") }
    guard let memory = Bytes(xl: words[0]), memory > .zero else {
      throw PaletteFault("'\(words[0])' is no amount of memory: a number of MiB, or one with b, k, m, g or t")
    }
    return memory
  }

  static func pcpus(_ word: String?) throws(PaletteFault) -> CPUSet {
    guard let pcpus = word.flatMap({ CPUSet($0) }) else {
      throw PaletteFault("pCPUs are all, or numbers and ranges as in 0-3,5")
    }
    return pcpus
  }

  static func scheduler(_ word: String) throws(PaletteFault) -> Scheduler {
    try checked { () throws(HypervisorError) in try Scheduler(word: word) }
  }

  /// What is read as the commands read it, with its refusal as the palette's.
  static func checked<Value>(_ read: () throws(HypervisorError) -> Value) throws(PaletteFault) -> Value {
    do throws(HypervisorError) {
      return try read()
    } catch {
      throw PaletteFault(error.description)
    }
  }

  static func affinity(_ words: [String]) throws(PaletteFault) -> (CPUSet, VCPUID?) {
    (try pcpus(words.first), try vcpu(words, at: 1))
  }

  static func vcpu(_ words: [String], at place: Int) throws(PaletteFault) -> VCPUID? {
    guard words.indices.contains(place) else { return nil }
    guard let number = Int(words[place]), number >= 0 else {
      throw PaletteFault("'\(words[place])' is no vCPU's number")
    }
    return VCPUID(number)
  }
}

extension UIState {
  var poolNames: [String] { host.snapshot?.pools.map(\.name) ?? [] }

  /// The selected domain's.
  var presentPool: String { selectedRow?.snapshot.pool ?? PoolSnapshot.standardName }

  func pool(named name: String?) -> PoolSnapshot? { host.snapshot?.pools.first { $0.name == name ?? presentPool } }

  /// What may still be named beside these; Domain-0 is no guest.
  func guestNames(but words: [String]) -> [String] {
    allDomains.filter { !$0.isDomain0 && !words.contains($0.name) }.map(\.name)
  }

  /// The domains of these names, or ids, each once. Nil: none is named.
  func rows(named words: [String]) throws(PaletteFault) -> [DomainRow]? {
    guard !words.isEmpty else { return nil }
    var rows: [DomainRow] = []
    for word in words {
      let named = allDomains.filter { $0.name == word }
      let found = named.isEmpty ? allDomains.filter { "\($0.reference.id.rawValue)" == word } : named
      guard let row = found.first else {
        let what =
          word.hasPrefix("-") ? "no option is known here, and no domain '\(word)'" : "there is no domain '\(word)'"
        throw PaletteFault(what + "; nothing was done")
      }
      guard found.count == 1 else {
        throw PaletteFault("several domains are called '\(word)': name it by its id; nothing was done")
      }
      if !rows.contains(where: { $0.reference == row.reference }) { rows.append(row) }
    }
    return rows
  }

  /// Asks the same of all target domains, unless something is wrong with it that can be told at once.
  mutating func requestChecked(_ make: (DomainRow) -> Request?) throws(PaletteFault) -> [UIEffect] {
    try check(targetRows.compactMap(make))
    return request(make)
  }

  mutating func submitChecked(_ request: Request) throws(PaletteFault) -> [UIEffect] {
    try check([request])
    return ask([request])
  }

  private func check(_ requests: [Request]) throws(PaletteFault) {
    guard !options.isReadOnly, let snapshot = host.snapshot else { return }
    if let fault = requests.lazy.compactMap({ $0.fault(on: snapshot) }).first { throw PaletteFault(fault) }
  }
}
