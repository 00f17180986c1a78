/// What can execute a hart's blocks. All of them do the same to registers and memory; what that is, the interpreter says.
enum ExecutionEngine: CaseIterable, Sendable {
  case interpreter

  /// Executes from `core.pc` for `core.budget` instructions or until something needs attention.
  @inline(__always)
  func execute(_ hart: Hart) -> Pause {
    switch self {
    case .interpreter: hart.interpret()
    }
  }
}
