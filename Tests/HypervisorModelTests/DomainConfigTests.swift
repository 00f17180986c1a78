import FoundationEssentials
import Testing

@testable import HypervisorModel

private let minimal = "name = 'web'\nkernel = 'builtin:guest'\n"

private func domain(
  _ text: String, _ overrides: String...
) throws -> (config: DomainConfig, warnings: [ConfigWarning]) {
  let document = try DomainConfigFile.parse(text, file: "t.cfg")
  return try DomainConfigFile.domain(from: document, overrides: overrides, workingDirectory: "/home/op")
}

/// The error's line, or `-` where there is none.
private func message(_ text: String, _ overrides: [String] = []) -> String {
  do throws(ConfigError) {
    let document = try DomainConfigFile.parse(text, file: "t.cfg")
    _ = try DomainConfigFile.domain(from: document, overrides: overrides, workingDirectory: "/")
    return "-"
  } catch { return error.description }
}

@Suite struct DomainConfigTests {
  @Test func theSmallestFileGivesTheDefaults() throws {
    let (config, warnings) = try domain(minimal)
    #expect(config == DomainConfig(name: "web", kernel: .builtin))
    #expect(warnings.isEmpty)
  }

  @Test func aConfigsFileTextMakesTheSameConfig() throws {
    var config = DomainConfig(
      name: "d\u{e9}b \"1\"", uuid: UUID(uuidString: "1A2B3C4D-0123-4567-89AB-0123456789AB"), kernel: .path("/k\\x"),
      ramdisk: "/i'd", commandLine: "a=\"b c\" \u{1}\t\u{7F} # no comment", memory: .mebibytes(96), vcpus: 4,
      weight: Weight(clamping: 7), cap: Cap(clamping: 150), onPoweroff: .preserve, onReboot: .destroy, onCrash: .restart
    )
    config.onlineVCPUs = 2
    config.pool = "batch"
    config.hardAffinity = [CPUSet.of([0, 2]), CPUSet.all]
    config.softAffinity = [CPUSet.of([1])]
    for config in [config, DomainConfig(name: "web", kernel: .builtin)] {
      let (read, warnings) = try domain(config.fileText)
      #expect(read == config)
      #expect(warnings.isEmpty)
    }
  }

  @Test func everyKeyIsRead() throws {
    let text = """
      # A guest with everything, in the style of xl's examples
      name = "example.linux"
      uuid = "1A2B3C4D-0123-4567-89ab-0123456789ab"
      type = "pv"
      builder = "generic"
      kernel = "/boot/Image"     # unpacked
      ramdisk = "initrd.gz"
      root = "/dev/ram0"
      extra = 'console=ttyS0 ' ; extra += "quiet"
      memory = 0x200
      maxmem = 512
      vcpus = "4"
      maxvcpus = 4
      cpu_weight = 512
      cap = 150
      on_poweroff = "preserve"
      on_reboot = "destroy"
      on_crash = 'restart'
      disk = []
      vif = [
      ]
      vnc = 0
      cpus = ["0", "1-3,^2", 2]
      cpus_soft = "all"
      pool = "batch"
      bootloader = ""
      """
    let (config, warnings) = try domain(text)
    #expect(warnings.isEmpty)
    var expected = DomainConfig(
      name: "example.linux", uuid: UUID(uuidString: "1a2b3c4d-0123-4567-89ab-0123456789ab"),
      kernel: .path("/boot/Image"), ramdisk: "/home/op/initrd.gz",
      commandLine: "root=/dev/ram0 console=ttyS0 quiet", memory: .mebibytes(512), vcpus: 4,
      weight: Weight(clamping: 512), cap: Cap(clamping: 150), onPoweroff: .preserve, onReboot: .destroy,
      onCrash: .restart)
    expected.pool = "batch"
    expected.hardAffinity = [.of([0]), .of([1, 3]), .of([2])]
    expected.softAffinity = Array(repeating: .all, count: 4)
    #expect(config == expected)
  }

  @Test func memoryAndVCPUsMayComeFromTheirMaximumAlone() throws {
    let config = try domain(minimal + "maxmem = 64\nmaxvcpus = 2").config
    #expect(config.memory == .mebibytes(64))
    #expect(config.vcpus == 2)
    #expect(config.onlineVCPUs == nil)
  }

  @Test func fewerVCPUsThanTheirMaximumAreOnlineAtFirst() throws {
    let config = try domain(minimal + "vcpus = 1\nmaxvcpus = 4").config
    #expect(config.vcpus == 4)
    #expect(config.onlineVCPUs == 1)
  }

  @Test(
    "the command line is put together as xl does",
    arguments: [
      ("", ""), ("root = '/dev/vda'", "root=/dev/vda"), ("extra = 'quiet'", "quiet"), ("root = 0x801", "root=0x801"),
      ("extra = 'quiet'; root = '/dev/vda ro'", "root=/dev/vda ro quiet"), ("cmdline = 'a b'", "a b"),
      ("extra = 'x'; cmdline = 'y'", "y"),
    ])
  func commandLines(text: String, expected: String) throws {
    #expect(try domain(minimal + text).config.commandLine == expected)
  }

  @Test func whatTheHostAddsToTheCommandLineCanBeTurnedOff() throws {
    #expect(try domain(minimal).config.extraOnly == nil)
    for (text, isOnly) in [("0", false), ("1", true)] {
      let config = try domain(minimal + "extra_only = \(text)").config
      #expect(config.extraOnly == isOnly)
      #expect(try domain(config.fileText).config == config)
    }
  }

  @Test(
    "what has no effect is a warning",
    arguments: [
      ("cmdline = 'a'; extra = 'b'", "t.cfg:3:16: warning: 'extra' has no effect beside 'cmdline'"),
      ("root = 'x'; cmdline = 'a'", "t.cfg:3:1: warning: 'root' has no effect beside 'cmdline'"),
      ("acpi = 1", "t.cfg:3:1: warning: 'acpi' has no effect: it is for HVM guests"),
      ("nomigrate = 1", "t.cfg:3:1: warning: 'nomigrate' has no effect: domains don't migrate"),
      ("vcpu = 2", "t.cfg:3:1: warning: unknown key 'vcpu' is ignored; did you mean 'vcpus'?"),
      ("mmeory = 64", "t.cfg:3:1: warning: unknown key 'mmeory' is ignored; did you mean 'memory'?"),
      ("Memory = 64", "t.cfg:3:1: warning: unknown key 'Memory' is ignored; did you mean 'memory'?"),
      (
        "on_power_off = 'destroy'",
        "t.cfg:3:1: warning: unknown key 'on_power_off' is ignored; did you mean 'on_poweroff'?"
      ),
      ("colour = 'red'", "t.cfg:3:1: warning: unknown key 'colour' is ignored"),
    ])
  func warnings(text: String, expected: String) throws {
    #expect(try domain(minimal + text).warnings.map(\.description) == [expected])
  }

  @Test(
    "a mistake is one line with file, line, column and what would be right",
    arguments: [
      ("memory = 16", "t.cfg:3:10: 'memory' is 16; it must be 32 to 1048576 MiB"),
      (
        "memory = 18446744073709551615",
        "t.cfg:3:10: '18446744073709551615' is not a number: write 10, 0x1f or octal 017, or put quotes around a string"
      ),
      ("memory = '-1'", "t.cfg:3:10: 'memory' is -1; it must be 32 to 1048576 MiB"),
      (
        "memory = '1G'",
        "t.cfg:3:10: 'memory' must be a number, 32 to 1048576 MiB, not '1G': sizes are in MiB here, without a unit, so "
          + "'1G' is 1024"
      ),
      (
        "memory = 1G",
        "t.cfg:3:10: '1G' is not a number: sizes are in MiB here, without a unit, so '1G' is 1024"
      ),
      ("memory = [64]", "t.cfg:3:10: 'memory' must be a number, 32 to 1048576 MiB, not a list"),
      (
        "memory = 64; maxmem = 128",
        "t.cfg:3:23: 'maxmem' is 128, but 'memory' is 64: memory can't grow while a guest runs; make them equal or leave 'maxmem' out"
      ),
      ("vcpus = 9", "t.cfg:3:9: 'vcpus' is 9; it must be 1 to 8 vCPUs"),
      ("vcpus = 0", "t.cfg:3:9: 'vcpus' is 0; it must be 1 to 8 vCPUs"),
      (
        "maxvcpus = 2; vcpus = 4",
        "t.cfg:3:12: 'maxvcpus' is 2, but 'vcpus' is 4; it must not be more"
      ),
      ("cpu_weight = 0", "t.cfg:3:14: 'cpu_weight' is 0; it must be 1 to 65535"),
      ("cap = 65536", "t.cfg:3:7: 'cap' is 65536; it must be 0 to 65535 % of one pCPU, 0 for no limit"),
      (
        "on_crash = 'coredump-restart'",
        "t.cfg:3:12: 'on_crash' is 'coredump-restart', which is not supported; use destroy, restart or preserve"
      ),
      (
        "on_reboot = 'rename-restart'",
        "t.cfg:3:13: 'on_reboot' is 'rename-restart', which is not supported; use destroy, restart or preserve"
      ),
      ("on_reboot = 'restrat'", "t.cfg:3:13: 'on_reboot' is 'restrat', which is no action; did you mean 'restart'?"),
      (
        "on_reboot = 'explode'",
        "t.cfg:3:13: 'on_reboot' is 'explode', which is no action; use destroy, restart or preserve"
      ),
      (
        "on_watchdog = 'destroy'",
        "t.cfg:3:1: 'on_watchdog' is not supported: guests have no watchdog and no soft reset; remove the line"
      ),
      (
        "type = 'hvm'",
        "t.cfg:3:8: 'type' is 'hvm', which is not supported: guests are paravirtualised RISC-V machines; remove the line"
      ),
      (
        "type='pvh'",
        "t.cfg:3:6: 'type' is 'pvh', which is not supported: guests are paravirtualised RISC-V machines; remove the line"
      ),
      (
        "builder='hvm'",
        "t.cfg:3:9: 'builder' is 'hvm', which is not supported: guests are paravirtualised RISC-V machines; remove the line"
      ),
      ("type='vm'", "t.cfg:3:6: 'type' is 'vm', which is unknown; remove the line or use 'pv'"),
      (
        "disk = [ '/dev/vg/v,raw,xvda,rw' ]",
        "t.cfg:3:1: 'disk' is not supported: guests have no disks; what they need goes into 'ramdisk'; remove the line"
      ),
      ("vif = [ '' ]", "t.cfg:3:1: 'vif' is not supported: guests have no network interfaces; remove the line"),
      ("cpus = 'x'", "t.cfg:3:8: 'cpus' must name pCPUs, such as \"0-3,^1\" or \"all\""),
      ("cpus_soft = ['0', ['1']]", "t.cfg:3:19: 'cpus_soft' must name pCPUs, such as \"0-3,^1\" or \"all\""),
      ("localtime = 1", "t.cfg:3:1: 'localtime' is not supported: guest time is the host's, in UTC; remove the line"),
      (
        "device_model_version = 'qemu-xen'",
        "t.cfg:3:1: 'device_model_version' is not supported: guests have no device model; remove the line"
      ),
      ("uuid = 'x'", "t.cfg:3:8: 'uuid' is 'x'; a UUID looks like 1a2b3c4d-0123-4567-89ab-0123456789ab"),
      (
        "uuid = '00000000-0000-0000-0000-000000000000'",
        "t.cfg:3:8: 'uuid' is zero, which is Domain-0's; choose another or leave it out"
      ),
      ("name = ''", "t.cfg:3:8: 'name' is empty"),
      ("name = 7", "t.cfg:3:8: 'name' is '7', which would be taken for a domain id; add a letter"),
      ("name = 'Domain-0'", "t.cfg:3:8: 'name' is 'Domain-0', which is the host's own domain; choose another"),
      (
        "name = 'a\\x1b[2J'",
        "t.cfg:3:8: 'name' 'a\\u{1b}[2J' holds a character that isn't shown or that controls a terminal"
      ),
      ("name = ['a']", "t.cfg:3:8: 'name' must be a string in quotes, not a list"),
      ("extra = ['a']", "t.cfg:3:9: 'extra' must be a string in quotes, not a list"),
      (
        "kernel = 'builtin:linux'",
        "t.cfg:3:10: 'kernel' is 'builtin:linux'; the only built-in guest is 'builtin:guest'"
      ),
      ("ramdisk = ''", "t.cfg:3:11: 'ramdisk' is empty; it must be a path"),
    ])
  func mistakes(text: String, expected: String) { #expect(message(minimal + text) == expected) }

  @Test func aMissingKeyIsAnErrorThatKnowsItsMisspelling() {
    #expect(message("kernel = 'k'") == "t.cfg:1:1: 'name' is missing; add name = \"web\"")
    #expect(
      message("name = 'n'") == "t.cfg:1:1: 'kernel' is missing; add kernel = \"/path/Image\" or \"builtin:guest\"")
    #expect(
      message("name = 'n'\nkernal = 'k'")
        == "t.cfg:2:1: unknown key 'kernal', and 'kernel' is missing; did you mean 'kernel'?")
  }

  @Test func aLongNameIsCutInItsError() {
    let action = String(repeating: "x", count: 100_000)
    #expect(message(minimal + "on_crash = '\(action)'").utf8.count < 200)
    #expect(message("name = '\(action)'") == "t.cfg:1:8: 'name' is longer than 128 bytes")
  }

  @Test func theExamplesThatComeWithXenAreUnderstoodOrRefusedByName() {
    let pvlinux = """
      name = "example.pvlinux"
      #uuid = "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX"
      kernel = "/boot/vmlinuz"
      extra = "root=/dev/xvda1"
      memory = 128
      vcpus = 2
      vif = [ '' ]
      disk = [ '/dev/vg/guest-volume,raw,xvda,rw' ]
      """
    #expect(message(pvlinux) == "t.cfg:7:1: 'vif' is not supported: guests have no network interfaces; remove the line")
    #expect(message(pvlinux, ["vif=[]; disk=[]"]) == "-")
  }
}

@Suite struct ConfigOverrideTests {
  @Test func wordsOfTheCommandLineWinInTheirOrder() throws {
    let (config, warnings) = try domain(minimal + "memory = 64", "memory=128", "vcpus=2", "vcpus=3")
    #expect(config.memory == .mebibytes(128))
    #expect(config.vcpus == 3)
    #expect(warnings.isEmpty)
  }

  @Test func valuesNeedNoQuotesThatAShellWouldEat() throws {
    let words = ["name=web-2", "kernel=./Image", "extra=console=ttyS0 quiet ; on_crash = preserve", "cap=0x10"]
    let document = try DomainConfigFile.parse(minimal, file: "t.cfg")
    let config = try DomainConfigFile.domain(from: document, overrides: words, workingDirectory: "/").config
    #expect(config.name == "web-2")
    #expect(config.kernel == .path("/./Image"))
    #expect(config.commandLine == "console=ttyS0 quiet")
    #expect(config.onCrash == .preserve)
    #expect(config.cap.rawValue == 16)
  }

  @Test func aWordMayBeWrittenAsInTheFile() throws {
    let config = try domain(minimal + "extra='a'", "name='b c'; extra += \" b\"", "disk=[]").config
    #expect(config.name == "b c")
    #expect(config.commandLine == "a b")
  }

  @Test(
    "a mistake on the command line is named by its word",
    arguments: [
      (["memory=64", "vcpus=99"], "command line:2:7: 'vcpus' is 99; it must be 1 to 8 vCPUs"),
      (["memory="], "command line:1:8: expected a string in quotes, a number or '[', found the end of the text"),
      (["memory"], "command line:1:7: expected '=' after 'memory', found the end of the text"),
      (["memory=64;vcpus=x"], "command line:1:17: 'vcpus' must be a number, 1 to 8 vCPUs, not 'x'"),
      (
        ["vif=['bridge=br0']"],
        "command line:1:1: 'vif' is not supported: guests have no network interfaces; remove the line"
      ),
      (["name='x"], "command line:1:6: the string that starts here has no closing ' on its line"),
    ])
  func mistakes(words: [String], expected: String) { #expect(message(minimal, words) == expected) }
}
