import CPCRE2

/// A regular expression in Perl's syntax, by PCRE2, without regard to case.
///
/// Matching tries one way after the other, which for a few expressions takes for ever: it is given up after so many steps
/// that no sensible expression needs.
final class RegularExpression {
  /// What is wrong with an expression.
  struct Fault: Error, Hashable {
    let text: String
  }

  private let code: OpaquePointer
  private let context: OpaquePointer?
  private let match: OpaquePointer?
  /// A text took too many steps: from then on nothing matches.
  private(set) var isTooCostly = false

  /// Steps for one text.
  private static let stepLimit: UInt32 = 20_000
  /// KiB that matching may take.
  private static let heapLimit: UInt32 = 1024
  private static let options = PCRE2_UTF | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C

  init(_ pattern: String) throws(Fault) {
    var number: Int32 = 0
    var place = 0
    let bytes = Array(pattern.utf8)
    guard let code = pcre2_compile_8(bytes, bytes.count, Self.options, &number, &place, nil) else {
      throw Fault(text: Self.message(number))
    }
    self.code = code
    context = pcre2_match_context_create_8(nil)
    match = pcre2_match_data_create_from_pattern_8(code, nil)
    pcre2_set_match_limit_8(context, Self.stepLimit)
    pcre2_set_heap_limit_8(context, Self.heapLimit)
  }

  deinit {
    pcre2_match_data_free_8(match)
    pcre2_match_context_free_8(context)
    pcre2_code_free_8(code)
  }

  /// Whether a part of the text matches.
  func matches(_ text: String) -> Bool {
    guard !isTooCostly, let match, let context else { return false }
    let bytes = Array(text.utf8)
    let result = pcre2_match_8(code, bytes, bytes.count, 0, 0, match, context)
    if [PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_DEPTHLIMIT].contains(result) { isTooCostly = true }
    return result >= 0
  }

  private static func message(_ number: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(number, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : "error \(number)"
  }
}
