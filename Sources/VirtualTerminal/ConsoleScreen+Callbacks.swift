import CVTerm

extension ConsoleScreen {
  /// What libvterm tells. Titles, icon names, bells and mouse modes are not listened to.
  static func makeCallbacks() -> VTermScreenCallbacks {
    var callbacks = VTermScreenCallbacks()
    callbacks.settermprop = { property, value, context in
      guard let screen = ConsoleScreen.from(context), let value else { return 0 }
      switch property {
      case VTERM_PROP_CURSORVISIBLE: screen.properties.isCursorVisible = value.pointee.boolean != 0
      case VTERM_PROP_ALTSCREEN: screen.properties.isAlternate = value.pointee.boolean != 0
      case VTERM_PROP_REVERSE: screen.properties.isReversed = value.pointee.boolean != 0
      default: break
      }
      return 1
    }
    callbacks.sb_pushline = { columns, cells, context in
      guard let screen = ConsoleScreen.from(context), let cells, columns > 0 else { return 0 }
      screen.scrollback.push(UnsafeBufferPointer(start: cells, count: Int(columns)))
      return 1
    }
    callbacks.sb_popline = { columns, cells, context in
      guard let screen = ConsoleScreen.from(context), let cells, let line = screen.scrollback.pop() else { return 0 }
      ConsoleScreen.fill(UnsafeMutableBufferPointer(start: cells, count: Int(max(columns, 0))), from: line)
      return 1
    }
    return callbacks
  }

  static let collectOutput: @convention(c) (UnsafePointer<CChar>?, Int, UnsafeMutableRawPointer?) -> Void = {
    bytes, count, context in
    guard let screen = ConsoleScreen.from(context), let bytes else { return }
    guard screen.output.count + count <= screen.outputLimit else { return }
    let raw = UnsafeRawBufferPointer(start: bytes, count: count)
    screen.output.append(contentsOf: raw)
  }

  /// The callbacks' context is the screen itself, which owns the libvterm instance and so outlives every call.
  private static func from(_ context: UnsafeMutableRawPointer?) -> ConsoleScreen? {
    context.map { Unmanaged<ConsoleScreen>.fromOpaque($0).takeUnretainedValue() }
  }

  /// libvterm steps over a returned line by the widths in it, so each is at least 1 and none reaches beyond the end.
  private static func fill(_ cells: UnsafeMutableBufferPointer<VTermScreenCell>, from line: [VTermScreenCell]) {
    let blank = cvterm_blank_cell()
    var column = 0
    while column < cells.count {
      guard column < line.count, line[column].chars.0 != Self.continuation else {
        cells[column] = blank
        column += 1
        continue
      }
      cells[column] = line[column]
      guard line[column].width == 2 else {
        cells[column].width = 1
        column += 1
        continue
      }
      if column + 1 < cells.count {
        cells[column + 1] = blank
      } else {
        cells[column] = blank
      }
      column += 2
    }
  }
}
