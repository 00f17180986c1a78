import Foundation
import Testing

@testable import HypervisorModel

@Suite struct CPUSetTests {
  @Test(arguments: [
    ("0", [0]), ("0-3,5", [0, 1, 2, 3, 5]), ("3,1,1-2", [1, 2, 3]), ("0-7,^3", [0, 1, 2, 4, 5, 6, 7]),
    ("0-7,^2-6", [0, 1, 7]), (" 1 , 2 ", [1, 2]),
  ])
  func listsAreReadAsXlReadsThem(_ text: String, _ numbers: [Int]) {
    #expect(CPUSet(text) == .of(numbers))
  }

  @Test func allIsAll() {
    #expect(CPUSet("all") == .all)
    #expect(CPUSet("0,all") == .all)
  }

  @Test(arguments: ["", ",", "-1", "1-", "3-1", "x", "0-99999999", "1,,2", "^1", "all,^1", "0x1", "1-2-3", "²"])
  func anythingElseIsRefused(_ text: String) { #expect(CPUSet(text) == nil) }

  @Test func itIsPrintedAsXlPrintsIt() {
    #expect(CPUSet.of([5, 0, 1, 2, 3]).description == "0-3,5")
    #expect(CPUSet.of([7]).description == "7")
    #expect(CPUSet.all.description == "all")
  }

  @Test(arguments: [CPUSet.all, .of([0, 2]), .some([])])
  func itSurvivesJSON(_ set: CPUSet) throws {
    #expect(try JSONDecoder().decode(CPUSet.self, from: JSONEncoder().encode(set)) == set)
  }
}

@Suite struct PoolConfigFileTests {
  private static func request(_ text: String, _ settings: [String] = []) throws(HypervisorError) -> Request {
    try PoolConfigFile.request(ConfigFileText(name: "pool.cfg", text: text, settings: settings, directory: "/"))
  }

  @Test func nameSchedulerAndCPUsMakeAPool() throws {
    let pool = Request.pools(.create(pool: "batch", scheduler: .credit, pcpus: .of([2, 3])))
    #expect(try Self.request("name = \"batch\"\nsched = 'credit'\ncpus = \"2-3\"\n") == pool)
    #expect(try Self.request("name = \"batch\"\nsched = 'credit'\ncpus = [\"2\", 3]\n") == pool)
    #expect(try Self.request("", ["name=batch", "sched=credit", "cpus=2-3"]) == pool)
  }

  @Test func theSchedulerMayBeLeftToTheHost() throws {
    #expect(try Self.request("name='b'\ncpus='1'") == .pools(.create(pool: "b", scheduler: nil, pcpus: .of([1]))))
  }

  @Test(arguments: [
    ("cpus = '1'", "'name' is missing"), ("name = 'b'", "'cpus' is missing"),
    ("name = 'b'\ncpus = 'x'", "pool.cfg:2:8: 'cpus' is no list of pCPUs"),
    ("name = 'b'\nnodes = '1'", "pool.cfg:2:1: 'nodes' is no key of a cpupool's config"),
    ("name = ''\ncpus = '1'", "'name' must be a string"),
  ])
  func mistakesAreNamed(_ text: String, _ message: String) {
    do throws(HypervisorError) {
      _ = try Self.request(text)
      Issue.record("'\(text)' was taken")
    } catch {
      #expect(error.description.contains(message))
    }
  }
}

@Suite struct CautionTests {
  private static let domain0 = DomainReference(host: HostID(rawValue: "h"), uuid: .zero, id: .domain0)
  private static let snapshot = HostSnapshot(
    time: .zero, wallClock: 0, memory: .mebibytes(4096), freeMemory: .zero, pcpus: [],
    domains: [
      DomainSnapshot(
        reference: domain0, name: "Domain-0", state: .running, cpuTime: .zero,
        vcpus: (0..<2).map { VCPUSnapshot(id: VCPUID($0), state: .running, pcpu: nil, cpuTime: .zero, waitTime: nil) },
        memory: .mebibytes(2048), maxMemory: nil, weight: .default, cap: Cap.none, createdAt: nil)
    ])

  @Test func tooLittleMemoryForDomain0IsWarnedOf() {
    #expect(Self.snapshot.warning(before: .resources(Self.domain0, .setMemory(memory: .mebibytes(255)))) != nil)
    #expect(Self.snapshot.warning(before: .resources(Self.domain0, .setMaxMemory(memory: .mebibytes(1023)))) != nil)
    #expect(Self.snapshot.warning(before: .resources(Self.domain0, .setMemory(memory: .mebibytes(1024)))) == nil)
  }

  @Test func lessThanTheUsualWeightAndAnyCapAreWarnedOf() {
    #expect(Self.snapshot.warning(before: .scheduling(Self.domain0, SchedulingChange(.credit2, [.weight: 255]))) != nil)
    #expect(Self.snapshot.warning(before: .scheduling(Self.domain0, SchedulingChange(.credit, [.cap: 50]))) != nil)
    #expect(
      Self.snapshot.warning(before: .scheduling(Self.domain0, SchedulingChange(.credit2, [.weight: 512, .cap: 0])))
        == nil)
  }

  @Test func aSinglePCPUForDomain0IsWarnedOf() {
    #expect(
      Self.snapshot.warning(before: .resources(Self.domain0, .pinVCPU(vcpu: nil, hard: .of([0]), soft: nil))) != nil)
    #expect(
      Self.snapshot.warning(before: .resources(Self.domain0, .pinVCPU(vcpu: nil, hard: .of([0, 1]), soft: nil))) == nil)
  }

  @Test func guestsAreNotItsConcern() {
    let guest = DomainReference(host: HostID(rawValue: "h"), uuid: .zero, id: DomainID(1))
    #expect(Self.snapshot.warning(before: .resources(guest, .setMemory(memory: .mebibytes(1)))) == nil)
  }

  @Test func aLongListCostsLittleAndATooLongOneIsRefused() {
    let many = Array(repeating: "0-4095", count: CPUSet.maximumLength / 7).joined(separator: ",")
    #expect(CPUSet(many) == .of(0...4095))
    #expect(CPUSet(many + "," + many) == nil)
    let longest = CPUSet.of(stride(from: 0, through: CPUSet.maximumNumber, by: 2))
    #expect(CPUSet(longest.description) == longest)
  }
}
