/// The name of a screen, as the palette has it.
public struct ScreenID: RawRepresentable, Hashable, Sendable {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }
  init(_ rawValue: String) { self.rawValue = rawValue }

  /// All screens, in the order of the tabs.
  static let all = Screens.all.map { $0.id }

  var title: String { Screens.all[index].title }
  var shortTitle: String { Screens.all[index].shortTitle }

  /// Its place among all.
  var index: Int { Self.all.firstIndex(of: self) ?? 0 }

  /// The digit that leads to it, from 1; nil for those after the ninth.
  var key: Unicode.Scalar? { index < 9 ? Unicode.Scalar(UInt8(ascii: "1") + UInt8(index)) : nil }

  /// So many tabs further on; after the last comes the first.
  func moved(by step: Int) -> ScreenID {
    let count = Self.all.count
    return Self.all[((index + step) % count + count) % count]
  }
}
