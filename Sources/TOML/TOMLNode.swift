/// A table or another value while the document is read: later lines may still add to it.
final class TOMLNode {
  /// What a node is and, for a table, how it came to be: that decides who may add to it.
  enum Kind {
    /// Only named on the way to another table: a heading may still define it.
    case implicit
    case heading
    /// Made by dotted keys: more of these may add to it, a heading can't define it.
    case dotted
    /// Inline: nobody adds to it.
    case closed
    /// The tables of `[[name]]`: headings add to the last one.
    case elements
    case value(TOMLValue.Content)
  }

  private(set) var kind: Kind
  private let line: Int
  private(set) var children: [String: TOMLNode] = [:]
  private var order: [String] = []
  /// Of a node that is an array of tables.
  private var elements: [TOMLNode] = []

  init(_ kind: Kind, line: Int) {
    self.kind = kind
    self.line = line
  }

  convenience init(_ content: TOMLValue.Content, line: Int) { self.init(.value(content), line: line) }

  /// Sets a key that isn't there yet.
  @discardableResult
  func add(_ name: String, _ node: TOMLNode) -> TOMLNode {
    if children.updateValue(node, forKey: name) == nil { order.append(name) }
    return node
  }

  /// The table `name` in this one, for a key in it; made if it isn't there. `kind`: who asks, a heading (`.implicit`) or a
  /// dotted key.
  func under(_ name: String, _ asking: Kind, line: Int) throws(TOMLError) -> TOMLNode {
    guard let child = children[name] else { return add(name, TOMLNode(asking, line: line)) }
    switch (child.kind, asking) {
    case (.dotted, .dotted): return child
    case (.implicit, .implicit), (.heading, .implicit), (.dotted, .implicit): return child
    case (.elements, .implicit): return child.elements.last ?? child
    case (.implicit, _), (.heading, _), (.elements, _), (.dotted, _):
      throw TOMLError(line: line, problem: "\(shown(name)) has a heading of its own: its keys go below that")
    case (.closed, _), (.value, _): throw child.isNoTable(name, line)
    }
  }

  /// `[name]`: the table, which must not have been defined before.
  func defined(_ name: String, line: Int) throws(TOMLError) -> TOMLNode {
    guard let child = children[name] else { return add(name, TOMLNode(.heading, line: line)) }
    switch child.kind {
    case .implicit:
      child.kind = .heading
      return child
    case .heading, .dotted, .elements: throw TOMLError(line: line, problem: "the table \(shown(name)) is defined twice")
    case .closed, .value: throw child.isNoTable(name, line)
    }
  }

  /// `[[name]]`: one more table of an array.
  func element(_ name: String, line: Int) throws(TOMLError) -> TOMLNode {
    let table = TOMLNode(.heading, line: line)
    let array = children[name] ?? add(name, TOMLNode(.elements, line: line))
    guard case .elements = array.kind else {
      throw TOMLError(line: line, problem: "\(shown(name)) is already set, and not as an array of tables")
    }
    array.elements.append(table)
    return table
  }

  private func isNoTable(_ name: String, _ line: Int) -> TOMLError {
    TOMLError(line: line, problem: "\(shown(name)) has a value since line \(self.line); nothing can be added to it")
  }

  // MARK: The finished value

  var content: TOMLValue.Content {
    switch kind {
    case .value(let content): content
    case .elements: .array(elements.map { TOMLValue(.table($0.table), line: $0.line) })
    case .implicit, .heading, .dotted, .closed: .table(table)
    }
  }

  var table: TOMLTable {
    var table = TOMLTable()
    for name in order {
      if let child = children[name] { table.add(name, TOMLValue(child.content, line: child.line)) }
    }
    return table
  }
}
