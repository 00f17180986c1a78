import FoundationEssentials
import Glibc
import HypervisorModel

/// How far a fetch is.
public struct FetchProgress: Equatable, Sendable {
  public enum Stage: String, Sendable, CaseIterable {
    case reading = "reading the package index"
    case downloading = "downloading the kernel and busybox"
    case unpacking = "unpacking"
    case building = "building the initrd"
  }

  public let stage: Stage
  /// Of the stage, from 0 to 1.
  public let fraction: Double

  /// Of the whole fetch, from 0 to 1.
  public var total: Double {
    switch stage {
    case .reading: 0.1 * fraction
    case .downloading: 0.1 + 0.75 * fraction
    case .unpacking: 0.85 + 0.1 * fraction
    case .building: 0.95 + 0.05 * fraction
    }
  }
}

/// Makes the image `debian`: Debian's own riscv64 kernel, verified by apt, and an initrd with busybox.
///
/// A fetch blocks its thread; one at a time works in a cache. It may be interrupted at any point: no half image appears,
/// and the next fetch resumes the download.
public struct GuestFetcher: Sendable {
  public static let imageName = "debian"

  public let catalog: GuestCatalog
  let extraFiles: [InitrdFile]
  /// Of apt's index, the package, what is unpacked of it, and the image.
  private static let neededSpace = Bytes.mebibytes(320)

  /// - Parameter extraFiles: files to add to the initrd.
  public init(catalog: GuestCatalog = GuestCatalog(), extraFiles: [InitrdFile] = []) {
    self.catalog = catalog
    self.extraFiles = extraFiles
  }

  /// Returns the image, fetching it unless it is there. Of an image that another version of Domus made, only what
  /// comes from Domus is renewed, which needs no network.
  /// - Parameters:
  ///   - again: fetch even if there is an image, for a newer kernel.
  ///   - progress: called on the caller's thread.
  @discardableResult
  public func fetch(
    again: Bool = false, progress: (FetchProgress) -> Void = { _ in }
  ) throws(GuestImageError) -> GuestImage {
    try FileIO.makeDirectory(catalog.imagesDirectory)
    let lock = try lockCache()
    defer { close(lock) }
    if !again, let image = try? catalog.image(named: Self.imageName) { return try renewed(image) }
    for program in ["apt-get", "apt-cache", "dpkg-deb", "tar", "xz"] where !Pipeline.isInstalled(program) {
      throw .missingProgram(program)
    }
    if let free = FileIO.freeSpace(at: catalog.cacheDirectory), free < Self.neededSpace.rawValue {
      throw .diskFull(path: catalog.cacheDirectory, needed: Self.neededSpace)
    }
    let apt = try readIndex { progress(FetchProgress(stage: .reading, fraction: $0)) }
    let kernel = try apt.dependency(of: "linux-image-riscv64", startingWith: "linux-image-")
    let packages = try apt.download([kernel, "busybox-static"]) {
      progress(FetchProgress(stage: .downloading, fraction: $0))
    }
    let release = String(kernel.dropFirst("linux-image-".count))
    let image = try build(release: release, kernelPackage: packages[0], busyboxPackage: packages[1], progress)
    try FileIO.removeTree(apt.directory)
    return image
  }

  /// The kernel closes it with the process, however that ends.
  private func lockCache() throws(GuestImageError) -> Int32 {
    let path = "\(catalog.cacheDirectory)/fetch.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .file(path: path, action: "open", reason: String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .busy(path: path)
    }
    return descriptor
  }

  /// The first source that works: the host's mirror, then Debian's; by the codename, then by the name `stable`, since
  /// caching mirrors may hold an outdated index of one of them. The release file must name the right codename anyway.
  private func readIndex(_ progress: (Double) -> Void) throws(GuestImageError) -> PrivateApt {
    let own = AptSources.debianMirror(in: Self.hostSources())
    let mirrors = [own, .fallback].compactMap(\.self)
    var firstError: GuestImageError?
    for mirror in mirrors where firstError == nil || mirror.uri != mirrors[0].uri {
      for suite in [PrivateApt.codename, "stable"] {
        let apt = PrivateApt(
          directory: "\(catalog.cacheDirectory)/apt", mirror: mirror, keyrings: try Self.keyrings(for: mirror),
          suite: suite)
        do throws(GuestImageError) {
          try apt.update(progress: progress)
          return apt
        } catch {
          switch error {
          case .network, .untrusted: firstError = firstError ?? error
          default: throw error
          }
        }
      }
    }
    throw firstError ?? .network(mirror: AptMirror.fallback.uri, detail: "no source worked")
  }

  private static func hostSources() -> [(name: String, text: String)] {
    let parts = "/etc/apt/sources.list.d"
    let names = FileIO.files(below: parts).filter { $0.hasSuffix(".list") || $0.hasSuffix(".sources") }
    return (["/etc/apt/sources.list"] + names.map { "\(parts)/\($0)" }).compactMap { path in
      (try? FileIO.read(path)).map { (path, String(decoding: $0, as: UTF8.self)) }
    }
  }

  private static func keyrings(for mirror: AptMirror) throws(GuestImageError) -> [String] {
    let known = ["gpg", "pgp"].map { "/usr/share/keyrings/debian-archive-keyring.\($0)" }
    let candidates = mirror.keyrings.isEmpty ? known : mirror.keyrings
    let existing = candidates.filter(FileIO.exists)
    guard let first = existing.first else { throw .missingKeyring(candidates) }
    return mirror.keyrings.isEmpty ? [first] : existing
  }
}
