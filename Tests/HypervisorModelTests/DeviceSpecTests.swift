import HypervisorModel
import Testing

@Suite struct DeviceSpecTests {
  @Test(arguments: [
    ("/srv/web.img,raw,xvda,rw", DiskSpec(target: "/srv/web.img", device: "xvda")),
    (
      "/srv/web.qcow2,qcow2,xvdb,ro",
      DiskSpec(target: "/srv/web.qcow2", format: .qcow2, device: "xvdb", isReadOnly: true)
    ),
    ("/dev/vg/web,,hda", DiskSpec(target: "/dev/vg/web", device: "hda")),
    ("phy:/dev/vg/web,xvda,w", DiskSpec(target: "/dev/vg/web", device: "xvda", backendType: .phy)),
    ("file:/srv/a.iso,hdc:cdrom,r", DiskSpec(target: "/srv/a.iso", device: "hdc", isReadOnly: true, isCDROM: true)),
    ("tap:qcow2:/srv/a,xvda,w", DiskSpec(target: "/srv/a", format: .qcow2, device: "xvda")),
    (
      "format=vhd, vdev=xvdc, access=r, target=/srv/a,b=c.vhd",
      DiskSpec(target: "/srv/a,b=c.vhd", format: .vhd, device: "xvdc", isReadOnly: true)
    ),
    (",,hdc,,cdrom", DiskSpec(target: nil, device: "hdc", isReadOnly: true, isCDROM: true)),
    (
      "/srv/a=b.img,raw,sda,w,direct-io-safe,no-discard,backend=disks,script=block-iscsi",
      DiskSpec(
        target: "/srv/a=b.img", device: "sda", backend: "disks", script: "block-iscsi", isDirectIOSafe: true,
        discard: false)
    ),
  ])
  func aDiskIsReadInXLsAndXMsWords(text: String, disk: DiskSpec) throws {
    #expect(try DiskSpec(xl: text) == disk)
    #expect(try DiskSpec(xl: disk.xl) == disk, "xl's words for it name the same disk")
  }

  @Test(arguments: [
    ("", "needs the device"), ("/srv/a", "needs the device"), ("vdev=xvda", "needs a target"),
    ("/srv/a,raw,xvda,x", "'x' is not a valid access of a disk; it must be ro or rw"),
    ("/srv/a,raw,xvda,rw,more", "one word too many"), ("format=zip,vdev=a,target=b", "'zip' is not a valid format"),
    ("speed=9,vdev=a,target=b", "unknown key 'speed' in a disk"), ("/srv/a\nb,raw,xvda", "line breaks"),
    ("/srv/a,raw,xv\u{1B}da", "is not a valid device"),
    ("backendtype=x,vdev=a,target=b", "phy, tap, qdisk, standalone"),
  ])
  func whatIsWrongWithADiskIsSaid(text: String, message: String) {
    #expect { try DiskSpec(xl: text) } throws: { "\($0)".contains(message) }
  }

  @Test func aNetworkInterfaceIsReadInXLsWords() throws {
    #expect(try NetworkSpec(xl: "") == NetworkSpec())
    let all =
      "mac=00:16:3E:00:00:05,bridge=xenbr0,type=vif,model=e1000,vifname=web0,script=vif-route,ip=10.0.0.2,"
      + "gatewaydev=eth0,backend=net,rate=10Mb/s@20ms,devid=3,mtu=9000"
    let network = try NetworkSpec(xl: all)
    #expect(network.mac?.description == "00:16:3e:00:00:05")
    #expect(network.rate == NetworkRate(bytesPerSecond: 1_250_000, interval: 20_000))
    #expect((network.number, network.mtu, network.kind) == (3, 9000, .vif))
    #expect(try NetworkSpec(xl: network.xlWords.joined(separator: ",")) == network)
  }

  @Test(arguments: [
    ("bridge", "is not of the form key=value"), ("mac=1:2:3", "six bytes such as"), ("mac=01:16:3e:0:0:5", "six bytes"),
    ("rate=fast", "a rate such as"), ("rate=0b/s", "a rate such as"),
    ("rate=99999999999999999999GB/s", "a rate such as"),
    ("devid=-1", "0 to 65535"), ("speed=1", "unknown key 'speed'"), ("bridge=a\u{1B}[2J", "can't be printed"),
  ])
  func whatIsWrongWithANetworkInterfaceIsSaid(text: String, message: String) {
    #expect { try NetworkSpec(xl: text) } throws: { "\($0)".contains(message) }
  }
}
