import HypervisorModel

/// `domus top -b --linear`: a sentence for each domain, for screen readers: nothing depends on columns, and what did not change
/// is not said again.
public struct LinearReport {
  private var sampler = DomainSampler()
  private var said: [DomainReference: String] = [:]

  public init() {}

  /// The lines of the next sample; none where nothing changed.
  public mutating func lines(for snapshot: HostSnapshot) -> [String] {
    var lines: [String] = []
    var now: [DomainReference: String] = [:]
    for sample in sampler.samples(of: snapshot) {
      let sentence = Self.sentence(sample)
      now[sample.snapshot.reference] = sentence
      if said[sample.snapshot.reference] != sentence { lines.append(sentence) }
    }
    for (reference, sentence) in said where now[reference] == nil {
      lines.append((sentence.split(separator: ":").first.map(String.init) ?? "A domain") + ": gone")
    }
    said = now
    return lines
  }

  private static func sentence(_ sample: DomainSample) -> String {
    let domain = sample.snapshot
    var parts = [domain.state.word]
    if case .fixed(let percent, _) = DomainFigure.cpu.value(sample) {
      parts.append("CPU \(Format.fixed(percent, decimals: 0)) %")
    }
    parts.append("memory \(domain.memory.mebibytes) MiB")
    parts.append(domain.vcpus.count == 1 ? "1 vCPU" : "\(domain.vcpus.count) vCPUs")
    if let weight = sample.weight { parts.append("weight \(weight.rawValue)") }
    if let cap = sample.cap, cap != .none { parts.append("cap \(cap.rawValue) %") }
    let name = DisplayText(domain.name, charset: .braille).pieces.map(\.text).joined()
    return "\(name), id \(domain.reference.id): " + parts.joined(separator: ", ")
  }
}
