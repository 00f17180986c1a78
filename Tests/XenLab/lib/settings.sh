# What the lab is made of, and where it is kept. Sourced by `lab`.
# shellcheck shell=bash disable=SC2034

lab_dir=${DOMUS_XENLAB:-${XDG_CACHE_HOME:-$HOME/.cache}/domus/xenlab}
instance_dir=$lab_dir/machines/${DOMUS_XENLAB_INSTANCE:-main}
images_dir=$lab_dir/images

# The last of Debian's releases whose kernel and Xen are known to run under this emulator. The libraries' sonames are
# those of this Xen.
debian_release=bookworm
xen_version=4.17

# 2 GiB hold Xen, a dom0 that can map a program of a hundred MB, and about ten guests of 96 MiB.
machine_memory=${DOMUS_XENLAB_MEMORY:-2048}
machine_cpus=${DOMUS_XENLAB_CPUS:-2}
dom0_memory=${DOMUS_XENLAB_DOM0:-640}
# Two boots must fit: one in about fifteen hangs. A good one takes half a minute on an idle machine.
boot_seconds=${DOMUS_XENLAB_SECONDS:-120}

# What dom0 has, with everything these need; no package recommended by another.
dom0_packages=(
  # Xen's tools, and what its hotplug scripts call.
  "xen-utils-$xen_version" xenstore-utils bridge-utils iproute2 iputils-ping kmod util-linux mount bsdutils
  # A system to log in to.
  base-files base-passwd bash dash coreutils diffutils grep sed gawk findutils procps psmisc hostname busybox-static
  openssh-server openssh-client openssh-sftp-server tmux ncurses-base ncurses-bin strace
  # The libraries of a domus that is linked dynamically.
  libc6 libc-bin libgcc-s1 libstdc++6 libncursesw6 libpcre2-8-0 libtinfo6 libvterm0 zlib1g
)

dom0_modules=(
  virtio_pci virtio_blk virtio_net ext4 crc32c_generic
  xenfs xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xen-blkback xen-netback bridge loop tun
)
# Those that dom0 needs before it has a root file system.
dom0_initrd_modules=(crc32c_generic virtio_pci virtio_blk ext4)
guest_modules=(xen-netfront xen-blkfront)

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "lab: $*"
  exit 1
}

need_programs() {
  local program
  for program in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null ||
      fail "the program $program is not installed; 'make xen-deps' installs what the lab needs"
  done
}

# Holds a lock until the shell ends. Nothing that outlives the shell may inherit the descriptor.
# Usage: lock FILE SECONDS
lock() {
  mkdir -p "$(dirname "$1")"
  exec 9>"$1"
  flock -w "$2" 9 || fail "another run holds $1"
}
