/// What a client says first: the body of its `hello`.
package struct Hello: Codable, Sendable {
  package var protocolVersion: Int
  /// The client wants a connection that can't change anything.
  package var readOnly: Bool
  /// The client's name and version, for the log.
  package var client: String
  package var clientVersion: String

  package init(protocolVersion: Int = WireProtocol.version, readOnly: Bool, client: String, clientVersion: String) {
    self.protocolVersion = protocolVersion
    self.readOnly = readOnly
    self.client = client
    self.clientVersion = clientVersion
  }
}

/// How a host answers a `hello` that it accepts.
package struct Welcome: Codable, Sendable {
  package var protocolVersion: Int
  package var hostVersion: String
  /// Whether this connection may only look; a host may decide so for a client that did not ask for it.
  package var readOnly: Bool
  /// What earlier hosts of the directory lost with their death. Nil: nothing.
  package var losses: [HostLoss]?
  /// No client that may do everything has said yet that it has shown them.
  package var lossesAreNews: Bool?
}

/// How a host answers a client that it does not serve, before it closes the connection.
package struct Refusal: Codable, Sendable {
  package var reason: String
}
