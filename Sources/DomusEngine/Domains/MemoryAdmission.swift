import Glibc
import HypervisorModel

/// Decides whether the host has the memory for another domain. Guests' memory is given to them page by page as they
/// touch it, so without this the kernel's OOM killer would decide, and end the host process with all guests.
struct MemoryAdmission: Sendable {
  /// What the machine has.
  let total: Bytes
  /// What all guests together may have.
  let limit: Bytes
  /// Nothing is refused.
  let overcommit: Bool

  /// Left to the machine where the operator says nothing: a tenth, and this at least.
  private static let leastReserve = Bytes.mebibytes(512)
  /// Address space that the host process needs besides guests' memory.
  private static let addressSpaceReserve = Bytes.mebibytes(256)

  /// `limit` nil: all but a tenth of the machine's memory, and all but 512 MiB at least.
  init(total: Bytes, limit: Bytes?, overcommit: Bool) {
    self.total = total
    self.limit = limit ?? total - max(Bytes(total.rawValue / 10), Self.leastReserve)
    self.overcommit = overcommit
  }

  /// What a domain may come to hold: its memory, and the tables of its harts.
  static func footprint(_ config: DomainConfig) -> Bytes {
    config.memory + Bytes(UInt64(clamping: config.vcpus) &* UInt64(HartArena.size))
  }

  /// Throws if there isn't enough for a domain beside others.
  func check(_ config: DomainConfig, beside others: [DomainConfig]) throws(HypervisorError) {
    let wanted = Self.footprint(config)
    try checkAddressSpace(wanted, AddressSpace.read())
    guard !overcommit else { return }
    let taken = others.reduce(Bytes.zero) { $0 + Self.footprint($1) }
    guard taken + wanted <= limit else {
      throw .exhausted(
        "not enough memory for domain '\(config.name)' with \(config.memory.mebibytes) MiB, and"
          + " \((wanted - config.memory).mebibytes) more for its vCPUs: guests may have \(limit.mebibytes) of this machine's"
          + " \(total.mebibytes) MiB, and \(taken.mebibytes) of those are taken; give it less, destroy a domain, or set"
          + " memory_limit or overcommit in the [host] table of config.toml")
    }
  }

  /// Throws if the process may not map so much: what fails later than here may be what can't be refused.
  func checkAddressSpace(_ wanted: Bytes, _ space: AddressSpace) throws(HypervisorError) {
    guard let limit = space.limit, space.used + wanted + Self.addressSpaceReserve > limit else { return }
    throw .exhausted(
      "the host process may use \(limit.mebibytes) MiB of address space (ulimit -v) and uses \(space.used.mebibytes):"
        + " too little for another \(wanted.mebibytes) MiB")
  }
}

/// The address space of this process.
struct AddressSpace {
  var used: Bytes
  /// Nil: no limit.
  var limit: Bytes?

  static func read() -> AddressSpace {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur != rlim_t.max else {
      return AddressSpace(used: .zero, limit: nil)
    }
    return AddressSpace(used: HostMemory.ownAddressSpace(), limit: Bytes(UInt64(limit.rlim_cur)))
  }
}
