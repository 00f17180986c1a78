/// Where the host's own apt gets Debian's main archive from.
struct AptMirror: Equatable, Sendable {
  var uri: String
  /// The keyrings that the host's source names; empty when it names none.
  var keyrings: [String] = []

  static let fallback = AptMirror(uri: "http://deb.debian.org/debian")
}

/// Reads apt's source lists (sources.list(5)), both the one-line and the deb822 style.
enum AptSources {
  /// The first entry that is Debian's main archive, or nil. A host of another distribution has none.
  /// - Parameter files: names and texts, in apt's order: `sources.list`, then the parts sorted by name.
  static func debianMirror(in files: [(name: String, text: String)]) -> AptMirror? {
    for file in files {
      let entries = file.name.hasSuffix(".sources") ? stanzas(file.text) : lines(file.text)
      if let entry = entries.first(where: \.isDebianMain) {
        return AptMirror(uri: entry.uri, keyrings: entry.keyrings)
      }
    }
    return nil
  }

  struct Entry: Equatable {
    var uri: String
    var suite: String
    var components: [String]
    var keyrings: [String] = []

    /// Security and other archives lie under other paths than `debian`, whatever the mirror.
    var isDebianMain: Bool {
      let path = uri.split(separator: "/").last ?? ""
      return path == "debian" && components.contains("main") && !uri.hasPrefix("cdrom:") && !suite.contains("-security")
    }
  }

  /// The `deb` entries of a one-line-style file.
  static func lines(_ text: String) -> [Entry] {
    text.split(separator: "\n").compactMap { line in
      var words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
      guard words.first == "deb" else { return nil }
      words.removeFirst()
      var keyrings: [String] = []
      if words.first?.hasPrefix("[") == true {
        guard let end = words.firstIndex(where: { $0.hasSuffix("]") }) else { return nil }
        let options = words[...end].map { $0.filter { $0 != "[" && $0 != "]" } }
        for option in options where option.lowercased().hasPrefix("signed-by=") {
          keyrings += paths(option.dropFirst(10).split(separator: ",").map(String.init))
        }
        words.removeFirst(end + 1)
      }
      guard words.count >= 2 else { return nil }
      return Entry(uri: words[0], suite: words[1], components: Array(words[2...]), keyrings: keyrings)
    }
  }

  /// The enabled `deb` entries of a deb822-style file, one for each URI and suite.
  static func stanzas(_ text: String) -> [Entry] {
    var entries: [Entry] = []
    var fields: [String: [String]] = [:]
    var key = ""
    func finish() {
      defer { (fields, key) = ([:], "") }
      guard fields["types"]?.contains("deb") == true, fields["enabled"]?.first?.lowercased() != "no" else { return }
      for uri in fields["uris"] ?? [] {
        for suite in fields["suites"] ?? [] {
          entries.append(
            Entry(
              uri: uri, suite: suite, components: fields["components"] ?? [], keyrings: paths(fields["signed-by"] ?? [])
            ))
        }
      }
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) where !line.hasPrefix("#") {
      let words = { (part: Substring) in part.split { $0 == " " || $0 == "\t" || $0 == "," }.map(String.init) }
      if line.allSatisfy(\.isWhitespace) {
        finish()
      } else if line.hasPrefix(" ") || line.hasPrefix("\t") {
        fields[key, default: []] += words(line)
      } else if let colon = line.firstIndex(of: ":") {
        key = line[..<colon].lowercased()
        fields[key] = words(line[line.index(after: colon)...])
      }
    }
    finish()
    return entries
  }

  /// A source may also hold a key itself, or its fingerprint; those are left to the keyring of the distribution.
  private static func paths(_ values: [String]) -> [String] {
    values.contains("-----BEGIN") ? [] : values.filter { $0.hasPrefix("/") }
  }
}
