import ArgumentParser
import HypervisorModel

struct SchedARINC653Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-arinc653", abstract: "Show or set the table of the arinc653 scheduler.",
    discussion: """
      sched-arinc653 -f 100 web=40 db/0=20 web=10 runs web for 40 ms, then vCPU 0 of db for 20 ms, then web for 10 ms, then \
      nobody for the rest of 100 ms, again and again. Without a table each domain has a window in proportion to its weight.
      """)

  @Option(name: [.customShort("p"), .long], help: "The cpupool.")
  var cpupool = PoolSnapshot.standardName

  @Option(name: .shortAndLong, help: "The major frame in ms; by default as long as all slots together.")
  var frame: Double?

  @OptionGroup var host: HostOptions

  @Argument(help: "DOMAIN=MS or DOMAIN/VCPU=MS, in the order in which they run.")
  var slots: [String] = []

  func validate() throws {
    if frame != nil, slots.isEmpty { throw ValidationError("-f needs slots.") }
    if let frame, !(1...60_000).contains(frame) { throw ValidationError("The major frame must be 1 to 60000 ms.") }
    for slot in slots where !FrameTable.isSlot(slot) {
      throw ValidationError("'\(slot)' is no slot; write DOMAIN=MS or DOMAIN/VCPU=MS.")
    }
  }

  func run() async throws {
    let client = try await host.client()
    let snapshot = try await client.snapshot()
    if slots.isEmpty { return try show(snapshot) }
    let table = try FrameTable(words: slots, majorFrame: frame.map(Nanoseconds.init(milliseconds:)), on: snapshot)
    _ = try await client.perform(.pools(.setParameters(pool: cpupool, change: PoolChange(frame: table))))
  }

  private func show(_ snapshot: HostSnapshot) throws {
    for pool in try snapshot.pools(scheduledBy: .arinc653, named: nil) {
      guard let table = pool.frame else {
        Output.print("Cpupool \(pool.name): no table; each domain has a window in proportion to its weight")
        continue
      }
      Output.print("Cpupool \(pool.name): major frame \(table.majorFrame.milliseconds) ms")
      Output.print("Name                             VCPU  Runtime(ms)")
      for slot in table.slots {
        let name =
          snapshot.domains.first { $0.reference.uuid == slot.domain }?.name ?? slot.domain.uuidString.lowercased()
        Output.print(
          TextTable.left(name, 32) + " " + TextTable.right(slot.vcpu.map { String($0.rawValue) } ?? "all", 4) + " "
            + TextTable.right(slot.runtime.milliseconds, 12))
      }
    }
  }
}
