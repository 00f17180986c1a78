/// A file of the host that goes into an initrd.
public struct InitrdFile: Equatable, Sendable {
  /// Where it stands in the guest, without a leading slash, such as `bin/bench` or `init`.
  public let path: String
  public let hostFile: String
  /// Its permission bits.
  public let mode: UInt16

  public init(path: String, hostFile: String, mode: UInt16 = 0o755) {
    self.path = path
    self.hostFile = hostFile
    self.mode = mode
  }
}

extension GuestCatalog {
  /// Writes an initrd that is the image's with `files` added or put in place of its own, such as another `init`.
  /// The kernel unpacks concatenated archives in turn, so the image's own bytes stay as they are.
  public func makeInitrd(
    from image: GuestImage, adding files: [InitrdFile], to outputPath: String
  ) throws(GuestImageError) {
    var bytes = try FileIO.read(image.initrdPath)
    bytes += try InitrdBuilder.archive(of: files)
    try FileIO.write(bytes, to: outputPath)
  }
}
