import HypervisorModel

/// Which domains are shown. All words must hold; `!` before a word turns it round:
///
/// - `web`: the name contains it, in any case
/// - `~^web[0-9]`: a part of the name matches the regular expression, in any case
/// - `state:running`, `pool:db`: what a column says contains it
/// - `cpu>50`, `vcpus=2`, `mem<=100000`: what a column counts compares so
struct Filter {
  /// Empty where nothing is asked for, as by a `!` alone.
  private(set) var text: String
  /// What is wrong with it; then it lets everything pass.
  private(set) var fault: String?
  private var words: [Word] = []

  private struct Word {
    var isNegated: Bool
    var test: Test
  }

  private enum Test {
    case name(String)
    case expression(RegularExpression)
    case column(TableColumn<DomainRow>, String)
    case comparison(TableColumn<DomainRow>, Comparison, Double)
  }

  private enum Comparison: String {
    case less = "<"
    case lessOrEqual = "<="
    case equal = "="
    case greaterOrEqual = ">="
    case greater = ">"

    func holds(_ value: Double, _ number: Double) -> Bool {
      // What is shown has one decimal.
      let isEqual = abs(value - number) < 0.05
      return switch self {
      case .less: value < number
      case .lessOrEqual: value < number || isEqual
      case .equal: isEqual
      case .greaterOrEqual: value > number || isEqual
      case .greater: value > number
      }
    }
  }

  var isEmpty: Bool { words.isEmpty }

  init(_ text: String) {
    self.text = text
    for part in text.split(separator: " ") {
      let isNegated = part.first == "!"
      let word = isNegated ? part.dropFirst() : part
      guard !word.isEmpty else { continue }
      switch Self.test(word) {
      case .success(let test): words.append(Word(isNegated: isNegated, test: test))
      case .failure(let error):
        fault = error.text
        words = []
        return
      }
    }
    if words.isEmpty { self.text = "" }
  }

  private struct Fault: Error { let text: String }

  private static func test(_ word: Substring) -> Result<Test, Fault> {
    if word.first == "~" {
      do throws(RegularExpression.Fault) {
        return .success(.expression(try RegularExpression(String(word.dropFirst()))))
      } catch {
        return .failure(Fault(text: "'\(word.dropFirst())' is no regular expression: \(error.text)"))
      }
    }
    guard let sign = word.firstIndex(where: { ":<>=".contains($0) }) else { return .success(.name(word.lowercased())) }
    let name = word[..<sign].lowercased()
    guard let column = DomainRow.column(Column(name)) else {
      return .failure(Fault(text: "there is no column '\(name)'"))
    }
    let operand = word[word.index(after: sign)...]
    if word[sign] == ":" { return part(of: column, operand) }
    let comparison =
      Comparison(rawValue: word[sign...].prefix(2).lowercased()) ?? Comparison(rawValue: String(word[sign]))
    let digits = operand.dropFirst((comparison?.rawValue.count ?? 1) - 1)
    guard let comparison, let number = Double(digits) else {
      return .failure(Fault(text: "'\(digits)' is no number"))
    }
    return .success(.comparison(column, comparison, number))
  }

  private static func part(of column: TableColumn<DomainRow>, _ text: Substring) -> Result<Test, Fault> {
    let part = text.lowercased()
    if column.spec.column == .state, !DomainState.words.contains(where: { $0.contains(part) }), !part.isEmpty {
      // It just fits into 80 columns.
      return .failure(Fault(text: "states: " + DomainState.words.joined(separator: ", ")))
    }
    return .success(.column(column, part))
  }

  /// Why it lets fewer domains pass than it says: known when it was used.
  var giveUp: String? {
    for case .expression(let expression) in words.map(\.test) where expression.isTooCostly {
      return "the regular expression takes too many steps: write it more simply"
    }
    return nil
  }

  func matches(_ row: DomainRow, _ context: TableContext) -> Bool {
    words.allSatisfy { $0.isNegated != Self.matches(row, $0.test, context) }
  }

  /// Words and expressions are looked for in all that an entry of the log says; what is asked of a column, its domain must
  /// answer, as it is now.
  func matches(_ entry: LogEntry, _ row: DomainRow?, _ context: TableContext) -> Bool {
    let texts = [entry.name, entry.text, entry.old ?? "", entry.new ?? "", entry.outcome]
    return words.allSatisfy { word in
      let holds =
        switch word.test {
        case .name(let part): texts.contains { $0.lowercased().contains(part) }
        case .expression(let expression): texts.contains { expression.matches($0) }
        case .column, .comparison: row.map { Self.matches($0, word.test, context) } ?? false
        }
      return word.isNegated != holds
    }
  }

  private static func matches(_ row: DomainRow, _ test: Test, _ context: TableContext) -> Bool {
    switch test {
    case .name(let part): return row.name.lowercased().contains(part)
    case .expression(let expression): return expression.matches(row.name)
    case .column(let column, let part):
      let value = column.figure(row, context).value
      // The letters of xentop's column are no words to ask for.
      let text = if case .state(let state) = value { state.word } else { value.text(none: "") }
      return text.lowercased().contains(part)
    case .comparison(let column, let comparison, let number):
      guard case .number(let value) = column.figure(row, context).value.key else { return false }
      return comparison.holds(value, number)
    }
  }
}

/// A filter that is being typed.
struct FilterEditor: Hashable {
  var editor: LineEditor
  /// What held before; Escape goes back to it.
  let before: String
}
