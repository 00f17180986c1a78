import HypervisorModel

/// A request inside `perform`: `{"operation": "pause", "domain": …}`, flat, so that an operation which this side does not
/// know is refused by its name.
package struct WireRequest: Codable, Sendable {
  package var request: Request

  package init(_ request: Request) { self.request = request }

  package init(from decoder: any Decoder) throws {
    let body = try RequestBody(from: decoder)
    guard let operation = Operation(rawValue: body.operation) else { throw UnknownRequest(name: body.operation) }
    request = try body.request(operation, codingPath: decoder.codingPath)
  }

  package func encode(to encoder: any Encoder) throws { try RequestBody(request).encode(to: encoder) }
}

/// The peer asked for something that this side has no name for.
package struct UnknownRequest: Error {
  package var name: String
}

/// All operands that requests have, by name.
private struct RequestBody: Codable {
  var operation: String
  var domain: DomainReference?
  var source: DomainSource?
  var file: ConfigFileText?
  var paused: Bool?
  var name: String?
  var path: String?
  var after: AfterSave?
  var host: String?
  var key: String?
  var trigger: Trigger?
  var vcpu: VCPUID?
  var memory: Bytes?
  var count: Int?
  var columns: Int?
  var rows: Int?
  var hard: CPUSet?
  var soft: CPUSet?
  var device: String?
  var weight: Weight?
  var cap: Cap?
  var period: Nanoseconds?
  var budget: Nanoseconds?
  var extratime: Bool?
  var pool: String?
  var slice: Nanoseconds?
  var bvt: BVTParameters?
  var timeSlice: Nanoseconds?
  var rateLimit: Nanoseconds?
  var migrationDelay: Nanoseconds?
  var switchAllowance: Nanoseconds?
  var frame: FrameTable?
  var from: UInt64?
  var scheduler: String?
  var pcpus: CPUSet?
  var clear: Bool?

  init(_ request: Request) {
    operation = request.operation.rawValue
    domain = request.domain
    switch request {
    case .create(let source, let paused): (self.source, self.paused) = (source, paused)
    case .checkConfig(let file): self.file = file
    case .pause, .unpause, .shutdown, .reboot, .destroy, .showConfig: break
    case .rename(_, let name): self.name = name
    case .save(_, let path, let after): (self.path, self.after) = (path, after)
    case .restore(let path, let paused): (self.path, self.paused) = (path, paused)
    case .migrate(_, let host): self.host = host
    case .snapshot(_, let name): self.name = name
    case .sysrq(_, let key): self.key = key
    case .trigger(_, let trigger, let vcpu): (self.trigger, self.vcpu) = (trigger, vcpu)
    case .resizeConsole(_, let columns, let rows): (self.columns, self.rows) = (columns, rows)
    case .setMemory(_, let memory), .setMaxMemory(_, let memory): self.memory = memory
    case .setVCPUs(_, let count): self.count = count
    case .pinVCPU(_, let vcpu, let hard, let soft): (self.vcpu, self.hard, self.soft) = (vcpu, hard, soft)
    case .attachNetwork(_, let device), .detachNetwork(_, let device), .attachDisk(_, let device),
      .detachDisk(_, let device):
      self.device = device
    case .setCredit(_, let weight, let cap), .setCredit2(_, let weight, let cap):
      (self.weight, self.cap) = (weight, cap)
    case .setRTDS(_, let vcpu, let period, let budget, let extratime):
      (self.vcpu, self.period, self.budget, self.extratime) = (vcpu, period, budget, extratime)
    case .setSEDF(_, let weight, let period, let slice, let extratime):
      (self.weight, self.period, self.slice, self.extratime) = (weight, period, slice, extratime)
    case .setBVT(_, let bvt): self.bvt = bvt
    case .setPoolParameters(let pool, let change):
      (self.pool, timeSlice, rateLimit) = (pool, change.timeSlice, change.rateLimit)
      (migrationDelay, switchAllowance, frame) = (change.migrationDelay, change.switchAllowance, change.frame)
    case .trace(let pool, let from): (self.pool, self.from) = (pool, from)
    case .switchScheduler(let pool, let scheduler): (self.pool, self.scheduler) = (pool, scheduler)
    case .createPool(let pool, let scheduler, let pcpus):
      (self.pool, self.scheduler, self.pcpus) = (pool, scheduler, pcpus)
    case .destroyPool(let pool), .moveToPool(_, let pool): self.pool = pool
    case .renamePool(let pool, let name): (self.pool, self.name) = (pool, name)
    case .addToPool(let pool, let pcpus), .removeFromPool(let pool, let pcpus):
      (self.pool, self.pcpus) = (pool, pcpus)
    case .dmesg(let clear): self.clear = clear
    case .debugKeys(let key): self.key = key
    }
  }

  /// Throws where an operand is missing that the operation can't do without.
  func request(_ operation: Operation, codingPath: [any CodingKey]) throws -> Request {
    func need<Value>(_ value: Value?, _ key: CodingKeys) throws -> Value {
      guard let value else {
        throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing operand"))
      }
      return value
    }
    func domain() throws -> DomainReference { try need(self.domain, .domain) }
    func pool() throws -> String { try need(self.pool, .pool) }
    func device() throws -> String { try need(self.device, .device) }
    func pcpus() throws -> CPUSet { try need(self.pcpus, .pcpus) }
    return switch operation {
    case .create: .create(try need(source, .source), paused: paused ?? false)
    case .checkConfig: .checkConfig(try need(file, .file))
    case .pause: .pause(try domain())
    case .unpause: .unpause(try domain())
    case .shutdown: .shutdown(try domain())
    case .reboot: .reboot(try domain())
    case .destroy: .destroy(try domain())
    case .rename: .rename(try domain(), to: try need(name, .name))
    case .save: .save(try domain(), path: try need(path, .path), then: after ?? .destroy)
    case .restore: .restore(path: try need(path, .path), paused: paused ?? false)
    case .migrate: .migrate(try domain(), to: try need(host, .host))
    case .snapshot: .snapshot(try domain(), name: try need(name, .name))
    case .sysrq: .sysrq(try domain(), key: try need(key, .key))
    case .trigger: .trigger(try domain(), try need(trigger, .trigger), vcpu: vcpu)
    case .showConfig: .showConfig(try domain())
    case .resizeConsole:
      .resizeConsole(try domain(), columns: try need(columns, .columns), rows: try need(rows, .rows))
    case .setMemory: .setMemory(try domain(), try need(memory, .memory))
    case .setMaxMemory: .setMaxMemory(try domain(), try need(memory, .memory))
    case .setVCPUs: .setVCPUs(try domain(), count: try need(count, .count))
    case .pinVCPU: .pinVCPU(try domain(), vcpu, hard: hard, soft: soft)
    case .attachNetwork: .attachNetwork(try domain(), try device())
    case .detachNetwork: .detachNetwork(try domain(), try device())
    case .attachDisk: .attachDisk(try domain(), try device())
    case .detachDisk: .detachDisk(try domain(), try device())
    case .setCredit: .setCredit(try domain(), weight: weight, cap: cap)
    case .setCredit2: .setCredit2(try domain(), weight: weight, cap: cap)
    case .setRTDS: .setRTDS(try domain(), vcpu, period: period, budget: budget, extratime: extratime)
    case .setSEDF: .setSEDF(try domain(), weight: weight, period: period, slice: slice, extratime: extratime)
    case .setBVT: .setBVT(try domain(), try need(bvt, .bvt))
    case .setPoolParameters:
      .setPoolParameters(
        pool: try pool(),
        PoolChange(
          timeSlice: timeSlice, rateLimit: rateLimit, migrationDelay: migrationDelay, switchAllowance: switchAllowance,
          frame: frame))
    case .trace: .trace(pool: try pool(), from: from)
    case .switchScheduler: .switchScheduler(pool: try pool(), to: try need(scheduler, .scheduler))
    case .createPool: .createPool(name: try pool(), scheduler: scheduler, pcpus: try pcpus())
    case .destroyPool: .destroyPool(try pool())
    case .renamePool: .renamePool(try pool(), to: try need(name, .name))
    case .addToPool: .addToPool(try pool(), try pcpus())
    case .removeFromPool: .removeFromPool(try pool(), try pcpus())
    case .moveToPool: .moveToPool(try domain(), try pool())
    case .dmesg: .dmesg(clear: clear ?? false)
    case .debugKeys: .debugKeys(try need(key, .key))
    }
  }
}

/// The answer to `perform`: `{"outcome": "created", "domain": …}`.
package struct WireReply: Codable, Sendable {
  package var outcome: String
  package var domain: DomainReference?
  package var warnings: [String]?
  package var text: String?
  package var trace: SchedulingTrace?

  package init(_ reply: Reply) {
    switch reply {
    case .done: outcome = "done"
    case .created(let created, let warnings):
      outcome = "created"
      domain = created
      self.warnings = warnings
    case .text(let text):
      outcome = "text"
      self.text = text
    case .trace(let trace):
      outcome = "trace"
      self.trace = trace
    }
  }

  package func reply() throws(HypervisorError) -> Reply {
    switch (outcome, domain, text, trace) {
    case ("done", _, _, _): return .done
    case ("created", let domain?, _, _): return .created(domain, warnings: warnings ?? [])
    case ("text", _, let text?, _): return .text(text)
    case ("trace", _, _, let trace?): return .trace(trace)
    default: throw .protocolViolation("the host gave an answer that this client does not know: '\(outcome.prefix(64))'")
    }
  }
}
