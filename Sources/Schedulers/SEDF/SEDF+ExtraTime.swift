import HypervisorModel

/// Who gets how much of the time that reservations leave over.
extension SEDF {
  /// What a vCPU owns beside its virtual time.
  struct Account: Sendable {
    private(set) var parameters: SEDFParameters
    var reservation: Reservation

    init(_ parameters: SEDFParameters) {
      self.parameters = parameters
      reservation = Reservation(parameters)
    }

    var hasExtraTime: Bool { parameters.extratime }
    /// If it runs now, that is extra time.
    var usesExtraTime: Bool { hasExtraTime && !reservation.isActive }

    /// Uses the reservation first. Answers the extra time.
    mutating func charge(_ ran: Nanoseconds) -> Nanoseconds {
      let extra = reservation.use(Int64(min(ran.rawValue, VirtualTimes.Constants.longestCharge)))
      if hasExtraTime { return Nanoseconds(UInt64(extra)) }
      reservation.owe(extra)
      return .zero
    }
  }

  /// One wakes, or may run elsewhere now: it is not behind the others by more than the bonus, and not far ahead.
  mutating func bring(_ slot: Int, _ now: Nanoseconds) {
    times.bring(slot, pool, lag: Constants.wakeUpBonus, now) { [accounts] in accounts[$0].usesExtraTime }
  }

  /// Adopts its domain's parameters if they are others than before. Where they change the reservation, a period begins.
  mutating func adoptParameters(_ slot: Int, _ now: Nanoseconds) {
    let parameters = pool.domains[pool.vcpus[slot].domain].parameters
    let isCharged = { [accounts] (slot: Int) in accounts[slot].usesExtraTime }
    times.setRate(slot, VirtualTimes.Rate(parameters.weight), pool, now, isCharged: isCharged)
    guard parameters.sedf != accounts[slot].parameters else { return }
    // Who had no extra time has no claim to what was given before.
    if !accounts[slot].hasExtraTime { times.catchUp(slot, pool, now, isCharged: isCharged) }
    accounts[slot] = Account(parameters.sedf)
    updateLongestPeriod()
    if pool.vcpus[slot].isAwake { accounts[slot].reservation.restart(now) }
  }

  /// Until it is a quantum ahead of the one who waits behind it.
  mutating func extraSlice(of slot: Int, on pcpu: PCPUID) -> Nanoseconds {
    let waiting = firstWaiting(for: pcpu).flatMap { $0.priority.rank.isExtra ? $0.id : nil }
    times.begin(slot, on: pcpu, before: waiting.map { ($0, longestLead(of: $0, over: slot)) })
    guard let waiting else { return Constants.longestSlice }
    let time = times.duration(of: times[waiting] - times[slot], slot)
    return min(time, Constants.longestSlice - Constants.quantum) + Constants.quantum
  }

  /// By how much one who waits may be ahead in virtual time of one who runs: by a turn, and by the extra time that it got
  /// while the other used its slice.
  private func longestLead(of waiting: Int, over slot: Int) -> Int128 {
    let slice = Nanoseconds(UInt64(accounts[slot].reservation.slice))
    return times.cost(waiting, Constants.longestSlice) + times.cost(slot, slice)
  }
}
