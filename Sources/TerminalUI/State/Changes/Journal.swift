import HypervisorModel

/// The changes that the operator asked for: those without an answer, and those that can be taken back.
struct Journal {
  /// What one key press or command asked for.
  struct Step {
    let number: Int
    var changes: [Change]

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
    let request: Request
    let step: Int
    /// The entry in the log.
    let entry: Int
    /// `saving web1`.
    let text: String
    /// Local clock.
    let since: Nanoseconds
  }

  private var steps: [Step] = []
  private var pending: [Pending] = []
  private var number = 0

  private static let limit = 100

  /// Takes down what is being asked for. Changes of an undo can't be undone: the next undo goes further back.
  mutating func begin(_ changes: [(change: Change, entry: Int)], isUndoable: Bool, at now: Nanoseconds) {
    number += 1
    for (change, entry) in changes {
      let text = change.request.operation.facts.progress.replacingSubject(with: change.name)
      pending.append(Pending(request: change.request, step: number, entry: entry, text: text, since: now))
    }
    // What can't be taken back is among them: an older change must not be taken for it.
    let made = changes.map(\.change).filter(\.request.operation.facts.isChange)
    guard isUndoable, !made.isEmpty else { return }
    steps.append(Step(number: number, changes: made))
    if steps.count > Self.limit { steps.removeFirst() }
  }

  /// The oldest of these requests has its answer. Returns its entry in the log.
  mutating func finish(_ request: Request, failed: Bool) -> Int? {
    guard let index = pending.firstIndex(where: { $0.request == request }) else { return nil }
    let done = pending.remove(at: index)
    if failed, let place = steps.firstIndex(where: { $0.number == done.step }) {
      steps[place].changes.removeAll { $0.request == request }
      if steps[place].changes.isEmpty { steps.remove(at: place) }
    }
    return done.entry
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
