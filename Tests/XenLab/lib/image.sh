# Makes what the machine boots from: Xen, a kernel, an initrd, and dom0's disk with the guests' files on it. The
# packages are unpacked, not installed: no package's script runs, and nothing here needs root. Sourced by `lab`.
# shellcheck shell=bash disable=SC2154

key_file=$lab_dir/ssh_key

# What decides how the images look; a change of it makes them anew.
images_stamp() {
  (cd "$here" && find dom0 guest lib/settings.sh lib/packages.sh lib/image.sh -type f -print0 | sort -z |
    xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
}

images_are_current() { [ "$(cat "$images_dir/stamp" 2>/dev/null)" = "$(images_stamp)" ]; }

build_images() {
  ! images_are_current || return 0
  need_programs apt-get dpkg-deb tar xz cpio depmod modprobe mkfs.ext4 ssh-keygen
  [ "$(id -u)" = 0 ] || need_programs fakeroot
  (
    lock "$lab_dir/build.lock" 1800
    ! images_are_current || exit 0
    umask 022
    SECONDS=0
    build_all_images "$lab_dir/build"
    say "Images built in $SECONDS s: $images_dir"
  )
}

# Everything is made beside the old images and takes their place as a whole.
build_all_images() {
  local work=$1 root=$1/root kernel_package files file
  rm -rf "$work"
  mkdir -p "$root" "$work/kernel" "$work/xen" "$work/images"

  prepare_apt
  kernel_package=$(package_behind linux-image-amd64 linux-image-)
  kernel_release=${kernel_package#linux-image-}
  mapfile -t files < <(download download "$kernel_package" "xen-hypervisor-$xen_version-amd64")
  [ ${#files[@]} = 2 ] || fail "apt found no kernel or no Xen $xen_version in $debian_release"
  say "Unpacking"
  unpack "${files[0]}" "$work/kernel" --wildcards './boot/*' './lib/modules/*'
  unpack "${files[1]}" "$work/xen"
  depmod -b "$work/kernel" "$kernel_release"
  mapfile -t files < <(download install "${dom0_packages[@]}")
  [ ${#files[@]} -gt ${#dom0_packages[@]} ] || fail "apt could not get the packages of dom0"
  merge_usr "$root"
  for file in "${files[@]}"; do
    unpack "$file" "$root" --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
      --exclude='./usr/share/locale/*' --exclude='./lib/udev/hwdb.d/*'
  done

  say "Building the images"
  gzip -dc "$work/xen/boot/xen-$xen_version-amd64.gz" >"$work/images/xen"
  extract_kernel "$work/kernel/boot/vmlinuz-$kernel_release" >"$work/images/vmlinux"
  build_dom0_initrd "$work" >"$work/images/initrd"
  build_guest_initrd "$work" >"$work/guest-initrd.gz"
  furnish_dom0 "$work"
  build_dom0_disk "$root" "$work/images/dom0.img"

  images_stamp >"$work/images/stamp"
  rm -rf "$images_dir"
  mv "$work/images" "$images_dir"
  rm -rf "$work"
}

# The links that Debian's installer makes, so that packages for either layout find their place.
merge_usr() {
  local directory
  for directory in bin sbin lib lib64; do
    mkdir -p "$1/usr/$directory"
    ln -s "usr/$directory" "$1/$directory"
  done
}

# The ELF file within a bzImage (Documentation/arch/x86/boot.rst: setup_sects, payload_offset): Xen would have to
# unpack it under emulation, for each guest anew.
extract_kernel() {
  local sectors offset
  sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
  offset=$(od -An -tu4 -j $((0x248)) -N 4 "$1")
  # xz stops before the end of the file, which in a pipe would look like a failure of tail's.
  xz -dc --single-stream < <(tail -c +$(((sectors + 1) * 512 + offset + 1)) "$1")
}

# The files of modules and of all they depend on, in the order of loading.
module_files() {
  local work=$1 module
  for module in "${@:2}"; do
    modprobe -d "$work/kernel" -S "$kernel_release" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# An initrd with busybox, an init script, and modules to be loaded as /modules/order says.
# Usage: initrd WORK DIRECTORY INIT MODULE...
initrd() {
  local work=$1 tree=$2 init=$3 file
  mkdir -p "$tree"/{bin,sbin,dev,proc,sys,modules}
  cp "$work/root/usr/bin/busybox" "$tree/bin/"
  install -m 755 "$init" "$tree/init"
  while read -r file; do
    cp "$file" "$tree/modules/"
    basename "$file" >>"$tree/modules/order"
  done < <(module_files "$work" "${@:4}")
  (cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0)
}

build_dom0_initrd() {
  initrd "$1" "$1/dom0-initrd" "$here/dom0/initrd-init" "${dom0_initrd_modules[@]}"
}

build_guest_initrd() {
  mkdir -p "$1/guest-initrd/sbin"
  install -m 755 "$here"/guest/sbin/* "$1/guest-initrd/sbin/"
  initrd "$1" "$1/guest-initrd" "$here/guest/init" "${guest_modules[@]}" | gzip -1
}

# Configuration of dom0, which elsewhere the packages' scripts would write, and the guests.
furnish_dom0() {
  local work=$1 root=$1/root modules=$1/root/lib/modules/$kernel_release file
  while read -r file; do
    install -D -m 644 "$file" "$modules/${file#*"/lib/modules/$kernel_release/"}"
  done < <(module_files "$work" "${dom0_modules[@]}")
  cp "$work/kernel/lib/modules/$kernel_release"/modules.{order,builtin,builtin.modinfo} "$modules/"
  depmod -b "$root" "$kernel_release"

  cp -r "$here/dom0/root/." "$root/"
  chmod 755 "$root"/usr/local/bin/* "$root/usr/local/sbin/start-dom0"
  mkdir -p "$root"/{dev,proc,sys,run,tmp,guests} "$root"/var/{log/xen/console,lib/xen/dump}
  chmod 1777 "$root/tmp"
  [ -e "$root/usr/bin/awk" ] || ln -s gawk "$root/usr/bin/awk"

  # The same key for the way in, for dom0 to itself (xl migrate), and as the host's own.
  [ -f "$key_file" ] || ssh-keygen -q -t ed25519 -N '' -C xenlab -f "$key_file"
  install -d -m 700 "$root/root/.ssh"
  install -m 600 "$key_file" "$root/root/.ssh/id_ed25519"
  install -m 600 "$key_file.pub" "$root/root/.ssh/authorized_keys"
  install -m 600 "$key_file" "$root/etc/ssh/ssh_host_ed25519_key"

  cp "$work/images/vmlinux" "$work/guest-initrd.gz" "$here"/guest/*.cfg "$root/guests/"
  truncate -s 16M "$root/guests/disk.img"
}

# With room for a domus, saved guests and logs; the holes cost nothing.
build_dom0_disk() {
  local root=$1 image=$2 as_root=()
  [ "$(id -u)" = 0 ] || as_root=(fakeroot)
  truncate -s "$(($(du -sm "$root" | cut -f 1) + 1024))M" "$image"
  PATH=$PATH:/usr/sbin:/sbin "${as_root[@]}" mkfs.ext4 -q -F -O ^has_journal -d "$root" "$image"
}
