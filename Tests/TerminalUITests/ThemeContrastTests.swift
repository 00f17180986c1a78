import Glibc
import Testing
import TerminalUI

@testable import CursesTerminal

/// A colour's light, 0 to 1 for each of red, green and blue.
private struct Light {
  var components: [Double]

  init(_ components: [Double]) { self.components = components }

  /// IEC 61966-2-1.
  init?(_ color: ThemeColor?) {
    guard case .rgb(let red, let green, let blue) = color else { return nil }
    components = [red, green, blue].map { value in
      let value = Double(value) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
  }

  var luminance: Double { 0.2126 * components[0] + 0.7152 * components[1] + 0.0722 * components[2] }

  /// WCAG 2.1, contrast ratio.
  func contrast(with other: Light) -> Double {
    (max(luminance, other.luminance) + 0.05) / (min(luminance, other.luminance) + 0.05)
  }

  /// As CIE 1976 L*a*b* has it.
  var lab: [Double] {
    func f(_ t: Double) -> Double { t > 0.008856 ? pow(t, 1.0 / 3) : 7.787 * t + 16.0 / 116 }
    let x = (0.4124 * components[0] + 0.3576 * components[1] + 0.1805 * components[2]) / 0.9505
    let z = (0.0193 * components[0] + 0.1192 * components[1] + 0.9505 * components[2]) / 1.089
    return [116 * f(luminance) - 16, 500 * (f(x) - f(luminance)), 200 * (f(luminance) - f(z))]
  }

  func difference(from other: Light) -> Double {
    zip(lab, other.lab).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// What an eye without one kind of cones sees.
  func seen(through matrix: [[Double]]) -> Light {
    Light(matrix.map { row in min(max(zip(row, components).reduce(0) { $0 + $1.0 * $1.1 }, 0), 1) })
  }

}

@Suite struct ThemeContrastTests {
  private static let directory = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/themes"

  /// The backgrounds that the themes are made for, and the least contrast of text on them.
  private static let backgrounds: [(name: String, background: ThemeColor, contrast: Double)] = [
    ("dark", .rgb(0, 0, 0), 4.5), ("light", .rgb(255, 255, 255), 4.5), ("high-contrast", .rgb(0, 0, 0), 7),
    ("high-contrast-light", .rgb(255, 255, 255), 7), ("colour-blind", .rgb(0, 0, 0), 4.5),
    ("colour-blind-light", .rgb(255, 255, 255), 4.5), ("solarized-dark", .rgb(0x00, 0x2B, 0x36), 4.5),
    ("solarized-light", .rgb(0xFD, 0xF6, 0xE3), 4.5), ("nord", .rgb(0x2E, 0x34, 0x40), 4.5),
    ("gruvbox", .rgb(0x28, 0x28, 0x28), 4.5),
  ]
  /// Nothing has to be read in these.
  private static let ornaments: Set<ThemeRole> = [.border, .gaugeEmpty, .selection]

  @Test(arguments: backgrounds) func textCanBeRead(name: String, background: ThemeColor, contrast: Double) throws {
    let theme = try Theme.load(name, from: [Self.directory])
    let selection = theme.style(.selection)
    let selected = try #require(Light(selection.background?.rich))
    let paper = try #require(Light(background))
    for role in ThemeRole.allCases where !Self.ornaments.contains(role) {
      guard let ink = Light(theme.style(role).foreground?.rich) else { continue }
      #expect(ink.contrast(with: Light(theme.style(role).background?.rich) ?? paper) >= contrast, "\(role)")
      #expect((Light(selection.foreground?.rich) ?? ink).contrast(with: selected) >= 3, "\(role), selected")
    }
  }

  /// Machado, Oliveira and Fernandes 2009, severity 1.0: protanopia, deuteranopia, tritanopia.
  private static let eyes: [[[Double]]] = [
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
  ]

  @Test(arguments: ["colour-blind", "colour-blind-light"], eyes)
  func whatMustNotBeMixedUpDiffersForEveryEye(name: String, eye: [[Double]]) throws {
    let theme = try Theme.load(name, from: [Self.directory])
    let groups: [[ThemeRole]] = [
      [.running, .paused, .crashed], [.gaugeLow, .gaugeMid, .gaugeHigh], [.success, .warning, .error],
    ]
    for group in groups {
      let seen = try group.map { try #require(Light(theme.style($0).foreground?.rich)).seen(through: eye) }
      for first in seen.indices {
        for second in seen.indices where second > first {
          #expect(seen[first].difference(from: seen[second]) > 25, "\(group[first]) and \(group[second])")
        }
      }
    }
  }
}
