import FoundationEssentials
import HypervisorModel

/// A machine that is reached with ssh(1), which does authentication, encryption and audit.
public struct SSHDestination: Hashable, Sendable {
  /// As ssh(1) takes it: `[user@]host`.
  public let host: String
  public let port: Int?

  /// Reads `ssh://[user@]host[:port]`; an IPv6 address is in brackets. Throws `.invalid` where it is something else.
  public init(url: String) throws(HypervisorError) {
    func wrong(_ why: String) -> HypervisorError {
      .invalid("'\(url)' \(why); it should look like ssh://root@dom0 or ssh://root@dom0:2222")
    }
    guard url.hasPrefix("ssh://") else { throw wrong("is no ssh address") }
    var rest = url.dropFirst("ssh://".count)
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    var port: Int?
    if let colon = rest.lastIndex(of: ":"), rest[colon...].contains("]") == false {
      guard let number = Int(rest[rest.index(after: colon)...]), (1...65535).contains(number) else {
        throw wrong("has no port after the colon")
      }
      port = number
      rest = rest[..<colon]
    }
    let user = rest.lastIndex(of: "@").map { String(rest[...$0]) } ?? ""
    var name = rest.dropFirst(user.count)
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    // A leading dash would be an option to ssh, and what else ssh refuses it says itself.
    guard !name.isEmpty, !name.hasPrefix("-"), !user.hasPrefix("-"), user != "@",
      !rest.contains(where: { $0 == "/" || $0.isWhitespace })
    else { throw wrong("names no host") }
    host = user + name
    self.port = port
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
    let ssh = try SSHProcess(self, isUnattended: isUnattended)
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
