import Figures

/// A text over the whole screen. Lines that are too long go on in the next one.
struct TextOverlay {
  private let page: TextPage
  private let scroll: Int

  init(_ page: TextPage, scroll: Int = 0) {
    self.page = page
    self.scroll = scroll
  }

  private func frame(_ size: Size) -> Frame { Frame(column: 0, row: 0, width: size.columns, height: size.rows) }

  private func lines(_ size: Size, _ charset: Charset) -> [DisplayText] {
    let width = max(frame(size).inner.width, 2)
    return page.lines.flatMap { DisplayText($0, charset: charset).lines(of: width) }
  }

  func maximumScroll(_ size: Size) -> Int {
    max(lines(size, .braille).count - max(frame(size).inner.height, 0), 0)
  }

  func draw(on canvas: inout Canvas) {
    let frame = frame(canvas.size)
    canvas.box(frame, border: .dialog, inside: .dialog)
    canvas.hits.add(.overlay, at: Frame(column: 0, row: 0, width: canvas.size.columns, height: canvas.size.rows))
    canvas.title([(page.title, .dialogTitle), ("  (up and down scroll, others close)", .dim)], of: frame)
    let inner = frame.inner
    let scroll = min(scroll, maximumScroll(canvas.size))
    for (offset, line) in lines(canvas.size, canvas.charset).dropFirst(scroll).prefix(max(inner.height, 0)).enumerated()
    {
      canvas.put(line, column: inner.column, row: inner.row + offset, end: inner.end, .dialog)
    }
  }
}
