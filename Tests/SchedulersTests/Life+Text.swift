import HypervisorModel

@testable import Schedulers

/// A life as Swift text, to be pasted into a test.
extension Life: CustomStringConvertible {
  var description: String {
    var header = ".\(scheduler), pcpus: \(pcpus), seed: \(seed)"
    if pokeLatency != .zero { header += ", pokeLatency: \(pokeLatency.text)" }
    if timerLatency != .zero { header += ", timerLatency: \(timerLatency.text)" }
    if leastSpeed != 1 { header += ", leastSpeed: \(leastSpeed)" }
    let lines = operations.map { "  \($0),\n" }
    return "Life(\(header), [\n\(lines.joined())])"
  }
}

extension Life.Operation: CustomStringConvertible {
  var description: String {
    switch self {
    case .run(let time): ".run(\(time.text))"
    case .add(let domain, let workloads, let weight, let cap, let hard, let soft):
      ".add(\(domain), \(workloads)\(Self.weightText(weight, cap))\(Self.affinityText(hard, soft)))"
    case .remove(let domain): ".remove(\(domain))"
    case .weigh(let domain, let weight, let cap): ".weigh(\(domain)\(Self.weightText(weight, cap)))"
    case .sedf(let domain, let sedf): ".sedf(\(domain), \(sedf.text))"
    case .bvt(let domain, let bvt): ".bvt(\(domain), \(bvt.text))"
    case .realTime(let domain, let index, let realTime): ".realTime(\(domain), \(index), \(realTime.text))"
    case .pin(let domain, let index, let hard, let soft): ".pin(\(domain), \(index)\(Self.affinityText(hard, soft)))"
    case .pause(let domain, let index): ".pause(\(domain), \(index))"
    case .unpause(let domain, let index): ".unpause(\(domain), \(index))"
    case .offline(let domain, let index): ".offline(\(domain), \(index))"
    case .online(let domain, let index): ".online(\(domain), \(index))"
    case .repeatLastCall(let domain, let index): ".repeatLastCall(\(domain), \(index))"
    case .look(let pcpu): ".look(\(pcpu))"
    case .pool(let parameters): ".pool(\(parameters.text))"
    case .pcpus(let set): ".pcpus(\(set.text))"
    case .exchange(let scheduler): ".exchange(.\(scheduler))"
    }
  }

  private static func weightText(_ weight: Int, _ cap: Int) -> String {
    (weight == 256 ? "" : ", weight: \(weight)") + (cap == 0 ? "" : ", cap: \(cap)")
  }

  private static func affinityText(_ hard: PCPUSet, _ soft: PCPUSet) -> String {
    (hard == .all ? "" : ", hard: \(hard.text)") + (soft == .all ? "" : ", soft: \(soft.text)")
  }
}

extension Workload: CustomStringConvertible {
  var description: String {
    switch self {
    case .hog: ".hog"
    case .periodic(let burst, let period): ".periodic(burst: \(burst.text), period: \(period.text))"
    case .interactive(let burst, let sleep): ".interactive(burst: \(burst.text), sleep: \(sleep.text))"
    case .tickDodger(let tick, let asleep): ".tickDodger(tick: \(tick.text), asleep: \(asleep.text))"
    case .mixed(let computing, let jobs, let burst, let sleep):
      ".mixed(computing: \(computing.text), jobs: \(jobs), burst: \(burst.text), sleep: \(sleep.text))"
    }
  }
}

extension Nanoseconds {
  fileprivate var text: String {
    if self == .zero { return ".zero" }
    if rawValue.isMultiple(of: 1_000_000) { return ".milliseconds(\(rawValue / 1_000_000))" }
    if rawValue.isMultiple(of: 1000) { return ".microseconds(\(rawValue / 1000))" }
    return ".init(\(rawValue))"
  }
}

extension PCPUSet {
  fileprivate var text: String { self == .all ? ".all" : "\(map(\.rawValue))" }
}

extension RealTimeParameters {
  fileprivate var text: String { ".init(period: \(period.text), budget: \(budget.text), extratime: \(extratime))" }
}

extension SEDFParameters {
  fileprivate var text: String { ".init(period: \(period.text), slice: \(slice.text), extratime: \(extratime))" }
}

extension BVTParameters {
  fileprivate var text: String {
    let advance = advance.map { "advance: \($0), " } ?? ""
    let warp = "warpValue: \(warpValue.text), warpLimit: \(warpLimit.text), unwarpTime: \(unwarpTime.text)"
    return ".init(\(advance)isWarped: \(isWarped), \(warp))"
  }
}

extension PoolParameters {
  fileprivate var text: String {
    let defaults = PoolParameters()
    var parts: [String] = []
    if timeSlice != defaults.timeSlice { parts.append("timeSlice: \(timeSlice.text)") }
    if rateLimit != defaults.rateLimit { parts.append("rateLimit: \(rateLimit.text)") }
    if migrationDelay != defaults.migrationDelay { parts.append("migrationDelay: \(migrationDelay.text)") }
    if capPeriod != defaults.capPeriod { parts.append("capPeriod: \(capPeriod.text)") }
    if switchAllowance != defaults.switchAllowance { parts.append("switchAllowance: \(switchAllowance.text)") }
    if let frame {
      let windows = frame.windows.map { window in
        let index = window.vcpu.map { "vcpu: \($0), " } ?? ""
        return ".init(domain: DomainID(\(window.domain.rawValue)), \(index)length: \(window.length.text))"
      }
      parts.append("frame: Frame(length: \(frame.length.text), windows: [\(windows.joined(separator: ", "))])")
    }
    return ".init(\(parts.joined(separator: ", ")))"
  }
}
