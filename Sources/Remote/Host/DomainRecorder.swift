import Glibc
import HypervisorModel
import Logging
import Synchronization

/// Keeps the host's record true while it serves.
final class DomainRecorder: Sendable {
  private let hypervisor: any Hypervisor
  private let directory: HostDirectory
  private let logger: Logger
  /// What earlier hosts lost, as far as this one is the first to hear of it.
  let losses: [HostLoss]
  private let record: Mutex<HostRecord>

  /// Reads what an earlier host left, and writes into the log what that one lost.
  init(_ hypervisor: any Hypervisor, _ directory: HostDirectory, _ logger: Logger) {
    self.hypervisor = hypervisor
    self.directory = directory
    self.logger = logger
    let record = HostRecord(succeeding: directory)
    losses = record.untold
    for loss in losses { logger.critical("\(loss)") }
    self.record = Mutex(record)
    save()
  }

  /// Nobody was told of the losses yet.
  var lossesAreNews: Bool { record.withLock { !$0.untold.isEmpty } }

  /// A client has shown it to its user.
  func told() {
    record.withLock { $0.untold = [] }
    save()
  }

  /// Follows the hypervisor's domains until the task is cancelled. Returns at once where they outlive the host.
  func run() async {
    guard let description = try? await hypervisor.describe(), !description.domainsOutliveHost,
      let events = try? await hypervisor.events()
    else { return }
    await look()
    for await event in events {
      switch event {
      case .appeared, .gone: await look()
      case .changed(let domain, let name, _) where !knows(domain.id, name): await look()
      case .changed, .progress: break
      }
    }
  }

  private func knows(_ id: DomainID, _ name: String) -> Bool {
    record.withLock { $0.domains.contains { $0.id == id && $0.name == name } }
  }

  private func look() async {
    guard let snapshot = try? await hypervisor.snapshot() else { return }
    let domains = snapshot.domains.filter { $0.reference.id != .domain0 }.map {
      HostLoss.Domain(name: $0.name, id: $0.reference.id, createdAt: $0.createdAt)
    }
    record.withLock { $0.domains = domains }
    save()
  }

  private func save() {
    do throws(HypervisorError) {
      try record.withLock { record throws(HypervisorError) in try record.write(directory) }
    } catch {
      logger.error("what would be lost with the host can't be recorded: \(error)")
    }
  }

  /// The host lives; writes the record anew if somebody removed it.
  func beat() {
    if utimensat(AT_FDCWD, directory.recordPath, nil, AT_SYMLINK_NOFOLLOW) != 0 { save() }
  }

  /// The end is an orderly one.
  func remove() {
    unlink(directory.recordPath)
    unlink(directory.lastWordsPath)
  }
}
