import HypervisorModel

@testable import Schedulers

/// When who has something to do. Those who are due at the same time come in order of their ids.
struct Agenda: Sendable {
  private struct Moment: Comparable {
    let time: Nanoseconds
    let id: Int

    static func < (a: Moment, b: Moment) -> Bool { a.time != b.time ? a.time < b.time : a.id < b.id }
  }

  private var moments = IndexedHeap<Moment>()

  /// Of the first; `never` if nobody has anything to do.
  var time: Nanoseconds { moments.first?.priority.time ?? .never }

  /// The first, if it is due.
  func due(_ now: Nanoseconds) -> Int? { time <= now ? moments.first?.id : nil }

  mutating func set(_ id: Int, _ time: Nanoseconds) {
    moments.remove(id)
    if time != .never { moments.insert(id, Moment(time: time, id: id)) }
  }
}
