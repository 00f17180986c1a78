import HypervisorModel

/// A hart's registers and the pointers of its hot loop, in one piece of raw memory: reads and writes through the
/// pointer cost neither reference counting nor exclusivity checks.
struct HartCore {
  // MARK: The hot loop

  var pc: UInt64 = 0
  /// Instructions that may still retire before the hart looks at the clock.
  var budget = 0
  /// What `budget` was at the start of the slice.
  var slice = 0
  /// Retired before the slice.
  var retiredBefore: UInt64 = 0
  /// Identifies the current privilege and translations: links and jump entries of another generation are stale.
  var generation: UInt64 = 0
  var tlb: UnsafeMutablePointer<TLBEntry>
  /// 1…4095, in the low bits of TLB tags.
  var tlbGeneration: UInt64 = 1
  var fflags: UInt32 = 0
  var frm: UInt8 = 0
  var sstatus: UInt64 = Status.uxl64

  // MARK: Translation

  /// Changes with every flush of translations that may matter to code.
  var epoch: UInt64 = 1
  /// Page table levels; 0 is no translation.
  var levels: UInt64 = 0
  /// Guest-physical address of the root page table.
  var rootTable: UInt64 = 0
  /// Virtual addresses that superpages cover, as far as they entered a TLB since the last flush: an SFENCE.VMA for one
  /// address in there is for a whole superpage.
  var superpagesStart: UInt64 = .max
  var superpagesLast: UInt64 = 0
  var usedBlockBytes = 0

  // MARK: Privileged state

  var isUser = false
  var satp: UInt64 = 0
  var stvec: UInt64 = 0
  var sscratch: UInt64 = 0
  var sepc: UInt64 = 0
  var scause: UInt64 = 0
  var stval: UInt64 = 0
  var sie: UInt64 = 0
  var scounteren: UInt64 = 0
  var senvcfg: UInt64 = 0
  var stimecmp: UInt64 = .max
  /// Whether `time` has reached `stimecmp`, as far as the hart has looked.
  var timerPending = false
  /// `stimecmp` on the machine's clock.
  var timerDeadline = Nanoseconds.never

  // MARK: LR/SC

  /// Offset in RAM of the reserved location; `noReservation` if there is none.
  var reservation: UInt64 = HartCore.noReservation
  var reservedValue: UInt64 = 0
  var reservedWidth: UInt64 = 0
  static let noReservation = UInt64.max

  // MARK: An exception on its way

  var cause = TrapCause.illegalInstruction
  var trapValue: UInt64 = 0
  /// The last trap's vector, and the count of retired instructions then: an exception of the vector's first
  /// instruction with nothing retired in between would recur forever.
  var lastVector: UInt64 = 0
  var lastVectorRetired: UInt64 = .max

  /// Instructions retired since the hart was made.
  var retired: UInt64 { retiredBefore &+ UInt64(bitPattern: Int64(slice &- budget)) }

  init(tlb: UnsafeMutablePointer<TLBEntry>) { self.tlb = tlb }
}

/// Exception codes of `scause` (Privileged spec, table "Supervisor cause register values after trap").
enum TrapCause: UInt64 {
  case instructionAccess = 1
  case illegalInstruction = 2
  case breakpoint = 3
  case loadMisaligned = 4
  case loadAccess = 5
  case storeMisaligned = 6
  case storeAccess = 7
  case userEnvironmentCall = 8
  case instructionPage = 12
  case loadPage = 13
  case storePage = 15
}

/// Fields of `sstatus` (Privileged spec 12.1.1).
enum Status {
  static let sie: UInt64 = 1 << 1
  static let spie: UInt64 = 1 << 5
  static let spp: UInt64 = 1 << 8
  static let fs: UInt64 = 3 << 13
  static let fsInitial: UInt64 = 1 << 13
  static let sum: UInt64 = 1 << 18
  static let mxr: UInt64 = 1 << 19
  static let uxl64: UInt64 = 2 << 32
  static let sd: UInt64 = 1 << 63
  static let writable = sie | spie | spp | fs | sum | mxr
}
