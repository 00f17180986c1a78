import HypervisorModel

/// The screens of a user interface, each with what it remembers while another is shown.
struct Screens {
  /// All that there are, in the order of the tabs.
  static let all: [any Screen.Type] = [
    OverviewScreen.self, DomainScreen.self, VCPUScreen.self, PCPUScreen.self, DiskScreen.self, NetworkScreen.self,
    SchedulerScreen.self, LogScreen.self, PoolScreen.self,
  ]

  private var screens: [any Screen]

  init(_ options: UIOptions) { screens = Self.all.map { $0.init(options) } }

  /// The screen of that name; that of domains where there is none.
  subscript(id: ScreenID) -> any Screen {
    get { screens[id.index] }
    set { screens[id.index] = newValue }
  }

  /// A screen by its type.
  subscript<Wanted: Screen>(type: Wanted.Type) -> Wanted {
    get { self[Wanted.id] as? Wanted ?? Wanted(UIOptions()) }
    set { self[Wanted.id] = newValue }
  }

  /// Goes to a domain in all of them.
  mutating func select(_ domain: DomainReference, visible: Int) {
    for index in screens.indices { screens[index].select(domain, visible: visible) }
  }
}
