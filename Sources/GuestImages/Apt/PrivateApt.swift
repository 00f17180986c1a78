import FoundationEssentials

/// An apt of our own beside the host's: its configuration for proxies and the like, but state, sources and architecture apart.
/// It needs no privilege and changes nothing outside its directory.
struct PrivateApt {
  let directory: String
  let mirror: AptMirror
  /// Existing keyring files; a signature by any of them counts.
  let keyrings: [String]
  /// The suite's name in the mirror, such as `trixie`.
  let suite: String

  static let codename = "trixie"

  /// Where apt puts what it downloads; parts of files stay in `partial` below it, and the next download goes on from there.
  var archives: String { "\(directory)/cache/archives" }

  /// Reads the suite's index.
  func update(progress: (Double) -> Void) throws(GuestImageError) {
    try prepare()
    // Without the error mode apt calls an index that it could not get a warning, and goes on with an older one or none.
    try run("apt-get", ["-o", "APT::Update::Error-Mode=any", "update"], progress: progress)
    guard try releaseCodename() == Self.codename else {
      throw .network(mirror: mirror.uri, detail: "its suite \(suite) is not Debian \(Self.codename)")
    }
  }

  /// The package that a metapackage stands for: its first dependency that starts with `prefix`.
  func dependency(of package: String, startingWith prefix: String) throws(GuestImageError) -> String {
    let output = try run("apt-cache", ["show", "--no-all-versions", package])
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
    let depends = lines.first { $0.hasPrefix("Depends: ") }?.dropFirst(9) ?? ""
    let names = depends.split { $0 == "," || $0 == "|" }.compactMap { $0.split(separator: " ").first.map(String.init) }
    guard let name = names.first(where: { $0.hasPrefix(prefix) }) else {
      throw .unexpectedContent("\(package) depends on no \(prefix)* package")
    }
    return name
  }

  /// Downloads and verifies packages; returns the paths of their files, in the order of `packages`.
  func download(_ packages: [String], progress: (Double) -> Void) throws(GuestImageError) -> [String] {
    try run("apt-get", ["download"] + packages, progress: progress)
    let files = FileIO.files(below: archives).filter { !$0.contains("/") && $0.hasSuffix(".deb") }
    var paths: [String] = []
    for package in packages {
      guard let file = files.last(where: { $0.hasPrefix("\(package)_") }) else {
        throw .unexpectedContent("apt did not leave a file of \(package) in \(archives)")
      }
      paths.append("\(archives)/\(file)")
    }
    return paths
  }

  private var configurationFile: String { "\(directory)/apt.conf" }

  private func prepare() throws(GuestImageError) {
    for path in ["state/lists/partial", "cache/archives/partial"] { try FileIO.makeDirectory("\(directory)/\(path)") }
    try FileIO.write([], to: "\(directory)/state/status")
    let source = "deb [arch=riscv64 signed-by=\(keyrings.joined(separator: ","))] \(mirror.uri) \(suite) main\n"
    try FileIO.write(Array(source.utf8), to: "\(directory)/sources.list")
    try FileIO.write(Array(configuration.utf8), to: configurationFile)
  }

  /// Read after the host's configuration, so it wins. The host's hooks would touch the host.
  private var configuration: String {
    """
    #clear APT::Update::Pre-Invoke;
    #clear APT::Update::Post-Invoke;
    #clear APT::Update::Post-Invoke-Success;
    #clear APT::Architectures;
    APT::Architecture "riscv64";
    APT::Architectures { "riscv64"; };
    APT::Sandbox::User "root";
    APT::Get::AllowUnauthenticated "false";
    Acquire::AllowInsecureRepositories "false";
    Acquire::Languages "none";
    Acquire::Retries "2";
    Dir::Etc::sourcelist "\(directory)/sources.list";
    Dir::Etc::sourceparts "/dev/null";
    Dir::Etc::preferences "/dev/null";
    Dir::Etc::preferencesparts "/dev/null";
    Dir::State "\(directory)/state";
    Dir::State::status "\(directory)/state/status";
    Dir::Cache "\(directory)/cache";

    """
  }

  /// What the verified release file calls itself.
  private func releaseCodename() throws(GuestImageError) -> String? {
    let lists = "\(directory)/state/lists"
    for file in FileIO.files(below: lists)
    where file.hasSuffix("_dists_\(suite)_InRelease") || file.hasSuffix("_Release") {
      let lines = String(decoding: try FileIO.read("\(lists)/\(file)"), as: UTF8.self).split(separator: "\n")
      if let line = lines.first(where: { $0.hasPrefix("Codename: ") }) { return String(line.dropFirst(10)) }
    }
    return nil
  }

  @discardableResult
  private func run(
    _ program: String, _ arguments: [String], progress: (Double) -> Void = { _ in }
  ) throws(GuestImageError) -> [UInt8] {
    var reader = AptProgress()
    let options = ["-c", configurationFile, "-o", "APT::Status-Fd=1"]
    do throws(GuestImageError) {
      return try Pipeline(program, options + arguments, in: archives).run { bytes in
        if let fraction = reader.receive(bytes) { progress(fraction) }
      }
    } catch {
      throw classified(error)
    }
  }

  /// Tells from apt's words what went wrong, for it has one exit status for everything.
  func classified(_ error: GuestImageError) -> GuestImageError {
    guard case .programFailed(_, let detail) = error else { return error }
    let text = detail.lowercased()
    let says = { (words: [String]) in words.contains { text.contains($0) } }
    if says(["no space left", "enough free space"]) { return .diskFull(path: directory, needed: nil) }
    if says(["could not get lock", "unable to lock"]) { return .busy(path: directory) }
    if says(["no_pubkey", "not signed", "gpg error", "signatures", "badsig", "expkeysig"]) {
      return .untrusted(mirror: mirror.uri, detail: detail)
    }
    if says([
      "failed to fetch", "resolv", "connect", "unreachable", "timed out", "unable to locate", "no packages found",
    ]) {
      return .network(mirror: mirror.uri, detail: detail)
    }
    return error
  }
}
