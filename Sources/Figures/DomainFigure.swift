import HypervisorModel

/// A figure of a domain: what it is called, what it means, and what it is in a sample. The table of domains, its CSV, batch
/// reports, `list -l` and a domain's view have it from here, and add only where it stands.
///
/// xentop's figures have xentop's headings, and their meaning: NETTX is what the interface in Domain-0 sent, so what the guest
/// received.
package struct DomainFigure: Sendable {
  /// In the configuration and the palette: `cpu-sec`.
  package let name: String
  /// In the heading of a table: `CPU(sec)`.
  package let title: String
  /// Of a field in CSV and JSON, with the unit that it has there: `cpu_seconds`. Nil for what tables alone have.
  package let field: String?
  package let help: String
  package let value: @Sendable (DomainSample) -> FigureValue

  private init(
    _ name: String, _ title: String, _ field: String? = nil, _ help: String,
    _ value: @escaping @Sendable (DomainSample) -> FigureValue
  ) {
    self.name = name
    self.title = title
    self.field = field
    self.help = help
    self.value = value
  }
}

extension DomainFigure {
  package static let domain = DomainFigure("name", "NAME", "name", "the domain's name") { .text($0.snapshot.name) }
  package static let id = DomainFigure("id", "ID", "id", "its number on the host") {
    .count($0.snapshot.reference.id.rawValue)
  }
  package static let uuid = DomainFigure("uuid", "UUID", "uuid", "its UUID") {
    .text($0.snapshot.reference.uuid.uuidString.lowercased())
  }
  package static let state = DomainFigure("state", "STATE", "state", "xentop's letters: d s b c p r") {
    .state($0.snapshot.state)
  }
  package static let pool = DomainFigure("pool", "POOL", "pool", "its cpupool") { .text($0.snapshot.pool) }
  package static let uptime = DomainFigure("uptime", "UPTIME", "uptime_seconds", "time since it was made") { sample in
    sample.snapshot.createdAt.map { .uptime(sample.host.wallClock - $0) } ?? .none
  }
  package static let ssid = DomainFigure("ssid", "SSID", "ssid", "the security module's label") {
    $0.snapshot.ssid.map { .count($0) } ?? .none
  }

  // MARK: Processor

  package static let vcpus = DomainFigure("vcpus", "VCPUS", "vcpus", "number of vCPUs") {
    .count($0.snapshot.vcpus.count)
  }
  package static let cpu = DomainFigure("cpu", "CPU(%)", "cpu_percent", "CPU time that it got, per wall time") {
    .percent($0.cpu)
  }
  package static let cpuSeconds = DomainFigure("cpu-sec", "CPU(sec)", "cpu_seconds", "CPU time since it was made") {
    .seconds($0.snapshot.cpuTime)
  }
  package static let waiting = DomainFigure(
    "wait", "WAIT(%)", "waiting_percent", "time that its vCPUs waited for a pCPU, per wall time"
  ) { .percent($0.waiting) }
  package static let entitled = DomainFigure(
    "entitled", "ENT(%)", "entitled_percent", "CPU time that its scheduler grants it when everybody wants to run"
  ) { .percent($0.entitled) }
  package static let latency = DomainFigure(
    "latency", "WAKE99", "wake_p99_seconds", "99 of 100 times it ran so soon after waking up"
  ) { $0.snapshot.wakeLatency.map { .duration($0.p99) } ?? .none }
  package static let switches = DomainFigure(
    "switches", "SWITCHES", "switches", "times that its vCPUs left a pCPU"
  ) { .sum($0.snapshot.vcpus.map { $0.scheduling?.switches }) }
  package static let migrations = DomainFigure(
    "migrations", "MIGR", "migrations", "times that its vCPUs came to another pCPU"
  ) { .sum($0.snapshot.vcpus.map { $0.scheduling?.migrations }) }
  package static let why = DomainFigure("why", "WHY", nil, "why the first of its vCPUs left its pCPU last") {
    $0.snapshot.vcpus.first?.whyOff.map { .text($0.rawValue) } ?? .none
  }
  package static let weight = DomainFigure("weight", "WEIGHT", "weight", "its weight under the scheduler") {
    $0.weight.map { .count($0.rawValue) } ?? .none
  }
  package static let cap = DomainFigure("cap", "CAP", "cap", "its cap, in per cent of a pCPU; 0 is none") {
    $0.cap.map { .count($0.rawValue) } ?? .none
  }

  // MARK: Memory

  package static let memory = DomainFigure("mem", "MEM(k)", "memory_bytes", "memory that it holds, in KiB") {
    .memory($0.snapshot.memory)
  }
  package static let memoryShare = DomainFigure("mem-pct", "MEM(%)", nil, "memory that it holds, of the host's") {
    .percent($0.snapshot.memory, of: $0.host.memory)
  }
  package static let maxMemory = DomainFigure(
    "maxmem", "MAXMEM(k)", "max_memory_bytes", "memory that it may have, in KiB"
  ) { $0.snapshot.maxMemory.map { .memory($0) } ?? .unlimited("no limit") }
  package static let maxMemoryShare = DomainFigure(
    "maxmem-pct", "MAXMEM(%)", nil, "memory that it may have, of the host's"
  ) { sample in
    sample.snapshot.maxMemory.map { .percent($0, of: sample.host.memory) } ?? .unlimited("n/a")
  }

  // MARK: Networks

  package static let receiveRate = DomainFigure("rx-rate", "RX/s", nil, "bytes that the guest receives per second") {
    $0.rates?.received.map { .rate($0) } ?? .none
  }
  package static let transmitRate = DomainFigure("tx-rate", "TX/s", nil, "bytes that the guest sends per second") {
    $0.rates?.transmitted.map { .rate($0) } ?? .none
  }
  package static let networks = DomainFigure("nets", "NETS", nil, "number of network interfaces") {
    .count($0.snapshot.networks.count)
  }
  package static let received = DomainFigure(
    "nettx", "NETTX(k)", "network_received_bytes", "KiB that its interfaces in Domain-0 sent"
  ) { .sum($0.snapshot.networks.map { $0.counters?.received.bytes }) { .memory(Bytes($0)) } }
  package static let transmitted = DomainFigure(
    "netrx", "NETRX(k)", "network_transmitted_bytes", "KiB that its interfaces in Domain-0 received"
  ) { .sum($0.snapshot.networks.map { $0.counters?.transmitted.bytes }) { .memory(Bytes($0)) } }

  // MARK: Disks

  package static let readRate = DomainFigure("rd-rate", "RD/s", nil, "bytes that it reads from disks per second") {
    $0.rates?.read.map { .rate($0) } ?? .none
  }
  package static let writeRate = DomainFigure("wr-rate", "WR/s", nil, "bytes that it writes to disks per second") {
    $0.rates?.written.map { .rate($0) } ?? .none
  }
  package static let requestRate = DomainFigure("iops", "IO/s", nil, "disk requests per second") {
    $0.rates?.requests.map { .rate($0) } ?? .none
  }
  package static let disks = DomainFigure("vbds", "VBDS", nil, "number of virtual disks") {
    .count($0.snapshot.disks.count)
  }
  package static let outOfRequests = DomainFigure(
    "vbd-oo", "VBD_OO", nil, "times that a request waited because the ring was full"
  ) { .sum($0.snapshot.disks.map { $0.counters?.outOfRequests }) }
  package static let reads = DomainFigure("vbd-rd", "VBD_RD", "disk_reads", "read requests") {
    .sum($0.snapshot.disks.map { $0.counters?.reads })
  }
  package static let writes = DomainFigure("vbd-wr", "VBD_WR", "disk_writes", "write requests") {
    .sum($0.snapshot.disks.map { $0.counters?.writes })
  }
  package static let readSectors = DomainFigure("vbd-rsect", "VBD_RSECT", "disk_read_sectors", "sectors read") {
    .sum($0.snapshot.disks.map { $0.counters?.readSectors })
  }
  package static let writtenSectors = DomainFigure(
    "vbd-wsect", "VBD_WSECT", "disk_written_sectors", "sectors written"
  ) { .sum($0.snapshot.disks.map { $0.counters?.writtenSectors }) }
}
