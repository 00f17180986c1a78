// What a newer host may say and this program has no word for becomes a neutral value: one vCPU in a state of tomorrow must
// not make a whole snapshot unreadable. Only values that a host tells are read so; what a client asks for is read strictly.

extension RawRepresentable where RawValue == String {
  /// The value of a word; `neutral` where this program does not know the word.
  fileprivate init(from decoder: any Decoder, neutral: Self) throws {
    self = Self(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? neutral
  }
}

extension GuestType {
  public init(from decoder: any Decoder) throws { try self.init(from: decoder, neutral: .pv) }
}

extension VCPUSnapshot.State {
  public init(from decoder: any Decoder) throws { try self.init(from: decoder, neutral: .runnable) }
}

extension ShutdownReason {
  public init(from decoder: any Decoder) throws { try self.init(from: decoder, neutral: .poweroff) }
}

extension SwitchReason {
  public init(from decoder: any Decoder) throws { try self.init(from: decoder, neutral: .other) }
}

extension DeviceConnection {
  public init(from decoder: any Decoder) throws { try self.init(from: decoder, neutral: .unknown) }
}

extension DomainState {
  private enum Word: String, CodingKey { case building, running, runnable, blocked, paused, shutdown, dying }
  private enum Operand: String, CodingKey { case reason = "_0" }

  public init(from decoder: any Decoder) throws {
    let state = try decoder.container(keyedBy: Word.self)
    switch state.allKeys.first {
    case .building: self = .building
    case .running: self = .running
    case .runnable, nil: self = .runnable
    case .blocked: self = .blocked
    case .paused: self = .paused
    case .shutdown:
      let operands = try state.nestedContainer(keyedBy: Operand.self, forKey: .shutdown)
      self = .shutdown(try operands.decodeIfPresent(ShutdownReason.self, forKey: .reason) ?? .poweroff)
    case .dying: self = .dying
    }
  }
}
