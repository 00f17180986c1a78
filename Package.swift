// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "domus",
  products: [
    .executable(name: "domus", targets: ["domus"]),
    .library(name: "DomusEngine", targets: ["DomusEngine", "HypervisorModel"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
  ],
  targets: [
    // What Swift can't say about processes.
    .target(name: "CProcess"),

    // The words: values, requests, replies, errors, and the protocol `Hypervisor`.
    .target(name: "HypervisorModel"),

    // Which vCPU runs where: pure values, without clock, lock or thread.
    .target(name: "Schedulers", dependencies: ["HypervisorModel"]),

    // The embedded hypervisor.
    .target(name: "CEngine"),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "DomusEngine",
      dependencies: [
        "HypervisorModel", "Schedulers", "CEngine", "CZlib",
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // A real Xen host. The C interface is a header: xen/domus-xen.c implements it and is loaded at run time.
    .target(name: "CXen"),
    .target(
      name: "XenBackend", dependencies: ["HypervisorModel", "CProcess", "CXen", .product(name: "Logging", package: "swift-log")]),

    // One host, many terminals.
    .target(
      name: "Remote",
      dependencies: [
        "CProcess", "HypervisorModel",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // Figures of domains, and how text and numbers are printed, whoever prints them.
    .target(name: "Figures", dependencies: ["HypervisorModel"]),

    // The terminal: pure state and rendering; a virtual terminal for guests; the ncurses back end.
    .systemLibrary(name: "CVTerm", providers: [.apt(["libvterm-dev"])]),
    .target(name: "VirtualTerminal", dependencies: ["CVTerm"]),
    .systemLibrary(name: "CPCRE2", providers: [.apt(["libpcre2-dev"])]),
    .target(name: "TerminalUI", dependencies: ["CPCRE2", "Figures", "HypervisorModel", "VirtualTerminal"]),
    .target(name: "TOML"),
    .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
    .target(name: "CTerminal"),
    .target(
      name: "CursesTerminal",
      dependencies: ["CNcurses", "CTerminal", "Figures", "TOML", "TerminalUI"]),

    // Guest kernels and initrds.
    .target(
      name: "GuestImages", dependencies: ["CProcess", "HypervisorModel"],
      resources: ["init", "agent", "load", "fill", "profile"].map { .embedInCode("Scripts/\($0).sh") }),

    .executableTarget(
      name: "domus",
      dependencies: [
        "HypervisorModel", "DomusEngine", "XenBackend", "Remote", "Figures", "TerminalUI", "VirtualTerminal",
        "CursesTerminal", "GuestImages",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    .executableTarget(
      name: "SchedulerBenchmark", dependencies: ["Schedulers", "HypervisorModel"], path: "Benchmarks/Schedulers"),

    // Domains and hosts that tests of several modules speak of.
    .target(name: "Samples", dependencies: ["HypervisorModel"], path: "Tests/Samples"),
    .testTarget(name: "HypervisorModelTests", dependencies: ["HypervisorModel"]),
    .testTarget(name: "TOMLTests", dependencies: ["TOML"]),
    .testTarget(name: "SchedulersTests", dependencies: ["Schedulers"]),
    .testTarget(name: "DomusEngineTests", dependencies: ["DomusEngine", "Schedulers"]),
    .testTarget(name: "XenBackendTests", dependencies: ["XenBackend", "CXen"], exclude: ["Recorded"]),
    .testTarget(name: "RemoteTests", dependencies: ["Remote"], exclude: ["Fixtures"]),
    .testTarget(
      name: "TerminalUITests", dependencies: ["Samples", "Figures", "TerminalUI", "VirtualTerminal", "CursesTerminal"],
      exclude: ["Screens"]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures", "Samples"]),
    .testTarget(name: "GuestImagesTests", dependencies: ["GuestImages"]),
    .testTarget(
      name: "ContractTests",
      dependencies: ["DomusEngine", "HypervisorModel", "Remote", .product(name: "Logging", package: "swift-log")]),
    .testTarget(name: "EndToEndTests", dependencies: ["HypervisorModel"]),
  ],
  swiftLanguageModes: [.v6]
)

// What fuzzing reaches is inside of the modules, so its program belongs to this package; it is built apart from everything
// else, by Fuzz/run.
if Context.environment["DOMUS_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "domus-fuzz",
      dependencies: [
        "HypervisorModel", "DomusEngine", "Remote", "VirtualTerminal", "CursesTerminal",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "Fuzz/Sources", swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
