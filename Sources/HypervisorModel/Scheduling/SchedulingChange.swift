/// Other parameters for a domain under one scheduler.
public struct SchedulingChange: Hashable, Sendable {
  /// What is on the wire beside the operation's word.
  struct Operands: Hashable, Codable, Sendable {
    var vcpu: VCPUID?
    var values: ParameterValues
  }

  /// The scheduler that the parameters are for.
  public let scheduler: Scheduler
  var operands: Operands

  /// One vCPU, for a scheduler whose parameters are per vCPU; nil is all of them.
  public var vcpu: VCPUID? { operands.vcpu }
  /// What changes; a parameter without a value stays as it is.
  public var values: ParameterValues { operands.values }

  public init(_ scheduler: Scheduler, vcpu: VCPUID? = nil, _ values: ParameterValues) {
    self.init(scheduler, Operands(vcpu: vcpu, values: values))
  }

  init(_ scheduler: Scheduler, _ operands: Operands) {
    self.scheduler = scheduler
    self.operands = operands
  }

  /// The scheduler's own operation.
  public var operation: Operation {
    switch scheduler {
    case .credit: .setCredit
    case .rtds: .setRTDS
    case .sedf: .setSEDF
    case .bvt: .setBVT
    // null and arinc653 have no parameters: an empty change of credit2's is refused by whoever carries it out.
    case .credit2, .null, .arinc653: .setCredit2
    }
  }

  /// The parameters that change.
  public var parameters: [SchedulerParameter] { scheduler.parameters.filter { values[$0] != nil } }

  /// With these parameters changed. Throws what is wrong with them, by themselves or taken together.
  public func applied(to old: SchedulingParameters) throws(HypervisorError) -> SchedulingParameters {
    if let unknown = values.names.subtracting(scheduler.parameters.map(\.name)).min() {
      throw .invalid("\(scheduler.rawValue) has no parameter '\(MessageText.printable(unknown))'")
    }
    var new = old
    for parameter in parameters {
      guard let value = values[parameter], let place = parameter.place else { continue }
      if let fault = parameter.fault(of: value) { throw .invalid(fault) }
      place.set(&new, value)
    }
    if let fault = scheduler.fault(of: new) { throw .invalid(fault) }
    return new
  }

  /// The values that the same parameters have now.
  public func values(before old: SchedulingParameters) -> ParameterValues {
    var before = ParameterValues()
    for parameter in parameters { before[parameter] = parameter.place?.get(old) }
    return before
  }

  /// The weight that the domain has afterwards; nil where the change is not about it. bvt's advance is another word for it.
  public var weight: Weight? {
    if let weight = values[.weight] { return Weight(clamping: Int(clamping: weight)) }
    return values[.advance].flatMap { $0 > 0 ? BVTParameters.weight(for: Int(clamping: $0)) : nil }
  }

  /// The cap that the domain has afterwards; nil where the change is not about it.
  public var cap: Cap? { values[.cap].map { Cap(clamping: Int(clamping: $0)) } }

  /// Another weight or cap for a domain in the way of its scheduler; nil leaves one as it is. Nil where that scheduler has no
  /// weight, or no cap though one is wanted.
  public init?(_ scheduler: Scheduler, weight: Weight?, cap: Cap?) {
    guard scheduler.hasWeight || weight == nil, scheduler.hasCap || cap == nil else { return nil }
    var values = ParameterValues()
    switch scheduler {
    case .credit, .credit2, .sedf: values[.weight] = weight.map { Int64($0.rawValue) }
    case .bvt: values[.advance] = weight.map { Int64(BVTParameters.advance(for: $0)) }
    case .rtds, .null, .arinc653: return nil
    }
    values[.cap] = cap.map { Int64($0.rawValue) }
    self.init(scheduler, values)
  }
}

extension SchedulerParameter {
  /// Its value for a domain, or for a vCPU of it, as a snapshot shows it.
  public func value(of domain: DomainSnapshot, vcpu: VCPUSnapshot? = nil) -> Int64? {
    place?.get(SchedulingParameters(domain, vcpu: vcpu))
  }
}
