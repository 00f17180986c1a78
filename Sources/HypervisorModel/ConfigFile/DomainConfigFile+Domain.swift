import FoundationEssentials

extension DomainConfigFile {
  /// The most memory that a config file may ask for; the host may have less.
  static let memoryRange = DomainConfig.memoryRange.lowerBound.mebibytes...DomainConfig.memoryRange.upperBound.mebibytes

  /// What a config file and the `key=value` words of a command line mean to the embedded engine.
  ///
  /// Relative paths of `kernel` and `ramdisk` are taken from `workingDirectory`, as xl takes them: not from the
  /// directory of the config file. Whether the files are there is not looked at.
  ///
  /// - Throws: `ConfigError` for the first mistake, and for any known key that would make another guest than this
  ///   engine can run. Unknown keys are warnings.
  public static func domain(
    from document: ConfigDocument, overrides: [String] = [], workingDirectory: String
  ) throws(ConfigError) -> (config: DomainConfig, warnings: [ConfigWarning]) {
    var document = document
    try document.apply(overrides: overrides)
    var draft = DomainDraft(document: document, workingDirectory: workingDirectory)
    for setting in document.settings { try draft.read(setting) }
    return (try draft.finish(), draft.warnings)
  }
}
