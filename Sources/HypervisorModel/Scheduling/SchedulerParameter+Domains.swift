/// What a domain, or one of its vCPUs, is set to, whichever scheduler it is under.
public struct SchedulingParameters: Hashable, Sendable {
  public var weight: Weight
  public var cap: Cap
  public var sedf: SEDFParameters
  public var bvt: BVTParameters
  /// Of the vCPU.
  public var realTime: RealTimeParameters

  public init(
    weight: Weight = .default, cap: Cap = .none, sedf: SEDFParameters = SEDFParameters(),
    bvt: BVTParameters = BVTParameters(), realTime: RealTimeParameters = RealTimeParameters()
  ) {
    self.weight = weight
    self.cap = cap
    self.sedf = sedf
    self.bvt = bvt
    self.realTime = realTime
  }

  /// As a snapshot shows them; what it does not show has its default.
  public init(_ domain: DomainSnapshot, vcpu: VCPUSnapshot?) {
    self.init(
      weight: domain.weight ?? .default, cap: domain.cap ?? .none, sedf: domain.sedf ?? SEDFParameters(),
      bvt: domain.bvt ?? BVTParameters(), realTime: vcpu?.realTime ?? RealTimeParameters())
  }
}

/// The parameters that a domain or its vCPUs have for each scheduler.
extension SchedulerParameter {
  public static let weight = SchedulerParameter(
    "weight", title: "weight", .number, 1...65535, standard: 256, "share of CPU time beside the others",
    at: .init(\.weight))
  public static let cap = SchedulerParameter(
    "cap", title: "cap", .percent, 1...65535, zero: "none", standard: 0, "the most that it gets, of one pCPU",
    at: .init(\.cap))

  public static let period = SchedulerParameter(
    "period", title: "period", .microseconds, 10_000...Int64(Int32.max) * 1000, standard: 10_000_000,
    "how often the budget is renewed", at: .init(\.realTime.period))
  public static let budget = SchedulerParameter(
    "budget", title: "budget", .microseconds, 10_000...Int64(Int32.max) * 1000, standard: 4_000_000,
    "what it gets in each period", at: .init(\.realTime.budget))
  public static let extratime = SchedulerParameter(
    "extratime", title: "extratime", .flag, 0...1, standard: 1, "whether it also gets what others leave",
    at: .init(\.realTime.extratime))

  public static let sedfPeriod = SchedulerParameter(
    "period", title: "period", .milliseconds, 10_000...10_000_000_000, standard: 100_000_000,
    "how often the slice is renewed", at: .init(\.sedf.period))
  public static let slice = SchedulerParameter(
    "slice", title: "slice", .milliseconds, 5_000...10_000_000_000, zero: "nothing is reserved", standard: 0,
    "what it gets in each period", at: .init(\.sedf.slice))
  public static let extra = SchedulerParameter(
    "extra", title: "extra", .flag, 0...1, standard: 1, "whether it also gets what others leave, by weight",
    at: .init(\.sedf.extratime))

  public static let advance = SchedulerParameter(
    "mcuadv", title: "MCU advance", .number, 1...65535, zero: "by the weight", standard: 0,
    "how fast its virtual time goes: half of another's gets twice the CPU", at: .init(\.bvt.advance))
  public static let warpback = SchedulerParameter(
    "warpback", title: "warpback", .flag, 0...1, standard: 0, "whether it may warp", at: .init(\.bvt.isWarped))
  public static let warpValue = SchedulerParameter(
    "warpvalue", title: "warp value", .milliseconds, 0...10_000_000_000, standard: 0,
    "how far it warps back in virtual time", at: .init(\.bvt.warpValue))
  public static let warpLimit = SchedulerParameter(
    "warpl", title: "warp limit", .milliseconds, 1...10_000_000_000, zero: "no limit", standard: 2_000_000_000,
    "how long it may run warped at once", at: .init(\.bvt.warpLimit))
  public static let unwarpTime = SchedulerParameter(
    "warpu", title: "unwarp time", .milliseconds, 0...10_000_000_000, standard: 1_000_000_000,
    "how long it then does without", at: .init(\.bvt.unwarpTime))
}

extension Scheduler {
  /// The parameters of a domain, or of its vCPUs, for this scheduler.
  public var parameters: [SchedulerParameter] {
    switch self {
    case .credit, .credit2: [.weight, .cap]
    case .rtds: [.period, .budget, .extratime]
    case .sedf: [.sedfPeriod, .slice, .extra, .weight]
    case .bvt: [.advance, .warpback, .warpValue, .warpLimit, .unwarpTime]
    case .null, .arinc653: []
    }
  }

  /// Whether each vCPU has parameters of its own.
  public var isPerVCPU: Bool { self == .rtds }

  /// What is wrong with parameters that are legal by themselves, taken together; nil where nothing is.
  func fault(of all: SchedulingParameters) -> String? {
    switch self {
    case .rtds: all.realTime.fault
    case .sedf: all.sedf.fault
    case .credit, .credit2, .bvt, .null, .arinc653: nil
    }
  }
}

/// A type of which a parameter can be.
protocol ParameterRepresentable: Sendable {
  /// In the parameter's base unit.
  var parameterValue: Int64 { get }
  /// The nearest that is possible.
  init(parameterValue: Int64)
}

extension Weight: ParameterRepresentable {
  var parameterValue: Int64 { Int64(rawValue) }
  init(parameterValue: Int64) { self.init(clamping: Int(parameterValue)) }
}

extension Cap: ParameterRepresentable {
  var parameterValue: Int64 { Int64(rawValue) }
  init(parameterValue: Int64) { self.init(clamping: Int(parameterValue)) }
}

extension Nanoseconds: ParameterRepresentable {
  var parameterValue: Int64 { Int64(clamping: rawValue) }
  init(parameterValue: Int64) { self.init(UInt64(clamping: parameterValue)) }
}

extension Bool: ParameterRepresentable {
  var parameterValue: Int64 { self ? 1 : 0 }
  init(parameterValue: Int64) { self = parameterValue != 0 }
}

/// Nil is zero.
extension Int?: ParameterRepresentable {
  var parameterValue: Int64 { Int64(self ?? 0) }
  init(parameterValue: Int64) { self = parameterValue == 0 ? nil : Int(parameterValue) }
}
