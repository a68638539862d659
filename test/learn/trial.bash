# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# One run of one workload with a given set of capabilities, judged from outside. Where it runs is
# decided by who is sourced behind: bundle.bash (runc alone) or engine.bash (Docker).

# shellcheck source=test/judge.bash
. "$(dirname "${BASH_SOURCE[0]}")/../judge.bash"
# shellcheck source=test/learn/workloads.bash
. "$(dirname "${BASH_SOURCE[0]}")/workloads.bash"

# The names are those of programs too, which the shell would not call any more: the functions are
# reached through these words only.
for workload in "${workloads[@]}"; do
  for part in "" _serves _leaves; do
    declare -F "$workload$part" >/dev/null || continue
    eval "of_$(declare -f "$workload$part")"
    unset -f "$workload$part"
  done
done

choose() { # workload
  workload=$1 uid=0 sysctls='{}' port="" ends="" code=0
  "of_$1"
}

# Whether the workload does what it is there for. $trial is a new folder, in which "why" says what was amiss.
works() { # workload, capabilities (names), what else whittle is to do: enforce or record
  choose "$1"
  trial=$(mktemp -d "$work/$1.XXXX") output=$trial/output why=$trial/why
  chmod 755 "$trial"
  begin "$2" "$3"
  verdict=0
  judge || verdict=1
  finish
  return $verdict
}

judge() {
  if [ -n "$port" ]; then
    within 30 listens || { echo "does not listen" >"$why"; return 1; }
    "of_${workload}_serves" >"$trial/served" 2>&1 || { echo "does not serve" >"$why"; return 1; }
    end_by "$ends"
  fi
  within 60 has_finished || { echo "does not end" >"$why"; return 1; }
  await_end
  [ "$ended_with" = "$code" ] || { echo "exit status $ended_with" >"$why"; return 1; }
  ! declare -F "of_${workload}_leaves" >/dev/null || "of_${workload}_leaves" 2>>"$why" || { echo "has not done its work" >>"$why"; return 1; }
}

within() { # seconds, command...: until it comes true or the container has ended
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    ! has_finished || { "$@"; return; }
    sleep 0.02
  done
}

# A listening socket, by the kernel's table.
listens() {
  grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$port") [0-9A-F:]+ 0A " "$(process)"/net/{tcp,tcp6} 2>/dev/null
}
identity() { awk '$1 == "Uid:" { print $3 }' "$(process)/status"; }

# What the container has changed lies in the upper layer.
changed() { printf '%s\n' "$(layer)$1"; }
left() { # paths
  local path
  for path; do stat -c '%u:%g %a' "$(changed "$path")" || return; done
}
