import FoundationEssentials
import HypervisorModel

/// The host of most tests.
package let lab = HostID(rawValue: "lab")

package func reference(_ id: UInt32, uuid: UInt8? = nil) -> DomainReference {
  let last = uuid ?? UInt8(truncatingIfNeeded: id)
  return DomainReference(
    host: lab, uuid: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last)), id: DomainID(id))
}

/// A domain with round figures.
package func domain(
  _ id: UInt32, _ name: String, _ state: DomainState = .running, cpu milliseconds: UInt64 = 0, uuid: UInt8? = nil,
  vcpus: Int = 1, memory: UInt64 = 96, weight: Int? = 256, cap: Int? = 0
) -> DomainSnapshot {
  DomainSnapshot(
    reference: reference(id, uuid: uuid), name: name, state: state, cpuTime: .milliseconds(milliseconds),
    vcpus: (0..<vcpus).map {
      VCPUSnapshot(id: VCPUID($0), state: .running, pcpu: nil, cpuTime: .zero, waitTime: nil)
    },
    memory: .mebibytes(memory), maxMemory: id == 0 ? nil : .mebibytes(128),
    weight: weight.map { Weight(clamping: $0) }, cap: cap.map { Cap(clamping: $0) }, createdAt: 0)
}

package func snapshot(
  at milliseconds: UInt64, _ domains: [DomainSnapshot], busy: [UInt64] = [0, 0], free: UInt64 = 768
) -> HostSnapshot {
  HostSnapshot(
    time: .milliseconds(milliseconds), wallClock: 1_000_000 + Double(milliseconds) / 1000, memory: .mebibytes(1024),
    freeMemory: .mebibytes(free),
    pcpus: busy.enumerated().map {
      PCPUSnapshot(id: PCPUID($0.offset), busy: .milliseconds($0.element), stolen: .zero)
    }, domains: domains)
}

package let host = HostDescription(
  host: lab, hostname: "lab7", engine: "DomusEngine", version: "0.1.0", scheduler: .credit2, pcpus: 2,
  memory: .mebibytes(1024), startedAt: 1_000_000 - 90_061, capabilities: "", domainsOutliveHost: false, operations: [:])

/// Four domains over two seconds: one busy, one capped, one blocked, Domain-0.
package func twoSamples(_ extra: [DomainSnapshot] = []) -> [HostSnapshot] {
  [
    snapshot(
      at: 1000,
      [
        domain(0, "Domain-0", weight: nil, cap: nil), domain(1, "web1"), domain(2, "build", vcpus: 2, weight: 512),
        domain(3, "idle", .blocked, cap: 50),
      ] + extra),
    snapshot(
      at: 2000,
      [
        domain(0, "Domain-0", cpu: 50, weight: nil, cap: nil), domain(1, "web1", cpu: 250),
        domain(2, "build", cpu: 900, vcpus: 2, weight: 512), domain(3, "idle", .blocked, cap: 50),
      ] + extra, busy: [800, 400]),
  ]
}

/// A domain with a network interface, a disk, and vCPUs that wait, after so many seconds of steady work.
package func busyDomain(_ id: UInt32, _ name: String, seconds: UInt64) -> DomainSnapshot {
  var domain = domain(id, name, cpu: seconds * 500, vcpus: 2)
  for index in domain.vcpus.indices {
    domain.vcpus[index].cpuTime = .milliseconds(seconds * 250)
    domain.vcpus[index].waitTime = .milliseconds(seconds * 100)
    domain.vcpus[index].pcpu = PCPUID(index)
    domain.vcpus[index].state = index == 0 ? .running : .runnable
  }
  domain.networks = [
    NetworkSnapshot(
      id: 0, mac: "00:16:3e:00:00:01", bridge: "xenbr0", backend: .domain0, connection: .connected,
      counters: .init(
        transmitted: .init(bytes: seconds * 2048, packets: seconds * 2, errors: 0, drops: 0),
        received: .init(bytes: seconds * 1_048_576, packets: seconds * 700, errors: 1, drops: 2)))
  ]
  domain.disks = [
    DiskSnapshot(
      id: 51712, name: "xvda", target: "/srv/\(name).img", isReadOnly: false, backend: .domain0, connection: .connected,
      counters: .init(
        reads: seconds * 10, writes: seconds * 30, readSectors: seconds * 80, writtenSectors: seconds * 4096,
        outOfRequests: 3))
  ]
  return domain
}
