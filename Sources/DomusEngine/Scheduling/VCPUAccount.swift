import HypervisorModel

/// What a vCPU got and met with, wherever it is scheduled.
struct VCPUAccount: Sendable {
  /// Where it runs or ran last.
  var lastRanOn: PCPUID?
  /// Without the slice that is running now.
  var cpuTime = Nanoseconds.zero
  /// Without the wait that goes on.
  var waitTime = Nanoseconds.zero
  var switches: UInt64 = 0
  var migrations: UInt64 = 0
  var lastSwitch: SwitchReason?
  /// From waking up to running.
  var wakeLatency = LatencyHistogram()
}
