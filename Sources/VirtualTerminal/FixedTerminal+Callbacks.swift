import CVTerm

extension FixedTerminal {
  /// What libvterm tells. Titles, icon names, bells and mouse modes are not listened to.
  static func makeCallbacks() -> VTermScreenCallbacks {
    var callbacks = VTermScreenCallbacks()
    callbacks.settermprop = { property, value, context in
      guard let terminal = FixedTerminal.from(context), let value else { return 0 }
      switch property {
      case VTERM_PROP_CURSORVISIBLE: terminal.properties.isCursorVisible = value.pointee.boolean != 0
      case VTERM_PROP_ALTSCREEN: terminal.properties.isAlternate = value.pointee.boolean != 0
      case VTERM_PROP_REVERSE: terminal.properties.isReversed = value.pointee.boolean != 0
      default: break
      }
      return 1
    }
    callbacks.sb_pushline = { columns, cells, context in
      guard let terminal = FixedTerminal.from(context), let cells, columns > 0 else { return 0 }
      terminal.scrollback.push(UnsafeBufferPointer(start: cells, count: Int(columns)))
      return 1
    }
    return callbacks
  }

  static let collectOutput: @convention(c) (UnsafePointer<CChar>?, Int, UnsafeMutableRawPointer?) -> Void = {
    bytes, count, context in
    guard let terminal = FixedTerminal.from(context), let bytes else { return }
    guard terminal.output.count + count <= terminal.outputLimit else { return }
    let raw = UnsafeRawBufferPointer(start: bytes, count: count)
    terminal.output.append(contentsOf: raw)
  }

  /// The callbacks' context is the terminal itself, which owns the libvterm instance and so outlives every call.
  private static func from(_ context: UnsafeMutableRawPointer?) -> FixedTerminal? {
    context.map { Unmanaged<FixedTerminal>.fromOpaque($0).takeUnretainedValue() }
  }
}
