/// Requests for what the hypervisor tells about itself.
public enum DiagnosticRequest: Hashable, Codable, Sendable {
  /// What the scheduler of a pool did: events from a number on, or with nil as far back as they are kept. A few thousand at
  /// most; `next` in the answer asks for more. Answer: `.trace`.
  case trace(pool: String, from: UInt64?)
  /// The hypervisor's messages. Answer: `.text`.
  case dmesg
  /// Empty the buffer of the hypervisor's messages. Answer: `.text`, what was in it.
  case clearDmesg
  /// Have the hypervisor write to its messages what the keys stand for.
  case debugKeys(keys: String)

  private enum CodingKeys: String, CodingKey {
    case trace = "sched-trace"
    case dmesg
    case clearDmesg = "dmesg-clear"
    case debugKeys = "debug-keys"
  }

  /// Which kind of request it is.
  public var operation: Operation {
    switch self {
    case .trace: .trace
    case .dmesg: .dmesg
    case .clearDmesg: .clearDmesg
    case .debugKeys: .debugKeys
    }
  }
}
