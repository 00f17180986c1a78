import Glibc
import HypervisorModel

/// Starts programs: `fork` can't be used from Swift, whose runtime has threads; `posix_spawn` can.
enum Program {
  /// Starts a program, found in the PATH unless its name has a slash; the caller waits for its end.
  ///
  /// - Parameter prepare: says what it gets, before it starts.
  static func start(
    _ words: [String], _ prepare: (inout posix_spawn_file_actions_t, inout posix_spawnattr_t) -> Void
  ) throws(HypervisorError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    prepare(&actions, &attributes)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, environ)
    guard result == 0 else { throw .failed("can't start '\(words[0])': \(systemErrorText(result))") }
    return pid
  }
}
