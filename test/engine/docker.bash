# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# What the tests with Docker share: a daemon with the runtimes of install_whittle, and containers that
# stay. The runtime is whittle unless $runtime says otherwise.

load lib

docker_machine() { # [filter for daemon.json]
  need_engines dockerd containerd docker
  machine_start
  install_whittle
  docker_runtimes "${1:-.}"
  start_dockerd
  busybox_image docker
}

docker() { inside docker "$@"; }

end_containers() { inside_sh 'docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes' >/dev/null 2>&1; }

# ---- containers ---------------------------------------------------------------------------

run() { docker run --runtime "${runtime:-whittle}" "$@"; } # bats's own "run" is not used here

# A container that stays: ID, and PID as the machine counts.
up() { # options, image, command...
  ID=$(run --detach "$@")
  PID=$(pid_of "$ID")
}
pid_of() { docker inspect --format '{{.State.Pid}}' "$1"; }
state_is() { [ "$(docker inspect --format '{{.State.Status}}' "$1")" = "$2" ]; } # container, state
health_is() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = "$2" ]; }

# A container's first process from both sides; what it printed is from "facts".
container_holds() { # what, expected
  process_holds "$1: seen from outside" "$2" "$PID"
  eventually has_spoken "$ID"
  holds "$1: seen from inside" "$2" <(docker logs "$ID")
}
has_spoken() { docker logs "$1" | grep -q '^end'; }

# The processes of a container, as the machine counts.
processes() { docker top "$1" -o pid | tail -n +2; }
all_hold() { # what, expected, container
  local process list
  list=$(processes "$3")
  [ -n "$list" ] || fail "$1: there is no process in it"
  for process in $list; do
    process_holds "$1: process $process" "$2" "$process"
  done
}

# Another program in the container that stays; EXECUTED is its process id.
executed() { # options of exec...
  local before now
  before=$(processes "$ID")
  docker exec --detach "$@" "$ID" facts hold
  eventually another_process "$before"
}
another_process() { # those before
  EXECUTED=$(comm -13 <(sort <<<"$1") <(processes "$ID" | sort))
  [ -n "$EXECUTED" ] && [ "$(cat "$ROOT/proc/$EXECUTED/comm")" = facts ]
}

# ---- with and without whittle -------------------------------------------------------------

# What differs from run to run: ids and names made of them, times, process ids, addresses, and whether
# Docker's client had begun to wait for a container that then does not start.
anonymous() {
  sed -E '/error waiting for container: context canceled/d; s/^error: time="[^"]*"/error: TIME/
    s/\b[0-9a-f]{64}\b/ID/g; s/\b[0-9a-f]{12}\b/ID/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g
    s/^pid .*/pid/; s/"Pid":[0-9]+/"Pid":0/g; s/172\.17\.[0-9.]+/ADDRESS/g'
}

# The state that Docker remembers of a container.
state() { docker inspect --format '{{json .State}}' "$1" | jq -c 'del(.Pid, .StartedAt, .FinishedAt)'; }

# Calls a function with the bare runtime and with whittle under a policy that allows everything: what
# it prints must be the same, and something.
same_as_bare() { # function, arguments...
  local runtime bare whittled
  runtime=runc
  bare=$("$@" 2>&1 | anonymous)
  runtime=whittle-everything
  whittled=$("$@" 2>&1 | anonymous)
  [ -n "$bare" ] || fail "nothing came of: $*"
  same_bytes "$*" <(echo "$bare") <(echo "$whittled")
  same_records
}
# Whittle was asked for every one of them, and not the bare runtime twice.
same_records() {
  [ -s "$MACHINE/records" ] || fail "no record of whittle's"
  jq -e 'select(.policy == "/etc/whittle/everything.json")' "$MACHINE/records" >/dev/null \
    || fail "no record says that everything was allowed"
  rm "$MACHINE/records"
}

# The outcome of a command as text. Which of the two streams Docker passes on first is chance.
told() { # command...
  local status=0 errors
  errors=$(mktemp "$BATS_TEST_TMPDIR/errors.XXXX")
  "$@" 2>"$errors" || status=$?
  sed 's/^/error: /' "$errors"
  printf '%s\n' "status $status"
}

# ---- what the kernel says of a container ---------------------------------------------------

docker_said() { docker logs "$1" 2>&1 | grep -qxF -- "$2"; } # container, line

cgroup_of() { # container, controller: its folder
  local folder
  for folder in "$ROOT/sys/fs/cgroup/$2/docker/$1" "$ROOT/sys/fs/cgroup/docker/$1"; do
    [ ! -d "$folder" ] || { echo "$folder"; return; }
  done
}
memory_limit() { cat "$(cgroup_of "$1" memory)"/memory.{limit_in_bytes,max} 2>/dev/null; }
frozen() { # FROZEN or THAWED
  local folder
  folder=$(cgroup_of "$1" freezer)
  if [ -e "$folder/freezer.state" ]; then cat "$folder/freezer.state"; return; fi
  if grep -qx 'frozen 1' "$folder/cgroup.events"; then echo FROZEN; else echo THAWED; fi
}
