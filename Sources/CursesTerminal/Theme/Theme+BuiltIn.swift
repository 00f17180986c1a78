import TerminalUI

extension Theme {
  /// What is used when no theme file is found or it is broken; `themes/dark.toml` says the same.
  public static let builtIn = Theme(
    name: "dark",
    styles: [
      .text: .init(), .dim: .init(foreground: .init(.rgb(0x84, 0x8E, 0xAF), or: .palette(7))),
      .border: .init(foreground: .init(.rgb(0x4B, 0x55, 0x78), or: .palette(4))),
      .boxTitle: .init(foreground: .init(.rgb(0x7D, 0xCF, 0xFF), or: .palette(6)), attributes: .bold),
      .header: .init(foreground: .init(.rgb(0x7A, 0xA2, 0xF7), or: .palette(6)), attributes: .bold),
      .heading: .init(
        foreground: .init(.rgb(0xC0, 0xCA, 0xF5), or: .palette(7)),
        background: .init(.rgb(0x2A, 0x30, 0x4A), or: .palette(4)), attributes: .bold),
      .headingSorted: .init(
        foreground: .init(.rgb(0x7D, 0xCF, 0xFF), or: .palette(3)),
        background: .init(.rgb(0x2A, 0x30, 0x4A), or: .palette(4)), attributes: .bold),
      .running: .init(foreground: .init(.rgb(0x9E, 0xCE, 0x6A), or: .palette(2)), attributes: .bold),
      .runnable: .init(foreground: .init(.rgb(0x9E, 0xCE, 0x6A), or: .palette(2))),
      .blocked: .init(foreground: .init(.rgb(0x7A, 0xA2, 0xF7), or: .palette(6))),
      .paused: .init(foreground: .init(.rgb(0xE0, 0xAF, 0x68), or: .palette(3)), attributes: .bold),
      .shutdown: .init(foreground: .init(.rgb(0x84, 0x8E, 0xAF), or: .palette(7))),
      .crashed: .init(foreground: .init(.rgb(0xF7, 0x76, 0x8E), or: .palette(1)), attributes: .bold),
      .dying: .init(foreground: .init(.rgb(0xF7, 0x76, 0x8E), or: .palette(1))),
      .pending: .init(foreground: .init(.rgb(0xE0, 0xAF, 0x68), or: .palette(3)), attributes: .bold),
      .gaugeLow: .init(foreground: .init(.rgb(0x73, 0xDA, 0xCA), or: .palette(2))),
      .gaugeMid: .init(foreground: .init(.rgb(0xE0, 0xAF, 0x68), or: .palette(3))),
      .gaugeHigh: .init(foreground: .init(.rgb(0xF7, 0x76, 0x8E), or: .palette(1))),
      .gaugeEmpty: .init(foreground: .init(.rgb(0x3B, 0x42, 0x61), or: .palette(4))),
      .memory: .init(foreground: .init(.rgb(0xBB, 0x9A, 0xF7), or: .palette(5))),
      .graph: .init(foreground: .init(.rgb(0x73, 0xDA, 0xCA), or: .palette(2))),
      .key: .init(foreground: .init(.rgb(0xFF, 0x9E, 0x64), or: .palette(3)), attributes: .bold),
      .hint: .init(foreground: .init(.rgb(0x9A, 0xA5, 0xCE), or: .palette(7))),
      .success: .init(foreground: .init(.rgb(0x9E, 0xCE, 0x6A), or: .palette(2))),
      .warning: .init(foreground: .init(.rgb(0xE0, 0xAF, 0x68), or: .palette(3))),
      .error: .init(foreground: .init(.rgb(0xF7, 0x76, 0x8E), or: .palette(1)), attributes: .bold),
      .dialog: .init(),
      .dialogTitle: .init(foreground: .init(.rgb(0x7D, 0xCF, 0xFF), or: .palette(6)), attributes: .bold),
      .consoleBar: .init(
        foreground: .init(.rgb(0xC0, 0xCA, 0xF5), or: .palette(7)),
        background: .init(.rgb(0x2A, 0x30, 0x4A), or: .palette(4)), attributes: .bold),
      .selection: .init(background: .init(.rgb(0x36, 0x3D, 0x5E), or: .palette(4)), attributes: .bold),
    ])

  /// For terminals without colours, and for `NO_COLOR`; `themes/mono.toml` says the same.
  public static let monochrome = Theme(
    name: "mono",
    styles: [
      .text: .init(), .dim: .init(), .border: .init(), .runnable: .init(), .blocked: .init(), .paused: .init(),
      .shutdown: .init(), .gaugeLow: .init(), .gaugeMid: .init(), .gaugeEmpty: .init(), .memory: .init(),
      .graph: .init(), .hint: .init(), .success: .init(), .dialog: .init(),
      .boxTitle: .init(attributes: .bold), .header: .init(attributes: .bold), .heading: .init(attributes: .reverse),
      .headingSorted: .init(attributes: [.reverse, .bold]), .running: .init(attributes: .bold),
      .crashed: .init(attributes: [.bold, .underline]), .dying: .init(attributes: .underline),
      .pending: .init(attributes: .underline), .gaugeHigh: .init(attributes: .bold), .key: .init(attributes: .bold),
      .warning: .init(attributes: .bold), .error: .init(attributes: .bold),
      .dialogTitle: .init(attributes: .bold), .consoleBar: .init(attributes: .reverse),
      .selection: .init(attributes: .reverse),
    ])
}
