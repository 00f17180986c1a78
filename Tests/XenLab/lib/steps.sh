# Steps that are tried one after the other, and said of each whether it worked and how long it took. Sourced by `check` and
# `test`, which have their machine in DOMUS_XENLAB_INSTANCE.
# shellcheck shell=bash

failures=0
# Only steps whose names contain this.
wanted=

# What a step prints is shown when it failed, or where a line of it begins with MEASURED. Usage: step NAME COMMAND...
step() {
  local start=$EPOCHREALTIME output result=ok
  [[ $1 == *"$wanted"* ]] || return 0
  if ! output=$("${@:2}" 2>&1); then
    result=FAILED
    failures=$((failures + 1))
  fi
  awk -v a="$start" -v b="$EPOCHREALTIME" -v name="$1" -v result="$result" \
    'BEGIN { printf "%-6s %6.1f s  %s\n", result, b - a, name }'
  printf '%s\n' "$output" | sed -n 's/^MEASURED /                 /p'
  [ $result = ok ] || printf '%s\n' "$output" | tail -n 20 | sed 's/^/         /'
}

# A command in dom0, which has words of its own for what the steps ask.
dom0() {
  timeout "${step_seconds:-120}" "$lab" run '
    # said GUEST TEXT: waits until the console of a guest has said it on a line of its own.
    said() {
      for _ in $(seq 200); do
        grep -aq "^$2" /var/log/xen/console/guest-"$1".log && return
        sleep 0.1
      done
      tail /var/log/xen/console/guest-"$1".log
      return 1
    }
    # ask GUEST COMMAND: has the shell of a guest run it, and waits for its end.
    ask() {
      : >/var/log/xen/console/guest-"$1".log
      type-to-guest "$1" "$2; echo; echo done-\$?" && said "$1" done-0
    }
    # gone GUEST: waits until there is no such domain.
    gone() {
      for _ in $(seq 100); do
        xl domid "$1" 2>/dev/null || return 0
        sleep 0.1
      done
      return 1
    }
    # cpu GUEST: its CPU time in seconds.
    cpu() { xl list "$1" | awk "NR == 2 { print \$6 }"; }
    # within SECONDS COMMAND...: waits until the command succeeds.
    within() {
      limit=$(($(date +%s%N) + $1 * 1000000000))
      shift
      until "$@"; do
        [ $(date +%s%N) -lt $limit ] || return 1
        sleep 0.1
      done
    }
    # refuses TEXT COMMAND...: the command fails and says so.
    refuses() {
      text=$1
      shift
      ! "$@" 2>/tmp/complaint || { echo "not refused: $*"; return 1; }
      grep -q -- "$text" /tmp/complaint || { cat /tmp/complaint; return 1; }
    }
    # shows TEXT: the terminal UI in tmux has it on its screen.
    shows() { tmux capture-pane -p -t ui | grep -q -- "$1"; }
    keys() { tmux send-keys -t ui "$@"; }
    '"$*" </dev/null
}
