# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# What tools print that list each check for a capability that came out well: the other side of the comparison. perf
# looks at one cgroup, from before the runtime starts to the end.

naive_start() { # cgroup
  local folder
  folder=$(group_root)$1
  mkdir -p "$folder"
  mkfifo "$trial/control" "$trial/answer"
  perf record -q -a -e capability:cap_capable --filter 'ret == 0' -G "$1" -D -1 \
    --control "fifo:$trial/control,$trial/answer" -o "$trial/perf" >"$trial/perf.log" 2>&1 &
  tracer=$!
  exec {control}<>"$trial/control" {answer}<>"$trial/answer"
  tell_perf enable
}

# Where perf looks for the groups.
group_root() {
  awk '{ type = $0; sub(/.* - /, "", type); options = type; sub(/ .*/, "", type) }
    type == "cgroup" && options ~ /perf_event/ { print $5; found = 1; exit }
    type == "cgroup2" { second = $5 }
    END { if (!found) print second }' /proc/self/mountinfo
}

tell_perf() { # word
  local reply
  echo "$1" >&"$control"
  read -r -t 60 -u "$answer" reply || { cat "$trial/perf.log" >&2; return 1; }
}

naive_stop() {
  tell_perf stop || true
  wait "$tracer" || true
  exec {control}>&- {answer}>&-
}

naive_names() { # after the end: names, divided by spaces
  perf script -i "$trial/perf" -F trace 2>/dev/null | sed -n 's/.*, cap \([0-9]*\), ret 0.*/\1/p' | sort -un |
    while read -r number; do echo "${capability_names[number]}"; done | paste -sd ' '
}
