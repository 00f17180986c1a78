import ArgumentParser
import HypervisorModel

struct SchedSEDFCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-sedf", abstract: "Show or change the parameters of the sedf scheduler.",
    discussion: "As xm's: times are in milliseconds, with fractions where wanted.")

  @Option(name: .shortAndLong, help: .parameter(.sedfPeriod))
  var period: String?

  @Option(name: .shortAndLong, help: .parameter(.slice))
  var slice: String?

  @Option(name: .shortAndLong, help: .parameter(.extra))
  var extra: String?

  @Option(name: .shortAndLong, help: .parameter(.weight))
  var weight: String?

  @OptionGroup var host: HostOptions

  @Argument(help: "The domain, by name or id. Without it, all are shown.", completion: .domains)
  var domain: String?

  private var values: ParameterValues {
    get throws {
      try ParameterValues(words: [(.sedfPeriod, period), (.slice, slice), (.extra, extra), (.weight, weight)])
    }
  }

  func validate() throws {
    if try !values.isEmpty, domain == nil { throw ValidationError("Must specify a domain.") }
  }

  func run() async throws {
    let values = try values
    if let domain, !values.isEmpty {
      return try await host.perform(on: domain) { .scheduling($0, SchedulingChange(.sedf, values)) }
    }
    try await host.client().snapshot().show(
      scheduledBy: .sedf, domain, "Name                                ID Period(ms)  Slice(ms) Extra Weight"
    ) { domain in
      guard let parameters = domain.sedf else { return nil }
      return TextTable.right(parameters.period.milliseconds, 10)
        + " " + TextTable.right(parameters.slice.milliseconds, 10)
        + " " + TextTable.right(parameters.extratime ? "1" : "0", 5)
        + " " + TextTable.right(domain.weight.map { String($0.rawValue) } ?? "-", 6)
    }
  }
}
