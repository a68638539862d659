#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031,SC2034,SC2154
#
# The same workloads under the real Docker: what is learnt there is what the table says, is enough, and none of
# it can go.

load docker
load ../learn/trial
load ../learn/engine

setup_file() {
  need_engines dockerd containerd docker nginx rsync redis-cli psql setcap
  export MACHINE_UNIFIED=yes # recording goes by the second version of cgroups, where a host has it
  machine_start
  install_programs
  docker_runtimes '.runtimes |= { whittle }'
  start_dockerd
  load_image
}
setup() { work=$BATS_TEST_TMPDIR; }
teardown() { show_logs; }
teardown_file() { machine_stop; }

names() { xargs -n 1 <<<"$1" | sed '/^$/d' | sort | paste -sd ' '; }
kept() { jq -r --arg use "$1" '[.uses[] | select(.use == $use) | .capability | sub("^CAP_"; "")] | sort | join(" ")' <<<"$recorded"; }

# A column of this workload's row in the documents: 5 used, 6 speculative, 7 proven minimum.
documented() { # column
  local title=${workload}_title
  awk -F ' *[|] *' -v title="${!title}" -v column="$1" '$2 == title { print $column == "–" ? "" : $column; found = 1 }
    END { exit !found }' "$WHITTLE_SOURCE/docs/learning.md"
}

recorded_well() { # workload
  rm -rf "$ROOT/var/lib/whittle/learn/${rule:-$1}" # recordings of one name are one
  works "$1" "$docker_capabilities" record || fail "$1 does not work while it is recorded: $(cat "$why" "$output")"
  recorded=$(recording_of "${rule:-$1}")
  jq -e '.complete and .lost == 0' <<<"$recorded" >/dev/null || fail "the recording of $1 is not complete: $recorded"
}

learnt() { # workload
  local one rest
  recorded_well "$1"
  same "used by $1" "$(documented 5)" "$(kept used)"
  same "speculative of $1" "$(documented 6)" "$(kept speculative)"
  works "$1" "$(kept used) $(kept speculative)" enforce || fail "$1 does not work with what was learnt: $(cat "$why" "$output")"
  for one in $(documented 7); do
    rest=$(names "$(documented 7) " | xargs -n 1 | grep -vx "$one" | paste -sd ' ')
    ! works "$1" "$rest" enforce || fail "$1 works without $one"
  done
}

@test "python3, a calculation" { learnt calculation; }
@test "python3 -m http.server 8080" { learnt http_8080; }
@test "python3 -m http.server 80" { learnt http_80; }
@test "nginx" { learnt nginx; }
@test "PostgreSQL" { learnt postgres; }
@test "Redis" { learnt redis; }
@test "chown -R" { learnt chown; }
@test "su" { learnt su; }
@test "ping" { learnt ping; }
@test "busybox httpd" { learnt httpd; }
@test "rsync" { learnt rsync; }
@test "tar" { learnt tar; }
@test "useradd" { learnt useradd; }
@test "find" { learnt find; }

# Docker since 20.10 lets everybody have the low ports: nothing is asked, and nothing is to be kept for it.
@test "a web server on port 80 as Docker starts it needs no capability" {
  docker_settings=yes rule=as-docker-has-it
  recorded_well http_80
  same "used" "" "$(kept used)"
  works http_80 "" enforce || fail "does not work without: $(cat "$why" "$output")"
}
