import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct BatchReportTests {
  @Test func theLayoutIsXentops() {
    var report = BatchReport()
    let samples = twoSamples()
    let first = report.lines(for: samples[0])
    #expect(
      first[0]
        == "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID"
    )
    let second = report.lines(for: samples[1])
    #expect(
      second[1...2] == [
        "  Domain-0 -----r          0    5.0      98304    9.4   no limit       n/a     1    0        0        0    0        0        0        0          0          0    -",
        "      web1 -----r          0   25.0      98304    9.4     131072      12.5     1    0        0        0    0        0        0        0          0          0    -",
      ])
    #expect(first[2].contains(" -----r          0      - "))
  }

  @Test func namesAreCutToTenUnlessAskedForInFull() {
    let sample = snapshot(at: 1, [domain(1, "database-production")])
    var short = BatchReport()
    #expect(short.lines(for: sample)[1].hasPrefix("database-p -----r"))
    var full = BatchReport(showsFullNames: true)
    #expect(full.lines(for: sample)[1].hasPrefix("database-production -----r"))
  }
}
