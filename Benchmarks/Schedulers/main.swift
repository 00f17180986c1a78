// What a scheduling decision costs, for every scheduler and for pools of several sizes: `schedule` with its share of
// wake-ups, sleeps and timers.

import HypervisorModel
import Schedulers

let pcpus = 4
let decisions = 200_000

func column(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }

print("scheduler" + column("vCPUs", 8) + column("decisions/s", 14) + column("ns/decision", 14))
for scheduler in Scheduler.allCases {
  for vcpus in [10, 100, 1000] {
    let trace = Load.trace(scheduler, pcpus: pcpus, vcpus: vcpus, decisions: decisions)
    // The fastest of some runs: what it costs when nobody disturbs it.
    let best = (0..<3).map { _ in trace.replay() }.min() ?? .zero
    let cost = Double(best.components.attoseconds) / 1e9 / Double(max(1, trace.decisions))
    let rate = cost > 0 ? Int(1e9 / cost) : 0
    let name = scheduler.rawValue + String(repeating: " ", count: 9 - scheduler.rawValue.count)
    print(name + column("\(vcpus)", 8) + column("\(rate)", 14) + column("\(Int(cost.rounded()))", 14))
  }
}
