/// A virtual network interface as the operator describes it, in the words of xl-network-configuration(5).
public struct NetworkSpec: Hashable, Codable, Sendable {
  /// What the guest sees: a paravirtual interface, or an emulated one beside it.
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    case vif, ioemu
  }

  /// Nil: the host chooses one in 00:16:3e.
  public var mac: MACAddress?
  /// Nil: the host's default.
  public var bridge: String?
  public var kind: Kind?
  /// The emulated device.
  public var model: String?
  /// The name of the interface on the host's side.
  public var name: String?
  public var script: String?
  /// For scripts that route.
  public var address: String?
  public var gatewayDevice: String?
  /// The domain that serves it. Nil: Domain-0.
  public var backend: String?
  /// The most that the guest may send.
  public var rate: NetworkRate?
  /// Its number in the domain. Nil: the next one.
  public var number: Int?
  /// In bytes.
  public var mtu: Int?

  public init(
    mac: MACAddress? = nil, bridge: String? = nil, kind: Kind? = nil, model: String? = nil, name: String? = nil,
    script: String? = nil, address: String? = nil, gatewayDevice: String? = nil, backend: String? = nil,
    rate: NetworkRate? = nil, number: Int? = nil, mtu: Int? = nil
  ) {
    self.mac = mac
    self.bridge = bridge
    self.kind = kind
    self.model = model
    self.name = name
    self.script = script
    self.address = address
    self.gatewayDevice = gatewayDevice
    self.backend = backend
    self.rate = rate
    self.number = number
    self.mtu = mtu
  }
}

extension NetworkSpec {
  /// Reads `KEY=VALUE`s with commas between them; empty is an interface with all defaults. Throws what is wrong, with what
  /// would be right.
  public init(xl text: String) throws(HypervisorError) {
    self.init()
    for piece in text.split(separator: ",", omittingEmptySubsequences: true) {
      let word = piece.trimmingBlanks
      guard !word.isEmpty else { continue }
      guard let sign = word.firstIndex(of: "="), sign > word.startIndex else {
        throw .invalid("'\(MessageText.printable(word))' in a network interface is not of the form key=value")
      }
      let value = String(word[word.index(after: sign)...])
      guard MessageText.printable(value) == value else {
        throw .invalid("'\(MessageText.printable(word))' contains characters that can't be printed")
      }
      try set(word[..<sign].lowercased(), value)
    }
  }

  private mutating func set(_ key: String, _ value: String) throws(HypervisorError) {
    func wrong(_ right: String) -> HypervisorError {
      .invalid("'\(value)' is not a valid \(key) of a network interface; it must be \(right)")
    }
    switch key {
    case "mac":
      guard let address = MACAddress(value) else { throw wrong("six bytes such as 00:16:3e:00:00:05") }
      mac = address
    case "bridge": bridge = value
    case "type":
      guard let named = Kind(rawValue: value) else { throw wrong("vif or ioemu") }
      kind = named
    case "model": model = value
    case "vifname": name = value
    case "script": script = value
    case "ip": address = value
    case "gatewaydev": gatewayDevice = value
    case "backend": backend = value
    case "rate":
      guard let limit = NetworkRate(xl: value) else { throw wrong("a rate such as 10Mb/s or 500KB/s@20ms") }
      rate = limit
    case "devid":
      guard let number = Int(value), (0...65535).contains(number) else { throw wrong("0 to 65535") }
      self.number = number
    case "mtu":
      guard let bytes = Int(value), (68...65535).contains(bytes) else { throw wrong("68 to 65535") }
      mtu = bytes
    default: throw .invalid("unknown key '\(MessageText.printable(key))' in a network interface")
    }
  }

  /// In xl's words, a `KEY=VALUE` each.
  public var xlWords: [String] {
    var words: [String] = []
    func add(_ key: String, _ value: String?) { if let value { words.append("\(key)=\(value)") } }
    add("mac", mac?.description)
    add("bridge", bridge)
    add("type", kind?.rawValue)
    add("model", model)
    add("vifname", name)
    add("script", script)
    add("ip", address)
    add("gatewaydev", gatewayDevice)
    add("backend", backend)
    add("rate", rate?.xl)
    add("devid", number.map(String.init))
    add("mtu", mtu.map(String.init))
    return words
  }
}

/// An Ethernet address.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
  /// Six of them.
  public let bytes: [UInt8]

  /// Reads six bytes in hexadecimal with colons or dashes between them. Nil for anything else, and for a group address.
  public init?(_ text: String) {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
    let bytes = parts.compactMap { $0.utf8.count <= 2 && $0.first != "+" ? UInt8($0, radix: 16) : nil }
    guard parts.count == 6, bytes.count == 6, bytes[0] & 1 == 0 else { return nil }
    self.bytes = bytes
  }

  public var description: String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined(separator: ":")
  }
}

extension MACAddress: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let address = MACAddress(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a MAC address")
    }
    self = address
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// How much a guest may send, as credit that is renewed at each interval.
public struct NetworkRate: Hashable, Codable, Sendable {
  public var bytesPerSecond: UInt64
  /// In µs.
  public var interval: UInt32

  /// xl's default interval is 50 ms.
  public init(bytesPerSecond: UInt64, interval: UInt32 = 50_000) {
    self.bytesPerSecond = bytesPerSecond
    self.interval = interval
  }

  /// Reads `RATE[@INTERVAL]`: a number with `b/s` (bits) or `B/s` (bytes) behind it, with K, M or G before that, and an
  /// interval in s, ms or us. Nil where it is none, or zero.
  public init?(xl text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let rate = Self.bytesPerSecond(first), rate > 0 else { return nil }
    self.init(bytesPerSecond: rate)
    guard parts.count == 2 else { return }
    guard let interval = Self.microseconds(parts[1]), interval > 0 else { return nil }
    self.interval = interval
  }

  private static func bytesPerSecond(_ text: Substring) -> UInt64? {
    guard text.hasSuffix("/s") else { return nil }
    var number = text.dropLast(2)
    guard let unit = number.popLast(), unit == "b" || unit == "B" else { return nil }
    let scales: [Character: UInt64] = ["K": 1000, "k": 1000, "M": 1_000_000, "G": 1_000_000_000]
    let scale = number.last.flatMap { scales[$0] }
    if scale != nil { number = number.dropLast() }
    guard let count = UInt64(number), number.first != "+" else { return nil }
    let (rate, overflow) = count.multipliedReportingOverflow(by: scale ?? 1)
    return overflow ? nil : unit == "b" ? rate / 8 : rate
  }

  private static func microseconds(_ text: Substring) -> UInt32? {
    for (suffix, scale) in [("us", UInt32(1)), ("ms", 1000), ("s", 1_000_000)] where text.hasSuffix(suffix) {
      guard let count = UInt32(text.dropLast(suffix.count)), text.first != "+" else { return nil }
      let (value, overflow) = count.multipliedReportingOverflow(by: scale)
      return overflow ? nil : value
    }
    return nil
  }

  /// In xl's words.
  public var xl: String { "\(bytesPerSecond)B/s@\(interval)us" }
}
