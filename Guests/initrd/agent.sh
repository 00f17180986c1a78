#!/bin/sh
# The part of qemu-guest-agent's protocol that a hypervisor needs for a guest: one JSON object a line.
# usage: agent PORT_DEVICE
port=$1

# A FIFO that nobody writes to makes `read -t` a sleep that starts no process.
[ -p /run/agent.never ] || mkfifo /run/agent.never
exec 4<>/run/agent.never

# value LINE KEY: the string or number that follows "KEY": in LINE, in $value; empty when it has none.
value() {
  value=
  case $1 in *"\"$2\""*) ;; *) return ;; esac
  value=${1#*"\"$2\""}
  value=${value#*:}
  value=${value#"${value%%[! 	]*}"}
  case $value in
  \"*) value=${value#\"}; value=${value%%\"*} ;;
  *) value=${value%%[!0-9-]*} ;;
  esac
}

# The same for a key that must be a number; 0 when it is none.
number() {
  value "$@"
  case $value in '' | *[!0-9-]*) value=0 ;; esac
}

reply() { printf '%s\n' "$1" >&3; }
fail() { reply "{\"error\": {\"class\": \"$1\", \"desc\": \"$2\"}}"; }

shut_down() {
  value "$1" mode
  # As the real agent does, say nothing on success: the guest goes away.
  case $value in
  powerdown | '') poweroff ;;
  reboot) reboot ;;
  halt) halt ;;
  *) fail GenericError 'mode is none of powerdown, reboot, halt' ;;
  esac
}

# Linux keeps the first CPU of many machines: what has no switch is online.
set_vcpu() {
  number "$1" logical-id
  switch=/sys/devices/system/cpu/cpu$value/online
  case $1 in *'"online":true'* | *'"online": true'*) wanted=1 ;; *) wanted=0 ;; esac
  if [ ! -e "$switch" ]; then
    [ "$wanted" = 1 ] && [ -d "${switch%/online}" ] && reply '{"return": 1}' && return
    fail GenericError "CPU $value can't be switched"
  elif [ "$(cat "$switch")" = "$wanted" ] || echo "$wanted" >"$switch"; then
    reply '{"return": 1}'
  else
    fail GenericError "the kernel refuses to switch CPU $value"
  fi
}

# Of all programs only the one that tells the console the size of its terminal.
run_program() {
  value "$1" path
  program=$value
  arguments=${1#*'"arg"'}
  arguments=${arguments#*\[}
  arguments=${arguments%%\]*}
  case $program$arguments in *[!-a-zA-Z0-9/,\"\ ]*) program= ;; esac
  if [ "$program" != stty ]; then
    fail GenericError 'stty is all that can be run'
    return
  fi
  # Its words have neither blanks nor quotes in them.
  # shellcheck disable=SC2046
  stty $(echo "$arguments" | tr -d '"' | tr , ' ') &
  program_pid=$!
  wait $program_pid
  program_status=$?
  reply "{\"return\": {\"pid\": $program_pid}}"
}

# How it ended, once, as the real agent keeps it.
program_end() {
  number "$1" pid
  if [ "$value" = "$program_pid" ]; then
    program_pid=
    reply "{\"return\": {\"exited\": true, \"exitcode\": $program_status}}"
  else
    fail GenericError "PID $value does not exist"
  fi
}

answer() {
  value "$1" execute
  case $value in
  guest-sync-delimited)
    number "$1" id
    # The byte that no UTF-8 text holds lets the host find the end of what it did not ask for.
    printf '\377{"return": %s}\n' "$value" >&3
    ;;
  guest-sync)
    number "$1" id
    reply "{\"return\": $value}"
    ;;
  guest-ping) reply '{"return": {}}' ;;
  guest-info) reply "{\"return\": {\"version\": \"domus-1\", \"supported_commands\": [$commands]}}" ;;
  guest-exec) run_program "$1" ;;
  guest-exec-status) program_end "$1" ;;
  guest-set-vcpus) set_vcpu "$1" ;;
  guest-shutdown) shut_down "$1" ;;
  '') fail GenericError 'Invalid JSON syntax' ;;
  *) fail CommandNotFound 'The command has not been found' ;;
  esac
}

commands=
program_pid=
for command in guest-exec guest-exec-status guest-info guest-ping guest-set-vcpus guest-shutdown guest-sync guest-sync-delimited; do
  [ "$command" = guest-shutdown ] && silent=false || silent=true
  commands="$commands${commands:+, }{\"name\": \"$command\", \"enabled\": true, \"success-response\": $silent}"
done

while :; do
  if exec 3<>"$port"; then
    # The length limit bounds what a host that never ends its line makes us keep.
    while IFS= read -r -n 4096 line <&3; do
      [ -n "$line" ] && answer "$line"
    done
    exec 3>&-
  fi
  # End of file means that nobody is connected on the host's side, and the port cannot be waited for in that state.
  read -r -t 1 line <&4
done 2>/dev/null
