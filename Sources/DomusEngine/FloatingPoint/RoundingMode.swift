/// A rounding mode as instructions and fcsr.frm encode it (RISC-V unprivileged ISA, "F", table of rounding modes).
enum RoundingMode: UInt8 {
  case nearestEven = 0
  case towardZero
  case down
  case up
  case nearestMaxMagnitude
}

/// The accrued exception flags of fcsr.fflags (RISC-V unprivileged ISA, "F", floating-point control and status register).
enum FloatFlags {
  static let inexact: UInt32 = 1
  static let underflow: UInt32 = 2
  static let overflow: UInt32 = 4
  static let divideByZero: UInt32 = 8
  static let invalid: UInt32 = 16
}
