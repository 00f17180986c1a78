import FoundationEssentials
import Glibc
import HypervisorModel

/// A machine that is reached with ssh(1), which does authentication, encryption and audit.
public struct SSHDestination: Hashable, Sendable {
  /// As ssh(1) takes it: `[user@]host`.
  public let host: String
  public let port: Int?

  /// Reads `ssh://[user@]host[:port]` by RFC 3986, 3.2: an IPv6 address is in brackets, and %XX is a byte of user or host.
  /// Throws `.invalid` where it is something else.
  public init(url: String) throws(HypervisorError) {
    func wrong(_ why: String) -> HypervisorError {
      .invalid(
        "'\(url)' \(why); it should look like ssh://root@dom0, ssh://root@dom0:2222 or ssh://root@[2001:db8::1]:22")
    }
    guard url.hasPrefix("ssh://") else { throw wrong("is no ssh address") }
    var authority = url.dropFirst("ssh://".count)
    if authority.hasSuffix("/") { authority = authority.dropLast() }
    guard !authority.contains(where: { "/?#".contains($0) }) else { throw wrong("has something behind the host") }

    let at = authority.lastIndex(of: "@")
    let user = at.map { authority[..<$0] }
    let rest = at.map { authority[authority.index(after: $0)...] } ?? authority
    if user?.contains(":") == true { throw wrong("has a password, which ssh asks for itself") }
    guard let end = Self.endOfHost(rest) else {
      throw wrong(
        rest.hasPrefix("[")
          ? "has no IPv6 address in its brackets" : "has more than one colon; an IPv6 address is put in brackets")
    }
    switch rest[end...].dropFirst() {
    case "": port = nil
    case let digits:
      guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits), (1...65535).contains(number)
      else { throw wrong("has no port after the colon") }
      port = number
    }
    let brackets: Set<Character> = ["[", "]"]
    guard let name = Self.decoded(rest[..<end].filter { !brackets.contains($0) }), let login = Self.decoded(user ?? "x")
    else { throw wrong("has a per cent sign without two hexadecimal digits, or names no host") }
    host = user == nil ? name : "\(login)@\(name)"
  }

  /// Where the host ends and, perhaps, a colon and the port begin; nil where that can't be told.
  private static func endOfHost(_ text: Substring) -> Substring.Index? {
    guard text.hasPrefix("[") else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      return colon == text.lastIndex(of: ":") ?? text.endIndex ? colon : nil
    }
    guard let close = text.firstIndex(of: "]"), let literal = decoded(text[..<close].dropFirst()) else { return nil }
    let end = text.index(after: close)
    guard end == text.endIndex || text[end] == ":" else { return nil }
    // RFC 6874: the zone stands behind a per cent sign.
    let address = String(literal.prefix { $0 != "%" })
    var bytes = in6_addr()
    return inet_pton(AF_INET6, address, &bytes) == 1 ? end : nil
  }

  /// The text with %XX decoded. Nil where it is empty, not well-formed, or no word for ssh: a leading dash would be an
  /// option.
  private static func decoded(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard let word = String(validating: bytes, as: UTF8.self), !word.isEmpty, !word.hasPrefix("-"),
      word.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0.value >= 32 && $0.value != 127 && $0 != "/" })
    else { return nil }
    return word
  }

  /// Runs `domus serve --stdio` there and connects to what it serves.
  ///
  /// ssh asks for passwords on the terminal itself, and until the host has answered it writes its complaints to standard
  /// error; later ones are lost, because by then the terminal is somebody else's. Throws `.disconnected` where ssh ends
  /// before the host has answered.
  ///
  /// - Parameter isUnattended: nobody is there to be asked or told anything, and no host process is started there. What ssh
  ///   complains of is in the error, and half a minute is all the time that it gets.
  public func connect(
    readOnly: Bool = false, client: ClientIdentity = ClientIdentity(), isUnattended: Bool = false
  ) async throws(HypervisorError) -> HostClient {
    let ssh = try SSHProcess(self, readOnly: readOnly, isUnattended: isUnattended)
    do throws(HypervisorError) {
      let host = try await HostClient.connect(
        input: ssh.input, output: ssh.output, readOnly: readOnly, client: client,
        timeLimit: isUnattended ? .seconds(30) : nil)
      ssh.complaints.silence()
      return host
    } catch {
      guard case .disconnected = error else { throw error }
      await ssh.complaints.end()
      let advice = "is ssh able to log in, and is domus in the PATH of that user?"
      let reason = isUnattended ? ssh.complaints.last : nil
      throw .disconnected(
        "can't use Domus on \(host): " + (reason ?? "ssh ended, or 'domus serve --stdio' failed there; \(advice)"))
    }
  }
}
