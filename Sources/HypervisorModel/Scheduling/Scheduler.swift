/// The schedulers that Domus knows, in Xen's words.
public enum Scheduler: String, Hashable, Codable, Sendable, CaseIterable {
  case credit2, credit, rtds, sedf, bvt, null, arinc653

  /// The operation that changes a domain's parameters for it; nil where a domain has none.
  public var operation: Operation? { Self.operations[self] }

  /// The scheduler that a request of this kind is for.
  private static let operations: [Scheduler: Operation] = {
    var operations: [Scheduler: Operation] = [:]
    for operation in Operation.allCases {
      if case .scheduling(let scheduler) = operation.family { operations[scheduler] = operation }
    }
    return operations
  }()

  /// Whether a domain's weight means something to it.
  public var hasWeight: Bool { self != .rtds && self != .null }

  /// Whether a domain's cap means something to it.
  public var hasCap: Bool { self == .credit || self == .credit2 }

  /// What a word of the operator's names; throws a refusal that lists what there is.
  public init(word: String) throws(HypervisorError) {
    guard let scheduler = Scheduler(rawValue: word) else {
      let known = Scheduler.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid("unknown scheduler '\(MessageText.printable(word))'; known are \(known)")
    }
    self = scheduler
  }
}
