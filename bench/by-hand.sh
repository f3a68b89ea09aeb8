#!/bin/sh
# Rolls units as a careful person would at a shell: stop, wait until dead twice running, start, wait until running, settle.
# usage: by-hand.sh <fleetctl> <endpoint> <at once> <settle, s> <pause between two looks, s> <unit>...
set -eu
fleetctl=$1 endpoint=$2 at_once=$3 settle=$4 pause=$5
shift 5

ctl() {
  "$fleetctl" --endpoint="$endpoint" "$@"
}

# Succeeds when each unit is in one of the states.
all_are() {
  states=$1
  shift
  ctl list-units --full --no-legend --fields=unit,active,sub | awk -v states="^($states)\$" -v units="$*" '
    BEGIN { n = split(units, list, " "); for (i = 1; i <= n; i++) left[list[i]] = 1 }
    ($1 in left) && ($2 "/" $3) ~ states { delete left[$1] }
    END { for (unit in left) exit 1 }'
}

wait_until() {
  times=$1
  shift
  seen=0
  while :; do
    if all_are "$@"; then seen=$((seen + 1)); else seen=0; fi
    [ "$seen" -lt "$times" ] || return 0
    sleep "$pause"
  done
}

roll() {
  # One unit a call, as the bot does: of several, some may be done and the rest not.
  for unit in "$@"; do ctl stop --no-block "$unit" >/dev/null 2>&1; done
  wait_until 2 'inactive/dead|failed/failed' "$@"
  for unit in "$@"; do ctl start --no-block "$unit" >/dev/null 2>&1; done
  wait_until 1 'active/running' "$@"
  sleep "$settle"
  wait_until 1 'active/running' "$@"
}

batch=''
size=0
for unit in "$@"; do
  batch="$batch $unit"
  size=$((size + 1))
  [ "$size" -eq "$at_once" ] || continue
  # shellcheck disable=SC2086
  roll $batch
  batch=''
  size=0
done
# shellcheck disable=SC2086
[ "$size" -eq 0 ] || roll $batch
