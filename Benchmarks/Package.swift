// swift-tools-version: 6.1
import PackageDescription

// Measures the real program from outside, beside qemu-system-riscv64 in the same run.
let package = Package(
  name: "DomusBenchmark",
  targets: [
    .target(name: "CPty"),
    .executableTarget(name: "DomusBenchmark", dependencies: ["CPty"]),
  ],
  swiftLanguageModes: [.v6]
)
