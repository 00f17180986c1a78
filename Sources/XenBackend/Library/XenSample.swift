import CXen
import FoundationEssentials
import HypervisorModel

/// What does not change while Xen runs.
struct XenInfo: Sendable {
  var version: String
  var capabilities: String
  var commandLine: String
  var changeset: String
  var compiler: String
  var compileDate: String
  var memory: Bytes
  var pcpus: Int
  var nodes: Int
  var coresPerSocket: Int
  var threadsPerCore: Int
  var megahertz: Int
  /// As xl info's `virt_caps` has them.
  var virtualisation: [String]

  init(_ raw: domus_xen_info) {
    version = Self.text(raw.version)
    capabilities = Self.text(raw.capabilities)
    commandLine = Self.text(raw.command_line)
    changeset = Self.text(raw.changeset)
    compiler = Self.text(raw.compiler)
    compileDate = Self.text(raw.compile_date)
    memory = Bytes(raw.memory)
    pcpus = Int(raw.pcpus)
    nodes = Int(raw.nodes)
    coresPerSocket = Int(raw.cores_per_socket)
    threadsPerCore = Int(raw.threads_per_core)
    megahertz = Int(raw.cpu_khz / 1000)
    let flags = [
      (raw.has_pv, "pv"), (raw.has_hvm, "hvm"), (raw.has_iommu, "hvm_directio"), (raw.has_hap, "hap"),
      (raw.has_shadow, "shadow"),
    ]
    virtualisation = flags.filter { $0.0 != 0 }.map(\.1)
  }

  /// A C string in a fixed array.
  private static func text<Tuple>(_ field: Tuple) -> String {
    withUnsafeBytes(of: field) { printable(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)) }
  }
}

/// What Xen says of its domains and CPUs at one time.
struct XenSample: Sendable {
  struct VCPU: Sendable {
    var id: Int
    var pcpu: Int
    var cpuTime: UInt64
    var isOnline: Bool
    var isRunning: Bool
    var isBlocked: Bool
    var hard: CPUSet
    var soft: CPUSet
    var realTime: RealTimeParameters?
  }

  struct Domain: Sendable {
    var id: UInt32
    var uuid: UUID
    var pool: UInt32
    var ssid: UInt32
    var isRunning: Bool
    var isBlocked: Bool
    var isPaused: Bool
    var isShutdown: Bool
    var isDying: Bool
    var isHVM: Bool
    /// As in xen/sched.h.
    var shutdownReason: Int32
    var memory: UInt64
    /// Nil: no limit.
    var maximumMemory: UInt64?
    var cpuTime: UInt64
    var weight: Int64?
    var cap: Int64?
    var vcpus: [VCPU]
  }

  struct Pool: Sendable {
    var id: UInt32
    var name: String
    /// Nil: one that Domus does not know.
    var scheduler: Scheduler?
    var pcpus: CPUSet
    var parameters: ParameterValues = [:]
  }

  struct PCPU: Sendable {
    var id: Int
    /// Nanoseconds since Xen started.
    var idle: UInt64
  }

  var domains: [Domain]
  var pools: [Pool]
  var pcpus: [PCPU]
  var memory: UInt64
  var freeMemory: UInt64

  init(domains: [Domain], pools: [Pool], pcpus: [PCPU], memory: UInt64, freeMemory: UInt64) {
    self.domains = domains
    self.pools = pools
    self.pcpus = pcpus
    self.memory = memory
    self.freeMemory = freeMemory
  }

  init(_ raw: domus_xen_sample) {
    let pcpus = UnsafeBufferPointer(start: raw.pcpus, count: raw.pcpu_count).map {
      PCPU(id: Int($0.id), idle: $0.idle)
    }
    let maps = MapReader(size: raw.pcpu_map_size, all: pcpus.map(\.id))
    self.init(
      domains: UnsafeBufferPointer(start: raw.domains, count: raw.domain_count).map { Domain($0, maps) },
      pools: UnsafeBufferPointer(start: raw.pools, count: raw.pool_count).map { Pool($0, maps) }, pcpus: pcpus,
      memory: raw.memory, freeMemory: raw.free_memory)
  }
}

/// Turns bitmaps of pCPUs into sets.
private struct MapReader {
  let size: Int
  let all: [Int]

  /// Every pCPU of the host, or no map, is `all`, as xl prints it.
  func set(_ map: UnsafePointer<UInt8>?) -> CPUSet {
    guard let map else { return .all }
    let present = numbers(map)
    return all.allSatisfy(Set(present).contains) ? .all : .of(present)
  }

  func numbers(_ map: UnsafePointer<UInt8>) -> [Int] {
    (0..<size).flatMap { byte in (0..<8).filter { map[byte] & 1 << UInt8($0) != 0 }.map { byte * 8 + $0 } }
  }
}

private func figure(_ value: Int64) -> Int64? { value == DOMUS_XEN_NONE ? nil : value }
private func span(_ value: Int64) -> Nanoseconds? {
  figure(value).flatMap { UInt64(exactly: $0) }.map { Nanoseconds($0) }
}

extension XenSample.Domain {
  fileprivate init(_ raw: domus_xen_domain, _ maps: MapReader) {
    self.init(
      id: raw.id, uuid: UUID(uuid: raw.uuid), pool: raw.pool, ssid: raw.ssid, isRunning: raw.is_running != 0,
      isBlocked: raw.is_blocked != 0, isPaused: raw.is_paused != 0, isShutdown: raw.is_shutdown != 0,
      isDying: raw.is_dying != 0, isHVM: raw.is_hvm != 0, shutdownReason: raw.shutdown_reason, memory: raw.memory,
      maximumMemory: raw.maximum_memory == .max ? nil : raw.maximum_memory, cpuTime: raw.cpu_time,
      weight: figure(raw.weight), cap: figure(raw.cap),
      vcpus: UnsafeBufferPointer(start: raw.vcpus, count: raw.vcpu_count).map { XenSample.VCPU($0, maps) })
  }
}

extension XenSample.VCPU {
  fileprivate init(_ raw: domus_xen_vcpu, _ maps: MapReader) {
    var realTime: RealTimeParameters?
    if let period = span(raw.period), let budget = span(raw.budget) {
      realTime = RealTimeParameters(period: period, budget: budget, extratime: raw.extratime != 0)
    }
    self.init(
      id: Int(raw.id), pcpu: Int(raw.pcpu), cpuTime: raw.cpu_time, isOnline: raw.is_online != 0,
      isRunning: raw.is_running != 0, isBlocked: raw.is_blocked != 0, hard: maps.set(raw.hard),
      soft: maps.set(raw.soft), realTime: realTime)
  }
}

extension XenSample.Pool {
  fileprivate init(_ raw: domus_xen_pool, _ maps: MapReader) {
    var parameters = ParameterValues()
    parameters[.timeSlice] = span(raw.time_slice).map { Int64(clamping: $0.rawValue) }
    parameters[.rateLimit] = span(raw.rate_limit).map { Int64(clamping: $0.rawValue) }
    self.init(
      id: raw.id, name: printable(String(cString: raw.name)),
      scheduler: Scheduler(rawValue: String(cString: raw.scheduler)), pcpus: .of(maps.numbers(raw.pcpus)),
      parameters: parameters)
  }
}
