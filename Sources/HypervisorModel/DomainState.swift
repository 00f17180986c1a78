/// What a domain does now, in Xen's words.
public enum DomainState: Hashable, Codable, Sendable {
  /// Being made; has not run yet.
  case building
  /// At least one vCPU is on a physical CPU.
  case running
  /// At least one vCPU wants a physical CPU and none has one.
  case runnable
  /// Every vCPU waits for an event.
  case blocked
  /// Stopped by the operator.
  case paused
  /// Ended, but kept.
  case shutdown(ShutdownReason)
  /// Being taken apart.
  case dying

  /// xentop's state column: d(ying) s(hutdown) b(locked) c(rashed) p(aused) r(unning), `-` for each that isn't so.
  public var flags: String {
    switch self {
    case .building: "------"
    case .running: "-----r"
    case .runnable: "------"
    case .blocked: "--b---"
    case .paused: "----p-"
    case .shutdown(.crash): "-s-c--"
    case .shutdown: "-s----"
    case .dying: "d-----"
    }
  }

  /// xl list's state column: r(unning) b(locked) p(aused) s(hutdown) c(rashed) d(ying).
  public var xlFlags: String {
    switch self {
    case .building, .runnable: "------"
    case .running: "r-----"
    case .blocked: "-b----"
    case .paused: "--p---"
    case .shutdown(.crash): "---sc-"
    case .shutdown: "---s--"
    case .dying: "-----d"
    }
  }

  /// All words that `word` can be.
  public static let words: [String] = [
    building, running, runnable, blocked, paused, shutdown(.poweroff), shutdown(.crash), dying,
  ].map(\.word)

  /// One word for people.
  public var word: String {
    switch self {
    case .building: "building"
    case .running: "running"
    case .runnable: "runnable"
    case .blocked: "blocked"
    case .paused: "paused"
    case .shutdown(.crash): "crashed"
    case .shutdown: "shutdown"
    case .dying: "dying"
    }
  }
}

/// Why a domain ended by itself.
public enum ShutdownReason: String, Hashable, Codable, Sendable {
  case poweroff, reboot, suspend, crash, watchdog
}

/// What happens to a domain that ended (`on_poweroff`, `on_reboot`, `on_crash` in its config).
public enum ShutdownAction: String, Hashable, Codable, Sendable, CaseIterable {
  /// Take it away.
  case destroy
  /// Start it anew from its config, under a new id.
  case restart
  /// Keep it as it is, for examination.
  case preserve
}
