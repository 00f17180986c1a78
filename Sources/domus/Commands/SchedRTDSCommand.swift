import ArgumentParser
import HypervisorModel

struct SchedRTDSCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-rtds", abstract: "Show or change the parameters of the rtds scheduler.")

  @Option(name: .shortAndLong, help: "The domain, by name or id. Without it, all are shown.", completion: .domains)
  var domain: String?

  @Option(name: [.customShort("v"), .customLong("vcpuid")], help: "The vCPU's number, or 'all' (the default).")
  var vcpu: String?

  @Option(name: .shortAndLong, help: .parameter(.period))
  var period: String?

  @Option(name: .shortAndLong, help: .parameter(.budget))
  var budget: String?

  @Option(name: .shortAndLong, help: .parameter(.extratime))
  var extratime: String?

  @OptionGroup var caution: CautionOptions
  @OptionGroup var host: HostOptions

  private var values: ParameterValues {
    get throws {
      try ParameterValues(words: [(.period, period), (.budget, budget), (.extratime, extratime)])
    }
  }

  func validate() throws {
    let values = try values
    if domain == nil, !values.isEmpty || vcpu != nil { throw ValidationError("Must specify a domain.") }
    if let vcpu, vcpu != "all", Int(vcpu).map({ $0 >= 0 }) != true {
      throw ValidationError("'\(vcpu)' is not a vCPU's number; give that or 'all'.")
    }
    if let period = values[.period], let budget = values[.budget], budget > period {
      throw ValidationError("The budget must not exceed the period.")
    }
  }

  func run() async throws {
    let chosen = vcpu.flatMap { Int($0) }.map { VCPUID($0) }
    let values = try values
    if let domain, !values.isEmpty {
      return try await caution.perform(host, on: domain) {
        .scheduling($0, SchedulingChange(.rtds, vcpu: chosen, values))
      }
    }
    let snapshot = try await host.client().snapshot()
    let heading = "Name                                ID VCPU    Period    Budget  Extratime"
    if let domain {
      Output.print(heading)
      return show(try snapshot.domain(named: domain), chosen)
    }
    for pool in try snapshot.pools(scheduledBy: .rtds, named: nil) {
      Output.print("Cpupool \(pool.name):")
      Output.print(heading)
      for domain in snapshot.domains where domain.pool == pool.name { show(domain, nil) }
    }
  }

  private func show(_ domain: DomainSnapshot, _ chosen: VCPUID?) {
    for vcpu in domain.vcpus where chosen == nil || vcpu.id == chosen {
      guard let parameters = vcpu.realTime else { continue }
      var line = TextTable.left(domain.name, 33) + TextTable.right(domain.reference.id, 5)
      line += " " + TextTable.right(vcpu.id.rawValue, 4) + " " + TextTable.right(parameters.period.rawValue / 1000, 9)
      line += " " + TextTable.right(parameters.budget.rawValue / 1000, 9)
      Output.print(line + " " + TextTable.right(parameters.extratime ? "yes" : "no", 10))
    }
  }
}
