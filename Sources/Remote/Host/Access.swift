/// What those may do who come in through one of a host's two sockets. The socket decides and no byte of a client can undo
/// it, so a key in `authorized_keys` that is bound to `domus serve --stdio --read-only` really only looks.
package enum Access: Hashable, Sendable, CaseIterable {
  case full, readOnly
}

extension HostDirectory {
  func socketPath(_ access: Access) -> String {
    switch access {
    case .full: socketPath
    case .readOnly: readOnlySocketPath
    }
  }
}
