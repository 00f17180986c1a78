/// Requests about the life of a domain. None but `rename` is for Domain-0.
public enum LifeRequest: Hashable, Codable, Sendable {
  /// Stop a domain's vCPUs where they are.
  case pause
  /// Resume a paused domain. Legal when it is paused.
  case unpause
  /// Ask the guest to power off. Legal when it runs and its agent answers; returns when the guest has received the request.
  case shutdown
  /// Ask the guest to restart. As `shutdown`.
  case reboot
  /// End a domain at once. Legal in every state.
  case destroy
  case rename(to: String)
  /// Write the domain's state to a new file on the host, an absolute path.
  case save(path: String, then: AfterSave)
  /// Write what the domain's memory and registers are to a new file on the host, an absolute path, for a debugger. The domain
  /// goes on. Legal in every state.
  case dumpCore(path: String)
  /// Keep the domain's memory and disks as they are now under a name, while it runs on.
  case snapshot(name: String)
  /// Move the domain to another host, named as ssh names it, while it runs.
  case migrate(host: String)

  private enum CodingKeys: String, CodingKey {
    case pause, unpause, shutdown, reboot, destroy, rename, save, snapshot, migrate
    case dumpCore = "dump-core"
  }

  /// Which kind of request it is.
  public var operation: Operation {
    switch self {
    case .pause: .pause
    case .unpause: .unpause
    case .shutdown: .shutdown
    case .reboot: .reboot
    case .destroy: .destroy
    case .rename: .rename
    case .save: .save
    case .dumpCore: .dumpCore
    case .snapshot: .snapshot
    case .migrate: .migrate
    }
  }
}

/// What becomes of a domain whose state was saved.
public enum AfterSave: String, Hashable, Codable, Sendable {
  case destroy, goOn, pause
}
