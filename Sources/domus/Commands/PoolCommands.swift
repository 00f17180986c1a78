import ArgumentParser
import FoundationEssentials
import HypervisorModel

/// In the order of the help.
enum PoolCommands {
  static let all: [any ParsableCommand.Type] = [
    PoolListCommand.self, PoolCreateCommand.self, PoolDestroyCommand.self, PoolRenameCommand.self, PoolAddCommand.self,
    PoolRemoveCommand.self, PoolMigrateCommand.self,
  ]
}

struct PoolListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "cpupool-list", abstract: "List cpupools.")

  @Flag(name: .shortAndLong, help: "The pCPUs instead of their number.")
  var cpus = false

  @OptionGroup var host: HostOptions

  @Argument(help: "Only this pool.")
  var pool: String?

  func run() async throws {
    let pools = try await host.client().snapshot().pools
    if let pool, !pools.contains(where: { $0.name == pool }) {
      throw HypervisorError.invalid("no cpupool '\(pool)' here")
    }
    Output.print(cpus ? "Name               CPU list" : "Name               CPUs   Sched     Active   Domain count")
    for candidate in pools where pool == nil || candidate.name == pool { Output.print(line(candidate)) }
  }

  private func line(_ pool: PoolSnapshot) -> String {
    let name = TextTable.left(pool.name, 19)
    if cpus { return name + pool.pcpus.numbers.map { String($0) }.joined(separator: ",") }
    return name + TextTable.right(pool.pcpus.numbers.count, 3) + "  " + TextTable.right(pool.schedulerName, 8)
      + "       y       "
      + TextTable.right(pool.domains, 4)
  }
}

struct PoolCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpupool-create", abstract: "Make a cpupool of pCPUs that are in none.",
    discussion: """
      The words are those of xlcpupool.cfg(5): name="batch" sched="credit" cpus="2-3". They stand in a file, or behind it \
      as settings, or both.
      """)

  @OptionGroup var host: HostOptions

  @Argument(help: "A config file, and settings key=value.", completion: .file())
  var words: [String]

  func run() async throws {
    try await host.perform(try PoolConfigFile.request(try ConfigFileText(words: words)))
  }
}

struct PoolDestroyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "cpupool-destroy", abstract: "Take a cpupool away.")

  @OptionGroup var host: HostOptions

  @Argument(help: "The pool.", completion: .pools)
  var pool: String

  func run() async throws { try await host.perform(.pools(.destroy(pool: pool))) }
}

struct PoolRenameCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpupool-rename", abstract: "Give a cpupool another name.")

  @OptionGroup var host: HostOptions

  @Argument(help: "The pool.", completion: .pools)
  var pool: String

  @Argument(help: "The new name.")
  var name: String

  func run() async throws { try await host.perform(.pools(.rename(pool: pool, to: name))) }
}

struct PoolAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpupool-cpu-add", abstract: "Give a cpupool pCPUs that are in none.")

  @OptionGroup var host: HostOptions

  @Argument(help: "The pool.", completion: .pools)
  var pool: String

  @Argument(help: "pCPUs such as 2-3.")
  var pcpus: CPUSet

  func run() async throws { try await host.perform(.pools(.addPCPUs(pool: pool, pcpus: pcpus))) }
}

struct PoolRemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpupool-cpu-remove", abstract: "Take pCPUs out of a cpupool.")

  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions

  @Argument(help: "The pool.", completion: .pools)
  var pool: String

  @Argument(help: "pCPUs such as 2-3.")
  var pcpus: CPUSet

  func run() async throws { try await caution.perform(host) { _ in .pools(.removePCPUs(pool: pool, pcpus: pcpus)) } }
}

struct PoolMigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpupool-migrate", abstract: "Move a domain to another cpupool.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "The pool.", completion: .pools)
  var pool: String

  func run() async throws { try await host.perform(on: target.domain) { .pools(.move(domain: $0, pool: pool)) } }
}

extension CPUSet: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
