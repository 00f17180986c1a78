import FoundationEssentials
import Glibc
import HypervisorModel

/// The machine's Xen, before anything is loaded.
public enum XenHost {
  /// Whether this is the control domain of a Xen host.
  public static var isPresent: Bool {
    guard text("/sys/hypervisor/type") == "xen" else { return false }
    if let capabilities = text("/proc/xen/capabilities") { return capabilities.contains("control_d") }
    return text("/sys/hypervisor/uuid") == "00000000-0000-0000-0000-000000000000"
  }

  /// Throws `.unavailable` or `.failed`, with what to do, where the Xen back end can't work at all.
  public static func check() throws(HypervisorError) {
    guard text("/sys/hypervisor/type") == "xen" else {
      throw .failed("this machine does not run under Xen; 'domus --connect embedded:' uses the engine of Domus itself")
    }
    guard isPresent else {
      throw .failed("this is a Xen guest, not Domain-0; call domus there, or '--connect ssh://root@dom0'")
    }
    guard geteuid() == 0 else {
      throw .failed(
        "Xen's Domain-0 takes orders from root alone: use sudo, or '--connect embedded:' for Domus's own engine")
    }
  }

  /// Xen's release, such as `4.17`; nil where it doesn't say.
  static var release: String? {
    guard let major = text("/sys/hypervisor/version/major"), let minor = text("/sys/hypervisor/version/minor") else {
      return nil
    }
    return "\(major).\(minor)"
  }

  static func text(_ path: String) -> String? {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
    var text = String(decoding: data, as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    return text
  }
}

/// Text of the hypervisor, of xenstore or of a tool, made fit for a terminal.
func printable(_ text: some StringProtocol, keepsLines: Bool = false) -> String {
  String(
    String.UnicodeScalarView(
      text.unicodeScalars.map { scalar in
        let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
        return isControl && !(keepsLines && (scalar == "\n" || scalar == "\t")) ? "\u{fffd}" : scalar
      }))
}
