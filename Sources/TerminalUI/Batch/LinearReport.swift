import HypervisorModel

/// `domus top -b --linear`: a sentence for each domain, for screen readers: nothing depends on columns, and what did not change
/// is not said again.
public struct LinearReport {
  private var previous: HostSnapshot?
  private var said: [DomainReference: String] = [:]

  public init() {}

  /// The lines of the next sample; none where nothing changed.
  public mutating func lines(for snapshot: HostSnapshot) -> [String] {
    let rates = previous.flatMap { Rates(from: $0, to: snapshot) }
    previous = snapshot
    var lines: [String] = []
    var now: [DomainReference: String] = [:]
    for domain in snapshot.domains {
      let sentence = Self.sentence(domain, cpu: rates?.cpu[domain.reference])
      now[domain.reference] = sentence
      if said[domain.reference] != sentence { lines.append(sentence) }
    }
    for (reference, sentence) in said where now[reference] == nil {
      lines.append((sentence.split(separator: ":").first.map(String.init) ?? "A domain") + ": gone")
    }
    said = now
    return lines
  }

  private static func sentence(_ domain: DomainSnapshot, cpu: Double?) -> String {
    var parts = [domain.state.word]
    if let cpu { parts.append("CPU \(Format.fixed(cpu * 100, decimals: 0)) %") }
    parts.append("memory \(domain.memory.mebibytes) MiB")
    parts.append(domain.vcpus.count == 1 ? "1 vCPU" : "\(domain.vcpus.count) vCPUs")
    if let weight = domain.weight { parts.append("weight \(weight.rawValue)") }
    if let cap = domain.cap, cap != .none { parts.append("cap \(cap.rawValue) %") }
    let name = DisplayText(domain.name, charset: .braille).pieces.map(\.text).joined()
    return "\(name), id \(domain.reference.id): " + parts.joined(separator: ", ")
  }
}
