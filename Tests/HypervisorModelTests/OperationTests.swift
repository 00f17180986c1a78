import FoundationEssentials
import HypervisorModel
import Testing

@Suite struct OperationTests {
  private static let domain = DomainReference(host: HostID(rawValue: "h"), uuid: .zero, id: DomainID(1))

  @Test(arguments: Operation.allCases)
  func everyOperationHasWordsForItsWay(operation: HypervisorModel.Operation) {
    let facts = operation.facts
    #expect(!facts.label.isEmpty && !facts.progress.isEmpty)
    #expect(facts.isChange || facts.loss == nil, "what only looks loses nothing")
    #expect(facts.subject == .domain || !facts.isForDomain0)
    #expect(facts.subject == .host || facts.progress.contains("%"), "it is said of whom")
    #expect(Operation.destructive.contains(operation) == (facts.loss != nil))
  }

  @Test(arguments: Scheduler.allCases)
  func aSchedulersOperationIsFoundFromBothSides(scheduler: Scheduler) {
    #expect(scheduler.operation?.family ?? .scheduling(scheduler) == .scheduling(scheduler))
    #expect((scheduler.operation == nil) == scheduler.parameters.isEmpty)
  }

  @Test func aRequestIsAnObjectWithItsOperationsWord() throws {
    let json = try JSONEncoder().encode(Request.resources(Self.domain, .setMemory(memory: .mebibytes(1))))
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.contains("\"mem-set\":{\"memory\":1048576}") && text.contains("\"domain\":{"))
  }

  @Test func otherKeysInARequestAreIgnored() throws {
    let json = #"{"future": 1, "cpupool-destroy": {"pool": "a", "gently": true}}"#
    #expect(try JSONDecoder().decode(Request.self, from: Data(json.utf8)) == .pools(.destroy(pool: "a")))
  }

  @Test func anUnknownOperationIsNamed() {
    #expect(throws: UnknownOperation(name: "levitate")) {
      try JSONDecoder().decode(Request.self, from: Data(#"{"levitate": {}}"#.utf8))
    }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Request.self, from: Data(#"{"pause": {}}"#.utf8)) }
  }
}

@Suite struct SchedulerParameterTests {
  @Test(arguments: Scheduler.allCases)
  func defaultsAreLegalAndSurviveBeingWritten(scheduler: Scheduler) throws {
    for parameter in scheduler.parameters + scheduler.poolParameters {
      #expect(parameter.allows(parameter.standard))
      #expect(try parameter.value(parameter.text(parameter.standard)) == parameter.standard)
      #expect(try parameter.value(parameter.text(parameter.range.upperBound)) == parameter.range.upperBound)
    }
  }

  @Test(arguments: Scheduler.allCases)
  func whatIsSetIsReadBack(scheduler: Scheduler) throws {
    for parameter in scheduler.parameters {
      let value = parameter.range.upperBound
      let change = SchedulingChange(scheduler, [parameter: value])
      // Taken together with the others some are not legal.
      guard let changed = try? change.applied(to: SchedulingParameters()) else { continue }
      #expect(change.values(before: changed) == change.values)
    }
  }

  @Test(arguments: [
    ("9", "a period of 9 µs is out of range; it must be 10 to 2147483647 µs"),
    ("-5", "out of range"), ("1e3", "'1e3' is not a valid period"), ("99999999999999999999", "is not a valid period"),
    ("9223372036854775807", "out of range"), ("", "'' is not a valid period"),
  ])
  func aWrongPeriodIsSaidToBe(word: String, message: String) {
    #expect { try SchedulerParameter.period.value(word) } throws: { "\($0)".contains(message) }
  }

  @Test func fractionsOfMillisecondsAreRead() throws {
    #expect(try SchedulerParameter.slice.value("2.5") == 2_500_000)
    #expect(try SchedulerParameter.slice.value("0") == 0)
    for word in ["nan", "inf", "-1", "1e300"] {
      #expect(throws: HypervisorError.self) { try SchedulerParameter.slice.value(word) }
    }
  }

  @Test func aParameterOfAnotherSchedulerIsRefused() {
    let change = SchedulingChange(.credit2, [.slice: 5_000_000])
    #expect { try change.applied(to: SchedulingParameters()) } throws: { "\($0)".contains("no parameter 'slice'") }
    #expect(PoolChange([.slice: 5_000_000]).fault == "a cpupool has no parameter 'slice'")
  }

  @Test func aPoolsParametersAreThoseOfItsScheduler() {
    let change = PoolChange([.switchAllowance: 1_000_000])
    #expect { try change.check(pool: "p", scheduler: .credit) } throws: { "\($0)".contains("context switch allowance") }
    #expect(throws: Never.self) { try change.check(pool: "p", scheduler: .bvt) }
  }
}
