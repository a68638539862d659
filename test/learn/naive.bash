# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# The other side of the comparison: what tools print that list each check for a capability that came out
# well. perf looks at one cgroup, from before the runtime starts to the end.

# Where perf looks for groups: the hierarchy of its controller, else the second version's.
group_root() {
  awk '{ type = $0; sub(/.* - /, "", type); options = type; sub(/ .*/, "", type) }
    type == "cgroup" && options ~ /perf_event/ { print $5; found = 1; exit }
    type == "cgroup2" { second = $5 }
    END { if (!found) print second }' /proc/self/mountinfo
}

# perf wants tracefs where it is usually mounted, which may be nowhere.
with_tracefs() {
  unshare --mount --propagation private sh -c '
    mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
    exec "$@"' sh "$@"
}

naive_start() { # cgroup
  group=$(group_root)$1
  mkdir -p "$group"
  mkfifo "$trial/control" "$trial/answer"
  exec {control}<>"$trial/control" {answer}<>"$trial/answer"
  with_tracefs perf record -q -a -e capability:cap_capable --filter 'ret == 0' -G "$1" -D -1 \
    --control "fifo:$trial/control,$trial/answer" -o "$trial/perf" >"$trial/perf.log" 2>&1 &
  tracer=$!
  tell_perf enable
}
tell_perf() { # word
  local reply
  echo "$1" >&"$control"
  read -r -t 60 -u "$answer" reply || { cat "$trial/perf.log" >&2; return 1; }
}

naive_stop() { # naive: what it saw, divided by spaces
  tell_perf stop || true
  wait "$tracer" || true
  exec {control}>&- {answer}>&-
  naive=$(with_tracefs perf script -i "$trial/perf" -F trace 2>/dev/null |
    sed -n 's/.*, cap \([0-9]*\), ret 0.*/\1/p' | sort -un |
    while read -r number; do echo "${capability_names[number]}"; done | paste -sd ' ')
  rmdir "$group" 2>/dev/null || true
}
