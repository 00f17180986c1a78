extension FrameTable {
  /// A table in the words of `sched-arinc653`: `DOMAIN=MS` or `DOMAIN/VCPU=MS`, in the order in which they run. Without a
  /// major frame it is as long as all slots together.
  public init(words: [String], majorFrame: Nanoseconds?, on host: HostSnapshot) throws(HypervisorError) {
    let slots = try words.map { word throws(HypervisorError) in
      guard let slot = Self.parts(word) else {
        throw .invalid("'\(word)' is no slot; write DOMAIN=MS or DOMAIN/VCPU=MS")
      }
      return Slot(
        domain: try host.domain(named: slot.domain).reference.uuid, vcpu: slot.vcpu, runtime: slot.runtime)
    }
    self.init(majorFrame: majorFrame ?? slots.reduce(.zero) { $0 + $1.runtime }, slots: slots)
  }

  /// Whether a word is a slot, whatever domains there are.
  public static func isSlot(_ word: String) -> Bool { parts(word) != nil }

  private static func parts(_ slot: String) -> (domain: String, vcpu: VCPUID?, runtime: Nanoseconds)? {
    guard let sign = slot.lastIndex(of: "="), let time = Double(slot[slot.index(after: sign)...]),
      (0...60_000).contains(time)
    else { return nil }
    let name = slot[..<sign]
    let runtime = Nanoseconds(milliseconds: time)
    if let slash = name.lastIndex(of: "/"), let vcpu = UInt16(name[name.index(after: slash)...]) {
      return (String(name[..<slash]), VCPUID(Int(vcpu)), runtime)
    }
    return name.isEmpty ? nil : (String(name), nil, runtime)
  }
}
