/// The texts in `Guests/initrd`, compiled in so that an installed binary needs no file beside it, and small files around them.
enum GuestScripts {
  struct File {
    let path: String
    let mode: UInt16
    let text: String
  }

  static let all = [
    File(path: "init", mode: 0o755, text: text(PackageResources.init_sh)),
    File(path: "lib/domus/agent", mode: 0o755, text: text(PackageResources.agent_sh)),
    File(path: "lib/domus/load", mode: 0o755, text: text(PackageResources.load_sh)),
    File(path: "lib/domus/fill", mode: 0o755, text: text(PackageResources.fill_sh)),
    File(path: "etc/profile", mode: 0o644, text: text(PackageResources.profile_sh)),
    File(path: "etc/passwd", mode: 0o644, text: "root::0:0:root:/root:/bin/sh\n"),
    // Without it mount tries only what is loaded already.
    File(path: "etc/filesystems", mode: 0o644, text: "ext4\n"),
    File(path: "etc/group", mode: 0o644, text: "root:x:0:\ntty:x:5:\n"),
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
