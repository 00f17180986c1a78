/// A virtual disk as the operator describes it, in the words of xl-disk-configuration(5).
public struct DiskSpec: Hashable, Codable, Sendable {
  /// The format of the image.
  public enum Format: String, Hashable, Codable, Sendable, CaseIterable {
    case raw, qcow, qcow2, vhd, qed
  }

  /// Who serves it on a Xen host.
  public enum BackendType: String, Hashable, Codable, Sendable, CaseIterable {
    case phy, tap, qdisk, standalone
  }

  /// The image or block device. Nil: an empty CD drive.
  public var target: String?
  public var format: Format
  /// As the guest calls it: `xvda`, `sdb1`, `hdc`, `d0p1`.
  public var device: String
  public var isReadOnly: Bool
  public var isCDROM: Bool
  /// The domain that serves it. Nil: Domain-0.
  public var backend: String?
  /// Nil: the host chooses.
  public var backendType: BackendType?
  /// What makes `target` a block device. Nil: nothing has to.
  public var script: String?
  /// Whether the backend may use O_DIRECT.
  public var isDirectIOSafe: Bool
  /// Whether the guest may discard blocks. Nil: as the image allows.
  public var discard: Bool?

  public init(
    target: String?, format: Format = .raw, device: String, isReadOnly: Bool = false, isCDROM: Bool = false,
    backend: String? = nil, backendType: BackendType? = nil, script: String? = nil, isDirectIOSafe: Bool = false,
    discard: Bool? = nil
  ) {
    self.target = target
    self.format = format
    self.device = device
    self.isReadOnly = isReadOnly
    self.isCDROM = isCDROM
    self.backend = backend
    self.backendType = backendType
    self.script = script
    self.isDirectIOSafe = isDirectIOSafe
    self.discard = discard
  }
}

extension DiskSpec {
  /// Reads a disk in xl's words, `TARGET,FORMAT,VDEV,ACCESS` or `KEY=VALUE`s with `target=` last, or in xm's old ones,
  /// `phy:/dev/vg/web,xvda,w`. Throws what is wrong, with what would be right.
  public init(xl text: String) throws(HypervisorError) {
    var reading = DiskReading()
    var rest = text[...]
    while !rest.isEmpty {
      let piece = rest.prefix { $0 != "," }
      // A target may hold commas: it goes to the end.
      if let target = Self.value(of: "target", in: rest) {
        try reading.setTarget(target)
        break
      }
      try reading.add(piece)
      rest = rest.dropFirst(piece.count + 1)
    }
    self = try reading.disk()
  }

  fileprivate static func value(of key: String, in text: Substring) -> Substring? {
    let start = text.drop { $0 == " " }
    return start.lowercased().hasPrefix(key + "=") ? start.dropFirst(key.count + 1) : nil
  }

  /// In xl's words.
  public var xl: String {
    var words = ["format=\(format.rawValue)", "vdev=\(device)", isReadOnly ? "access=ro" : "access=rw"]
    if isCDROM { words.append("devtype=cdrom") }
    if let backend { words.append("backend=\(backend)") }
    if let backendType { words.append("backendtype=\(backendType.rawValue)") }
    if let script { words.append("script=\(script)") }
    if isDirectIOSafe { words.append("direct-io-safe") }
    if let discard { words.append(discard ? "discard" : "no-discard") }
    if let target { words.append("target=\(target)") }
    return words.joined(separator: ",")
  }
}

/// A disk that is being read, word by word.
private struct DiskReading {
  private var target: String?
  private var format: DiskSpec.Format?
  private var device: String?
  private var isReadOnly = false
  private var isCDROM = false
  private var backend: String?
  private var backendType: DiskSpec.BackendType?
  private var script: String?
  private var isDirectIOSafe = false
  private var discard: Bool?
  /// How many words without a key there were.
  private var position = 0
  /// xm's order, without a format.
  private var isOldForm = false

  mutating func add(_ piece: Substring) throws(HypervisorError) {
    let word = piece.trimmingBlanks
    switch word {
    case "cdrom": isCDROM = true
    case "direct-io-safe": isDirectIOSafe = true
    case "discard": discard = true
    case "no-discard": discard = false
    default:
      if position > 0 || !word.hasPrefix("/"), let sign = word.firstIndex(of: "=") {
        return try set(word[..<sign].lowercased(), String(word[word.index(after: sign)...]))
      }
      try addPositional(word)
    }
  }

  private mutating func set(_ key: String, _ value: String) throws(HypervisorError) {
    switch key {
    case "format": try setFormat(value)
    case "vdev": try setDevice(value)
    case "access": try setAccess(value)
    case "devtype":
      guard ["cdrom", "disk"].contains(value) else { throw wrong("devtype", value, "cdrom or disk") }
      isCDROM = value == "cdrom"
    case "backend", "backenddomain": backend = value
    case "script": script = value
    case "backendtype":
      guard let type = DiskSpec.BackendType(rawValue: value) else {
        throw wrong("backendtype", value, DiskSpec.BackendType.allCases.map(\.rawValue).joined(separator: ", "))
      }
      backendType = type
    default: throw .invalid("unknown key '\(MessageText.printable(key))' in a disk")
    }
  }

  private mutating func addPositional(_ word: String) throws(HypervisorError) {
    defer { position += 1 }
    switch (position, isOldForm) {
    case (0, _): try setTarget(word[...])
    case (1, _) where !word.isEmpty && DiskSpec.Format(rawValue: word.lowercased()) == nil:
      isOldForm = true
      try setDevice(word)
    case (1, _): if !word.isEmpty { try setFormat(word) }
    case (2, true), (3, false): try setAccess(word)
    case (2, false): try setDevice(word)
    default: throw .invalid("'\(MessageText.printable(word))' is one word too many in a disk")
    }
  }

  /// The prefixes are deprecated since Xen 4.2, and still taken.
  mutating func setTarget(_ text: Substring) throws(HypervisorError) {
    var text = text
    let prefixes = ["phy:", "file:", "aio:", "tap:", "tap2:"] + DiskSpec.Format.allCases.map { $0.rawValue + ":" }
    while let prefix = prefixes.first(where: { text.hasPrefix($0) }) {
      text = text.dropFirst(prefix.count)
      let word = String(prefix.dropLast())
      if word == "phy" { backendType = .phy }
      if let named = DiskSpec.Format(rawValue: word) { format = named }
    }
    guard !text.contains(where: { $0 == "\0" || $0.isNewline }) else {
      throw .invalid("a disk's target can't contain line breaks")
    }
    target = text.isEmpty ? nil : String(text)
  }

  private mutating func setFormat(_ word: String) throws(HypervisorError) {
    guard let named = DiskSpec.Format(rawValue: word.lowercased()) else {
      throw wrong("format", word, DiskSpec.Format.allCases.map(\.rawValue).joined(separator: ", "))
    }
    format = named
  }

  private mutating func setDevice(_ word: String) throws(HypervisorError) {
    var name = word[...]
    if name.hasSuffix(":cdrom") {
      isCDROM = true
      name = name.dropLast(6)
    }
    guard !name.isEmpty, name.utf8.count <= 32, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw wrong("device", word, "a name such as xvda")
    }
    device = String(name)
  }

  private mutating func setAccess(_ word: String) throws(HypervisorError) {
    switch word.lowercased() {
    case "r", "ro", "readonly": isReadOnly = true
    case "w", "rw", "": isReadOnly = false
    default: throw wrong("access", word, "ro or rw")
    }
  }

  private func wrong(_ what: String, _ word: String, _ right: String) -> HypervisorError {
    .invalid("'\(MessageText.printable(word))' is not a valid \(what) of a disk; it must be \(right)")
  }

  func disk() throws(HypervisorError) -> DiskSpec {
    guard let device else { throw .invalid("a disk needs the device that the guest sees, such as vdev=xvda") }
    guard target != nil || isCDROM else { throw .invalid("disk '\(device)' needs a target, such as /srv/web.img") }
    return DiskSpec(
      target: target, format: format ?? .raw, device: device, isReadOnly: isReadOnly || isCDROM, isCDROM: isCDROM,
      backend: backend, backendType: backendType, script: script, isDirectIOSafe: isDirectIOSafe, discard: discard)
  }
}

extension Substring {
  /// Without blanks around it.
  var trimmingBlanks: String {
    var text = drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
