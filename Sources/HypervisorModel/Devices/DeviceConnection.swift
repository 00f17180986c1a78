/// How far the connection between a virtual device's two ends has come: the frontend in the guest and the backend that
/// serves it. In the order that xenbus has them in, from 0.
public enum DeviceConnection: String, Hashable, Codable, Sendable, CaseIterable {
  case unknown, initialising
  case initWait = "init-wait"
  case initialised, connected, closing, closed, reconfiguring, reconfigured
}
