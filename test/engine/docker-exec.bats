#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2086,SC2154
#
# docker exec into containers that were started with whittle. Docker asks each time for what the
# container once asked for, or for everything.

load docker

setup_file() { docker_machine; }
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

bounded=$(root_with "$allowed")
without_root=$(privileges "" "" "" "$allowed" "" 1)

@test "exec, whatever is asked for: the process is bounded, seen from both sides" {
  local options
  up "$image"
  for options in '' --privileged '-u 0 --privileged' '-e A=B -w /tmp' -i; do
    holds "exec $options: seen from inside" "$bounded" <(docker exec $options "$ID" facts)
  done
  for options in '' --privileged; do
    executed $options
    process_holds "exec $options: seen from outside" "$bounded" "$EXECUTED"
  done
}

@test "exec -u: another user holds nothing, also when it asks for everything" {
  local options
  up "$image"
  for options in '-u 1000' '-u app' '-u 1000 --privileged'; do
    holds "exec $options" "$without_root" <(docker exec $options "$ID" facts)
  done
  executed -u 1000 --privileged
  process_holds "exec -u --privileged: seen from outside" "$without_root" "$EXECUTED"
}

@test "exec -t: a terminal, and the process is bounded" {
  up "$image"
  inside script --quiet --command "docker exec -t --privileged $ID facts" /dev/null </dev/null | tr -d '\r' >"$BATS_TEST_TMPDIR/out"
  holds "exec -t" "$bounded" "$BATS_TEST_TMPDIR/out"
  grep -qx 'tty 1 yes' "$BATS_TEST_TMPDIR/out"
}

@test "exec into a privileged container, and into one that gave up everything" {
  up --privileged --cap-add ALL "$image"
  holds "into a privileged one" "$bounded" <(docker exec "$ID" facts)
  up --cap-drop ALL "$image"
  holds "into one without any" "$(root_with "")" <(docker exec "$ID" facts)
  executed
  process_holds "the same, seen from outside" "$(root_with "")" "$EXECUTED"
}

@test "exec finds the read-only root, and cannot make it writable" {
  up "$image"
  same "exec --privileged" no "$(docker exec --privileged "$ID" sh -c '
    mount -o remount,rw / 2>/dev/null; (: >/x) 2>/dev/null && echo yes || echo no')"
}

@test "exec is judged by the policy of that hour" {
  up "$image"
  edit_policy config '.default.capabilities = []'
  holds "after the policy was narrowed" "$(root_with "")" <(docker exec "$ID" facts)
  strict_policy | policy config
  holds "and after it was as before" "$bounded" <(docker exec "$ID" facts)
}

@test "a health check is bounded" {
  up --health-cmd 'facts | grep -E "^(Cap|NoNewPrivs)"' --health-interval 1s "$image"
  eventually health_is "$ID" healthy
  holds "health check" "$bounded" <(docker inspect --format '{{(index .State.Health.Log 0).Output}}' "$ID")
}
