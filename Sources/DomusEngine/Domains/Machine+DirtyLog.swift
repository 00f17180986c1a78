/// Which pages of its memory a guest writes while it runs. One caller at a time, and not on a vCPU's thread.
extension Machine {
  /// From the return on, every write is in the log.
  func startDirtyLog() {
    memory.dirtyLog.setOn(true)
    dropTranslations()
  }

  /// The numbers of the pages that were written since the last call. Whoever reads them after the return reads all that
  /// was written to them before; a later write is in the next answer.
  func collectDirtyPages() -> [Int] {
    let pages = memory.dirtyLog.takeMarks()
    dropTranslations()
    return pages
  }

  func stopDirtyLog() { memory.dirtyLog.setOn(false) }

  private func dropTranslations() { remoteSFence(.all(count: hartCount), .all) }
}
