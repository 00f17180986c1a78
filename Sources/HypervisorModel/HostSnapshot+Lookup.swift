extension HostSnapshot {
  public subscript(reference: DomainReference) -> DomainSnapshot? { domains.first { $0.reference == reference } }

  /// The domain of this name, else of this id, which is made of digits alone.
  public func domain(named text: String) throws(HypervisorError) -> DomainSnapshot {
    if let domain = domains.first(where: { $0.name == text }) { return domain }
    if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let id = UInt32(text),
      let domain = domains.first(where: { $0.reference.id == DomainID(id) })
    {
      return domain
    }
    throw .noSuchDomain(text)
  }

  /// The domains with these names or ids; all if none is named.
  public func domains(named names: [String]) throws(HypervisorError) -> [DomainSnapshot] {
    guard !names.isEmpty else { return domains }
    return try names.map { name throws(HypervisorError) in try domain(named: name) }
  }

  /// pCPUs that no pool has.
  public var freePCPUs: CPUSet { .some(pcpus.filter { $0.pool == nil }.map(\.id)) }
}
