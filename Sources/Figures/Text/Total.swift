extension Sequence<UInt64?> {
  /// The sum of counters, round the end as they count themselves; nil where one of them is nil.
  package var total: UInt64? {
    reduce(UInt64?(0)) { total, counter in
      guard let total, let counter else { return nil }
      return total &+ counter
    }
  }
}
