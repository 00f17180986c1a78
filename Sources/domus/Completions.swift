import ArgumentParser
import Glibc
import HypervisorModel
import Remote

extension CompletionKind {
  /// The names of the domains that a host process here has; none is started for it.
  static let domains = names { $0.domains.map(\.name) }
  static let pools = names { $0.pools.map(\.name) }

  private static func names(_ list: @escaping @Sendable (HostSnapshot) -> [String]) -> CompletionKind {
    .custom { words, _, _ async in
      // Nobody wants to wait at a Tab: this process ends without an answer then.
      alarm(3)
      guard let snapshot = try? await snapshot(words) else { return [] }
      return list(snapshot).filter { MessageText.harmless($0) == $0 }.map { quoted($0, for: .requesting) }
    }
  }

  /// Of the host process that the line is about, if it is one of this machine and runs.
  private static func snapshot(_ words: [String]) async throws -> HostSnapshot? {
    let option = words.firstIndex(of: "--connect").flatMap { words.dropFirst($0 + 1).first }
    let joined = words.first { $0.hasPrefix("--connect=") }.map { String($0.dropFirst("--connect=".count)) }
    guard let directory = try Endpoint.chosen(option ?? joined).directory() else { return nil }
    return try await HostClient.connectIfListening(directory.socketPath, client: .domus)?.snapshot()
  }

  /// A candidate as the shell's script reads it for exactly this text. Bash expands the words that it is given: within
  /// single quotes nothing is. For zsh a colon would end the name.
  static func quoted(_ name: String, for shell: CompletionShell?) -> String {
    switch shell {
    case .bash?: "'" + name.replacing("'", with: "'\\''") + "'"
    case .zsh?: name.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
    default: name
    }
  }
}

/// What is added to the generated script, by shell.
enum CompletionScript {
  /// `script` with what it lacks. zsh and fish quote what they insert; bash leaves `$` and backquotes in it as they are when
  /// it takes candidates for names of files, so that a domain's name could become a command.
  static func completed(_ script: String) -> String { script.hasPrefix("#!/bin/bash") ? script + bash : script }

  private static let bash = """


    # Words that aren't names of files are inserted quoted, as the quote that the word begins with demands.
    __domus_add_completions() {
        local completion quote="${COMP_WORDS[COMP_CWORD]:0:1}"
        [[ "${1}" = -W ]] && compopt +o filenames 2>/dev/null
        while IFS='' read -r completion; do
            if [[ "${1}" = -W ]]; then
                case "${quote}" in
                "'") completion="${completion//"'"/"'\\''"}" ;;
                '"') completion="$(printf %s "${completion}" | sed 's/[\\"$`]/\\&/g')" ;;
                *) printf -v completion %q "${completion}" ;;
                esac
            fi
            COMPREPLY+=("${completion}")
        done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
    }
    """
}
