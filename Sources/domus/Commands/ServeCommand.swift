import ArgumentParser
import HypervisorModel
import Remote

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Offer this machine's host process to a domus on another one.",
    discussion: """
      'domus --connect ssh://…' runs it through ssh; nobody needs to call it by hand. With --read-only nobody at the far end \
      can change anything, whatever its program says: bind a key to that in authorized_keys with \
      command="domus serve --stdio --read-only".
      """)

  @Flag(help: "On standard input and output: the only way there is. Domus opens no network port.")
  var stdio = false

  @Flag(help: "Only if a host process runs already; start none.")
  var ifRunning = false

  @OptionGroup var host: HostOptions

  func validate() throws {
    guard stdio else { throw ValidationError("Give --stdio.") }
  }

  func run() async throws {
    let endpoint = try Endpoint.chosen(host.connect)
    guard let directory = try endpoint.directory() else {
      throw HypervisorError.invalid("'serve' serves this machine; '--connect \(host.connect ?? "")' names another one")
    }
    // Starts the host process if there is none; the far end makes its own connection through the relay.
    if !ifRunning { try await endpoint.connect(readOnly: true).close() }
    // Which socket it is decides what the far end may do, whatever it says.
    try StdioRelay.run(socketPath: host.readOnly ? directory.readOnlySocketPath : directory.socketPath)
  }
}
