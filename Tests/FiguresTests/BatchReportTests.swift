import Figures
import HypervisorModel
import Samples
import Testing

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
    var options = BatchReport.Options()
    options.showsFullNames = true
    var full = BatchReport(options)
    #expect(full.lines(for: sample)[1].hasPrefix("database-production -----r"))
  }

  @Test func vcpusNetworksAndDisksHaveXentopsLines() {
    var options = BatchReport.Options()
    options.details = [.vcpus, .networks, .disks, .repeatedHeading]
    var sample = snapshot(at: 1, [domain(1, "pv1"), domain(2, "pv2")])
    sample.domains[1].vcpus[0].cpuTime = .seconds(59)
    sample.domains[1].networks = [
      NetworkSnapshot(
        id: 0, mac: "00:16:3e:00:00:01", bridge: nil, backend: .domain0, connection: .connected,
        counters: .init(
          transmitted: .init(bytes: 1972, packets: 24, errors: 0, drops: 0),
          received: .init(bytes: 732, packets: 11, errors: 0, drops: 0)))
    ]
    sample.domains[1].disks = [
      DiskSnapshot(
        id: 51712, name: "xvda", target: "/d", isReadOnly: false, backend: .domain0, connection: .connected,
        counters: .init(reads: 131, writes: 0, readSectors: 32792, writtenSectors: 0, outOfRequests: 0))
    ]
    var report = BatchReport(options)
    let lines = report.lines(for: sample)
    let heading = lines[0]
    #expect(lines.count { $0 == heading } == sample.domains.count)
    #expect(
      lines.contains(
        "Net0 RX:      732bytes       11pkts        0err        0drop  TX:     1972bytes       24pkts        0err        0drop"
      ))
    #expect(lines.contains("VCPUs(sec):   0:         59s"))
    #expect(
      lines.contains(
        "VBD BlkBack 51712 [ca: 0]  OO:        0   RD:      131   WR:        0   RSECT:      32792   WSECT:          0")
    )
  }
}
