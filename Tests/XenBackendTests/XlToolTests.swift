import CXen
import HypervisorModel
import Testing

@testable import XenBackend

@Suite struct XlToolTests {
  @Test func complaintsAreToldWithoutTheirPlaceInTheSource() {
    let output = """
      Parsing config from /tmp/domus-xl-a
      libxl: error: libxl_create.c:1000:libxl__domain_make: Domain 6:Domain with name "pv1" already exists.
      libxl: error: libxl_create.c:1234:initiate_domain_create: Domain 6:cannot make domain: -6
      libxl: error: libxl_domain.c:1183:libxl__destroy_domid: Domain 6:Non-existant domain
      """
    #expect(
      XlTool.message(of: output, "create", 3)
        == "xl create failed: Domain 6:Domain with name \"pv1\" already exists.; Domain 6:cannot make domain: -6")
  }

  @Test func withoutComplaintsTheLinesAreTold() {
    #expect(
      XlTool.message(of: "Parsing config from x\nCan't open restore file: No such file or directory\n", "restore", 2)
        == "xl restore failed: Can't open restore file: No such file or directory")
    #expect(XlTool.message(of: "", "save", 5) == "xl save failed: it gives no reason (exit status 5)")
  }

  @Test func progressIsReadFromTheNewestLine() {
    #expect(XlTool.progress(in: "Saving to /tmp/s.img new xl format (info 0x3/0x0/1031)\n") == nil)
    let output = "xc: progress: Frames: 2048/32768    6%\nxc: progress: Frames: 8192/32768   25%\n"
    #expect(XlTool.progress(in: output) == 0.25)
    #expect(XlTool.progress(in: output + "xc: progress: End of stream: 0/0    0%\n") == 0.25)
    #expect(XlTool.progress(in: "xc: progress: Frames: 0/0    0%\n") == nil)
  }

  @Test func whatXlPrintsCannotControlATerminal() {
    #expect(!XlTool.message(of: "error: \u{1b}[2J", "create", 1).contains("\u{1b}"))
  }

  @Test func aProgramsOutputAndStatusAreTaken() throws {
    #expect(throws: HypervisorError.self) { try ChildProcess(["/nowhere/xl"]) }
    #expect(try ChildProcess(["sh", "-c", "exit 3"]).wait() == 3)
    #expect(try ChildProcess(["sh", "-c", "kill -9 $$"]).wait() == 137)
  }
}

@Suite struct XenOperandsTests {
  @Test func whatIsNotGivenStaysAsItIs() {
    XenOperands().withRaw { raw in
      #expect(raw.pointee.weight == DOMUS_XEN_NONE)
      #expect(raw.pointee.hard == nil && raw.pointee.soft == nil && raw.pointee.scheduler == nil)
    }
  }

  @Test func setsBecomeMapsOfOneSize() {
    var operands = XenOperands()
    operands.hard = .of([0, 9])
    operands.soft = .of([1])
    operands.withRaw { raw in
      #expect(raw.pointee.map_size == 2)
      #expect(raw.pointee.hard[0] == 1 && raw.pointee.hard[1] == 2)
      #expect(raw.pointee.soft[0] == 2 && raw.pointee.soft[1] == 0)
    }
  }

  @Test func allIsAMapOfNoBytesWhenItIsAlone() {
    var operands = XenOperands()
    operands.hard = .all
    operands.withRaw { raw in
      #expect(raw.pointee.map_size == 0)
      #expect(raw.pointee.hard != nil)
    }
    operands.soft = .of([3])
    operands.withRaw { raw in #expect(raw.pointee.hard[0] == 0xff && raw.pointee.soft[0] == 8) }
  }
}
