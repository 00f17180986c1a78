import Dispatch
import HypervisorModel

extension DispatchQueue {
  /// Does work that may block on this queue, away from Swift's thread pool, and waits for it without holding a thread.
  func run<Result: Sendable>(
    _ work: @escaping @Sendable () throws(HypervisorError) -> Result
  ) async throws(HypervisorError) -> Result {
    let result = await withCheckedContinuation { continuation in
      async {
        do throws(HypervisorError) {
          continuation.resume(returning: Swift.Result<Result, HypervisorError>.success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  /// As above, for work that can't fail.
  func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in async { continuation.resume(returning: work()) } }
  }
}
