/// Requests about a domain's virtual devices.
public enum DeviceRequest: Hashable, Codable, Sendable {
  /// Add a network interface.
  case attachNetwork(network: NetworkSpec)
  /// Remove a network interface, by number or MAC address.
  case detachNetwork(device: String)
  /// Add a disk.
  case attachDisk(disk: DiskSpec)
  /// Remove a disk, by its virtual device's name or number.
  case detachDisk(device: String)

  private enum CodingKeys: String, CodingKey {
    case attachNetwork = "network-attach"
    case detachNetwork = "network-detach"
    case attachDisk = "block-attach"
    case detachDisk = "block-detach"
  }

  /// Which kind of request it is.
  public var operation: Operation {
    switch self {
    case .attachNetwork: .attachNetwork
    case .detachNetwork: .detachNetwork
    case .attachDisk: .attachDisk
    case .detachDisk: .detachDisk
    }
  }
}
