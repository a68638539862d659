#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# The life of a container behind the strict policy: all that Docker can do with it works, and after each
# of it the processes are bounded.

load docker

setup_file() { docker_machine; }
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

bounded=$(root_with "$allowed")
started_at() { docker inspect --format '{{.State.StartedAt}}' "$ID"; }
is_started_anew() { [ "$(started_at)" != "$1" ] && state_is "$ID" running; } # time of the last start

@test "restart, and stop with start: bounded each time" {
  up --privileged "$image"
  docker restart -t 0 "$ID"
  PID=$(pid_of "$ID")
  process_holds "after a restart" "$bounded" "$PID"
  docker stop -t 0 "$ID"
  state_is "$ID" exited
  docker start "$ID"
  PID=$(pid_of "$ID")
  process_holds "after stop and start" "$bounded" "$PID"
  holds "exec after that" "$bounded" <(docker exec --privileged "$ID" facts)
}

@test "a restart policy brings a crashed container back, bounded" {
  local before
  up --restart always --privileged "$image"
  before=$(started_at)
  inside kill -KILL "$PID"
  eventually is_started_anew "$before"
  PID=$(pid_of "$ID")
  process_holds "after the crash" "$bounded" "$PID"
  same "how often it was brought back" 1 "$(docker inspect --format '{{.RestartCount}}' "$ID")"
}

@test "pause and unpause: frozen, and bounded afterwards" {
  up "$image"
  docker pause "$ID"
  state_is "$ID" paused
  same "state of the cgroup" FROZEN "$(frozen "$ID")"
  docker unpause "$ID"
  same "state of the cgroup" THAWED "$(frozen "$ID")"
  container_holds "after unpause" "$bounded"
}

@test "update: the limit is the kernel's, and the container as bounded as before" {
  up --memory 64m --memory-swap -1 "$image"
  docker update --memory 128m --memory-swap -1 "$ID"
  same "limit" $((128 << 20)) "$(memory_limit "$ID")"
  container_holds "after update" "$bounded"
  holds "exec after update" "$bounded" <(docker exec "$ID" facts)
}

@test "stop gives a program the time to end, kill does not" {
  up "$image" sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
  eventually docker_said "$ID" ready
  docker stop "$ID"
  same "status after stop" 5 "$(docker wait "$ID")"
  up "$image"
  docker kill "$ID"
  same "status after kill" 137 "$(docker wait "$ID")"
  up "$image" sh -c 'trap "exit 6" USR1; echo ready; while :; do sleep 0.1; done'
  eventually docker_said "$ID" ready
  docker kill --signal USR1 "$ID"
  same "status after another signal" 6 "$(docker wait "$ID")"
}

@test "cp puts files into a container with a read-only root, and gets them out" {
  up "$image"
  inside_sh 'echo text >/tmp/file'
  docker cp /tmp/file "$ID:/srv/file"
  same "in the container" text "$(docker exec "$ID" cat /srv/file)"
  docker exec "$ID" sh -c 'echo other >/tmp/made'
  same "a file of the image" "$(cat "$MACHINE/tree/etc/passwd")" \
    "$(docker cp "$ID:/etc/passwd" - | tar -xO passwd)"
}

@test "commit and export have the image's files, and none of what whittle mounted" {
  up "$image"
  docker exec "$ID" sh -c ': >/tmp/scratch'
  docker commit "$ID" copy
  same "in the copy" "root:x:0:0:root:/root:/bin/sh" "$(run --rm copy head -n 1 /etc/passwd)"
  docker export "$ID" | tar -t >"$BATS_TEST_TMPDIR/list"
  grep -qx bin/facts "$BATS_TEST_TMPDIR/list"
  fails grep -q scratch "$BATS_TEST_TMPDIR/list"
  docker image rm copy
}

@test "stats, top, logs and attach see the container" {
  up -i "$image" sh -c 'echo out; echo err >&2; read line; echo "read $line"; exec facts hold'
  eventually docker_said "$ID" out
  echo word | inside timeout 20 docker attach "$ID" >/dev/null &
  eventually docker_said "$ID" "read word"
  same "standard error" err "$(docker logs "$ID" 2>&1 >/dev/null)"
  same "processes by stats" "$ID 1" "$(docker stats --no-stream --no-trunc --format '{{.ID}} {{.PIDs}}' "$ID")"
  same "top" "facts hold" "$(docker top "$ID" -o pid,args | awk 'END { print $2, $3 }')"
  container_holds "after attach" "$bounded"
}

@test "a container that was removed has left no state and no cgroup" {
  up "$image"
  test -d "$ROOT/run/docker/runtime-runc/moby/$ID"
  docker rm --force "$ID"
  [ ! -e "$ROOT/run/docker/runtime-runc/moby/$ID" ]
  [ ! -e "$ROOT/run/containerd/io.containerd.runtime.v2.task/moby/$ID" ]
  [ -z "$(find "$ROOT/sys/fs/cgroup" -maxdepth 3 -name "$ID")" ]
}

@test "a container whose policy broke while it ran can be stopped and removed" {
  up "$image"
  echo '{' | policy config
  fails docker exec "$ID" true
  docker pause "$ID"
  docker unpause "$ID"
  docker stop -t 0 "$ID"
  docker rm "$ID"
  strict_policy | policy config
}
