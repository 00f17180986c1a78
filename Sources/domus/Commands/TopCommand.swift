import ArgumentParser
import Glibc
import HypervisorModel
import Remote
import TerminalUI

struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Open the terminal UI, or print its table in batch mode.")

  @Flag(name: .shortAndLong, help: "Print tables instead of opening the terminal UI.")
  var batch = false

  @Option(name: .shortAndLong, help: "Seconds between updates, 0.1 or more.")
  var delay: Double = 1

  @Option(name: .shortAndLong, help: "In batch mode: end after so many tables.")
  var iterations: Int?

  @Flag(name: [.customShort("f"), .long], help: "In batch mode: don't cut long names.")
  var fullName = false

  @OptionGroup var terminal: TerminalOptions
  @OptionGroup var host: HostOptions

  func validate() throws {
    guard delay >= 0.1, delay <= 3600 else { throw ValidationError("The delay must be 0.1 to 3600 seconds.") }
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
      try await TerminalInterface.run(client, options: terminal, interval: delay)
    }
  }

  private func printTables(_ client: HostClient) async throws {
    var report = BatchReport(showsFullNames: fullName)
    var count = 0
    while true {
      for line in report.lines(for: try await client.snapshot()) { print(line) }
      fflush(nil)
      count += 1
      if count == iterations { return }
      try await Task.sleep(for: .seconds(delay))
    }
  }
}
