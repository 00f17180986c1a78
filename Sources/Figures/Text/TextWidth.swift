/// How many columns a scalar takes on a terminal: 0, 1 or 2. The same on every machine, whatever its C library thinks.
package enum TextWidth {
  /// Of a text without control characters.
  package static func of(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + of($1) } }

  package static func of(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    if contains(value, WidthTables.zeroWidth) { return 0 }
    return contains(value, WidthTables.wide) ? 2 : 1
  }

  /// Binary search in pairs of first and last.
  private static func contains(_ value: UInt32, _ pairs: [UInt32]) -> Bool {
    var low = 0
    var high = pairs.count / 2
    while low < high {
      let middle = (low + high) / 2
      if pairs[2 * middle + 1] < value { low = middle + 1 } else { high = middle }
    }
    return low < pairs.count / 2 && pairs[2 * low] <= value
  }
}
