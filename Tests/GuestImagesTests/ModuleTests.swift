import Testing

@testable import GuestImages

@Suite struct ModuleTests {
  private func module(_ name: String, _ information: String = "") -> KernelModule {
    KernelModule(name: name, information: Array(information.utf8)[...])
  }

  @Test func informationNamesDependenciesAliasesAndSoftDependencies() {
    let ext4 = module(
      "ext4", "license=GPL\0softdep=pre: crypto-crc32c post: late\0alias=fs-ext4\0depends=jbd2,mbcache,crc-16\0\0")
    #expect(ext4.dependencies == ["jbd2", "mbcache", "crc_16"])
    #expect(ext4.softDependencies == ["crypto-crc32c"])
    #expect(ext4.aliases == ["fs-ext4"])
  }

  @Test func aTransitiveDependencyStandsAfterWhatNeedsIt() throws {
    let all = [
      module("virtio-net", "depends=net_failover"), module("net_failover", "depends=failover"), module("failover"),
      module("unused"),
    ]
    let set = try ModuleSet(wanted: ["virtio-net"]) { name in all.first { $0.name == name } }
    #expect(set.closure(of: "virtio_net") == ["net_failover", "failover"])
    #expect(
      set.dependencyTable { "\($0).ko" } == """
        failover.ko:
        net_failover.ko: failover.ko
        virtio_net.ko: net_failover.ko failover.ko

        """)
  }

  @Test func sharedDependenciesAppearOnceAndCyclesEnd() throws {
    let all = [
      module("a", "depends=b,c"), module("b", "depends=d"), module("c", "depends=d"), module("d", "depends=a"),
    ]
    let set = try ModuleSet(wanted: ["a"]) { name in all.first { $0.name == name } }
    #expect(set.closure(of: "a").sorted() == ["b", "c", "d"])
    #expect(set.closure(of: "a").last == "d")
  }

  @Test func aSoftDependencyIsTakenWhereItIsAModule() throws {
    let all = [module("jbd2", "softdep=pre: crypto-crc32c builtin"), module("crc32c_generic")]
    let set = try ModuleSet(wanted: ["jbd2"]) { name in all.first { $0.name == name } }
    #expect(set.closure(of: "jbd2") == ["crc32c_generic"])
  }

  @Test func aMissingModuleIsNamed() {
    #expect(throws: GuestImageError.unexpectedContent("the kernel package has no module gone")) {
      _ = try ModuleSet(wanted: ["a"]) { name in name == "a" ? module("a", "depends=gone") : nil }
    }
  }

  @Test(arguments: [0, 3, 63, 64, 200]) func brokenObjectsAreRefused(length: Int) {
    var object = [UInt8](repeating: 0xff, count: length)
    object.replaceSubrange(0..<min(6, length), with: [0x7f, 0x45, 0x4c, 0x46, 2, 1].prefix(length))
    #expect(KernelModule(name: "x", object: object) == nil)
  }

  @Test func appletNamesEndWhereTheOrderEnds() {
    let binary = Array("junk [\0[[\0acpid\0cat\0udhcpc6\0zcat\0\0/var/log\0".utf8)
    #expect(BusyboxApplets.names(in: binary) == ["[", "[[", "acpid", "cat", "udhcpc6", "zcat"])
    #expect(BusyboxApplets.names(in: [1, 2, 3]).isEmpty)
  }
}
