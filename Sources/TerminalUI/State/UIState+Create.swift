import HypervisorModel

/// Domains from config files on the operator's side.
extension UIState {
  /// Whether a domain can be made at all is asked before the file is read.
  mutating func readConfigFile(_ path: String, settings: [String]) -> [UIEffect] {
    let empty = ConfigFileText(name: path, text: "", directory: "/")
    guard isAllowed(.creation(.create(source: .file(empty), paused: false))) else { return [] }
    return [.readConfigFile(path: path, settings: settings)]
  }

  mutating func configFileRead(_ result: Result<ConfigFileText, HypervisorError>) -> [UIEffect] {
    switch result {
    case .success(let file): return submit([.creation(.create(source: .file(file), paused: false))])
    case .failure(let error):
      show(.failure, error.description)
      return []
    }
  }
}
