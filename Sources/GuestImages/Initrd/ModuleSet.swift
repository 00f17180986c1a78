/// Kernel modules with all that they depend on.
///
/// Debian's package has no `modules.dep` (its installation script makes it), so the dependencies come from the modules.
struct ModuleSet {
  private(set) var modules: [String: KernelModule] = [:]

  /// Collects `wanted` and what they need.
  /// - Parameter load: reads a module by its name; nil when there is none, which is an error for all but soft
  ///   dependencies, since those may be built into the kernel.
  init(wanted: [String], load: (String) throws(GuestImageError) -> KernelModule?) throws(GuestImageError) {
    var open = wanted.map(KernelModule.normalized)
    while let name = open.popLast() {
      guard modules[name] == nil else { continue }
      guard var module = try load(name) else { throw .unexpectedContent("the kernel package has no module \(name)") }
      // A soft dependency that is a module becomes a plain one: in an initrd nothing else would load it.
      for alias in module.softDependencies {
        for candidate in Self.candidates(for: alias) {
          guard let provider = try load(candidate) else { continue }
          module.dependencies.append(provider.name)
          break
        }
      }
      modules[name] = module
      open += module.dependencies
    }
  }

  /// What a module needs, in the order of `modules.dep`: each stands before what it needs itself.
  func closure(of name: String) -> [String] {
    var loadOrder: [String] = []
    var visited: Set<String> = [name]
    func visit(_ name: String) {
      for dependency in modules[name]?.dependencies ?? [] where visited.insert(dependency).inserted {
        visit(dependency)
        loadOrder.append(dependency)
      }
    }
    visit(name)
    return loadOrder.reversed()
  }

  /// The text of `modules.dep`.
  /// - Parameter file: the file of a module, relative to the directory of `modules.dep`.
  func dependencyTable(file: (String) -> String) -> String {
    modules.keys.sorted().map { name in
      "\(file(name)):" + closure(of: name).map { " " + file($0) }.joined() + "\n"
    }.joined()
  }

  /// The text of `modules.alias`.
  var aliasTable: String {
    modules.keys.sorted().flatMap { name in
      (modules[name]?.aliases ?? []).map { "alias \($0) \(name)\n" }
    }.joined()
  }

  /// Where an alias in a soft dependency may be found: they name crypto algorithms, whose portable implementation is
  /// called `ALGORITHM_generic`.
  private static func candidates(for alias: String) -> [String] {
    let name = KernelModule.normalized(alias.hasPrefix("crypto-") ? String(alias.dropFirst(7)) : alias)
    return [name, "\(name)_generic"]
  }
}
