import ArgumentParser
import HypervisorModel

struct SchedBVTCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sched-bvt", abstract: "Show or change the parameters of the bvt scheduler.",
    discussion: """
      As xm's: sched-bvt DOMAIN MCUADV WARPBACK WARPVALUE WARPL WARPU sets all five of them. Without the five, the domain's \
      are shown; without a domain, everybody's.
      """)

  @OptionGroup var host: HostOptions

  @Argument(help: "The domain, by name or id.", completion: .domains)
  var domain: String?

  @Argument(
    help: """
      MCUADV: by how much virtual time goes on for CPU time, 1 to 65535; half of another's gets twice the CPU; 10 stands for \
      weight 256. WARPBACK: 1 lets it warp, 0 does not. WARPVALUE: how far back, in ms of virtual time. WARPL: how long it \
      may run warped at once, in ms; 0 is no limit. WARPU: how long it then does without, in ms.
      """)
  var parameters: [String] = []

  func validate() throws {
    guard [0, 5].contains(parameters.count) else {
      throw ValidationError("Give all of MCUADV WARPBACK WARPVALUE WARPL WARPU, or none.")
    }
    _ = try values
  }

  private var values: ParameterValues {
    get throws { try ParameterValues(words: zip(Scheduler.bvt.parameters, parameters).map { ($0, $1) }) }
  }

  func run() async throws {
    let values = try values
    if let domain, !values.isEmpty {
      return try await host.perform(on: domain) { .scheduling($0, SchedulingChange(.bvt, values)) }
    }
    try await host.client().snapshot().show(
      scheduledBy: .bvt, domain,
      "Name                                ID MCU-advance Warp Value(ms) Limit(ms) Unwarp(ms)"
    ) { domain in
      guard let bvt = domain.bvt else { return nil }
      let advance = bvt.advance ?? domain.weight.map(BVTParameters.advance(for:)) ?? BVTParameters.standardAdvance
      return TextTable.right(advance, 11) + " " + TextTable.right(bvt.isWarped ? 1 : 0, 4) + " "
        + TextTable.right(bvt.warpValue.milliseconds, 9) + " " + TextTable.right(bvt.warpLimit.milliseconds, 9) + " "
        + TextTable.right(bvt.unwarpTime.milliseconds, 10)
    }
  }
}
