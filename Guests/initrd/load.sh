#!/bin/sh
# Keeps one CPU busy for a share of the time: usage: load INSTANCE PERCENT [PERIOD_MS]
# Time comes from /proc/uptime, which counts in 10 ms; what one period does too much or too little the next makes good, so
# the mean is right whatever the resolution.
percent=$2 period=$3
case $percent in '' | *[!0-9]*) percent=50 ;; esac
case $period in '' | *[!0-9]*) period=200 ;; esac
[ "$percent" -gt 100 ] && percent=100
[ "$period" -lt 20 ] && period=20
[ "$period" -gt 60000 ] && period=60000

[ -p /run/load.never ] || mkfifo /run/load.never 2>/dev/null
exec 4<>/run/load.never

# The time since boot in ms, in $now.
clock() {
  read -r now rest </proc/uptime
  now="${now%.*}${now#*.}0"
  now=$((now))
}

burn() {
  n=0
  while [ $((n += 1)) -lt 200 ]; do :; done
}

clock
owed=0 start=$now
while :; do
  owed=$((owed + percent * period / 100))
  [ "$owed" -gt "$period" ] && owed=$period
  before=$now
  while [ $((now - before)) -lt "$owed" ]; do
    burn
    clock
  done
  owed=$((owed - now + before))
  start=$((start + period))
  left=$((start - now))
  if [ "$left" -gt 0 ]; then
    fraction=00$((left % 1000))
    read -r -t "$((left / 1000)).${fraction#"${fraction%???}"}" rest <&4
    clock
  elif [ "$left" -lt "-$period" ]; then
    # The guest was paused or got too little CPU: go on from here instead of catching up.
    start=$now
  fi
done
