import HypervisorModel

/// Who gets how much of the time that reservations leave over.
extension SEDF {
  /// What a vCPU owns.
  struct Account: Sendable {
    private(set) var parameters: SEDFParameters
    private(set) var weight: Int64
    var reservation: Reservation
    /// Extra time that it got, in nanoseconds, divided by its weight.
    var virtualTime: Int64 = 0
    /// What the last division left over.
    private var residue: Int64 = 0

    init(_ parameters: DomainParameters) {
      self.parameters = parameters.sedf
      weight = Int64(parameters.weight.rawValue)
      reservation = Reservation(parameters.sedf)
    }

    var hasExtraTime: Bool { parameters.extratime }

    var rank: Rank {
      guard !reservation.isActive else {
        return Rank(isExtra: false, value: Int64(clamping: reservation.deadline.rawValue))
      }
      return Rank(isExtra: true, value: virtualTime)
    }

    func hasParameters(_ new: DomainParameters) -> Bool {
      new.sedf == parameters && Int64(new.weight.rawValue) == weight
    }

    /// The virtual time that `time` is for it, rounded down.
    func virtual(_ time: Int64) -> Int64 { time / weight }

    mutating func charge(_ ran: Int64) {
      let extra = reservation.use(ran)
      guard hasExtraTime else { return reservation.owe(extra) }
      let (quotient, remainder) = (extra + residue).quotientAndRemainder(dividingBy: weight)
      virtualTime += quotient
      residue = remainder
    }

    /// What it is ahead of the frontier, or behind, in CPU time, stays the same under another weight, within limits.
    mutating func setWeight(_ new: Int64, frontier: Int64) {
      let limit = Double(Constants.longestLag)
      let lead = min(max(Double(virtualTime - frontier) * Double(weight), -limit), limit)
      virtualTime = frontier + Int64(lead) / new
      weight = new
      residue = 0
    }

    /// Who had no extra time has no claim to what was given before.
    mutating func setParameters(_ new: SEDFParameters, frontier: Int64) {
      if !hasExtraTime { virtualTime = max(virtualTime, frontier) }
      parameters = new
      reservation = Reservation(new)
    }
  }

  /// The farthest frontier of the pCPUs that a vCPU may use.
  private func frontier(of slot: Int) -> Int64 {
    let allowed = pool.vcpus[slot].hardAffinity
    return allowed == pool.members ? farthest : allowed.reduce(0) { max($0, frontiers[$1.rawValue]) }
  }

  /// One wakes up: it claims nothing for the time in which it slept.
  mutating func catchUp(_ slot: Int, _ now: Nanoseconds) {
    var frontier = frontier(of: slot)
    if queue.isEmpty {
      // Nobody waits for those who run, so the frontier is where they are now.
      for pcpu in pool.vcpus[slot].hardAffinity.subtracting(pool.idle) {
        guard let current = pool[pcpu].current, accounts[current].rank.isExtra else { continue }
        frontier = max(frontier, rank(toBeat: current, by: nil, on: pcpu, now).value)
      }
    }
    let earliest = frontier - accounts[slot].virtual(Constants.wakeUpBonus)
    accounts[slot].virtualTime = max(accounts[slot].virtualTime, earliest)
  }

  /// One comes to other pCPUs.
  mutating func limitLead(_ slot: Int) {
    let latest = frontier(of: slot) + accounts[slot].virtual(Constants.longestLag)
    accounts[slot].virtualTime = min(accounts[slot].virtualTime, latest)
  }

  /// Adopts its domain's parameters if they are others than before. Where they change the reservation, a period begins.
  mutating func adoptParameters(_ slot: Int, _ now: Nanoseconds) {
    let parameters = pool.domains[pool.vcpus[slot].domain].parameters
    let weight = Int64(parameters.weight.rawValue)
    if weight != accounts[slot].weight { accounts[slot].setWeight(weight, frontier: frontier(of: slot)) }
    guard parameters.sedf != accounts[slot].parameters else { return }
    accounts[slot].setParameters(parameters.sedf, frontier: frontier(of: slot))
    updateLongestPeriod()
    if pool.vcpus[slot].isAwake { accounts[slot].reservation.restart(now) }
  }

  /// Until it is a quantum ahead of the one who waits behind it.
  mutating func extraSlice(of slot: Int, on pcpu: PCPUID) -> Nanoseconds {
    let lag = Constants.longestLag + accounts[slot].reservation.slice
    let virtualTime = max(accounts[slot].virtualTime, frontier(of: slot) - accounts[slot].virtual(lag))
    accounts[slot].virtualTime = virtualTime
    frontiers[pcpu.rawValue] = max(frontiers[pcpu.rawValue], virtualTime)
    farthest = max(farthest, virtualTime)
    guard let waiting = firstWaiting(for: pcpu) else { return Nanoseconds(UInt64(Constants.longestSlice)) }
    let lead = min(max(accounts[waiting.id].virtualTime - virtualTime, 0), Constants.longestSlice)
    let time = min(lead * accounts[slot].weight + Constants.quantum, Constants.longestSlice)
    return Nanoseconds(UInt64(time))
  }
}
