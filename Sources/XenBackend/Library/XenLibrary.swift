import CXen
import FoundationEssentials
import Glibc
import HypervisorModel

/// `domus-xen-RELEASE.so`, which speaks with Xen's own libraries.
struct XenLibrary: @unchecked Sendable {
  let functions: domus_xen_functions

  /// Loads the one that was compiled for the Xen that runs.
  ///
  /// - Parameter directories: where to look, in this order.
  /// - Throws: `.failed` with the package or the command that helps.
  init(directories: [String]) throws(HypervisorError) {
    guard let release = XenHost.release else {
      throw .failed("Xen does not tell its version in /sys/hypervisor/version; is CONFIG_XEN_SYS_HYPERVISOR on?")
    }
    let name = "domus-xen-\(release).so"
    let paths = directories.map { "\($0)/\(name)" }
    guard let path = paths.first(where: { access($0, R_OK) == 0 }) else {
      let others = Self.present(in: directories)
      let have = others.isEmpty ? "" : " (there is \(others.joined(separator: ", ")))"
      throw .failed(
        "\(name) is in none of \(directories.joined(separator: ", "))\(have): install libxen-dev of Xen \(release) and "
          + "run 'make xen install' in Domus's source")
    }
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw .failed(
        "can't load \(path): \(String(cString: dlerror())); install libxenmisc\(release) or xen-utils-\(release), "
          + "or run 'make xen install' in Domus's source if Xen was updated")
    }
    guard let symbol = dlsym(handle, DOMUS_XEN_SYMBOL) else {
      throw .failed("\(path) is no library of Domus; run 'make xen install' in Domus's source")
    }
    functions = symbol.assumingMemoryBound(to: domus_xen_functions.self).pointee
    guard functions.abi == UInt32(DOMUS_XEN_ABI) else {
      throw .failed("\(path) belongs to another version of Domus; run 'make xen install' in Domus's source")
    }
  }

  private static func present(in directories: [String]) -> [String] {
    directories.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
      .filter { $0.hasPrefix("domus-xen-") && $0.hasSuffix(".so") }.sorted()
  }
}
