/// The keys of xl.cfg(5), as of Xen 4.17, and what the embedded engine makes of each. `extra_only` is its own.
enum ConfigKeys {
  enum Treatment: Sendable {
    /// `DomainConfig` has it.
    case supported(SupportedKey)
    /// It would make another guest than the file describes: an error, unless its value asks for nothing.
    case unsupported(reason: String)
    /// As `unsupported`, but 0 switches it off and asks for nothing.
    case unsupportedSwitch(reason: String)
    /// It means nothing for these guests: a warning.
    case meaningless(reason: String)
  }

  /// Values that say what is so anyway.
  static let inertValues: [String: Set<String>] = [
    "passthrough": ["disabled"]
  ]

  static let treatments: [String: Treatment] = {
    var result: [String: Treatment] = [:]
    for key in SupportedKey.all { result[key.name] = .supported(key) }
    for (keys, reason) in unsupported { for key in words(keys) { result[key] = .unsupported(reason: reason) } }
    for (keys, reason) in switches { for key in words(keys) { result[key] = .unsupportedSwitch(reason: reason) } }
    for (keys, reason) in meaningless { for key in words(keys) { result[key] = .meaningless(reason: reason) } }
    return result
  }()

  private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

  private static let unsupported: [(keys: String, reason: String)] = [
    ("disk", "guests have no disks; what they need goes into 'ramdisk'"),
    ("vif", "guests have no network interfaces"),
    ("vfb vkb vdispl display xauthority keymap", "guests have no display; use 'domus console'"),
    ("vga videoram vncdisplay vnclisten vncpasswd", "guests have no display; use 'domus console'"),
    ("spicehost spiceport spicetls_port spicepasswd", "guests have no display; use 'domus console'"),
    ("spice_image_compression spice_streaming_video", "guests have no display; use 'domus console'"),
    ("vsnd soundhw", "guests have no sound"),
    ("channel serial vuart", "a guest has one console; use 'domus console'"),
    ("pci dtdev ioports iomem irqs rdm vendor_device", "host devices can't be passed to guests"),
    ("usbctrl usbdev usbdevice usbversion", "guests have no USB"),
    ("vtpm", "guests have no TPM"),
    ("p9 pvcalls", "guests can't share the host's files or sockets"),
    ("vnuma", "guests have one NUMA node"),
    ("on_watchdog on_soft_reset", "guests have no watchdog and no soft reset"),
    ("bootloader bootloader_args", "a kernel is loaded directly; name it with 'kernel'"),
    ("firmware firmware_override bios bios_path_override", "a kernel is loaded directly; name it with 'kernel'"),
    ("boot hdtype", "a kernel is loaded directly; name it with 'kernel'"),
    ("device_tree", "the device tree is generated"),
    ("acpi_firmware smbios_firmware ms_vm_genid", "guests have a device tree and no ACPI or SMBIOS"),
    ("cpuid mca_caps gic_version altp2m tsc_mode", "guests are RISC-V machines with one set of features"),
    ("passthrough tee", "guests are RISC-V machines with one set of features"),
    ("rtc_timeoffset", "guest time is the host's"),
    ("pvshim_path pvshim_cmdline pvshim_extra", "there is no Xen to run a shim under"),
    (
      "device_model device_model_version device_model_override device_model_user device_model_args "
        + "device_model_args_pv device_model_args_hvm device_model_stubdomain_seclabel stubdomain_kernel "
        + "stubdomain_cmdline stubdomain_ramdisk stubdomain_memory",
      "guests have no device model"
    ),
    ("vmtrace_buf_kb", "vCPUs can't be traced"),
  ]

  private static let switches: [(keys: String, reason: String)] = [
    ("vnc vncunused sdl opengl stdvga spice spicedisable_ticketing", "guests have no display; use 'domus console'"),
    ("spiceagent_mouse spicevdagent spice_clipboard_sharing", "guests have no display; use 'domus console'"),
    ("spiceusbredirection usb", "guests have no USB"),
    ("vkb_device", "guests have no keyboard; use 'domus console'"),
    ("gfx_passthru pci_permissive pci_seize", "host devices can't be passed to guests"),
    ("nestedhvm altp2mhvm", "guests can't run guests of their own"),
    ("driver_domain", "guests can't serve devices to others"),
    ("localtime", "guest time is the host's, in UTC"),
    ("pvshim", "there is no Xen to run a shim under"),
    ("vpmu e820_host msr_relaxed", "guests are RISC-V machines with one set of features"),
    ("device_model_stubdomain_override dm_restrict", "guests have no device model"),
  ]

  private static let meaningless: [(keys: String, reason: String)] = [
    ("acpi acpi_s3 acpi_s4 acpi_laptop_slate apic hap hpet mmio_hole nographic nx oos pae", "it is for HVM guests"),
    ("rdm_mem_boundary shadow_memory timer_mode viridian vpt_align xen_platform_pci", "it is for HVM guests"),
    ("pci_msitranslate pci_power_mgmt", "guests have no PCI devices"),
    ("max_grant_frames max_maptrack_frames max_grant_version max_event_channels", "there is no Xen under the guest"),
    ("seclabel init_seclabel xend_suspend_evtchn_compat claim_mode", "there is no Xen under the guest"),
    ("nomigrate", "domains don't migrate"),
    ("vncviewer", "guests have no display"),
  ]
}
