import FoundationEssentials
import HypervisorModel

/// The guest images in a user's cache.
///
/// Each image is a directory `images/NAME` with `kernel`, `initrd` and `image.json`. It appears by one rename, and a
/// directory whose files do not have the recorded sizes is not an image. Any thread may call.
public struct GuestCatalog: Sendable {
  /// Where everything is kept: images, and apt's state while a fetch is under way.
  public let cacheDirectory: String

  /// - Parameter cacheDirectory: by default `$XDG_CACHE_HOME/domus` or `~/.cache/domus`.
  public init(cacheDirectory: String? = nil) {
    self.cacheDirectory = cacheDirectory ?? Self.defaultDirectory(environment: ProcessInfo.processInfo.environment)
  }

  /// The whole images, sorted by name; none when there is no cache yet.
  public func list() -> [GuestImage] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: imagesDirectory)) ?? []
    return names.sorted().compactMap { try? image(named: $0) }
  }

  /// The image of that name, if it is whole.
  public func image(named name: String) throws(GuestImageError) -> GuestImage {
    let directory = try directory(of: name)
    guard let data = try? FileIO.read("\(directory)/\(ImageRecord.fileName)"),
      let record = try? JSONDecoder().decode(ImageRecord.self, from: Data(data))
    else { throw .noSuchImage(name) }
    let image = GuestImage(
      name: name, version: record.version, kernelPath: "\(directory)/kernel", initrdPath: "\(directory)/initrd",
      kernelSize: Bytes(record.kernelSize), initrdSize: Bytes(record.initrdSize), date: record.date)
    guard FileIO.size(of: image.kernelPath) == record.kernelSize,
      FileIO.size(of: image.initrdPath) == record.initrdSize
    else { throw .noSuchImage(name) }
    return image
  }

  /// Removes the image, or what is left of one. Guests that run from it have read their files and go on.
  public func remove(_ name: String) throws(GuestImageError) {
    let directory = try directory(of: name)
    guard FileIO.exists(directory) else { throw .noSuchImage(name) }
    // Renamed first, so that an interrupted removal leaves no half image under the name.
    let doomed = "\(imagesDirectory)/.\(name).removed"
    try FileIO.removeTree(doomed)
    try FileIO.rename(directory, to: doomed)
    try FileIO.removeTree(doomed)
  }

  var imagesDirectory: String { "\(cacheDirectory)/images" }

  func directory(of name: String) throws(GuestImageError) -> String {
    guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), !name.contains("\0") else { throw .badName(name) }
    return "\(imagesDirectory)/\(name)"
  }

  /// The record beside a whole image.
  func record(of image: GuestImage) throws(GuestImageError) -> ImageRecord {
    let data = try FileIO.read("\(directory(of: image.name))/\(ImageRecord.fileName)")
    guard let record = try? JSONDecoder().decode(ImageRecord.self, from: Data(data)) else {
      throw .noSuchImage(image.name)
    }
    return record
  }

  /// The XDG base directory specification ignores values that are not absolute paths.
  static func defaultDirectory(environment: [String: String]) -> String {
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return "\(cache)/domus" }
    return "\(environment["HOME"] ?? "/root")/.cache/domus"
  }
}
