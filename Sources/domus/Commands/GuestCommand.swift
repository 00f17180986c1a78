import ArgumentParser
import Figures
import GuestImages
import Glibc
import HypervisorModel

struct GuestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "Get, list and remove guest images.",
    subcommands: [Fetch.self, List.self, Remove.self])

  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Get Debian's riscv64 kernel and busybox and build an initrd.",
      discussion: "Quick when they are there already.")

    @Flag(help: "Get them anew even when they are there.")
    var force = false

    func run() throws {
      var display = ProgressDisplay()
      let image = try guestImages { () throws(GuestImageError) in
        try GuestFetcher().fetch(again: force) { display.show($0) }
      }
      display.end()
      Output.print("\(image.name) \(image.version) is in \(image.kernelPath)")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the guest images that are here.")

    @Flag(help: "Name, kernel and initrd of each, separated by tabs, for scripts.")
    var paths = false

    func run() throws {
      let images = GuestCatalog().list()
      if paths {
        for image in images { Output.print("\(image.name)\t\(image.kernelPath)\t\(image.initrdPath)") }
        return
      }
      Output.print("Name                 Version                        Kernel(MiB) Initrd(MiB)")
      for image in images {
        let columns = [
          TextTable.left(image.name, 20), TextTable.left(image.version, 30),
          TextTable.right(image.kernelSize.mebibytes, 11), TextTable.right(image.initrdSize.mebibytes, 11),
        ]
        Output.print(columns.joined(separator: " "))
      }
      if images.isEmpty { Output.notify("none yet; 'domus guest fetch' gets one", prefix: "") }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a guest image.")

    @Argument(help: "Its name, as 'domus guest list' shows it.")
    var name: String

    func run() throws { try guestImages { () throws(GuestImageError) in try GuestCatalog().remove(name) } }
  }
}

/// What goes wrong with images is told as all other errors are.
private func guestImages<Result>(_ work: () throws(GuestImageError) -> Result) throws(HypervisorError) -> Result {
  do throws(GuestImageError) {
    return try work()
  } catch {
    throw .failed(error.description)
  }
}

/// A line that tells how far a fetch is: rewritten in place on a terminal, a new one for each stage elsewhere.
private struct ProgressDisplay {
  private let isTerminal = isatty(STDERR_FILENO) != 0
  private var shown = ""

  mutating func show(_ progress: FetchProgress) {
    var text = progress.stage.rawValue
    if isTerminal { text = "\(Int(progress.total * 100)) %  \(text)" }
    guard text != shown else { return }
    shown = text
    guard isTerminal else { return Output.notify(text, prefix: "") }
    Output.control("\r\u{1b}[K\(text)")
  }

  func end() {
    if isTerminal, !shown.isEmpty { Output.control("\r\u{1b}[K") }
  }
}
