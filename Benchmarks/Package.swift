// swift-tools-version: 6.1
import PackageDescription

// Measures the real program from outside, beside qemu-system-riscv64 in the same run.
let package = Package(
  name: "DomusBenchmark",
  targets: [.executableTarget(name: "DomusBenchmark")],
  swiftLanguageModes: [.v6]
)
