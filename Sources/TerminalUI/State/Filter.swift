import HypervisorModel

/// Which domains are shown. All words must hold; `!` before a word turns it round:
///
/// - `web`: the name contains it, in any case
/// - `~^web[0-9]`: a part of the name matches the regular expression, in any case
/// - `state:running`, `pool:db`: what a column says contains it
/// - `cpu>50`, `vcpus=2`, `mem<100000`: what a column counts compares so
struct Filter {
  let text: String
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
    case comparison(TableColumn<DomainRow>, Character, Double)
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
    if word[sign] == ":" { return .success(.column(column, operand.lowercased())) }
    guard let number = Double(operand) else { return .failure(Fault(text: "'\(operand)' is no number")) }
    return .success(.comparison(column, word[sign], number))
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

  private static func matches(_ row: DomainRow, _ test: Test, _ context: TableContext) -> Bool {
    switch test {
    case .name(let part): return row.name.lowercased().contains(part)
    case .expression(let expression): return expression.matches(row.name)
    case .column(let column, let part):
      let figure = column.figure(row, context)
      // The letters of xentop's column are no words to ask for.
      let text = column.spec.column == .state ? row.state.word : figure.text(width: .max, none: "")
      return text.lowercased().contains(part)
    case .comparison(let column, let sign, let number):
      guard case .number(let value) = column.figure(row, context).key else { return false }
      return sign == "<" ? value < number : sign == ">" ? value > number : abs(value - number) < 0.05
    }
  }
}

/// A filter that is being typed.
struct FilterEditor: Hashable {
  var editor: LineEditor
  /// What held before; Escape goes back to it.
  let before: String
}
