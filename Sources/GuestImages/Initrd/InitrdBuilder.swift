/// Builds the two archives of a guest's initrd: what comes from Debian's packages, and what comes from Domus.
///
/// They are not compressed: inflating would cost every boot more guest instructions than the bytes are worth.
enum InitrdBuilder {
  /// Drivers that the guest loads at boot are stored as they are, since unpacking them would cost every guest time;
  /// the others stay compressed, since they are large, cost every guest memory, and few guests load them.
  static let bootModules = ["virtio_mmio", "virtio_blk", "virtio_net", "virtio_balloon", "virtio_rng"]
  static let otherModules = ["ext4", "9p", "9pnet_virtio"]

  /// Busybox, its links and the kernel's modules.
  /// - Parameters:
  ///   - release: the kernel's release, which names the directory of its modules.
  ///   - modulesDirectory: where the package's `lib/modules/RELEASE` has been unpacked.
  static func packagedArchive(
    busybox: [UInt8], release: String, modulesDirectory: String
  ) throws(GuestImageError) -> [UInt8] {
    let applets = BusyboxApplets.names(in: busybox)
    guard ["init", "sh", "modprobe", "mount"].allSatisfy(applets.contains) else {
      throw .unexpectedContent("busybox-static has no list of applets, or one without init, sh, modprobe and mount")
    }
    var archive = CpioArchive()
    for path in ["dev", "proc", "sys", "run", "mnt", "root"] { archive.add(path, mode: 0o755, .directory) }
    archive.add("tmp", mode: 0o1777, .directory)
    // The kernel opens it for init before devtmpfs is mounted.
    archive.add("dev/console", mode: 0o600, .characterDevice(major: 5, minor: 1))
    archive.add("bin/busybox", mode: 0o755, .file(busybox))
    for applet in applets where applet != "busybox" {
      archive.add("bin/\(applet)", mode: 0o777, .symbolicLink(to: "busybox"))
    }
    archive.add("sbin", mode: 0o777, .symbolicLink(to: "bin"))
    archive.add("usr/bin", mode: 0o777, .symbolicLink(to: "../bin"))
    archive.add("usr/sbin", mode: 0o777, .symbolicLink(to: "../bin"))
    try addModules(release: release, from: modulesDirectory, to: &archive)
    return archive.encoded()
  }

  /// The scripts and the configuration of Domus, and files to add; it follows the packaged archive.
  static func domusArchive(adding files: [InitrdFile] = []) throws(GuestImageError) -> [UInt8] {
    var archive = CpioArchive()
    for script in GuestScripts.all { archive.add(script.path, mode: script.mode, .file(Array(script.text.utf8))) }
    try add(files, to: &archive)
    return archive.encoded()
  }

  /// An archive of files of the host.
  static func archive(of files: [InitrdFile]) throws(GuestImageError) -> [UInt8] {
    var archive = CpioArchive()
    try add(files, to: &archive)
    return archive.encoded()
  }

  private static func add(_ files: [InitrdFile], to archive: inout CpioArchive) throws(GuestImageError) {
    for file in files {
      let path = String(file.path.drop { $0 == "/" })
      archive.add(path, mode: file.mode & 0o7777, .file(try FileIO.read(file.hostFile)))
    }
  }

  private static func addModules(
    release: String, from directory: String, to archive: inout CpioArchive
  ) throws(GuestImageError) {
    let suffix = ".ko.xz"
    var files: [String: String] = [:]
    for path in FileIO.files(below: directory) where path.hasSuffix(suffix) {
      let name = path.split(separator: "/").last.map { String($0.dropLast(suffix.count)) } ?? ""
      files[KernelModule.normalized(name)] = "\(directory)/\(path)"
    }
    var objects: [String: [UInt8]] = [:]
    let set = try ModuleSet(wanted: bootModules + otherModules) { (name) throws(GuestImageError) in
      guard let file = files[name] else { return nil }
      let object = try Pipeline("xz", ["--decompress", "--stdout", file]).run()
      objects[name] = object
      guard let module = KernelModule(name: name, object: object) else {
        throw .unexpectedContent("\(file) is no kernel module")
      }
      return module
    }
    let plain = Set(bootModules + bootModules.flatMap(set.closure))
    let root = "lib/modules/\(release)"
    for name in set.modules.keys {
      guard let file = files[name], let object = objects[name] else { continue }
      if plain.contains(name) {
        archive.add("\(root)/\(name).ko", mode: 0o644, .file(object))
      } else {
        archive.add("\(root)/\(name)\(suffix)", mode: 0o644, .file(try FileIO.read(file)))
      }
    }
    let table = set.dependencyTable { plain.contains($0) ? "\($0).ko" : "\($0)\(suffix)" }
    archive.add("\(root)/modules.dep", mode: 0o644, .file(Array(table.utf8)))
    archive.add("\(root)/modules.alias", mode: 0o644, .file(Array(set.aliasTable.utf8)))
  }
}
