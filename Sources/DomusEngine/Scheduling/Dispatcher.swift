import Glibc
import HypervisorModel
import Schedulers

/// Runs the vCPUs of one cpupool on its physical CPUs, which are threads, as a policy decides.
///
/// It owns what a policy must not have: the lock, the clock, the timers and the threads. Each pCPU thread loops: do the
/// timers that are due, ask the policy, run the vCPU that it names without the lock, tell the policy what came of it.
/// A pCPU without work sleeps on a condition of its own, so a poke wakes exactly the thread that it is meant for. When
/// nothing runs and no timer is set, nothing ticks.
///
/// **Timers** have no thread of their own. Whenever a pCPU goes to sleep or begins a slice and no other pCPU looks at
/// the timers early enough anyway, it ends its sleep or its slice at the next timer. Since a timer is set by a pCPU that
/// is about to look for work, it is always covered by somebody, and by only one.
///
/// **Time.** The thread's CPU clock is read once per switch, at the end of a slice, which is the beginning of the next;
/// it's read anew after a sleep. What a vCPU running now has got so far is read from its thread's clock, by the kernel's
/// account and not by estimate, so counters never run backwards and a snapshot is exact.
///
/// **Exchange.** Another policy, more pCPUs or fewer are one and the same step: all pCPUs stop for a moment, a new policy is
/// made and takes in all vCPUs. The counters and the parameters are the dispatcher's and stay.
///
/// Every method may be called from any thread, unless it says otherwise.
///
/// `@unchecked Sendable`: everything mutable here, in `PCPU`, `Entry` and `DomainEntry` is only touched with `lock` held.
final class Dispatcher: @unchecked Sendable {
  /// A vCPU to be added.
  struct NewVCPU: Sendable {
    var vcpu: any Schedulable
    /// False: it does not run before somebody wakes it.
    var isOnline: Bool
    var parameters = VCPUParameters()
    var account = VCPUAccount()
  }

  /// What a vCPU wants.
  enum Need {
    case cpu, wakeUp, nothing
  }

  /// A vCPU.
  final class Entry {
    let key: VCPUKey
    let vcpu: any Schedulable
    let domain: DomainEntry
    /// Its number in the timer heap.
    let slot: Int
    var parameters: VCPUParameters
    var need: Need
    /// Whose thread is in its `run`.
    var runningOn: PCPU?
    /// Somebody woke it since its slice began, so if it comes back blocked it may not know yet.
    var wokenMeanwhile = false
    var account: VCPUAccount
    /// Since when it wants to run and does not.
    var waitingSince: Nanoseconds?
    /// Its wait began with a wake-up.
    var hasWoken = false

    init(_ key: VCPUKey, _ new: NewVCPU, domain: DomainEntry, slot: Int) {
      self.key = key
      self.domain = domain
      self.slot = slot
      vcpu = new.vcpu
      parameters = new.parameters
      account = new.account
      need = new.isOnline ? .cpu : .nothing
    }
  }

  final class DomainEntry {
    var parameters: DomainParameters
    var isPaused: Bool
    /// Being removed: nothing starts it again.
    var isLeaving = false
    /// They refer to it, too, so who lets go of the domain empties this.
    var entries: [Entry] = []

    init(parameters: DomainParameters, isPaused: Bool) {
      self.parameters = parameters
      self.isPaused = isPaused
    }

    /// Whether its vCPUs must stay off the pCPUs.
    var isHeld: Bool { isPaused || isLeaving }
  }

  let lock = Lock()
  var policy: any SchedulingPolicy
  var poolParameters: PoolParameters
  /// In order of their ids.
  var pcpus: [PCPU] = []
  var entries: [VCPUKey: Entry] = [:]
  var domains: [DomainID: DomainEntry] = [:]
  /// When blocked vCPUs wake by themselves; by slot.
  var timers = IndexedHeap<Nanoseconds>()
  var entryBySlot: [Entry?] = []
  private var freeSlots: [Int] = []
  var ring = TraceRing()
  /// Sleeping pCPUs to be signalled when the lock is given up.
  var unsignalled = PCPUSet.none
  /// A vCPU has left its pCPU, or a domain has gone.
  let quiesced = Condition()
  var waitersForQuiet = 0
  /// While the policy is exchanged: no pCPU begins a slice.
  var isExchanging = false
  /// The exchange is over.
  let exchanged = Condition()
  var isStopping = false

  /// As many as the host has CPUs online.
  static var defaultPCPUs: PCPUSet {
    PCPUSet(0..<min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), PCPUSet.capacity))
  }

  /// Starts a thread for each pCPU. Throws if the host has no more threads.
  init(
    pcpus new: [PCPU], scheduler: Scheduler = .credit2, _ parameters: PoolParameters = PoolParameters()
  ) throws(HypervisorError) {
    policy = scheduler.policy(pcpus: PCPUSet(new.map(\.id)), parameters)
    poolParameters = parameters
    for pcpu in new { pcpu.enter() }
    pcpus = new
    do { for pcpu in new { try start(pcpu) } } catch {
      shutdown()
      throw error
    }
  }

  deinit { for domain in domains.values { domain.entries = [] } }

  var scheduler: Scheduler { lock.withLock { policy.scheduler } }

  /// Its physical CPUs.
  var pcpuIDs: [PCPUID] { lock.withLock { pcpus.map(\.id) } }

  /// The domains that are in it.
  var domainIDs: [DomainID] { lock.withLock { Array(domains.keys) } }

  // MARK: Domains

  /// Takes in a domain with its vCPUs, which are numbered as they stand in the array, and runs those that are online
  /// unless it comes paused. Precondition: no domain has this id; one that is being removed has it until `remove`
  /// has returned. False after `shutdown`.
  @discardableResult
  func add(_ domain: DomainID, _ parameters: DomainParameters, isPaused: Bool, vcpus: [NewVCPU]) -> Bool {
    lock.lock()
    defer { unlockAndSignal() }
    guard !isStopping else { return false }
    guard domains[domain] == nil else {
      assertionFailure("domain \(domain) is here already")
      return false
    }
    let now = HostClock.now()
    let new = DomainEntry(parameters: parameters, isPaused: isPaused)
    domains[domain] = new
    for (index, vcpu) in vcpus.enumerated() {
      let key = VCPUKey(domain: domain, index: UInt32(index))
      let entry = Entry(key, vcpu, domain: new, slot: takeSlot())
      entryBySlot[entry.slot] = entry
      entries[key] = entry
      new.entries.append(entry)
      poke(policy.insert(key, vcpu.parameters, domain: parameters, now: now))
    }
    if !isPaused { release(new, now) }
    return true
  }

  /// Takes a domain out. Returns when none of its vCPUs runs or will run again, with what is needed to add it elsewhere;
  /// nil if it isn't here. Not from a pCPU thread, that is from within `run`.
  @discardableResult
  func remove(_ domain: DomainID) -> (isPaused: Bool, vcpus: [NewVCPU])? {
    lock.lock()
    defer { unlockAndSignal() }
    guard let leaving = domains[domain] else { return nil }
    let isFirst = !leaving.isLeaving
    if !leaving.isHeld { hold(leaving, HostClock.now()) }
    leaving.isLeaving = true
    waitForQuiet { isFirst ? leaving.entries.allSatisfy { $0.runningOn == nil } : domains[domain] !== leaving }
    guard isFirst else { return nil }
    let now = HostClock.now()
    for entry in leaving.entries {
      poke(policy.remove(entry.key, now: now))
      timers.remove(entry.slot)
      entries[entry.key] = nil
      entryBySlot[entry.slot] = nil
      freeSlots.append(entry.slot)
    }
    domains[domain] = nil
    if waitersForQuiet > 0 { quiesced.broadcast() }
    // A wake-up may be under way, so elsewhere all of them look what there is to do for them.
    let vcpus = leaving.entries.map {
      NewVCPU(vcpu: $0.vcpu, isOnline: true, parameters: $0.parameters, account: $0.account)
    }
    leaving.entries = []
    return (leaving.isPaused, vcpus)
  }

  private func takeSlot() -> Int {
    if let slot = freeSlots.popLast() { return slot }
    entryBySlot.append(nil)
    return entryBySlot.count - 1
  }

  /// Takes a domain's vCPUs off the pCPUs and keeps them off. Returns when none of them runs. Pausing twice is pausing
  /// once. Not from a pCPU thread, that is from within `run`.
  func pause(_ domain: DomainID) {
    lock.lock()
    defer { unlockAndSignal() }
    guard let paused = domains[domain] else { return }
    if !paused.isHeld { hold(paused, HostClock.now()) }
    paused.isPaused = true
    waitForQuiet { !paused.isHeld || paused.entries.allSatisfy { $0.runningOn == nil } }
  }

  /// Lets a paused domain go on.
  func unpause(_ domain: DomainID) {
    lock.lock()
    defer { unlockAndSignal() }
    guard let paused = domains[domain], paused.isPaused else { return }
    paused.isPaused = false
    if !paused.isHeld { release(paused, HostClock.now()) }
  }

  private func hold(_ domain: DomainEntry, _ now: Nanoseconds) {
    for entry in domain.entries where entry.need == .cpu {
      endWait(entry, now)
      entry.hasWoken = false
      poke(policy.sleep(entry.key, now: now))
    }
  }

  private func release(_ domain: DomainEntry, _ now: Nanoseconds) {
    for entry in domain.entries where entry.need == .cpu { makeRunnable(entry, now) }
  }

  func waitForQuiet(_ isQuiet: () -> Bool) {
    precondition(!isPCPUThread, "a pCPU thread can't wait for itself")
    waitersForQuiet += 1
    while !isQuiet() {
      signalSleepers()
      quiesced.wait(lock)
    }
    waitersForQuiet -= 1
  }

  private var isPCPUThread: Bool {
    let thread = pthread_self()
    return pcpus.contains { $0.thread == thread }
  }

  // MARK: Parameters

  /// A domain's parameters; nil if it isn't here.
  func parameters(of domain: DomainID) -> DomainParameters? { lock.withLock { domains[domain]?.parameters } }

  /// False if the domain isn't here.
  @discardableResult
  func setParameters(of domain: DomainID, _ parameters: DomainParameters) -> Bool {
    lock.lock()
    defer { unlockAndSignal() }
    guard let entry = domains[domain] else { return false }
    entry.parameters = parameters
    poke(policy.setParameters(of: domain, parameters, now: HostClock.now()))
    return true
  }

  /// False if the vCPU isn't here.
  @discardableResult
  func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters) -> Bool {
    lock.lock()
    defer { unlockAndSignal() }
    guard let entry = entries[vcpu] else { return false }
    entry.parameters = parameters
    poke(policy.setParameters(of: vcpu, parameters, now: HostClock.now()))
    return true
  }

  func setParameters(_ parameters: PoolParameters) {
    lock.lock()
    defer { unlockAndSignal() }
    poolParameters = parameters
    poke(policy.setParameters(parameters, now: HostClock.now()))
  }

  // MARK: Waking

  /// There is something to do for a vCPU: it becomes runnable if it is blocked or stopped.
  ///
  /// Never lost: if it just runs, it is run once more in case that it comes back blocked or stopped. It isn't made to
  /// look up from what it does; who has something urgent for it raises its attention first.
  func wake(_ vcpu: VCPUKey) {
    lock.lock()
    defer { unlockAndSignal() }
    guard let entry = entries[vcpu] else { return }
    if entry.runningOn != nil {
      entry.wokenMeanwhile = true
    } else if entry.need != .cpu {
      wake(entry, HostClock.now())
    }
  }

  func wake(_ entry: Entry, _ now: Nanoseconds) {
    timers.remove(entry.slot)
    entry.need = .cpu
    guard !entry.domain.isHeld else { return }
    entry.hasWoken = true
    makeRunnable(entry, now)
  }

  private func makeRunnable(_ entry: Entry, _ now: Nanoseconds) {
    if entry.runningOn == nil { entry.waitingSince = now }
    poke(policy.wake(entry.key, now: now))
  }

  /// Answers how long it waited.
  @discardableResult
  func endWait(_ entry: Entry, _ now: Nanoseconds) -> Nanoseconds {
    guard let since = entry.waitingSince else { return .zero }
    entry.account.waitTime += now - since
    entry.waitingSince = nil
    return now - since
  }
}
