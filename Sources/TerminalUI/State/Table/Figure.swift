import Figures
import HypervisorModel

/// What a column says of a row: one value for the screen, the order and the filter, and its colour.
struct Figure {
  var value: FigureValue
  var role = ThemeRole.text

  static let none = Figure(value: .none, role: .dim)
  static func text(_ text: String, _ role: ThemeRole = .text) -> Figure { Figure(value: .text(text), role: role) }
  static func count(_ count: some BinaryInteger, _ role: ThemeRole = .text) -> Figure {
    Figure(value: .count(count), role: role)
  }

  /// In its usual colour: dim where there is nothing to see.
  init(_ value: FigureValue) {
    self.value = value
    role =
      switch value {
      case .none, .unlimited: .dim
      case .rate(let rate) where rate < 0.5: .dim
      case .graph: .graph
      default: .text
      }
  }

  init(value: FigureValue, role: ThemeRole = .text) {
    self.value = value
    self.role = role
  }

  /// A share of one in per cent, its colour by how much of `full` it is.
  static func percent(_ share: Double?, of full: Double = 1) -> Figure {
    guard let share else { return .none }
    return Figure(value: .percent(share), role: .ofShare(share, of: full))
  }

  /// Bytes or requests per second.
  static func rate(_ rate: Double?) -> Figure { Figure(rate.map { .rate($0) } ?? .none) }
}

extension ThemeRole {
  /// By how much of `full` a part of one is.
  static func ofShare(_ share: Double, of full: Double) -> ThemeRole {
    share < 0.0005 ? .dim : .gauge(full > 0 ? share / full : 0)
  }
}
