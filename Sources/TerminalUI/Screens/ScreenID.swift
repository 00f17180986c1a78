/// The name of a screen, as the palette has it.
public struct ScreenID: RawRepresentable, Hashable, Sendable {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }
  init(_ rawValue: String) { self.rawValue = rawValue }

  /// All screens, in the order of the tabs.
  static let all = Screens.all.map { $0.id }

  var title: String { Screens.all[index].title }

  /// From 1; also its key.
  var number: Int { index + 1 }

  private var index: Int { Self.all.firstIndex(of: self) ?? 0 }

  /// So many tabs further on; after the last comes the first.
  func moved(by step: Int) -> ScreenID {
    let count = Self.all.count
    return Self.all[((index + step) % count + count) % count]
  }
}
