import Testing

@testable import DomusEngine

/// The host's FPU and the software implementation are two opinions on the same standard.
struct FloatHostAgreementTests {
  private static let operations: [FloatOperation] = [.add, .sub, .mul, .div, .sqrt, .fusedMultiplyAdd]

  private func unit<F: HostFloatFormat>(
    _ operation: FloatOperation, _ a: F, _ b: F, _ c: F, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    switch operation {
    case .add: FloatUnit.add(a, b, rm, &flags)
    case .sub: FloatUnit.sub(a, b, rm, &flags)
    case .mul: FloatUnit.mul(a, b, rm, &flags)
    case .div: FloatUnit.div(a, b, rm, &flags)
    case .sqrt: FloatUnit.sqrt(a, rm, &flags)
    case .fusedMultiplyAdd: FloatUnit.fusedMultiplyAdd(a, b, c, rm, &flags)
    }
  }

  /// The first disagreement found, or nil. `accrued` is what fflags hold before each operation.
  private func disagreement<F: HostFloatFormat>(
    _ a: F, _ b: F, _ c: F, accrued: UInt32
  ) -> String? {
    for operation in Self.operations {
      for rm in allRoundingModes {
        var hardFlags = accrued
        var softFlags = accrued
        let hard = unit(operation, a, b, c, rm, &hardFlags)
        let soft = SoftFloat.compute(operation, a, b, c, rm, &softFlags)
        if hard != soft || hardFlags != softFlags {
          let operands = [a, b, c].map { String($0, radix: 16) }.joined(separator: " ")
          return "\(operation) \(rm) \(operands): \(String(hard, radix: 16)) \(hardFlags), "
            + "software \(String(soft, radix: 16)) \(softFlags)"
        }
      }
    }
    return nil
  }

  private func expectAgreement<F: HostFloatFormat>(_: F.Type, triples: Int, seed: UInt64) {
    var operands = FloatOperands<F>(seed: seed)
    for index in 0..<triples {
      let (a, b, c) = operands.triple()
      if let found = disagreement(a, b, c, accrued: index & 1 == 0 ? 0 : FloatFlags.inexact) {
        Issue.record("\(found)")
        return
      }
    }
    let specials = operands.specials
    for a in specials {
      for b in specials {
        for accrued in [0, FloatFlags.inexact] {
          if let found = disagreement(a, b, specials[specials.count / 3], accrued: accrued) {
            Issue.record("\(found)")
            return
          }
        }
      }
    }
  }

  @Test func `single precision agrees between host and software in every mode`() {
    expectAgreement(UInt32.self, triples: 1_000_000, seed: 1)
  }

  @Test func `double precision agrees between host and software in every mode`() {
    expectAgreement(UInt64.self, triples: 300_000, seed: 2)
  }

  @Test func `an operation leaves the host's rounding mode as it was`() {
    var flags: UInt32 = 0
    let third = 1.0 / Double(flags + 3)
    for rm in allRoundingModes {
      _ = FloatUnit.div(UInt64(host: 1), UInt64(host: 3), rm, &flags)
      #expect(1.0 / Double(flags | 1) * 1.0 == 1.0)
      #expect((third * 3).bitPattern == 0x3ff0_0000_0000_0000)
    }
  }
}
