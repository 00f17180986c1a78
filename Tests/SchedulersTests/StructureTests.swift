import HypervisorModel
import Testing

@testable import Schedulers

/// What the policies and the dispatcher stand on.
@Suite struct StructureTests {
  @Test(arguments: 0..<20)
  func aHeapGivesItsElementsInOrderWhateverIsPutInAndTakenOut(seed: Int) {
    var generator = SimulatorGenerator(seed: UInt64(seed))
    var heap = IndexedHeap<Int>()
    var model: [Int: Int] = [:]
    for _ in 0..<2000 {
      let id = Int.random(in: 0..<60, using: &generator)
      switch Int.random(in: 0..<20, using: &generator) {
      case 0:
        heap.reprioritize { -$0.priority }
        model = model.mapValues { -$0 }
      case 1..<8:
        heap.remove(id)
        model[id] = nil
      default:
        guard model[id] == nil else { break }
        let priority = Int.random(in: -50...50, using: &generator)
        heap.insert(id, priority)
        model[id] = priority
      }
      #expect(heap.contains(id) == (model[id] != nil))
      #expect(heap.count == model.count)
      #expect(heap.first?.priority == model.values.min())
      let odd = heap.first { !$0.id.isMultiple(of: 2) }
      #expect(odd?.priority == model.filter { !$0.key.isMultiple(of: 2) }.values.min())
    }
    var last = Int.min
    while let first = heap.first {
      #expect(first.priority >= last)
      last = first.priority
      heap.remove(first.id)
    }
  }

  @Test func aSetOfPCPUsHoldsIdsUpToItsCapacityAndIgnoresOthers() {
    var set: PCPUSet = [0, 63, 64, 255]
    set.insert(PCPUID(256))
    set.insert(PCPUID(-1))
    #expect(set.map(\.rawValue) == [0, 63, 64, 255])
    #expect(set.count == 4)
    #expect(!set.contains(PCPUID(256)) && !set.contains(PCPUID(-1)) && !set.contains(PCPUID(1)))
    set.remove(PCPUID(0))
    set.remove(PCPUID(1000))
    #expect(set.first == PCPUID(63))
    #expect(set.intersection([64, 65]) == [64])
    #expect(set.union([1]) == [1, 63, 64, 255])
    #expect(set.subtracting([63, 255]) == [64])
    #expect(set.removing(PCPUID(64)) == [63, 255])
    #expect(PCPUSet.all.count == PCPUSet.capacity && PCPUSet.none.isEmpty)
  }
}
