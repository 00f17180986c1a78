import FoundationEssentials
import HypervisorModel

extension GuestFetcher {
  /// Unpacks what is needed, builds the initrd, and puts the image in its place by one rename.
  func build(
    release: String, kernelPackage: String, busyboxPackage: String, _ progress: (FetchProgress) -> Void
  ) throws(GuestImageError) -> GuestImage {
    let work = "\(catalog.imagesDirectory)/.\(Self.imageName).partial"
    try FileIO.removeTree(work)
    let root = "\(work)/root"
    try FileIO.makeDirectory(root)
    progress(FetchProgress(stage: .unpacking, fraction: 0))
    try Self.unpack(busyboxPackage, members: ["*bin/busybox"], into: root)
    // Only the folders in which the drivers and what they depend on can lie: the package's modules are a hundred MiB.
    let folders = ["drivers/virtio", "drivers/block", "drivers/net", "drivers/char/hw_random", "net/core", "net/9p"]
    let modules = (folders + ["fs", "lib", "crypto"]).map { "*lib/modules/*/kernel/\($0)/*" }
    try Self.unpack(kernelPackage, members: ["./boot/vmlinu*"] + modules, into: root)
    progress(FetchProgress(stage: .building, fraction: 0))

    let kernel = try FileIO.read(Self.file(below: root, containing: "boot/vmlinu", in: kernelPackage))
    guard Self.isRISCVImage(kernel) else {
      throw .unexpectedContent("the kernel of \(release) is no RISC-V Image")
    }
    let busybox = try FileIO.read(Self.file(below: root, containing: "bin/busybox", in: busyboxPackage))
    let module = try Self.file(below: root, containing: "/virtio_mmio.ko", in: kernelPackage)
    let modulesDirectory = module.firstRange(of: "/kernel/").map { String(module[..<$0.lowerBound]) } ?? root
    let packaged = try InitrdBuilder.packagedArchive(
      busybox: busybox, release: release, modulesDirectory: modulesDirectory)
    progress(FetchProgress(stage: .building, fraction: 0.8))
    try FileIO.removeTree(root)
    let initrd = packaged + (try domusArchive())
    try FileIO.write(kernel, to: "\(work)/kernel")
    try FileIO.write(initrd, to: "\(work)/initrd")
    let record = ImageRecord(
      version: release, kernelSize: UInt64(kernel.count), initrdSize: UInt64(initrd.count),
      packagedSize: UInt64(packaged.count), date: Date())
    try Self.write(record, into: work)
    try install(work)
    progress(FetchProgress(stage: .building, fraction: 1))
    return try catalog.image(named: Self.imageName)
  }

  /// The image with this version's scripts in it. The record's sizes keep a half-renewed one from being taken for whole.
  func renewed(_ image: GuestImage) throws(GuestImageError) -> GuestImage {
    var record = try catalog.record(of: image)
    let bytes = try FileIO.read(image.initrdPath)
    guard let packagedSize = Int(exactly: record.packagedSize), packagedSize <= bytes.count else { return image }
    let wanted = try domusArchive()
    guard !bytes[packagedSize...].elementsEqual(wanted) else { return image }
    let initrd = bytes[..<packagedSize] + wanted
    record.initrdSize = UInt64(initrd.count)
    // Made whole beside it and exchanged as a whole, as for a new image.
    let work = "\(catalog.imagesDirectory)/.\(image.name).partial"
    try FileIO.removeTree(work)
    try FileIO.makeDirectory(work)
    try FileIO.link(image.kernelPath, at: "\(work)/kernel")
    try FileIO.write(Array(initrd), to: "\(work)/initrd")
    try Self.write(record, into: work)
    try install(work)
    return try catalog.image(named: image.name)
  }

  private func domusArchive() throws(GuestImageError) -> [UInt8] {
    try InitrdBuilder.domusArchive(adding: extraFiles)
  }

  private func install(_ work: String) throws(GuestImageError) {
    let place = try catalog.directory(of: Self.imageName)
    guard FileIO.exists(place) else { return try FileIO.rename(work, to: place) }
    try FileIO.replace(place, with: work)
  }

  private static func write(_ record: ImageRecord, into directory: String) throws(GuestImageError) {
    guard let data = try? JSONEncoder().encode(record) else {
      throw .unexpectedContent("the record of the image cannot be written as JSON")
    }
    try FileIO.write(Array(data), to: "\(directory)/\(ImageRecord.fileName)")
  }

  private static func unpack(_ package: String, members: [String], into directory: String) throws(GuestImageError) {
    let options = ["--extract", "--no-same-owner", "--wildcards", "--directory", directory, "--"]
    try Pipeline([
      Pipeline.Command(program: "dpkg-deb", arguments: ["--fsys-tarfile", package]),
      Pipeline.Command(program: "tar", arguments: options + members),
    ]).run()
  }

  private static func file(
    below root: String, containing part: String, in package: String
  ) throws(GuestImageError) -> String {
    guard let path = FileIO.files(below: root).first(where: { $0.contains(part) }) else {
      throw .unexpectedContent("\(package) holds no \(part)*")
    }
    return "\(root)/\(path)"
  }

  /// The magic numbers of Linux' Documentation/arch/riscv/boot-image-header.rst.
  private static func isRISCVImage(_ kernel: [UInt8]) -> Bool {
    kernel.count > 64 && kernel[0x30..<0x35].elementsEqual("RISCV".utf8)
      && kernel[0x38..<0x3c].elementsEqual("RSC\u{5}".utf8)
  }
}
