import HypervisorModel
import Testing

@testable import GuestImages

@Suite struct CatalogTests {
  @Test func anImageIsListedWithItsSizes() throws {
    try withTemporaryDirectory { directory in
      let catalog = GuestCatalog(cacheDirectory: directory)
      #expect(catalog.list().isEmpty)
      try makeImage(in: catalog)
      let image = try #require(catalog.list().first)
      #expect(image.name == "debian" && image.version == "6.12.0-riscv64")
      #expect(image.kernelSize == Bytes(2) && image.initrdSize == Bytes(3))
      #expect(image.kernelPath == "\(directory)/images/debian/kernel")
    }
  }

  @Test(arguments: ["kernel", "initrd", "image.json"]) func aHalfImageIsNone(missing: String) throws {
    try withTemporaryDirectory { directory in
      let catalog = GuestCatalog(cacheDirectory: directory)
      try makeImage(in: catalog)
      try FileIO.write([7], to: "\(directory)/images/debian/\(missing)")
      #expect(catalog.list().isEmpty)
      #expect(throws: GuestImageError.noSuchImage("debian")) { try catalog.image(named: "debian") }
      try FileIO.removeTree("\(directory)/images/debian/\(missing)")
      #expect(catalog.list().isEmpty)
    }
  }

  @Test func workInProgressIsNotListed() throws {
    try withTemporaryDirectory { directory in
      let catalog = GuestCatalog(cacheDirectory: directory)
      try makeImage(in: catalog)
      try FileIO.rename("\(directory)/images/debian", to: "\(directory)/images/.debian.partial")
      #expect(catalog.list().isEmpty)
    }
  }

  @Test func removingTakesHalfImagesToo() throws {
    try withTemporaryDirectory { directory in
      let catalog = GuestCatalog(cacheDirectory: directory)
      try makeImage(in: catalog)
      try FileIO.removeTree("\(directory)/images/debian/kernel")
      try catalog.remove("debian")
      #expect(throws: GuestImageError.noSuchImage("debian")) { try catalog.remove("debian") }
      #expect(FileIO.files(below: directory).isEmpty)
    }
  }

  @Test(arguments: ["", "..", ".hidden", "../x", "a/b"]) func namesCannotLeaveTheCache(name: String) {
    #expect(throws: GuestImageError.badName(name)) { try GuestCatalog(cacheDirectory: "/nowhere").remove(name) }
  }

  @Test func theCacheIsWhereTheDesktopSpecificationSays() {
    #expect(GuestCatalog.defaultDirectory(environment: ["XDG_CACHE_HOME": "/c", "HOME": "/h"]) == "/c/domus")
    #expect(GuestCatalog.defaultDirectory(environment: ["XDG_CACHE_HOME": "rel", "HOME": "/h"]) == "/h/.cache/domus")
  }

  @Test func addedFilesFollowTheImagesOwnBytes() throws {
    try withTemporaryDirectory { directory in
      let catalog = GuestCatalog(cacheDirectory: directory)
      try makeImage(in: catalog)
      try FileIO.write([0x42], to: "\(directory)/bench")
      let image = try catalog.image(named: "debian")
      let file = InitrdFile(path: "/init", hostFile: "\(directory)/bench")
      try catalog.makeInitrd(from: image, adding: [file], to: "\(directory)/new")
      let bytes = try FileIO.read("\(directory)/new")
      #expect(bytes.starts(with: [1, 2, 3]))
      #expect(Array(bytes.dropFirst(3)) == (try InitrdBuilder.archive(of: [file])))
    }
  }

  @Test func anOlderVersionsScriptsAreRenewedWithoutANetwork() throws {
    try withTemporaryDirectory { directory in
      let catalog = GuestCatalog(cacheDirectory: directory)
      try makeImage(in: catalog)
      let image = try GuestFetcher(catalog: catalog).fetch()
      let scripts = try InitrdBuilder.domusArchive()
      #expect(image.initrdSize == Bytes(UInt64(3 + scripts.count)))
      #expect(try FileIO.read(image.initrdPath) == [1, 2, 3] + scripts)
      #expect(try FileIO.read(image.kernelPath) == [9, 9])
      #expect(try GuestFetcher(catalog: catalog).fetch() == image)
      #expect(FileIO.files(below: "\(directory)/images").count == 3)
    }
  }

  @Test func aMissingFileIsNamed() {
    #expect(throws: GuestImageError.file(path: "/nowhere/x", action: "read", reason: "No such file or directory")) {
      try InitrdBuilder.archive(of: [InitrdFile(path: "x", hostFile: "/nowhere/x")])
    }
  }
}
