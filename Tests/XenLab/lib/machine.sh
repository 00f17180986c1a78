# The machine: qemu with Xen and dom0, and ssh into it. Sourced by `lab`.
# shellcheck shell=bash disable=SC2154,SC2030,SC2031

pid_file=$instance_dir/pid
port_file=$instance_dir/port
console_log=$instance_dir/console.log
control_socket=$instance_dir/ssh

# The machine's qemu; fails when it doesn't run. The pid may have become another process's.
machine_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -e "-pidfile $pid_file" || return 1
  printf '%s\n' "$pid"
}

boot_machine() {
  need_programs qemu-system-x86_64 ssh scp flock
  (
    lock "$instance_dir/lock" $((2 * boot_seconds + 60))
    if machine_pid >/dev/null; then
      if ! cmp -s "$images_dir/stamp" "$instance_dir/stamp"; then
        say "The machine runs older images; booting it anew"
      elif ! answers; then
        say "The machine doesn't answer; booting it anew"
      else
        exit 0
      fi
    fi
    for attempt in 1 2; do
      SECONDS=0
      turn_off
      start_machine
      if wait_for_dom0; then
        say "dom0 is up after $SECONDS s"
        exit 0
      fi
      say "dom0 was not up after $SECONDS s (attempt $attempt)"
      cp "$console_log" "$instance_dir/console-failed-$attempt.log" 2>/dev/null || true
    done
    turn_off
    tail -n 30 "$console_log" >&2 || true
    fail "dom0 doesn't boot; its console: $console_log"
  )
}

start_machine() {
  local xen_words dom0_words attempt port
  # Side-channel mitigations cost half of the speed here and protect nobody.
  xen_words="console=com1 com1=115200,8n1 loglvl=all guest_loglvl=warning spec-ctrl=no xpti=no bootscrub=0"
  xen_words+=" dom0_mem=${dom0_memory}M,max:${dom0_memory}M dom0_max_vcpus=1 ${DOMUS_XENLAB_XEN:-}"
  dom0_words="console=hvc0 quiet loglevel=4 mitigations=off net.ifnames=0"
  # A port found free may be taken a moment later; qemu tells.
  for attempt in 1 2 3 4 5; do
    port=${DOMUS_XENLAB_PORT:-$(free_port)}
    rm -f "$console_log" "$instance_dir/ssh.log"
    # Under this emulator AVX registers get mixed up at context switches, and programs with them; without xsave nobody
    # uses AVX. With smap, smep or rdtscp, dom0 or PVH guests crash. The disk's changes are forgotten at the end.
    if qemu-system-x86_64 \
      -machine q35 -accel tcg,thread=multi,tb-size=256 -cpu max,-xsave,-smap,-smep,-rdtscp \
      -smp "$machine_cpus" -m "$machine_memory" \
      -nodefaults -display none -vga none -no-reboot -daemonize -pidfile "$pid_file" \
      -kernel "$images_dir/xen" -append "$xen_words" \
      -initrd "$images_dir/vmlinux $dom0_words,$images_dir/initrd" \
      -drive "file=$images_dir/dom0.img,format=raw,if=virtio,snapshot=on" \
      -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:22" -device virtio-net-pci,netdev=net,romfile= \
      -serial "file:$console_log" 9>&-; then
      printf '%s\n' "$port" >"$port_file"
      cp "$images_dir/stamp" "$instance_dir/stamp"
      return 0
    fi
    [ -z "${DOMUS_XENLAB_PORT:-}" ] || break
  done
  fail "qemu doesn't start"
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (: 9>&- <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%s\n' "$port"
}

# Until dom0 takes a command over the one connection that all later commands share.
wait_for_dom0() {
  until grep -qs "dom0 is ready" "$console_log"; do
    [ $SECONDS -lt "$boot_seconds" ] || return 1
    machine_pid >/dev/null || return 1
    sleep 0.2
  done
  # The first connections to a dom0 just up are sometimes reset.
  for _ in 1 2 3 4 5; do
    ! connect || ! answers || return 0
    sleep 1
  done
  return 1
}

# Nothing of the caller's may be held open by the connection, which outlives it.
connect() {
  timeout 60 ssh "${ssh_options[@]}" -p "$(cat "$port_file")" -M -N -f root@127.0.0.1 \
    </dev/null >>"$instance_dir/ssh.log" 2>&1 9>&-
}

answers() { timeout 30 "$here/lab" run true </dev/null >/dev/null 2>&1 9>&-; }

turn_off() {
  local pid
  if pid=$(machine_pid); then
    kill "$pid"
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    ! kill -0 "$pid" 2>/dev/null || kill -9 "$pid"
  fi
  # The shared connection ends with the machine.
  rm -f "$pid_file" "$port_file" "$control_socket"
}

stop_machine() {
  (
    lock "$instance_dir/lock" 30
    turn_off
  )
}

report_status() {
  local pid
  if pid=$(machine_pid); then
    echo "up: process $pid, ssh port $(cat "$port_file"), console $console_log"
  else
    echo "down"
    exit 1
  fi
}

ssh_options=(
  -F /dev/null -i "$key_file" -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR
  -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
  -o "ControlPath=$control_socket" -o ServerAliveInterval=20 -o ServerAliveCountMax=9
)

dom0_port() {
  machine_pid >/dev/null || fail "the lab is down; 'lab boot' starts it"
  cat "$port_file"
}

run_in_dom0() {
  local port
  [ $# -gt 0 ] || fail "run needs a command"
  port=$(dom0_port)
  exec ssh "${ssh_options[@]}" -p "$port" root@127.0.0.1 -- "$@"
}

run_in_dom0_terminal() {
  local port
  port=$(dom0_port)
  exec ssh "${ssh_options[@]}" -p "$port" -tt root@127.0.0.1 -- "$@"
}

copy_into_dom0() {
  local port
  [ $# -gt 1 ] || fail "copy needs files and a destination"
  port=$(dom0_port)
  exec scp "${ssh_options[@]}" -P "$port" -q -p -r "${@:1:$#-1}" "root@127.0.0.1:${*: -1}"
}

fetch_from_dom0() {
  local port
  [ $# = 2 ] || fail "fetch needs a file and a destination"
  port=$(dom0_port)
  exec scp "${ssh_options[@]}" -P "$port" -q -p -r "root@127.0.0.1:$1" "$2"
}
