/// The names of the requests, for capability lists and refusals: xl's words where it has one. What else there is to say of
/// each stands in `facts`.
public enum Operation: String, Hashable, Codable, Sendable, CaseIterable {
  case create, restore
  case checkConfig = "create-dryrun"
  case pause, unpause, shutdown, reboot, destroy, rename, save, snapshot, migrate
  case setMemory = "mem-set"
  case setMaxMemory = "mem-max"
  case setVCPUs = "vcpu-set"
  case pinVCPU = "vcpu-pin"
  case attachNetwork = "network-attach"
  case detachNetwork = "network-detach"
  case attachDisk = "block-attach"
  case detachDisk = "block-detach"
  case setCredit = "sched-credit"
  case setCredit2 = "sched-credit2"
  case setRTDS = "sched-rtds"
  case setSEDF = "sched-sedf"
  case setBVT = "sched-bvt"
  case createPool = "cpupool-create"
  case destroyPool = "cpupool-destroy"
  case renamePool = "cpupool-rename"
  case addToPool = "cpupool-cpu-add"
  case removeFromPool = "cpupool-cpu-remove"
  case moveToPool = "cpupool-migrate"
  case switchScheduler = "sched-switch"
  case setPoolParameters = "sched-parameters"
  case sysrq, trigger
  case showConfig = "config"
  case resizeConsole = "console-resize"
  case trace = "sched-trace"
  case dmesg
  case clearDmesg = "dmesg-clear"
  case debugKeys = "debug-keys"
}
