import ArgumentParser
import HypervisorModel

/// In the order of the help.
enum ResourceCommands {
  static let all: [any ParsableCommand.Type] = [
    VCPUSetCommand.self, VCPUPinCommand.self, MemorySetCommand.self, MemoryMaxCommand.self,
  ]
}

struct MemorySetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mem-set", abstract: "Ask a guest to shrink or grow to so much memory.")

  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "MiB, or with one of the letters b, k, m, g, t behind it.")
  var memory: Bytes

  func run() async throws {
    try await caution.perform(host, on: target.domain) { .resources($0, .setMemory(memory: memory)) }
  }
}

struct MemoryMaxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mem-max", abstract: "Set the most memory that a domain may have.")

  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "MiB, or with one of the letters b, k, m, g, t behind it.")
  var memory: Bytes

  func run() async throws {
    try await caution.perform(host, on: target.domain) { .resources($0, .setMaxMemory(memory: memory)) }
  }
}

struct VCPUSetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vcpu-set", abstract: "Set how many of a domain's vCPUs are online.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "How many.")
  var count: Int

  func validate() throws {
    guard (1...4096).contains(count) else { throw ValidationError("The number of vCPUs must be 1 or more.") }
  }

  func run() async throws { try await host.perform(on: target.domain) { .resources($0, .setVCPUs(count: count)) } }
}

struct VCPUPinCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vcpu-pin", abstract: "Set where a vCPU may run (hard) and prefers to run (soft).")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "The vCPU's number, or 'all'.")
  var vcpu: String

  @Argument(help: "pCPUs such as 0-3,5 or all,^2; 'all'; or '-' to leave the hard affinity as it is.")
  var hard: String

  @Argument(help: "The same for the soft affinity.")
  var soft: String = "-"

  func validate() throws {
    guard vcpu == "all" || Int(vcpu).map({ $0 >= 0 }) == true else {
      throw ValidationError("'\(vcpu)' is no vCPU; give its number or 'all'.")
    }
    for list in [hard, soft] where list != "-" {
      guard CPUSet(list) != nil else { throw ValidationError("'\(list)' is no list of pCPUs; try 0-3,5 or all.") }
    }
    guard hard != "-" || soft != "-" else { throw ValidationError("Nothing to do: both affinities are '-'.") }
  }

  func run() async throws {
    try await host.perform(on: target.domain) {
      .resources($0, .pinVCPU(vcpu: Int(vcpu).map { VCPUID($0) }, hard: CPUSet(hard), soft: CPUSet(soft)))
    }
  }
}

/// For what can take from Domain-0 what it needs.
struct CautionOptions: ParsableArguments {
  @Flag(help: "Also where Domain-0 may be left with too little.")
  var force = false

  /// Performs a request on a domain unless the host's state speaks against it.
  func perform(_ host: HostOptions, on name: String, _ request: (DomainReference) -> Request) async throws {
    try await perform(host) { snapshot throws(HypervisorError) in request(try snapshot.domain(named: name).reference) }
  }

  /// Performs a request unless the host's state speaks against it.
  func perform(
    _ host: HostOptions, _ request: (HostSnapshot) throws(HypervisorError) -> Request
  ) async throws {
    let client = try await host.client()
    let snapshot = try await client.snapshot()
    let request = try request(snapshot)
    if !force, let warning = snapshot.warning(before: request) {
      throw HypervisorError.invalid("\(warning); add --force to do it all the same")
    }
    _ = try await client.perform(request)
  }
}

extension Bytes: ExpressibleByArgument {
  public init?(argument: String) { self.init(xl: argument) }
}
