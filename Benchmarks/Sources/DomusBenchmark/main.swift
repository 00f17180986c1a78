import Foundation

/// What the initrd's first program prints when the guest is up.
let readyMarker = " ready"

func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

func text(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }

func heading(_ title: String) {
  print("\n\(title)")
  fflush(nil)
}

func row(_ cells: String...) {
  let widths = [34, 14, 14, 14]
  print(zip(cells, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }.joined())
  fflush(nil)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Start to the first line of init, same kernel and initrd, in turn.
func benchmarkBoot(_ domus: DomusHost, _ image: Image) throws {
  heading("Boot: start to the first line of init, 1 vCPU, median of 3 [s]")
  var own: [Double] = []
  var peer: [Double] = []
  for round in 0..<3 {
    let start = now()
    try domus.create("boot\(round)", image)
    let console = try domus.console("boot\(round)")
    _ = try console.wait(for: readyMarker)
    own.append(now() - start)
    console.end()
    try domus.run(["destroy", "boot\(round)"])

    guard Qemu.isInstalled else { continue }
    let peerStart = now()
    let qemu = try Qemu.boot(image)
    _ = try qemu.wait(for: readyMarker)
    peer.append(now() - peerStart)
    qemu.end()
  }
  row("", "domus", "qemu", "domus/qemu")
  let result = median(own)
  if peer.isEmpty {
    row("boot", text(result), "-", "-")
  } else {
    row("boot", text(result), text(median(peer)), text(result / median(peer)))
  }
}

/// The benchmark program's loops inside the same Linux guest, by the guest's own clock.
func benchmarkLoops(_ domus: DomusHost, _ image: Image, sourceTree: String) throws {
  heading("Loops in a Linux guest [units/s in guest time; more is better]")
  let initrd = domus.directory.appendingPathComponent("bench-initrd")
  try Cpio.append(
    file: URL(fileURLWithPath: sourceTree + "/Guests/build/bench"), as: "bench", to: image.initrd, output: initrd)
  let withBench = Image(kernel: image.kernel, initrd: initrd.path)

  try domus.create("loops", withBench)
  let console = try domus.console("loops")
  let own = try loops(console)
  console.end()
  try domus.run(["destroy", "loops"])

  var peer: [(String, Double)] = []
  if Qemu.isInstalled {
    let qemu = try Qemu.boot(withBench)
    peer = try loops(qemu)
    qemu.end()
  }
  row("", "domus", "qemu", "domus/qemu")
  for (name, value) in own {
    let other = peer.first { $0.0 == name }?.1
    row(name, text(value, 0), other.map { text($0, 0) } ?? "-", other.map { text(value / $0) } ?? "-")
  }
}

/// Types the program's name and reads its lines `bench NAME ITERATIONS SECONDS UNITS_PER_SECOND`.
func loops(_ session: Session) throws -> [(String, Double)] {
  _ = try session.wait(for: ":~# ")
  try session.type("/bench; echo bench-is-over\r")
  _ = try session.wait(for: "bench-is-over")
  let output = try session.wait(for: "bench-is-over", seconds: 600)
  return output.split(whereSeparator: \.isNewline).compactMap { line in
    let words = line.split(separator: " ")
    guard words.count == 5, words[0] == "bench", let value = Double(words[4]) else { return nil }
    return (String(words[1]), value)
  }
}

/// CPU and memory of the host process with idle Linux guests.
func benchmarkIdle(_ domus: DomusHost, _ image: Image) throws {
  heading("Idle Linux guests of 96 MiB")
  row("", "CPU [% of core]", "RSS [MiB]")
  var count = 0
  for target in [1, 50] {
    while count < target {
      count += 1
      try domus.create("idle\(count)", image, memory: 96)
    }
    for number in 1...target {
      let console = try domus.console("idle\(number)")
      _ = try console.wait(for: ":~# ", seconds: 600)
      console.end()
    }
    let (cpu, memory) = try idleUsage(try domus.pid())
    row("domus, \(target)", text(cpu), text(memory, 0))
  }
  for number in 1...count { try domus.run(["destroy", "idle\(number)"]) }
  if Qemu.isInstalled {
    let qemu = try Qemu.boot(image, memory: 96)
    _ = try qemu.wait(for: ":~# ")
    let (cpu, memory) = try idleUsage(qemu.process.processIdentifier)
    row("qemu, 1", text(cpu), text(memory, 0))
    qemu.end()
  }
}

/// Per cent of a core over 20 s, once what follows the boot is over, and resident memory.
func idleUsage(_ pid: Int32) throws -> (cpu: Double, memory: Double) {
  var before = try ProcessUsage(pid: pid)
  for _ in 0..<60 {
    sleep(5)
    let after = try ProcessUsage(pid: pid)
    let isBusy = after.cpuSeconds - before.cpuSeconds > 1
    before = after
    if !isBusy { break }
  }
  sleep(10)
  before = try ProcessUsage(pid: pid)
  let start = now()
  sleep(20)
  let after = try ProcessUsage(pid: pid)
  return ((after.cpuSeconds - before.cpuSeconds) / (now() - start) * 100, after.residentMiB)
}

/// The built-in guest: the command's start to the guest's prompt on its console.
func benchmarkStart(_ domus: DomusHost) throws {
  heading("Built-in guest: start of 'domus create -c' to the guest's prompt, median of 5 [ms]")
  var times: [Double] = []
  for round in 0..<5 {
    let config = try domus.builtinConfig("start\(round)")
    let start = now()
    let console = try domus.createWithConsole(config)
    _ = try console.wait(for: "guest> ")
    times.append((now() - start) * 1000)
    console.end()
    try domus.run(["destroy", "start\(round)"])
  }
  row("start to prompt", text(median(times), 1))
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard let sourceTree = arguments.first else {
  print("usage: DomusBenchmark SOURCE_TREE [boot] [loops] [idle] [start] [terminal]")
  exit(2)
}
let chosen = arguments.count > 1 ? Set(arguments.dropFirst()) : ["start", "terminal", "boot", "loops", "idle"]
do {
  let domus = try DomusHost(sourceTree: sourceTree)
  defer { domus.stop() }
  try domus.run(["list"])
  if chosen.contains("start") { try benchmarkStart(domus) }
  if chosen.contains("terminal") { try benchmarkTerminal(domus) }
  if !chosen.isDisjoint(with: ["boot", "loops", "idle"]) {
    let image = try domus.image()
    if chosen.contains("boot") { try benchmarkBoot(domus, image) }
    if chosen.contains("loops") { try benchmarkLoops(domus, image, sourceTree: sourceTree) }
    if chosen.contains("idle") { try benchmarkIdle(domus, image) }
  }
} catch {
  FileHandle.standardError.write(Data("benchmark: \(error)\n".utf8))
  exit(1)
}
