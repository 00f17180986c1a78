extension DomainConfig {
  /// The longest name of a domain, in bytes of UTF-8.
  static let maximumNameLength = 128

  /// What keeps a text from being a domain's name, as the end of a sentence that begins with what it is; nil where nothing
  /// does. Whoever makes or renames a domain asks: a name reaches other people's terminals, logs and shells.
  package static func fault(ofName name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name.utf8.count > maximumNameLength { return "is longer than \(maximumNameLength) bytes" }
    if name.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      return "is '\(name)', which would be taken for a domain id; add a letter"
    }
    if name == "Domain-0" { return "is 'Domain-0', which is the host's own domain; choose another" }
    let harmless = MessageText.harmless(name)
    if harmless != name {
      return "'\(MessageText.printable(name))' holds a character that isn't shown or that controls a terminal"
    }
    return nil
  }
}
