import FoundationEssentials

/// Everything that makes a domain, as its config file says it.
public struct DomainConfig: Hashable, Codable, Sendable {
  /// What the domain boots.
  public enum Kernel: Hashable, Codable, Sendable {
    /// An absolute path on the host.
    case path(String)
    /// The small guest that is built with Domus (`kernel = "builtin:guest"`).
    case builtin
  }

  public var name: String
  /// Nil: the host chooses one.
  public var uuid: UUID?
  public var kernel: Kernel
  /// An absolute path on the host.
  public var ramdisk: String?
  /// The kernel's command line, without what the host adds.
  public var commandLine: String
  /// The host adds nothing to it. Nil: what Linux kernels need is added.
  public var extraOnly: Bool?
  public var memory: Bytes
  /// How many it has; with `onlineVCPUs` the others wait until they are wanted.
  public var vcpus: Int
  /// How many are online at first. Nil: all.
  public var onlineVCPUs: Int?
  public var weight: Weight
  public var cap: Cap
  /// The cpupool. Nil: the first one.
  public var pool: String?
  /// Where each vCPU may run, by their numbers; those that are not there may run anywhere.
  public var hardAffinity: [CPUSet]?
  /// Where each vCPU prefers to run, in the same way.
  public var softAffinity: [CPUSet]?
  public var onPoweroff: ShutdownAction
  public var onReboot: ShutdownAction
  public var onCrash: ShutdownAction

  public static let vcpuRange = 1...8
  /// How much memory a domain may have: 32 MiB to 1 TiB.
  public static let memoryRange = Bytes.mebibytes(32)...Bytes.mebibytes(1 << 20)

  public init(
    name: String, uuid: UUID? = nil, kernel: Kernel, ramdisk: String? = nil, commandLine: String = "",
    memory: Bytes = .mebibytes(128), vcpus: Int = 1, weight: Weight = .default, cap: Cap = .none,
    onPoweroff: ShutdownAction = .destroy, onReboot: ShutdownAction = .restart, onCrash: ShutdownAction = .destroy
  ) {
    self.name = name
    self.uuid = uuid
    self.kernel = kernel
    self.ramdisk = ramdisk
    self.commandLine = commandLine
    self.memory = memory
    self.vcpus = vcpus
    self.weight = weight
    self.cap = cap
    self.onPoweroff = onPoweroff
    self.onReboot = onReboot
    self.onCrash = onCrash
  }
}
