import HypervisorModel

/// Where the first hart begins: its number in a0, `deviceTree` in a1, satp 0 (Linux, Documentation/arch/riscv/boot.rst).
struct BootState: Hashable, Sendable {
  let entry: PhysicalAddress
  let deviceTree: PhysicalAddress
  /// A warm reboot means that the kernel has panicked.
  let panicsWarm: Bool
}

/// Puts kernel, initrd and device tree into a domain's fresh memory. Files are hostile; every mistake is an
/// `HypervisorError.invalid` that names the file.
///
/// The kernel goes where its format says; the device tree ends at the top of RAM or at `MachineLayout.bootLimit`,
/// whichever is lower; the initrd lies right below it.
struct BootLoader {
  /// Linux on RISC-V cuts a command line that has more bytes than this (COMMAND_LINE_SIZE, with its final NUL).
  static let commandLineLimit = 1023

  let memory: GuestMemory
  /// Of the seeds.
  var entropy = EntropySource.host
  /// What a Linux kernel's command line becomes; other kernels get theirs as it is.
  var linuxCommandLine: (String) -> String = { $0 }

  /// Loads everything. `machine` is completed with the place of the initrd, the size of memory and the seeds.
  func load(
    kernel: consuming BootFile, initrd: consuming BootFile?, machine: MachineDescription
  ) throws(HypervisorError) -> BootState {
    var machine = machine
    machine.memorySize = memory.size
    if machine.seed.isEmpty { machine.seed = entropy.bytes(40) }

    let loaded = try KernelLoader(memory: memory).load(kernel)
    if loaded.isLinux { machine.commandLine = linuxCommandLine(machine.commandLine) }
    try check(machine.commandLine)
    let limit = min(MachineLayout.memory + memory.size, MachineLayout.bootLimit)

    // The tree's size doesn't depend on where the initrd is.
    if initrd != nil { machine.initrd = 0..<0 }
    guard let tree = Self.place(UInt64(machine.deviceTree().count), below: limit), tree >= loaded.end else {
      throw .invalid("\(loaded.name) does not fit \(memory.size >> 20) MiB of memory together with its device tree")
    }
    if let initrd {
      guard let start = Self.place(initrd.size, below: tree), start >= loaded.end else {
        let needed = (loaded.end - MachineLayout.memory + initrd.size) >> 20 + 1
        throw .invalid(
          "\(initrd.name) does not fit: it needs \(initrd.size >> 20) MiB above the kernel, so the domain needs more"
            + " than \(needed) MiB of memory and has \(memory.size >> 20)")
      }
      try initrd.read(at: 0, count: initrd.size, into: memory, at: PhysicalAddress(start))
      machine.initrd = start..<start + initrd.size
    }
    guard memory.write(PhysicalAddress(tree), machine.deviceTree()) else {
      throw .failed("the device tree of \(loaded.name) has no place in memory")
    }
    return BootState(
      entry: loaded.entry, deviceTree: PhysicalAddress(tree),
      panicsWarm: loaded.isLinux && LinuxCommandLine.rebootsWarmOnPanic(machine.commandLine))
  }

  /// The highest page-aligned address for `size` bytes below `limit`.
  private static func place(_ size: UInt64, below limit: UInt64) -> UInt64? {
    guard size <= limit else { return nil }
    return (limit - size) & ~(GuestMemory.pageSize - 1)
  }

  private func check(_ commandLine: String) throws(HypervisorError) {
    guard commandLine.utf8.count <= Self.commandLineLimit else {
      throw .invalid(
        "the kernel command line has \(commandLine.utf8.count) bytes; \(Self.commandLineLimit) are allowed")
    }
    guard !commandLine.utf8.contains(0) else { throw .invalid("the kernel command line contains a NUL byte") }
  }
}
