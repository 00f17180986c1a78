import FoundationEssentials
import Glibc
import HypervisorModel

/// What a host process keeps on disk about itself, so that its end leaves a trace however it comes: removed at an orderly
/// end, and found by whoever comes next after any other. The file's time says when the process was last alive.
package struct HostRecord: Codable, Sendable {
  package var pid: Int32
  /// Of the machine's present run.
  package var boot: String
  package var domains: [HostLoss.Domain] = []
  /// What earlier hosts lost and nobody was told of yet.
  package var untold: [HostLoss] = []

  /// Of a broken or foreign file, no more than this is read.
  private static let sizeLimit = 4 << 20
  private static let untoldLimit = 8

  /// This process's, as the host after one that may have died. What that one lost is the last of `untold`.
  package init(succeeding directory: HostDirectory) {
    pid = getpid()
    boot = Self.currentBoot
    if let old = Self.read(directory) {
      untold = Array(
        (old.record.untold + [old.record.loss(lastSeen: old.time, directory)].compactMap(\.self)).suffix(
          Self.untoldLimit))
    }
    unlink(directory.lastWordsPath)
  }

  package func write(_ directory: HostDirectory) throws(HypervisorError) {
    guard let json = try? JSONEncoder().encode(self) else {
      throw .failed("the host's record can't be written as JSON")
    }
    try HostFile.replace(directory.recordPath, with: Array(json))
  }

  /// What a host lost that is dead and that no other has succeeded yet. Does not change anything.
  package static func losses(_ directory: HostDirectory) -> [HostLoss] {
    guard HostClaim.holder(of: directory) == nil, let old = read(directory) else { return [] }
    return old.record.untold + [old.record.loss(lastSeen: old.time, directory)].compactMap(\.self)
  }

  private static func read(_ directory: HostDirectory) -> (record: HostRecord, time: Double)? {
    var status = stat()
    guard lstat(directory.recordPath, &status) == 0,
      let bytes = HostFile.contents(directory.recordPath, limit: sizeLimit),
      let record = try? JSONDecoder().decode(HostRecord.self, from: Data(bytes))
    else { return nil }
    return (record, Double(status.st_mtim.tv_sec))
  }

  private func loss(lastSeen: Double, _ directory: HostDirectory) -> HostLoss? {
    guard !domains.isEmpty else { return nil }
    var lastSeen = lastSeen
    var reason = boot == Self.currentBoot ? "it was killed, by whom is not known" : "the machine was restarted"
    if let words = HostFile.contents(directory.lastWordsPath, limit: 64), !words.isEmpty {
      let parts = String(decoding: words, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      reason = "it crashed with \(parts.first ?? "a signal"), see 'domus host log'"
      if parts.count > 1, let time = Double(parts[1]) { lastSeen = time }
    } else if KernelLog.saysOutOfMemory(pid) {
      reason = "the kernel killed it because the machine had no memory left"
    }
    return HostLoss(pid: pid, lastSeen: lastSeen, found: Double(time(nil)), reason: reason, domains: domains)
  }

  private static var currentBoot: String {
    HostFile.contents("/proc/sys/kernel/random/boot_id", limit: 64).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

/// The kernel's messages, where this user may read them.
private enum KernelLog {
  /// Whether the kernel killed the process for want of memory.
  static func saysOutOfMemory(_ pid: Int32) -> Bool {
    let descriptor = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var found = false
    while true {
      // One message for each read.
      let bytes = readBytes(from: descriptor, atMost: 8192)
      if bytes.isEmpty, errno == EPIPE { continue }
      if bytes.isEmpty { return found }
      let text = String(decoding: bytes, as: UTF8.self)
      if text.contains("Killed process \(pid) ") { found = true }
    }
  }
}
