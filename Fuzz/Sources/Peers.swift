import HypervisorModel
import NIOCore
import Remote
import VirtualTerminal

extension FuzzTarget {
  /// What a client sends to the host.
  static let clientFrame = FuzzTarget(name: "client-frame") { bytes in
    var buffer = ByteBuffer(bytes: bytes)
    while let body = try? FrameDecoder.nextBody(in: &buffer, limit: 1 << 20) {
      _ = try? WireProtocol.decode(ReceivedFrame.self, from: body)
    }
  }

  /// What a host sends to a client.
  static let hostFrame = FuzzTarget(name: "host-frame") { bytes in
    var buffer = ByteBuffer(bytes: bytes)
    while let body = try? FrameDecoder.nextBody(in: &buffer, limit: 1 << 20) {
      _ = try? WireProtocol.decode(HostFrameHeader.self, from: body)
      _ = try? WireProtocol.decode(HostFrame<HostDescription>.self, from: body)
      _ = try? WireProtocol.decode(HostFrame<HypervisorEvent>.self, from: body)
      guard let snapshot = try? WireProtocol.decode(HostFrame<HostSnapshot>.self, from: body).body else { continue }
      // What terminals compute from it.
      _ = Rates(from: snapshot, to: snapshot)
      _ = Entitlement(snapshot)
    }
  }

  /// What a guest prints, on a screen that changes its size between.
  static let console = FuzzTarget(name: "console") { bytes in
    guard let screen = ConsoleScreen(rows: 24, columns: 80, scrollback: 50) else { return }
    var input = FuzzInput(bytes)
    while !input.isEmpty {
      let size: UInt8 = input.next()
      if size > 250 { screen.resize(rows: Int(input.next(UInt8.self)), columns: Int(input.next(UInt8.self))) }
      _ = screen.feed(input.bytes(Int(size)))
    }
    for row in 0..<screen.rows {
      precondition(screen.line(row, scrolledBack: screen.scrollbackCount).count == screen.columns)
    }
  }
}
