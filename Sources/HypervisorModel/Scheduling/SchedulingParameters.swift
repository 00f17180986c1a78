import FoundationEssentials

/// What the rtds scheduler gives a vCPU: `budget` in every `period`, and with `extratime` what is left over.
public struct RealTimeParameters: Hashable, Codable, Sendable {
  public var period: Nanoseconds
  public var budget: Nanoseconds
  public var extratime: Bool

  /// Without arguments, Xen's defaults.
  public init(
    period: Nanoseconds = .milliseconds(10), budget: Nanoseconds = .milliseconds(4), extratime: Bool = true
  ) {
    self.period = period
    self.budget = budget
    self.extratime = extratime
  }

  /// The part of a pCPU that is reserved.
  public var share: Double { Double(budget.rawValue) / Double(max(period.rawValue, 1)) }

  /// What is wrong with them taken together; nil where nothing is.
  public var fault: String? {
    guard budget > period else { return nil }
    return "the budget of \(budget.rawValue / 1000) µs must not exceed the period of \(period.rawValue / 1000) µs"
  }
}

/// What the sedf scheduler gives each vCPU of a domain: `slice` in every `period`, and with `extratime` what is left over, in
/// proportion to the domain's weight.
public struct SEDFParameters: Hashable, Codable, Sendable {
  public var period: Nanoseconds
  /// Zero: nothing is reserved for it.
  public var slice: Nanoseconds
  public var extratime: Bool

  /// Without arguments, what Xen gave guests: nothing reserved, extra time by weight.
  public init(period: Nanoseconds = .milliseconds(100), slice: Nanoseconds = .zero, extratime: Bool = true) {
    self.period = period
    self.slice = slice
    self.extratime = extratime
  }

  /// What is wrong with them taken together; nil where nothing is.
  public var fault: String? {
    if slice > period {
      return "the slice of \(slice.milliseconds) ms must not exceed the period of \(period.milliseconds) ms"
    }
    guard slice == .zero, !extratime else { return nil }
    return "with neither a slice nor extra time the domain would never run"
  }
}

/// What the bvt scheduler knows of a domain beside its weight.
public struct BVTParameters: Hashable, Codable, Sendable {
  /// Legal advances.
  public static let advances = 1...65535
  /// The advance that stands for the default weight.
  public static let standardAdvance = 10

  /// By how much virtual time goes on for a unit of CPU time: who has half of another's gets twice the CPU. Nil: what
  /// the weight says.
  public var advance: Int?
  /// Whether it may warp: run as if it were `warpValue` of virtual time further back.
  public var isWarped: Bool
  public var warpValue: Nanoseconds
  /// The longest time that it runs warped; zero is no limit.
  public var warpLimit: Nanoseconds
  /// After that, how long it has to do without.
  public var unwarpTime: Nanoseconds

  /// Without arguments, Xen's defaults.
  public init(
    advance: Int? = nil, isWarped: Bool = false, warpValue: Nanoseconds = .zero,
    warpLimit: Nanoseconds = .milliseconds(2000), unwarpTime: Nanoseconds = .milliseconds(1000)
  ) {
    self.advance = advance
    self.isWarped = isWarped
    self.warpValue = warpValue
    self.warpLimit = warpLimit
    self.unwarpTime = unwarpTime
  }

  /// The nearest advance to a weight.
  public static func advance(for weight: Weight) -> Int {
    let exact = Double(standardAdvance * Weight.default.rawValue) / Double(weight.rawValue)
    return min(max(Int(exact.rounded()), advances.lowerBound), advances.upperBound)
  }

  /// The nearest weight to an advance.
  public static func weight(for advance: Int) -> Weight {
    Weight(clamping: Int((Double(standardAdvance * Weight.default.rawValue) / Double(max(1, advance))).rounded()))
  }
}

/// The table of the arinc653 scheduler: who runs when in each major frame.
public struct FrameTable: Hashable, Codable, Sendable {
  public struct Slot: Hashable, Codable, Sendable {
    public var domain: UUID
    /// Nil: all vCPUs of the domain, at the same time as far as there are pCPUs.
    public var vcpu: VCPUID?
    public var runtime: Nanoseconds

    public init(domain: UUID, vcpu: VCPUID? = nil, runtime: Nanoseconds) {
      self.domain = domain
      self.vcpu = vcpu
      self.runtime = runtime
    }
  }

  /// How many slots a table may have.
  public static let maximumSlots = 64
  /// Legal major frames.
  public static let frames = Nanoseconds.milliseconds(1)...Nanoseconds.seconds(60)
  /// The shortest slot.
  public static let shortestSlot = Nanoseconds.microseconds(100)

  /// The slot that a domain gets by its weight where there is no table: Xen's 10 ms for the default weight, but not so
  /// short that switching eats it up.
  public static func standardSlot(for weight: Weight) -> Nanoseconds {
    let length = 10_000_000 * UInt64(weight.rawValue) / UInt64(Weight.default.rawValue)
    return max(Nanoseconds(length), .milliseconds(1))
  }

  public var majorFrame: Nanoseconds
  public var slots: [Slot]

  public init(majorFrame: Nanoseconds, slots: [Slot]) {
    self.majorFrame = majorFrame
    self.slots = slots
  }

  /// What is wrong with it, with what would be right; nil where nothing is.
  public var fault: String? {
    guard Self.frames.contains(majorFrame) else {
      return "a major frame of \(majorFrame.milliseconds) ms is out of range; it must be 1 to 60000 ms"
    }
    guard (1...Self.maximumSlots).contains(slots.count) else {
      return "a table of \(slots.count) slots is not possible; it must have 1 to \(Self.maximumSlots)"
    }
    if let slot = slots.first(where: { $0.runtime < Self.shortestSlot }) {
      return "a slot of \(slot.runtime.milliseconds) ms is too short; it must be 0.1 ms or more"
    }
    let sum = slots.reduce(Nanoseconds.zero) { $0 + $1.runtime }
    guard sum > majorFrame else { return nil }
    return "slots of \(sum.milliseconds) ms don't fit into a major frame of \(majorFrame.milliseconds) ms"
  }
}
