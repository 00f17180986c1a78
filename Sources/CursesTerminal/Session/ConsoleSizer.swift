import HypervisorModel
import Synchronization
import TerminalUI

/// Tells a guest how large its console is on the screen. While a window is dragged, sizes are told now and then. A
/// guest that can't take it yet (it boots, say) is told again while somebody types.
final class ConsoleSizer: Sendable {
  private struct Work: Sendable {
    /// What the guest doesn't know yet.
    var wanted: Size?
    var task: Task<Void, Never>?
    var triedAt: ContinuousClock.Instant?
  }

  private let domain: DomainReference
  private let hypervisor: any Hypervisor
  private let work = Mutex(Work())

  private static let settlingTime = Duration.milliseconds(200)
  private static let retryGap = Duration.seconds(2)

  init(domain: DomainReference, hypervisor: any Hypervisor) {
    self.domain = domain
    self.hypervisor = hypervisor
  }

  func want(_ size: Size) {
    work.withLock { work in
      work.wanted = size
      start(&work)
    }
  }

  func retry() {
    work.withLock { work in
      guard work.wanted != nil, let triedAt = work.triedAt, .now - triedAt > Self.retryGap else { return }
      start(&work)
    }
  }

  func close() { work.withLock { $0.task }?.cancel() }

  private func start(_ work: inout Work) {
    guard work.task == nil else { return }
    work.task = Task { await self.run() }
  }

  private func run() async {
    repeat { try? await Task.sleep(for: Self.settlingTime) } while await !tell()
  }

  /// Tells the newest size. False if there is another one by now.
  private func tell() async -> Bool {
    guard !Task.isCancelled, let size = work.withLock({ $0.wanted }) else { return true }
    let isThrough: Bool
    do throws(HypervisorError) {
      _ = try await hypervisor.perform(.guest(domain, .resizeConsole(columns: size.columns, rows: size.rows)))
      isThrough = true
    } catch {
      isThrough = !Self.isWorthRetrying(error)
    }
    return work.withLock { work in
      guard work.wanted == size else { return false }
      if isThrough { work.wanted = nil }
      work.triedAt = .now
      work.task = nil
      return true
    }
  }

  private static func isWorthRetrying(_ error: HypervisorError) -> Bool {
    switch error {
    case .noAgent, .wrongState, .disconnected: true
    default: false
    }
  }
}
