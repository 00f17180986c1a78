import ArgumentParser
import Figures
import Glibc
import HypervisorModel
import Remote
import TerminalUI

struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Open the terminal UI, or print its table in batch mode.")

  @Flag(name: .shortAndLong, help: "Print tables instead of opening the terminal UI.")
  var batch = false

  @Option(
    name: .shortAndLong,
    help: "Seconds between updates, 0.1 or more. Default: 1; in the terminal UI what the configuration says.")
  var delay: Double?

  @Option(name: .shortAndLong, help: "In batch mode: end after so many tables.")
  var iterations: Int?

  @Flag(name: [.customShort("f"), .long], help: "In batch mode: don't cut long names.")
  var fullName = false

  @Flag(name: [.customShort("n"), .long], help: "In batch mode: a line for each network interface.")
  var networks = false

  @Flag(name: [.customShort("x"), .long], help: "In batch mode: a line for each disk.")
  var vbds = false

  @Flag(name: [.customShort("v"), .long], help: "In batch mode: the CPU seconds of each vCPU.")
  var vcpus = false

  @Flag(name: [.customShort("r"), .long], help: "In batch mode: repeat the headings before each domain.")
  var repeatHeader = false

  @Flag(name: [.customShort("z"), .long], help: "For xentop's users: Domain-0 stands first anyway.")
  var dom0First = false

  @Flag(help: "In batch mode: comma-separated values, a line for each domain.")
  var csv = false

  @Flag(help: "In batch mode: a JSON object for each table, one a line.")
  var json = false

  @Flag(help: "In batch mode: a sentence for each domain that changed, for screen readers.")
  var linear = false

  @OptionGroup var terminal: TerminalOptions
  @OptionGroup var host: HostOptions

  func validate() throws {
    if let delay, !(0.1...3600).contains(delay) { throw ValidationError("The delay must be 0.1 to 3600 seconds.") }
    guard [csv, json, linear].count(where: { $0 }) <= 1 else {
      throw ValidationError("--csv, --json and --linear exclude each other.")
    }
    if let iterations, iterations < 1 { throw ValidationError("The number of iterations must be 1 or more.") }
  }

  func run() async throws {
    if !batch, isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 {
      throw HypervisorError.invalid("the terminal UI needs a terminal; for a pipe there is 'domus top -b'")
    }
    let client = try await host.client()
    if batch {
      try await printTables(client)
    } else {
      try await TerminalInterface.run(client, of: host, options: terminal, delay: delay)
    }
  }

  private func printTables(_ client: HostClient) async throws {
    let lines = report()
    let delay = self.delay ?? 1
    var count = 0
    while true {
      for line in lines(try await client.snapshot()) { Output.print(line) }
      count += 1
      if count == iterations { return }
      try await Task.sleep(for: .seconds(delay))
    }
  }

  /// What makes the lines of each sample.
  private func report() -> (HostSnapshot) -> [String] {
    if csv || json {
      var records = BatchRecords(csv ? .csv : .json)
      return { records.lines(for: $0) }
    }
    if linear {
      var report = LinearReport()
      return { report.lines(for: $0) }
    }
    var options = BatchReport.Options()
    options.showsFullNames = fullName
    if networks { options.details.insert(.networks) }
    if vbds { options.details.insert(.disks) }
    if vcpus { options.details.insert(.vcpus) }
    if repeatHeader { options.details.insert(.repeatedHeading) }
    var report = BatchReport(options)
    return { report.lines(for: $0) }
  }
}
