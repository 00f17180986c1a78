import ArgumentParser
import HypervisorModel

struct SchedSEDFCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-sedf", abstract: "Show or change the parameters of the sedf scheduler.",
    discussion: "As xm's: times are in milliseconds, with fractions where wanted.")

  @Option(name: .shortAndLong, help: "Its period, 0.01 to 10000 ms.")
  var period: Double?

  @Option(name: .shortAndLong, help: "What it gets in each period, in ms; 0: nothing is reserved.")
  var slice: Double?

  @Option(name: .shortAndLong, help: "1: it may also take what others leave, by weight; 0: it may not.")
  var extra: Int?

  @Option(name: .shortAndLong, help: "Its weight for what others leave, 1 to 65535.")
  var weight: Int?

  @OptionGroup var host: HostOptions

  @Argument(help: "The domain, by name or id. Without it, all are shown.", completion: .domains)
  var domain: String?

  private var isChange: Bool { period != nil || slice != nil || extra != nil || weight != nil }

  func validate() throws {
    if domain == nil, isChange { throw ValidationError("Must specify a domain.") }
    for time in [period, slice].compactMap({ $0 }) where !(0...10_000).contains(time) {
      throw ValidationError("Period and slice must be 0 to 10000 ms.")
    }
    if let extra, !(0...1).contains(extra) { throw ValidationError("extra must be 0 or 1.") }
    try Weight.check(weight)
  }

  func run() async throws {
    if let domain, isChange {
      return try await host.perform(on: domain) {
        .setSEDF(
          $0, weight: weight.flatMap(Weight.init(rawValue:)), period: period.map(Nanoseconds.init(milliseconds:)),
          slice: slice.map(Nanoseconds.init(milliseconds:)), extratime: extra.map { $0 == 1 })
      }
    }
    try await host.client().snapshot().show(
      scheduledBy: "sedf", domain, "Name                                ID Period(ms)  Slice(ms) Extra Weight"
    ) { domain in
      guard let parameters = domain.sedf else { return nil }
      return TextTable.right(parameters.period.milliseconds, 10)
        + " " + TextTable.right(parameters.slice.milliseconds, 10)
        + " " + TextTable.right(parameters.extratime ? "1" : "0", 5)
        + " " + TextTable.right(domain.weight.map { String($0.rawValue) } ?? "-", 6)
    }
  }
}

extension HostSnapshot {
  /// Prints a table of the domains that a scheduler has, or of one domain.
  func show(
    scheduledBy scheduler: String, _ name: String?, _ heading: String, _ columns: (DomainSnapshot) -> String?
  ) throws(HypervisorError) {
    var shown = domains
    if let name {
      shown = [try domain(named: name)]
    } else {
      _ = try pools(scheduledBy: scheduler, named: nil)
    }
    Output.print(heading)
    for domain in shown {
      guard let columns = columns(domain) else { continue }
      Output.print(TextTable.left(domain.name, 33) + TextTable.right(domain.reference.id, 5) + " " + columns)
    }
  }
}
