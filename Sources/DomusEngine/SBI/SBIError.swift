/// Why an SBI call failed (SBI specification 2.0, table 1). The raw value goes to a0.
enum SBIError: Int64, Error, Hashable, Sendable {
  case failed = -1
  case notSupported = -2
  case invalidParameter = -3
  case denied = -4
  case invalidAddress = -5
  case alreadyAvailable = -6
  case alreadyStarted = -7
  case alreadyStopped = -8
  case noSharedMemory = -9
}
