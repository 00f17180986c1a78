/// What is read from xenstore.
protocol XenStore {
  /// The value at a path; nil where there is none.
  func read(_ path: String) throws(StoreError) -> String?
  /// The names below a path; none where it isn't there.
  func list(_ path: String) throws(StoreError) -> [String]
}

/// xenstored does not answer.
struct StoreError: Error {
  var text: String
}

extension XenStore {
  func number(_ path: String) throws(StoreError) -> Int? { try read(path).flatMap { Int($0) } }
}
