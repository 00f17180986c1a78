import HypervisorModel

/// Why a guest image cannot be had; each text says what would help.
public enum GuestImageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A program of the host that the fetch needs is not installed.
  case missingProgram(String)
  /// None of these keyring files exists, so nothing could be verified.
  case missingKeyring([String])
  /// The mirror could not be reached, or did not have what it announces.
  case network(mirror: String, detail: String)
  /// What the mirror sent is not signed by a key that this host trusts.
  case untrusted(mirror: String, detail: String)
  /// The file system of `path` is full.
  case diskFull(path: String, needed: Bytes?)
  /// Another process is fetching into the same cache.
  case busy(path: String)
  /// A program ran and failed.
  case programFailed(program: String, detail: String)
  /// A package does not hold what it should.
  case unexpectedContent(String)
  /// A system call on a file failed.
  case file(path: String, action: String, reason: String)
  /// No whole image has this name.
  case noSuchImage(String)
  /// The name cannot be an image's: it is empty, or holds a slash or a leading dot.
  case badName(String)

  public var description: String {
    switch self {
    case .missingProgram(let program):
      "the program \(program) is not installed; fetching Debian's kernel needs it. \(Self.alternative)"
    case .missingKeyring(let paths):
      "no Debian archive keyring (\(paths.joined(separator: ", "))): install the package debian-archive-keyring. "
        + Self.alternative
    case .network(let mirror, let detail):
      "cannot get Debian's riscv64 kernel and busybox from \(mirror): \(detail). Try again with a network (a "
        + "broken download resumes). \(Self.alternative)"
    case .untrusted(let mirror, let detail):
      "\(mirror) is not signed by a key of the Debian archive keyring: \(detail). \(Self.alternative)"
    case .diskFull(let path, let needed?):
      "not enough space at \(path): \(needed.mebibytes) MiB are needed; free some or set XDG_CACHE_HOME"
    case .diskFull(let path, nil):
      "no space left at \(path): free some or set XDG_CACHE_HOME"
    case .busy(let path):
      "another fetch is at work (it holds \(path)); wait for it to end"
    case .programFailed(let program, let detail):
      "\(program) failed: \(detail)"
    case .unexpectedContent(let what):
      "unexpected content: \(what)"
    case .file(let path, let action, let reason):
      "cannot \(action) \(path): \(reason)"
    case .noSuchImage(let name):
      "there is no guest image '\(name)'; 'domus guest fetch' gets Debian's"
    case .badName(let name):
      "'\(name)' cannot name a guest image; 'domus guest list' shows those that exist"
    }
  }

  private static let alternative = "The built-in guest works without it: 'domus demo --builtin'"
}
