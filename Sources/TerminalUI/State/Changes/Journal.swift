import HypervisorModel

/// The changes that the operator asked for: those without an answer, and those that can be taken back.
struct Journal {
  /// A change that the host was asked for.
  struct Asked {
    let id: RequestID
    let change: Change
    /// Its place in the log.
    let entry: Int
  }

  /// What one key press or command asked for.
  struct Step {
    let number: Int
    fileprivate var asked: [Asked]

    var changes: [Change] { asked.map(\.change) }

    /// What takes it back, the last change first; empty where nothing does.
    var inverse: [Request] { changes.reversed().flatMap(\.inverse) }

    /// `destroy of 'web1'`.
    var text: String {
      let what = changes.first?.what ?? ""
      let names = Set(changes.map(\.name))
      if changes.count > 1, names.count > 1 { return "\(what) of \(changes.count) domains" }
      return names.first.map { $0.isEmpty ? what : "\(what) of '\($0)'" } ?? what
    }
  }

  private struct Pending {
    let asked: Asked
    let step: Int
    /// `saving web1`.
    let text: String
    /// Local clock.
    let since: Nanoseconds
  }

  private var steps: [Step] = []
  /// The oldest first.
  private var pending: [Pending] = []
  private var number = 0

  private static let limit = 100

  /// Takes down what is being asked for. Changes of an undo can't be undone: the next undo goes further back.
  mutating func begin(_ asked: [Asked], isUndoable: Bool, at now: Nanoseconds) {
    number += 1
    for asked in asked {
      let text = asked.change.request.operation.facts.progress.replacingSubject(with: asked.change.name)
      pending.append(Pending(asked: asked, step: number, text: text, since: now))
    }
    // What can't be taken back is among them: an older change must not be taken for it.
    let made = asked.filter(\.change.request.operation.facts.isChange)
    guard isUndoable, !made.isEmpty else { return }
    steps.append(Step(number: number, asked: made))
    if steps.count > Self.limit { steps.removeFirst() }
  }

  /// A request has its answer. Nil: no request that waits has this id.
  mutating func finish(_ id: RequestID, failed: Bool) -> Asked? {
    guard let index = pending.firstIndex(where: { $0.asked.id == id }) else { return nil }
    let done = pending.remove(at: index)
    if failed, let place = steps.firstIndex(where: { $0.number == done.step }) {
      steps[place].asked.removeAll { $0.id == id }
      if steps[place].asked.isEmpty { steps.remove(at: place) }
    }
    return done.asked
  }

  /// What keeps the operator waiting: the request that has waited longest, and how many others there are.
  func longestWait(at now: Nanoseconds) -> (text: String, time: Nanoseconds, others: Int)? {
    guard let first = pending.first, now - first.since >= Self.patience else { return nil }
    return (first.text, now - first.since, pending.count - 1)
  }

  /// Most requests have their answer before anybody asks where it is.
  private static let patience = Nanoseconds.seconds(1)

  /// The last step that undo has not come to yet.
  mutating func takeLast() -> Step? { steps.popLast() }

  var hasSteps: Bool { !steps.isEmpty }
}
