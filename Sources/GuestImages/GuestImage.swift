import FoundationEssentials
import HypervisorModel

/// A kernel and an initrd in the cache, both whole.
public struct GuestImage: Codable, Equatable, Sendable {
  /// What commands call it, such as `debian`.
  public let name: String
  /// The kernel's release, such as `6.12.48+deb13-riscv64`.
  public let version: String
  /// A Linux `Image` for RV64GC.
  public let kernelPath: String
  /// An uncompressed cpio archive.
  public let initrdPath: String
  public let kernelSize: Bytes
  public let initrdSize: Bytes
  /// When it was fetched.
  public let date: Date
}

/// What is written beside the files of an image; it is written last, and the sizes tell whether the files are whole.
struct ImageRecord: Codable, Equatable {
  static let fileName = "image.json"

  var version: String
  var kernelSize: UInt64
  var initrdSize: UInt64
  /// How much of the initrd comes from the packages; our own scripts follow it as a second archive.
  var packagedSize: UInt64
  var date: Date
}
