/// Requests that make domains.
public enum CreationRequest: Hashable, Codable, Sendable {
  /// Make a domain and start it, or leave it paused. Legal when no domain has its name or UUID. Answer: `.created`.
  case create(source: DomainSource, paused: Bool)
  /// Say what the host makes of a config file; makes no domain. Answer: `.text`, empty where there is nothing to say.
  case checkConfig(file: ConfigFileText)
  /// Make a domain from a file that `save` wrote. Legal when no domain has its name or UUID. Answer: `.created`.
  case restore(path: String, paused: Bool)

  private enum CodingKeys: String, CodingKey {
    case create
    case checkConfig = "create-dryrun"
    case restore
  }

  /// Which kind of request it is.
  public var operation: Operation {
    switch self {
    case .create: .create
    case .checkConfig: .checkConfig
    case .restore: .restore
    }
  }
}

/// What a domain is made from.
public enum DomainSource: Hashable, Codable, Sendable {
  case config(DomainConfig)
  /// A config file, which the host reads in its own way.
  case file(ConfigFileText)
}

/// A config file as the operator has it, before anybody has read it.
public struct ConfigFileText: Hashable, Codable, Sendable {
  /// For messages.
  public var name: String
  public var text: String
  /// `key=value`, applied after the file.
  public var settings: [String]
  /// An absolute path: what relative paths in it start from.
  public var directory: String

  public init(name: String, text: String, settings: [String] = [], directory: String) {
    self.name = name
    self.text = text
    self.settings = settings
    self.directory = directory
  }
}
