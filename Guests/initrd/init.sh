#!/bin/sh
# PID 1 of the Domus guest until busybox init takes over. It mounts, loads the drivers that the machine has devices for, says
# that the guest is ready and writes the inittab; from then on respawning, poweroff, reboot and halt are busybox init's work.
#
# Kernel command line: domus.name=NAME  domus.load=PERCENT[,PERIOD_MS]  domus.load_cpus=N  domus.fill=MIB
export PATH=/bin HOME=/root TERM=xterm-256color

mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o nosuid,noexec,mode=0620,gid=5 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev,mode=1777,size=85% tmpfs /dev/shm
mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs /run

name=domus load= load_cpus=1 fill=
read -r cmdline </proc/cmdline
for word in $cmdline; do
  case $word in
  domus.name=?*) name=${word#*=} ;;
  domus.load=?*) load=${word#*=} ;;
  domus.load_cpus=?*) load_cpus=${word#*=} ;;
  domus.fill=?*) fill=${word#*=} ;;
  esac
done
echo "$name" >/proc/sys/kernel/hostname
echo "127.0.0.1 localhost $name" >/etc/hosts

# The transport makes the devices appear; each device's modalias then names its driver.
modprobe -q virtio_mmio
aliases=
for file in /sys/bus/virtio/devices/*/modalias; do
  [ -e "$file" ] || continue
  read -r alias <"$file"
  # Consoles (device 3) are built into the kernel.
  case $alias in virtio:d00000003v*) ;; *) aliases="$aliases $alias" ;; esac
done
for alias in $aliases; do modprobe -q "$alias"; done

# A virtio console exists only now: what was opened before was not it.
[ -c /dev/console ] && exec </dev/console >/dev/console 2>&1
ifconfig lo up

{
  echo '::respawn:/bin/cttyhack /bin/sh -l'
  echo '::ctrlaltdel:/bin/reboot'
  echo '::shutdown:/bin/umount -a -r -t ext2,ext3,ext4,9p'
  for file in /sys/class/virtio-ports/*/name; do
    [ -e "$file" ] || continue
    read -r port_name <"$file"
    port=${file%/name}
    mkdir -p /dev/virtio-ports
    ln -s "../${port##*/}" "/dev/virtio-ports/$port_name"
    [ "$port_name" = org.qemu.guest_agent.0 ] && echo "null::respawn:/lib/domus/agent /dev/${port##*/}"
  done
  if [ -n "$load" ]; then
    percent=${load%%,*} period=${load#"$percent"}
    case $load_cpus in *[!0-9]*) load_cpus=1 ;; esac
    while [ "$load_cpus" -gt 0 ]; do
      # The number keeps the lines apart: init runs equal ones only once.
      echo "null::respawn:/lib/domus/load $load_cpus $percent ${period#,}"
      load_cpus=$((load_cpus - 1))
    done
  fi
  [ -n "$fill" ] && echo "null::once:/lib/domus/fill $fill"
} >/etc/inittab

echo "Domus guest $name ready"
exec /bin/init
