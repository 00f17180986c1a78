import HypervisorModel

/// What a request changes, with the values before and after, and what takes it back.
struct Change {
  let request: Request
  let name: String
  /// `weight`, `pause`.
  var what: String
  var old: String?
  var new: String?
  /// Empty where nothing takes it back.
  var inverse: [Request] = []

  /// `row` is the domain that the request is about, with what the operator asked for before.
  init(_ request: Request, row: DomainRow?, host: HostSnapshot?) {
    self.request = request
    name = row?.name ?? request.pool ?? ""
    what = request.operation.facts.label
    if let row { readValues(of: row) } else { readValues(of: host) }
  }

  private mutating func readValues(of row: DomainRow) {
    switch request {
    case .scheduling(let domain, let change): readParameters(change, for: domain, of: row)
    case .resources(let domain, let request): readResources(request, domain, row.snapshot)
    case .life(let domain, .rename(let name)):
      (old, new) = (row.name, name)
      inverse = [.life(domain, .rename(to: row.name))]
    case .life(let domain, .pause):
      (old, new) = (row.state.word, "paused")
      inverse = [.life(domain, .unpause)]
    case .life(let domain, .unpause):
      old = row.state.word
      inverse = [.life(domain, .pause)]
    case .pools(.move(let domain, let pool)):
      (old, new) = (row.snapshot.pool, pool)
      inverse = [.pools(.move(domain: domain, pool: row.snapshot.pool))]
    case .creation, .life, .devices, .pools, .guest, .diagnostics: old = row.state.word
    }
  }

  private mutating func readResources(
    _ request: ResourceRequest, _ domain: DomainReference, _ snapshot: DomainSnapshot
  ) {
    switch request {
    case .setMemory(let memory):
      (old, new) = ("\(snapshot.guestMemory.mebibytes) MiB", "\(memory.mebibytes) MiB")
      inverse = [.resources(domain, .setMemory(memory: snapshot.guestMemory))]
    case .setMaxMemory(let memory):
      (old, new) = (snapshot.maxMemory.map { "\($0.mebibytes) MiB" } ?? "no limit", "\(memory.mebibytes) MiB")
      inverse = snapshot.maxMemory.map { [.resources(domain, .setMaxMemory(memory: $0))] } ?? []
    case .setVCPUs(let count):
      let online = snapshot.vcpus.filter { $0.state != .offline }.count
      (old, new) = ("\(online)", "\(count)")
      inverse = [.resources(domain, .setVCPUs(count: online))]
    case .pinVCPU(let vcpu, let hard, let soft):
      if hard == nil { what = "soft affinity" }
      readAffinity(of: snapshot.vcpus.filter { vcpu == nil || $0.id == vcpu }, domain, hard, soft)
    }
  }

  private mutating func readAffinity(
    of vcpus: [VCPUSnapshot], _ domain: DomainReference, _ hard: CPUSet?, _ soft: CPUSet?
  ) {
    let sets = vcpus.map { hard == nil ? $0.softAffinity : $0.hardAffinity }
    old = Set(sets).count == 1 ? sets.first?.description : "various"
    new = (hard ?? soft)?.description
    inverse = vcpus.map {
      .resources(
        domain,
        .pinVCPU(
          vcpu: $0.id, hard: hard == nil ? nil : $0.hardAffinity, soft: soft == nil ? nil : $0.softAffinity))
    }
  }
}

extension Request {
  /// Of a request that changes a weight or cap: whose, and what.
  var share: (domain: DomainReference, weight: Weight?, cap: Cap?)? {
    guard case .scheduling(let domain, let change) = self, change.weight != nil || change.cap != nil else { return nil }
    return (domain, change.weight, change.cap)
  }
}
