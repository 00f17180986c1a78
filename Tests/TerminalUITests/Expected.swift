/// Literal screens of the fixtures.
enum Expected {
  static let usual = ""
  static let usualRoles: [(row: Int, roles: String)] = []
  static let small = ""
}
