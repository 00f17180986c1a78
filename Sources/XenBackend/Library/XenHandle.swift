import CXen
import FoundationEssentials
import Glibc
import HypervisorModel

/// An open connection to Xen. All calls block; one thread at a time.
final class XenHandle {
  private let functions: domus_xen_functions
  private let handle: OpaquePointer

  init(_ library: XenLibrary) throws(HypervisorError) {
    functions = library.functions
    var reason = [CChar](repeating: 0, count: 512)
    guard let handle = functions.open(&reason, reason.count) else {
      throw .failed("can't use Xen: \(printable(Self.text(reason)))")
    }
    self.handle = handle
  }

  deinit { functions.close(handle) }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private var failure: HypervisorError {
    let text = functions.error(handle).map { printable(String(cString: $0), keepsLines: true) } ?? "Xen gives no reason"
    return .failed(text.split(separator: "\n").map(XlTool.withoutPlace).joined(separator: "; "))
  }

  func info() throws(HypervisorError) -> XenInfo {
    var raw = domus_xen_info()
    guard functions.info(handle, &raw) == 0 else { throw failure }
    return XenInfo(raw)
  }

  /// - Parameter details: read also what costs a hypercall for each vCPU, and pools.
  func sample(details: Bool) throws(HypervisorError) -> XenSample {
    var raw: UnsafePointer<domus_xen_sample>?
    guard functions.sample(handle, details ? 1 : 0, &raw) == 0, let raw else { throw failure }
    return XenSample(raw.pointee)
  }

  func act(_ action: domus_xen_action, _ operands: XenOperands) throws(HypervisorError) {
    let result = operands.withRaw { functions.act(handle, action, $0) }
    guard result == 0 else { throw failure }
  }

  /// The hypervisor's messages.
  func messages(clear: Bool) throws(HypervisorError) -> String {
    var text: UnsafeMutablePointer<CChar>?
    guard functions.messages(handle, clear ? 1 : 0, &text) == 0, let text else { throw failure }
    defer { functions.release_text(text) }
    return printable(String(cString: text), keepsLines: true)
  }
}

extension XenHandle: XenStore {
  func read(_ path: String) throws(StoreError) -> String? {
    guard let value = functions.store_read(handle, path) else { return try Self.nothing() }
    defer { functions.release_text(value) }
    return String(cString: value)
  }

  func list(_ path: String) throws(StoreError) -> [String] {
    guard let names = functions.store_list(handle, path) else {
      let none: [String]? = try Self.nothing()
      return none ?? []
    }
    defer { functions.release_text(names) }
    var result: [String] = []
    var next = names
    while next.pointee != 0 {
      let name = String(cString: next)
      result.append(name)
      next += strlen(next) + 1
    }
    return result
  }

  /// No value is no error; anything else is xenstored's end.
  private static func nothing<Value>() throws(StoreError) -> Value? {
    let code = errno
    if code == ENOENT || code == EACCES || code == EINVAL { return nil }
    throw StoreError(text: String(cString: strerror(code)))
  }
}

/// The operands of an action; what is nil stays as it is.
struct XenOperands {
  var domain: UInt32 = 0
  var pool: UInt32 = 0
  var text = ""
  var scheduler: Scheduler?
  var value: Int64 = 0
  var vcpu: Int64?
  var weight: Int64?
  var cap: Int64?
  var period: Int64?
  var budget: Int64?
  var extratime: Int64?
  var timeSlice: Int64?
  var rateLimit: Int64?
  var hard: CPUSet?
  var soft: CPUSet?

  func withRaw<Result>(_ body: (UnsafePointer<domus_xen_operands>) -> Result) -> Result {
    // Both maps have the same size; no bytes stand for all.
    let size = max(Self.size(of: hard), Self.size(of: soft))
    let hardMap = Self.map(hard, size: size)
    let softMap = Self.map(soft, size: size)
    return text.withCString { text in
      (scheduler?.rawValue ?? "").withCString { schedulerText in
        hardMap.withUnsafeBufferPointer { hardBytes in
          softMap.withUnsafeBufferPointer { softBytes in
            var raw = domus_xen_operands()
            raw.domain = domain
            raw.pool = pool
            raw.text = text
            raw.scheduler = scheduler == nil ? nil : schedulerText
            raw.value = value
            raw.vcpu = vcpu ?? DOMUS_XEN_NONE
            raw.weight = weight ?? DOMUS_XEN_NONE
            raw.cap = cap ?? DOMUS_XEN_NONE
            raw.period = period ?? DOMUS_XEN_NONE
            raw.budget = budget ?? DOMUS_XEN_NONE
            raw.extratime = extratime ?? DOMUS_XEN_NONE
            raw.time_slice = timeSlice ?? DOMUS_XEN_NONE
            raw.rate_limit = rateLimit ?? DOMUS_XEN_NONE
            raw.hard = hard == nil ? nil : hardBytes.baseAddress
            raw.soft = soft == nil ? nil : softBytes.baseAddress
            raw.map_size = size
            return body(&raw)
          }
        }
      }
    }
  }

  private static func size(of set: CPUSet?) -> Int {
    guard case .some(let pcpus)? = set, let last = pcpus.last else { return 0 }
    return last.rawValue / 8 + 1
  }

  /// Never empty, so that it has an address.
  private static func map(_ set: CPUSet?, size: Int) -> [UInt8] {
    var map = [UInt8](repeating: set == .all ? 0xff : 0, count: max(size, 1))
    if case .some(let pcpus)? = set { for pcpu in pcpus { map[pcpu.rawValue / 8] |= 1 << UInt8(pcpu.rawValue % 8) } }
    return map
  }
}
