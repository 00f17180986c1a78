import Glibc
import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct MemoryBackingTests {
  private let start = PhysicalAddress(GuestMemory.base)

  @Test func sharedMemoryIsSeenByAllWhoMapItsFile() throws {
    let file = try MemoryFile(size: .mebibytes(1))
    let a = try GuestMemory(size: .mebibytes(1), backing: .shared(file))
    let b = try GuestMemory(size: .mebibytes(1), backing: .shared(file))
    #expect(a.write(start, [1, 2, 3]))
    #expect(b.read(start, count: 3) == [1, 2, 3])
  }

  @Test func aPrivateCopyBeginsWithTheFileAndKeepsItsWritesToItself() throws {
    let file = try MemoryFile(size: .mebibytes(1))
    let template = try GuestMemory(size: .mebibytes(1), backing: .shared(file))
    #expect(template.write(start, [1, 2, 3]))
    let a = try GuestMemory(size: .mebibytes(1), backing: .privateCopy(of: file))
    let b = try GuestMemory(size: .mebibytes(1), backing: .privateCopy(of: file))
    #expect(a.write(start, [9]))
    #expect(a.read(start, count: 3) == [9, 2, 3])
    #expect(b.read(start, count: 3) == [1, 2, 3])
    #expect(template.read(start, count: 3) == [1, 2, 3])
  }

  @Test func aPrivateCopyCountsOnlyWhatItHasWritten() throws {
    let file = try MemoryFile(size: .mebibytes(1))
    let template = try GuestMemory(size: .mebibytes(1), backing: .shared(file))
    #expect(template.write(start, [UInt8](repeating: 1, count: 1 << 20)))
    #expect(template.residentSize() == .mebibytes(1))
    let copy = try GuestMemory(size: .mebibytes(1), backing: .privateCopy(of: file))
    _ = copy.read(start, count: 1 << 20)
    #expect(copy.residentSize() == .zero)
    #expect(copy.write(start + 0x1fff, [1, 2]))
    #expect(copy.residentSize() == .kibibytes(8))
  }

  @Test func aSealedFileTakesNoSharedMappingMore() throws {
    let file = try MemoryFile(size: .mebibytes(1))
    do {
      let memory = try GuestMemory(size: .mebibytes(1), backing: .shared(file))
      #expect(throws: HypervisorError.self) { try file.seal() }
      withExtendedLifetime(memory) {}
    }
    try file.seal()
    #expect(throws: HypervisorError.self) { try GuestMemory(size: .mebibytes(1), backing: .shared(file)) }
    #expect(ftruncate(file.descriptor, 0) == -1)
    _ = try GuestMemory(size: .mebibytes(1), backing: .privateCopy(of: file))
  }

  @Test func aFileThatIsTooSmallIsRefused() throws {
    let file = try MemoryFile(size: .mebibytes(1))
    #expect(throws: HypervisorError.self) { try GuestMemory(size: .mebibytes(2), backing: .privateCopy(of: file)) }
  }
}
