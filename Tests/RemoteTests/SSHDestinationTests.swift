import HypervisorModel
import Testing

@testable import Remote

@Suite struct SSHDestinationTests {
  @Test(
    arguments: [
      ("ssh://dom0", "dom0", nil), ("ssh://root@dom0/", "root@dom0", nil), ("ssh://root@dom0:2222", "root@dom0", 2222),
      ("ssh://[2001:db8::1]:22", "2001:db8::1", 22), ("ssh://root@[::1]", "root@::1", nil),
      ("ssh://a@b@host", "a@b@host", nil), ("ssh://dom%30", "dom0", nil), ("ssh://ro%6ft@dom0:", "root@dom0", nil),
      ("ssh://a%40b@host", "a@b@host", nil), ("ssh://[fe80::1%25eth0]:22", "fe80::1%eth0", 22),
    ] as [(String, String, Int?)])
  func addressesAreRead(_ url: String, _ host: String, _ port: Int?) throws {
    let destination = try SSHDestination(url: url)
    #expect(destination.host == host)
    #expect(destination.port == port)
  }

  @Test func anAddressWithoutBracketsIsRefusedWithAHintAtThem() {
    #expect(throws: HypervisorError.self) { try SSHDestination(url: "ssh://root@2001:db8::1") }
    do { _ = try SSHDestination(url: "ssh://root@2001:db8::1") } catch {
      #expect(error.description.contains("brackets"))
    }
  }

  @Test(arguments: [
    "ssh://", "ssh://@dom0x/y", "ssh://root@", "ssh://-oProxyCommand=x", "ssh://-l@host", "ssh://host:0",
    "ssh://host:x",
    "ssh://host:70000", "ssh://a b", "ssh://host/path", "http://host",
    "ssh://[::1", "ssh://[::1]x", "ssh://[dom0]", "ssh://[]", "ssh://host%2", "ssh://host%zz", "ssh://host%00",
    "ssh://%2doProxyCommand=x", "ssh://%2dl@host", "ssh://host%20x", "ssh://user:secret@host", "ssh://host?x",
    "ssh://host:+22", "ssh://ho%FFst",
  ])
  func anythingElseIsRefusedWithAnExample(_ url: String) {
    do throws(HypervisorError) {
      _ = try SSHDestination(url: url)
      Issue.record("'\(url)' was taken")
    } catch {
      #expect(error.description.contains("ssh://root@dom0"))
    }
  }
}
