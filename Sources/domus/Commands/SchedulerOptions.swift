import ArgumentParser
import HypervisorModel

extension Scheduler: ExpressibleByArgument {}

extension ArgumentHelp {
  /// What a parameter does and what is legal.
  static func parameter(_ parameter: SchedulerParameter, _ when: String? = nil) -> ArgumentHelp {
    let usage = parameter.usage
    let text = when.map { "\($0): \(usage)" } ?? usage.prefix(1).uppercased() + usage.dropFirst()
    return ArgumentHelp(stringLiteral: text + ".")
  }
}

extension ParameterValues {
  /// Reads what was typed for some parameters; throws what is wrong with one of them.
  init(words: [(parameter: SchedulerParameter, word: String?)]) throws {
    self.init()
    for (parameter, word) in words {
      guard let word else { continue }
      do throws(HypervisorError) {
        self[parameter] = try parameter.value(word)
      } catch {
        throw ValidationError(error.description.prefix(1).uppercased() + error.description.dropFirst() + ".")
      }
    }
  }
}

extension SchedulerParameter.Unit {
  /// xl's, right behind the number.
  var suffix: String {
    switch self {
    case .milliseconds: "ms"
    case .microseconds: "us"
    case .number, .percent, .flag: ""
    }
  }
}

extension HostSnapshot {
  /// The pools that a scheduler has, or the named one if it has that.
  func pools(scheduledBy scheduler: Scheduler, named name: String?) throws(HypervisorError) -> [PoolSnapshot] {
    let found = pools.filter { $0.scheduler == scheduler && (name == nil || $0.name == name) }
    if found.isEmpty {
      let there = pools.map { "\($0.name) has \($0.schedulerName)" }.joined(separator: ", ")
      throw .invalid("no cpupool\(name.map { " '\($0)'" } ?? "") here is scheduled by \(scheduler.rawValue); \(there)")
    }
    return found
  }
}

extension HostSnapshot {
  /// Prints a table of the domains that a scheduler has, or of one domain.
  func show(
    scheduledBy scheduler: Scheduler, _ name: String?, _ heading: String, _ columns: (DomainSnapshot) -> String?
  ) throws(HypervisorError) {
    var shown = domains
    if let name {
      shown = [try domain(named: name)]
    } else {
      _ = try pools(scheduledBy: scheduler, named: nil)
    }
    Output.print(heading)
    for domain in shown {
      guard let columns = columns(domain) else { continue }
      Output.print(TextTable.left(domain.name, 33) + TextTable.right(domain.reference.id, 5) + " " + columns)
    }
  }
}
