import HypervisorModel
import Schedulers
import Synchronization

/// A cpupool: physical CPUs with a scheduler of their own. All methods may be called from any thread.
final class CPUPool: Sendable {
  private struct State {
    var name: String
    /// arinc653's table as the operator gave it: it names domains by UUID, so it survives their restarts.
    var table: FrameTable?
  }

  let dispatcher: Dispatcher
  private let state: Mutex<State>

  init(name: String, dispatcher: Dispatcher) {
    self.dispatcher = dispatcher
    state = Mutex(State(name: name))
  }

  var name: String {
    get { state.withLock { $0.name } }
    set { state.withLock { $0.name = newValue } }
  }

  var table: FrameTable? {
    get { state.withLock { $0.table } }
    set { state.withLock { $0.table = newValue } }
  }
}

/// The cpupools of a host, and the pCPUs that are in none.
///
/// What changes them is done one after the other, on the hypervisor's scheduling queue; everything else may be called from
/// any thread.
final class PoolTable: Sendable {
  private struct State {
    var pools: [CPUPool]
    var free: [PCPU] = []
  }

  private let state: Mutex<State>
  /// Every pCPU of the host.
  let pcpus: PCPUSet
  /// Who is in which pool: domains that are being built or about to restart, too.
  private let registry: DomainRegistry

  /// One pool, with all pCPUs. Throws if the host has no more threads.
  init(pcpus: PCPUSet, registry: DomainRegistry) throws(HypervisorError) {
    self.pcpus = pcpus
    self.registry = registry
    let dispatcher = try Dispatcher(pcpus: pcpus.map { PCPU(id: $0) })
    state = Mutex(State(pools: [CPUPool(name: PoolSnapshot.standardName, dispatcher: dispatcher)]))
  }

  var pools: [CPUPool] { state.withLock { $0.pools } }
  var freePCPUs: [PCPU] { state.withLock { $0.free } }

  /// The pool that Domain-0 is in, which every host has.
  var first: CPUPool { state.withLock { $0.pools[0] } }

  func pool(named name: String) throws(HypervisorError) -> CPUPool {
    let pools = pools
    if let pool = pools.first(where: { $0.name == name }) { return pool }
    throw .invalid(
      "no cpupool '\(MessageText.printable(name))' here; there is \(pools.map(\.name).joined(separator: ", "))")
  }

  func shutdown() { for pool in pools { pool.dispatcher.shutdown() } }

  // MARK: Changes

  /// `.all`: every free pCPU.
  func create(name: String, scheduler: Scheduler, pcpus wanted: CPUSet) throws(HypervisorError) {
    try check(newName: name)
    let taken = try takeFree(try known(wanted) ?? PCPUSet(freePCPUs.map(\.id)))
    do {
      let dispatcher = try Dispatcher(pcpus: taken, scheduler: scheduler)
      state.withLock { $0.pools.append(CPUPool(name: name, dispatcher: dispatcher)) }
    } catch {
      giveBack(taken)
      throw error
    }
  }

  func destroy(_ name: String) throws(HypervisorError) {
    let pool = try pool(named: name)
    guard pool !== first else { throw .invalid("cpupool '\(name)' is Domain-0's and can't be destroyed") }
    let domains = registry.domains(in: pool)
    guard domains.isEmpty else {
      throw .invalid(
        "cpupool '\(name)' has \(domains.count == 1 ? "a domain" : "\(domains.count) domains"); move all away with cpupool-migrate first"
      )
    }
    giveBack(pool.dispatcher.pcpuIDs.compactMap { pool.dispatcher.takePCPU($0) })
    pool.dispatcher.shutdown()
    state.withLock { state in state.pools.removeAll { $0 === pool } }
  }

  func rename(_ name: String, to new: String) throws(HypervisorError) {
    let pool = try pool(named: name)
    try check(newName: new)
    pool.name = new
  }

  /// `.all`: every free pCPU.
  func add(_ wanted: CPUSet, to name: String) throws(HypervisorError) {
    let pool = try pool(named: name)
    var rest = try takeFree(try known(wanted) ?? PCPUSet(freePCPUs.map(\.id)))
    defer { giveBack(rest) }
    while let pcpu = rest.first {
      try pool.dispatcher.add(pcpu)
      rest.removeFirst()
    }
  }

  /// `.all`: every pCPU of the pool.
  func remove(_ set: CPUSet, from name: String) throws(HypervisorError) {
    let pool = try pool(named: name)
    let present = PCPUSet(pool.dispatcher.pcpuIDs)
    let wanted = try known(set) ?? present
    guard wanted.subtracting(present).isEmpty else {
      throw .invalid(
        "cpupool '\(name)' has the pCPUs \(CPUSet(present)) and not \(CPUSet(wanted.subtracting(present)))")
    }
    guard present != wanted || (pool !== first && registry.domains(in: pool).isEmpty) else {
      throw .invalid("one pCPU must stay in cpupool '\(name)' while domains are in it")
    }
    giveBack(wanted.compactMap { pool.dispatcher.takePCPU($0) })
  }

  private func check(newName name: String) throws(HypervisorError) {
    guard !name.isEmpty, name.utf8.count <= 64, MessageText.printable(name) == name else {
      throw .invalid("'\(MessageText.printable(name))' is not possible as a cpupool's name")
    }
    guard !pools.contains(where: { $0.name == name }) else { throw .invalid("a cpupool '\(name)' is there already") }
  }

  /// The set, if all of it is here; nil for `.all`.
  private func known(_ set: CPUSet) throws(HypervisorError) -> PCPUSet? {
    guard case .some(let wanted) = set else { return nil }
    if let missing = wanted.first(where: { !pcpus.contains($0) }) {
      throw .invalid("there is no pCPU \(missing.rawValue) here; there is \(CPUSet(pcpus))")
    }
    return PCPUSet(wanted)
  }

  private func takeFree(_ wanted: PCPUSet) throws(HypervisorError) -> [PCPU] {
    let pools = pools
    return try state.withLock { state throws(HypervisorError) in
      let free = PCPUSet(state.free.map(\.id))
      if let missing = wanted.subtracting(free).first {
        if let owner = pools.first(where: { $0.dispatcher.pcpuIDs.contains(missing) }) {
          throw .invalid(
            "pCPU \(missing.rawValue) is in cpupool '\(owner.name)'; take it out with cpupool-cpu-remove first")
        }
        throw .invalid("pCPU \(missing.rawValue) is on its way between two cpupools")
      }
      let taken = state.free.filter { wanted.contains($0.id) }
      state.free.removeAll { wanted.contains($0.id) }
      return taken
    }
  }

  private func giveBack(_ pcpus: [PCPU]) {
    state.withLock { state in
      state.free.append(contentsOf: pcpus)
      state.free.sort { $0.id < $1.id }
    }
  }
}

extension PCPUSet {
  /// As the operator names it.
  init(_ set: CPUSet) {
    switch set {
    case .all: self = .all
    case .some(let pcpus): self.init(pcpus)
    }
  }
}

extension CPUSet {
  init(_ set: PCPUSet) { self = set == .all ? .all : .some(Array(set)) }
}
