import Dispatch
import HypervisorModel
import Synchronization
import TerminalUI

/// Work on the operator's files. A file system may hang: then neither keys nor other kinds of work wait for it.
///
/// Any thread may ask; results come as events.
final class FileWork: Sendable {
  /// Work of one kind is done one piece after the other.
  struct Lane: Sendable {
    fileprivate let queue: DispatchQueue
    /// The last piece that was asked for.
    fileprivate let newest = Newest()

    init(_ name: String) { queue = DispatchQueue(label: "domus.files.\(name)") }
  }

  fileprivate final class Newest: Sendable {
    let number = Atomic(0)
  }

  private let events: EventQueue
  private let unfinished = Atomic(0)
  private let theme = Mutex<Theme?>(nil)
  private let directories = Lane("directories")
  private let themes = Lane("themes")
  private let settings = Lane("settings")
  private let configs = Lane("configs")
  private let exports = Lane("exports")

  init(events: EventQueue) { self.events = events }

  /// Something is not through yet.
  var isBusy: Bool { unfinished.load(ordering: .acquiring) > 0 }

  /// Does a piece of work in its turn. `onlyNewest`: not if another piece of its lane was asked for in the meantime.
  func run(_ lane: Lane, onlyNewest: Bool = false, _ work: @escaping @Sendable () -> Void) {
    let number = lane.newest.number.add(1, ordering: .relaxed).newValue
    unfinished.add(1, ordering: .relaxed)
    lane.queue.async {
      if !onlyNewest || number == lane.newest.number.load(ordering: .relaxed) { work() }
      self.unfinished.subtract(1, ordering: .releasing)
      self.events.wake()
    }
  }

  /// Answer: `UIEvent.directoryListed`, unless another directory is asked for meanwhile.
  func listDirectory(_ path: String) {
    run(directories, onlyNewest: true) { self.events.push(.directoryListed(path, OperatorPath.names(in: path))) }
  }

  /// Loads a theme for `loadedTheme`, unless another one is asked for meanwhile. Answer: `UIEvent.themeFailed` where that
  /// fails.
  func loadTheme(_ name: String, from directories: [String]) {
    run(themes, onlyNewest: true) {
      do throws(ThemeError) {
        let loaded = try Theme.load(name, from: directories)
        self.theme.withLock { $0 = loaded }
      } catch {
        self.events.push(.themeFailed(name, reason: error.description))
      }
    }
  }

  /// The theme that was loaded last, once.
  func loadedTheme() -> Theme? {
    theme.withLock { theme in
      defer { theme = nil }
      return theme
    }
  }

  /// Answer: `UIEvent.saved`.
  func save(_ saved: SavedSettings, in files: ConfigFiles) {
    run(settings) {
      do throws(ConfigFiles.SaveFailure) {
        self.events.push(.saved(saved, overruledBy: try files.save(saved), failure: nil))
      } catch {
        self.events.push(.saved(saved, overruledBy: nil, failure: error.text))
      }
    }
  }

  /// Answer: `UIEvent.exported`. What could not be written as a whole does not stay.
  func export(_ text: String, to path: String) {
    run(exports) {
      do throws(OutputFile.Failure) {
        try OutputFile.write(Array(text.utf8), toNew: path)
        self.events.push(.exported(path: path, failure: nil))
      } catch {
        self.events.push(.exported(path: path, failure: error.text))
      }
    }
  }

  /// Answer: `UIEvent.configFileRead`.
  func readConfigFile(_ path: String, settings: [String]) {
    run(configs) {
      do throws(HypervisorError) {
        let file = try ConfigFileText(reading: OperatorPath.expanded(path), settings: settings)
        self.events.push(.configFileRead(.success(file)))
      } catch {
        self.events.push(.configFileRead(.failure(error)))
      }
    }
  }
}
