import FoundationEssentials
import HypervisorModel
import Testing

/// A client understands what a newer host says, as far as it has words for it.
@Suite struct NewerHostTests {
  @Test func whatANewerHostSaysAndThisVersionDoesNotKnowLeavesTheRestReadable() throws {
    let words = [
      (#""state":{"running":{}}"#, #""state":{"hibernating":{"depth":3}}"#), (#""crash""#, #""meltdown""#),
      (#""type":"hvm""#, #""type":"pvx""#), (#""state":"running""#, #""state":"spinning""#),
      (#""held-back""#, #""bored""#), (#""warnings":["#, #""mood":{"odd":[1,null]},"warnings":["#),
    ]
    var text = String(decoding: try JSONEncoder().encode(FrameSamples.host), as: UTF8.self)
    for (known, unknown) in words {
      try #require(text.contains(known), "\(known)")
      text = text.replacing(known, with: unknown)
    }
    let snapshot = try JSONDecoder().decode(HostSnapshot.self, from: Data(text.utf8))
    #expect(snapshot.domains.map(\.name) == FrameSamples.host.domains.map(\.name))
    #expect(snapshot.domains[0].state == .runnable)
    #expect(snapshot.domains[1].state == .shutdown(.poweroff) && snapshot.domains[1].type == .pv)
    #expect(snapshot.domains[0].vcpus[0].state == .runnable)
    #expect(snapshot.domains[0].vcpus[0].scheduling?.lastSwitch == .other)
    #expect(snapshot.warnings == FrameSamples.host.warnings)
  }
}
