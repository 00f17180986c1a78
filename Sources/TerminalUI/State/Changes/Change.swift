import HypervisorModel

/// What a request changes, with the values before and after, and what takes it back.
struct Change {
  let request: Request
  let name: String
  /// `weight`, `pause`.
  let what: String
  var old: String?
  var new: String?
  /// Empty where nothing takes it back.
  var inverse: [Request] = []

  /// `row` is the domain that the request is about, with what the operator asked for before.
  init(_ request: Request, row: DomainRow?, host: HostSnapshot?) {
    self.request = request
    name = row?.name ?? request.pool ?? ""
    what = Self.what(request)
    if let row { takeValues(of: row) } else { takeValues(of: host) }
  }

  private static func what(_ request: Request) -> String {
    switch request {
    case .setCredit(_, .some, nil), .setCredit2(_, .some, nil): "weight"
    case .setCredit(_, nil, _), .setCredit2(_, nil, _): "cap"
    case .setCredit, .setCredit2: "weight, cap"
    case .pinVCPU(_, _, .some, _): "affinity"
    case .pinVCPU: "soft affinity"
    case .setMemory: "memory"
    case .setMaxMemory: "maximum memory"
    case .setVCPUs: "vCPUs online"
    case .rename: "name"
    case .moveToPool: "pool"
    case .switchScheduler: "scheduler"
    case .setPoolParameters: "parameters"
    case .addToPool, .removeFromPool: "pCPUs"
    case .renamePool: "name"
    case .setRTDS: "rtds"
    case .setSEDF(_, .some, nil, nil, nil): "weight"
    case .setSEDF: "sedf"
    case .setBVT: "bvt"
    default: request.operation.rawValue
    }
  }

  private mutating func takeValues(of row: DomainRow) {
    let snapshot = row.snapshot
    switch request {
    case .setCredit(let domain, let weight, let cap):
      takeShare(of: row, weight, cap)
      inverse = [.setCredit(domain, weight: weight.flatMap { _ in row.weight }, cap: cap.flatMap { _ in row.cap })]
    case .setCredit2(let domain, let weight, let cap):
      takeShare(of: row, weight, cap)
      inverse = [.setCredit2(domain, weight: weight.flatMap { _ in row.weight }, cap: cap.flatMap { _ in row.cap })]
    case .setRTDS, .setSEDF, .setBVT: takeParameters(of: row)
    case .pinVCPU(let domain, let vcpu, let hard, let soft):
      takeAffinity(of: snapshot.vcpus.filter { vcpu == nil || $0.id == vcpu }, domain, hard, soft)
    case .setMemory(let domain, let memory):
      (old, new) = ("\(snapshot.guestMemory.mebibytes) MiB", "\(memory.mebibytes) MiB")
      inverse = [.setMemory(domain, snapshot.guestMemory)]
    case .setMaxMemory(let domain, let memory):
      (old, new) = (snapshot.maxMemory.map { "\($0.mebibytes) MiB" } ?? "no limit", "\(memory.mebibytes) MiB")
      inverse = snapshot.maxMemory.map { [.setMaxMemory(domain, $0)] } ?? []
    case .setVCPUs(let domain, let count):
      let online = snapshot.vcpus.filter { $0.state != .offline }.count
      (old, new) = ("\(online)", "\(count)")
      inverse = [.setVCPUs(domain, count: online)]
    case .rename(let domain, let name):
      (old, new) = (row.name, name)
      inverse = [.rename(domain, to: row.name)]
    case .moveToPool(let domain, let pool):
      (old, new) = (snapshot.pool, pool)
      inverse = [.moveToPool(domain, snapshot.pool)]
    case .pause(let domain):
      (old, new) = (row.state.word, "paused")
      inverse = [.unpause(domain)]
    case .unpause(let domain):
      old = row.state.word
      inverse = [.pause(domain)]
    default: old = row.state.word
    }
  }

  mutating func takeShare(of row: DomainRow, _ weight: Weight?, _ cap: Cap?) {
    let before = [weight.flatMap { _ in row.weight?.rawValue }, cap.flatMap { _ in row.cap?.rawValue }]
    old = before.compactMap { $0.map(String.init) }.joined(separator: ", ")
    new = [weight?.rawValue, cap?.rawValue].compactMap { $0.map(String.init) }.joined(separator: ", ")
  }

  private mutating func takeAffinity(
    of vcpus: [VCPUSnapshot], _ domain: DomainReference, _ hard: CPUSet?, _ soft: CPUSet?
  ) {
    let sets = vcpus.map { hard == nil ? $0.softAffinity : $0.hardAffinity }
    old = Set(sets).count == 1 ? sets.first?.description : "various"
    new = (hard ?? soft)?.description
    inverse = vcpus.map {
      .pinVCPU(
        domain, $0.id, hard: hard == nil ? nil : $0.hardAffinity, soft: soft == nil ? nil : $0.softAffinity)
    }
  }
}

extension Request {
  /// Of a request that changes a weight or cap: whose, and what.
  var share: (domain: DomainReference, weight: Weight?, cap: Cap?)? {
    switch self {
    case .setCredit(let domain, let weight, let cap), .setCredit2(let domain, let weight, let cap):
      (domain, weight, cap)
    case .setSEDF(let domain, let weight?, _, _, _): (domain, weight, nil)
    case .setBVT(let domain, let bvt): bvt.advance.map { (domain, BVTParameters.weight(for: $0), nil) }
    default: nil
    }
  }

  /// What is lost by it can't be got back.
  var isDestructive: Bool {
    Operation.confirmable.contains(operation)
  }
}

extension Operation {
  /// What loses something that can't be got back.
  public static let confirmable: Set<Operation> = [
    .shutdown, .reboot, .destroy, .save, .migrate, .trigger, .detachNetwork, .detachDisk, .destroyPool,
  ]
}
