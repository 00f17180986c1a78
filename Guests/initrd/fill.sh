#!/bin/sh
# Fills memory slowly, one MiB a second, up to MIB: usage: fill MIB
target=$1
case $target in '' | *[!0-9]*) exit 0 ;; esac
while [ "$target" -gt 0 ] && head -c 1048576 /dev/zero >>/dev/shm/fill; do
  target=$((target - 1))
  sleep 1
done
