import Figures
import Foundation
import HypervisorModel
import Samples
import Testing

@Suite struct DomainFigureTests {
  private func samples(_ snapshots: [HostSnapshot]) -> [DomainSample] {
    var sampler = DomainSampler()
    return snapshots.map { sampler.samples(of: $0) }.last ?? []
  }

  private func object(_ record: DomainRecord) throws -> [String: Any] {
    let data = try JSONEncoder().encode(record)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func aFigureIsTheSameInEveryReport() throws {
    let sample = try #require(samples(twoSamples()).first { $0.snapshot.name == "web1" })
    #expect(DomainFigure.cpu.value(sample).text(none: "-") == "25.0")
    let record = DomainRecord(sample)
    let fields = zip(
      DomainRecord.csvHeading.split(separator: ","), record.csv.split(separator: ",", omittingEmptySubsequences: false))
    let csv = Dictionary(uniqueKeysWithValues: fields.map { (String($0), String($1)) })
    let json = try object(record)
    #expect(csv["cpu_percent"] == "25.0" && json["cpu_percent"] as? Double == 25)
    #expect(csv["memory_bytes"] == "100663296" && json["memory_bytes"] as? Int == 100_663_296)
    #expect(csv["state"] == "running" && json["state"] as? String == "running")
    #expect(Set(csv.keys) == Set(json.keys))
    var batch = BatchReport()
    let lines = twoSamples().map { batch.lines(for: $0) }
    #expect(lines.last?.first { $0.contains("web1") }?.contains(" 25.0 ") == true)
  }

  @Test func whatTheHostDoesNotSayIsEmptyOrNull() throws {
    let sample = try #require(samples([snapshot(at: 1, [domain(0, "Domain-0", weight: nil, cap: nil)])]).first)
    let json = try object(DomainRecord(sample))
    for name in ["weight", "cap", "cpu_percent", "max_memory_bytes", "waiting_percent"] {
      #expect(json[name] is NSNull, "\(name)")
    }
    #expect(DomainFigure.maxMemory.value(sample).text(none: "-") == "no limit")
    #expect(DomainFigure.maxMemoryShare.value(sample).text(none: "-") == "n/a")
  }

  @Test func beforeTheSecondSampleTheEnginesOwnFiguresCount() throws {
    var busy = domain(1, "busy", vcpus: 2)
    for index in busy.vcpus.indices {
      busy.vcpus[index].scheduling = SchedulingCounters(
        switches: 1, migrations: 0, wakeLatency: nil, lastSwitch: .preempted, isHeldBack: false, share: 0.5,
        waiting: 0.25)
    }
    let sample = try #require(samples([snapshot(at: 1, [busy])]).first)
    #expect(DomainFigure.cpu.value(sample) == .fixed(100, decimals: 1))
    #expect(DomainFigure.waiting.value(sample) == .fixed(50, decimals: 1))
  }

  @Test func aNameThatIsNoNameCannotBreakARecord() throws {
    let sample = try #require(samples([snapshot(at: 1, [domain(1, "a,\"b\"\n\u{1B}[2J")])]).first)
    let record = DomainRecord(sample)
    #expect(record.csv.hasPrefix(#""a,""b""\u{a}\u{1b}[2J",1,"#))
  }
}
