/// Paths on the operator's side, completed while they are typed.
extension UIState {
  /// The directory of the path that is being typed is looked at once.
  mutating func askForDirectory() -> [UIEffect] {
    guard case .palette(let palette) = mode, palette.words.before.count == 1,
      PaletteCommand.named(palette.words.before[0])?.takesPath == true
    else {
      directory = nil
      return []
    }
    let path = Self.directory(of: palette.words.current)
    guard directory?.path != path else { return [] }
    directory = (path, [])
    return [.listDirectory(path)]
  }

  /// Names that begin as what was typed; hidden ones only where a dot was.
  func pathSuggestions(_ typed: String) -> [Palette.Suggestion] {
    let path = Self.directory(of: typed)
    guard let directory, directory.path == path else { return [] }
    let beginning = typed.dropFirst(path.count)
    return directory.names.filter { $0.hasPrefix(beginning) && ($0.first != "." || beginning.first == ".") }
      .map { Palette.Suggestion(word: path + $0, help: "") }
  }

  /// With the slash at its end; empty where there is none.
  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }
}
