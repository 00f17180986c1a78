import Glibc
import HypervisorModel
import Testing

@testable import Schedulers

/// Reservations: who asks for no more than there is gets it in every period.
@Suite struct DeadlineTests {
  /// Periodic tasks whose deadlines are the ends of their periods.
  struct TaskSet: Sendable, CustomTestStringConvertible {
    struct Task: Sendable {
      let burst: Nanoseconds
      let period: Nanoseconds
      /// When it comes, counted from the beginning: a multiple of its period.
      let offset: Nanoseconds
    }

    let pcpus: Int
    let tasks: [Task]

    /// All have divisors in common, so that everything repeats after 200 ms.
    private static let periods: [UInt64] = [1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100]

    /// Utilisations are drawn evenly from all with the same sum (UUniFast) and enlarged to what the bound for global EDF
    /// admits (Goossens, Funk and Baruah): U = m − (m − 1)·Umax, which is 1 on one pCPU.
    init(seed: UInt64, pcpus: Int) {
      var generator = SimulatorGenerator(seed: seed)
      self.pcpus = pcpus
      let count = pcpus + .random(in: 1...12, using: &generator)
      let utilisations = Self.utilisations(count, &generator)
      let scale = Double(pcpus) / (1 + Double(pcpus - 1) * (utilisations.max() ?? 1))
      let areTogether = Bool.random(using: &generator)
      tasks = utilisations.compactMap { utilisation in
        let period = Self.periods.randomElement(using: &generator) ?? 1
        let burst = UInt64(Double(period) * 1000 * utilisation * scale)
        let offset = areTogether ? 0 : .random(in: 0...(100 / period), using: &generator) * period
        let task = Task(burst: .microseconds(burst), period: .milliseconds(period), offset: .milliseconds(offset))
        return SchedulerParameter.period.times.contains(task.burst) ? task : nil
      }.sorted { $0.offset < $1.offset }
    }

    /// With a sum of 1.
    private static func utilisations(_ count: Int, _ generator: inout SimulatorGenerator) -> [Double] {
      var rest = 1.0
      var result: [Double] = []
      for left in stride(from: count - 1, to: 0, by: -1) {
        let next = rest * pow(Double.random(in: 0...1, using: &generator), 1 / Double(left))
        result.append(rest - next)
        rest = next
      }
      return result + [rest]
    }

    var testDescription: String {
      let texts = tasks.map { "\($0.burst.rawValue / 1000)/\($0.period.rawValue / 1000)+\($0.offset.rawValue / 1000)" }
      return "\(pcpus) pCPUs, burst/period+offset in µs: \(texts.joined(separator: " "))"
    }
  }

  @Test(arguments: [1, 2, 3, 4, 8], Seeds.range(usually: 20))
  func rtdsMeetsEveryDeadlineOfASetThatIsSchedulable(pcpus: Int, seed: UInt64) {
    expectNoMisses(.rtds, TaskSet(seed: seed, pcpus: pcpus))
  }

  @Test(arguments: Seeds.range(usually: 20))
  func sedfMeetsEveryDeadlineOfASetThatIsSchedulableOnOnePCPU(seed: UInt64) {
    expectNoMisses(.sedf, TaskSet(seed: seed, pcpus: 1))
  }

  private func expectNoMisses(_ scheduler: Scheduler, _ set: TaskSet) {
    var machine = Simulator(scheduler, pcpus: set.pcpus)
    machine.pokeLatency = .zero
    var elapsed = Nanoseconds.zero
    for (index, task) in set.tasks.enumerated() {
      machine.run(for: task.offset - elapsed)
      elapsed = task.offset
      let realTime = RealTimeParameters(period: task.period, budget: task.burst, extratime: false)
      let sedf = SEDFParameters(period: task.period, slice: task.burst, extratime: false)
      machine.add(
        UInt32(index + 1), DomainParameters(sedf: sedf), [.periodic(burst: task.burst, period: task.period)],
        affinity: VCPUParameters(realTime: realTime))
    }
    machine.run(for: .seconds(1))
    let missed = set.tasks.indices.map {
      machine.missedDeadlines(of: VCPUKey(domain: DomainID(UInt32($0 + 1)), index: 0))
    }
    #expect(missed.allSatisfy { $0 == 0 }, "\(missed) of \(set.testDescription)")
    #expect(machine.violations == [])
  }

  /// Whatever it wants, and wherever it runs: no more than the budget in any period.
  @Test(arguments: Seeds.range(usually: 10))
  func rtdsGivesNobodyMoreThanItsBudgetInAnyPeriod(seed: UInt64) {
    let set = TaskSet(seed: seed, pcpus: 1 + Int(seed % 4))
    var machine = Simulator(.rtds, pcpus: set.pcpus)
    machine.pokeLatency = .zero
    for (index, task) in set.tasks.enumerated() {
      let realTime = RealTimeParameters(period: task.period, budget: task.burst, extratime: false)
      machine.add(UInt32(index + 1), [.hog], affinity: VCPUParameters(realTime: realTime))
    }
    var before = set.tasks.map { _ in 0.0 }
    for millisecond in 1...UInt64(400) {
      machine.run(for: .milliseconds(1))
      for (index, task) in set.tasks.enumerated() where millisecond.isMultiple(of: task.period.rawValue / 1_000_000) {
        let used = machine.cpuTime(of: DomainID(UInt32(index + 1)))
        #expect(used - before[index] <= task.burst.seconds + 1e-9, "\(set.testDescription)")
        before[index] = used
      }
    }
    #expect(machine.violations == [])
  }
}
