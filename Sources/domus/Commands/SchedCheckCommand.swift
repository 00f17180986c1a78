import ArgumentParser
import Glibc
import HypervisorModel

struct SchedCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-check",
    abstract: "Measure on this machine how fair the schedulers are: entitled against measured.",
    discussion: """
      Runs guests on an engine of its own, apart from the host process and its domains. A share is measured by the engine's \
      accounts and by the guests' own counts of work; the two must agree. Ends with 1 if something is off twice.
      """)

  @Option(name: .customShort("n"), help: "How long each share is measured, in seconds.")
  var seconds = 3.0

  @Option(name: .shortAndLong, help: "credit2, credit, bvt or sedf; without it all of them.")
  var scheduler: Scheduler?

  @Option(help: "How long schedulers are exchanged under load, in seconds; 0: not at all.")
  var exchange = 30.0

  private static let weighted: [Scheduler] = [.credit2, .credit, .bvt, .sedf]

  func validate() throws {
    guard (0.5...600).contains(seconds) else { throw ValidationError("-n must be 0.5 to 600 seconds.") }
    guard (0...600).contains(exchange) else { throw ValidationError("--exchange must be 0 to 600 seconds.") }
    guard scheduler.map({ Self.weighted.contains($0) }) ?? true else {
      throw ValidationError("The scheduler must be one of \(Self.weighted.map(\.rawValue).joined(separator: ", ")).")
    }
  }

  func run() async throws {
    guard let builtinGuest = Executable.builtinGuest else {
      throw HypervisorError.failed("the built-in guest is not installed with this program; build it with 'make guests'")
    }
    let check = FairnessCheck(builtinGuest: builtinGuest, duration: Nanoseconds(milliseconds: seconds * 1000))
    let pcpus = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? [1, 2] : [1]
    Output.print("                                                     entitled    accounted     progress")
    var isFair = true
    for scheduler in scheduler.map({ [$0] }) ?? Self.weighted {
      for pcpus in pcpus {
        for weights in [[256, 256], [256, 512], [256, 2048]] {
          isFair = try await report { try await check.weights(weights, pcpus: pcpus, scheduler) } && isFair
        }
      }
      if scheduler.hasCap {
        for cap in [10, 25, 50] { isFair = try await report { try await check.cap(cap, scheduler) } && isFair }
      }
      for pcpus in pcpus { isFair = try await report { try await check.latency(pcpus: pcpus, scheduler) } && isFair }
    }
    if exchange > 0 {
      let time = Nanoseconds(milliseconds: exchange * 1000)
      isFair = try await report { try await check.exchange(for: time, pcpus: pcpus.last ?? 1) } && isFair
    }
    if !isFair { throw ExitCode.failure }
  }

  /// Other programs of the machine can disturb a measurement, so what is off is measured once more.
  private func report(_ measure: () async throws -> [FairnessCheck.Finding]) async throws -> Bool {
    var findings = try await measure()
    if findings.contains(where: { $0.fault != nil }) {
      show(findings, " (measured once more)")
      findings = try await measure()
    }
    show(findings, "")
    return findings.allSatisfy { $0.fault == nil }
  }

  private func show(_ findings: [FairnessCheck.Finding], _ remark: String) {
    for finding in findings {
      var line = TextTable.left(finding.what, 38) + " " + TextTable.left(finding.who, 8)
      for figure in [finding.entitled, finding.accounted, finding.progress] { line += TextTable.right(figure, 13) }
      Output.print(line + "  " + (finding.fault.map { $0 + remark } ?? "ok"))
    }
  }
}
