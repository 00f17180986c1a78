import Figures
import HypervisorModel

/// A domain's past, for its graphs.
struct DomainHistory: Hashable, Sendable {
  /// CPU time per wall time.
  var cpu = Series(limit: Self.samples)
  /// Waiting time of all vCPUs per wall time.
  var waited = Series(limit: Self.samples)
  /// Bytes.
  var memory = Series(limit: Self.samples)
  /// Bytes per second, both ways.
  var network = Series(limit: Self.samples)
  var disk = Series(limit: Self.samples)

  static let samples = 128

  mutating func append(cpu: Double, memory: Bytes, _ rates: DomainRates?, at time: Nanoseconds) {
    self.cpu.append(cpu, at: time)
    self.memory.append(Double(memory.rawValue), at: time)
    if let value = rates?.waited { waited.append(value, at: time) }
    if let received = rates?.received, let sent = rates?.transmitted { network.append(received + sent, at: time) }
    if let read = rates?.read, let written = rates?.written { disk.append(read + written, at: time) }
  }
}
