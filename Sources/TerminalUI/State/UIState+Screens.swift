import HypervisorModel

/// The screen that is shown, and going from one to another.
extension UIState {
  /// Changes the screen that is shown.
  mutating func changeScreen(_ change: (inout any Screen, UIState) -> Void) {
    var screen = screens[view]
    change(&screen, self)
    screens[view] = screen
  }

  /// Where the operator stands in the table that is shown; nil where there is none.
  var position: TablePosition? {
    get { screens[view].position }
    set { screens[view].position = newValue }
  }

  /// The columns that the table can have.
  var specs: [ColumnSpec] { screens[view].specs }

  /// The domain that the selected row is about.
  var selection: DomainReference? { screens[view].selectedDomain(self) }

  var selectedRow: DomainRow? { selection.flatMap { row(of: $0) } }

  func row(of domain: DomainReference) -> DomainRow? { allDomains.first { $0.reference == domain } }

  /// Goes over to another screen; what is selected there is about the same domain.
  mutating func show(_ new: ScreenID) {
    if !type(of: screens[new]).triesOut { discardPlan() }
    // Screens that are about no domain pass on the one before.
    domains.select(selection, visible: visibleRows)
    let domain = domains.selected?.reference
    view = new
    refreshTable()
    screens[view].select(domain, visible: visibleRows)
  }

  /// To this domain, in whichever screen.
  mutating func go(to domain: DomainReference) { screens.select(domain, visible: visibleRows) }

  /// The rows of the shown screen; those of the others wait until they are looked at.
  mutating func refreshTable() {
    let visible = visibleRows
    // The selected domain is the overview's, whichever screen is shown.
    for id in view == .overview ? [view] : [.overview, view] {
      var screen = screens[id]
      screen.refresh(self, visible: visible)
      screens[id] = screen
    }
  }
}
