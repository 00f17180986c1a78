/// What holds for an operation, whoever carries it out: the one table that terminal, palette, questions, commands, wire, back
/// ends and documentation read.
public struct OperationFacts: Sendable {
  /// The families of `Request`.
  public enum Family: Hashable, Sendable {
    case creation, life, resources, devices, pools, guest, diagnostics
    /// Of one scheduler's parameters.
    case scheduling(Scheduler)
  }

  /// What an operation is about.
  public enum Subject: Hashable, Sendable { case domain, pool, host }

  public let family: Family
  public let subject: Subject
  /// The command of xl(1), or of its predecessor xm, that does the same; nil where neither has one.
  public let xl: String?
  /// Whether it changes anything. What only looks is allowed on a read-only connection.
  public let isChange: Bool
  /// What can't be got back afterwards, a sentence; it is asked for first. Nil where nothing is lost.
  public let loss: String?
  /// Whether Domain-0 can be its subject.
  public let isForDomain0: Bool
  /// What it changes, for the event log: `weight`.
  public let label: String
  /// Said while it is under way; `%` stands for its subject's name.
  public let progress: String
  /// Said when it is done; `%` stands for its subject's name. Nil: the new value says it.
  public let success: String?

  init(
    _ family: Family, _ subject: Subject, xl: String?, changes isChange: Bool = true, loses loss: String? = nil,
    domain0 isForDomain0: Bool = false, _ label: String, _ progress: String, _ success: String? = nil
  ) {
    self.family = family
    self.subject = subject
    self.xl = xl
    self.isChange = isChange
    self.loss = loss
    self.isForDomain0 = isForDomain0
    self.label = label
    self.progress = progress
    self.success = success
  }
}
