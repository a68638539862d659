#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
#
# whittlectl status where Docker, containerd and Podman run: from a machine on which nothing is configured
# to one on which everything is enforced, step by step. The tests build on each other, in this order. What
# it says of a container is held against what the kernel says of its process.

load docker

setup_file() {
  need_engines dockerd containerd docker ctr podman conmon
  machine_start
  install_whittle
  inside_sh 'rm -f /usr/bin/containerd-shim-runsc-v1'
  start_dockerd
  busybox_image docker
  busybox_image ctr
  busybox_image podman
}
teardown_file() { machine_stop; }
teardown() { show_logs; }

status() { # its answer in $answer, its exit status in $code
  code=0
  answer=$(inside whittlectl status --json) || code=$?
}
is() { same "$1 of $answer" "$2" "$(jq -rc "$1" <<<"$answer")"; } # filter, expected
exits() { [ "$code" -eq "$1" ] || fail "exit status $code, not $1:" "$(inside whittlectl status)"; }

# What it says of one container: through whittle, and with what beyond the policy.
says_of() { # id, yes | no | unknown
  is ".containers.list[] | select(.id == \"$1\").throughWhittle" "$2"
}
# By the kernel: noNewPrivileges, and nothing in any set that the policy does not allow.
is_bounded() { # pid
  local set bounds
  bounds=$((16#$(mask $allowed)))
  grep -q 'NoNewPrivs:.1' "$ROOT/proc/$1/status" || return
  for set in $(sed -nE 's/^Cap...:\t//p' "$ROOT/proc/$1/status"); do
    [ $((16#$set & ~bounds)) -eq 0 ] || return
  done
}
# "beyond" of every container is what the kernel says of its process.
agrees_with_kernel() {
  local pid beyond
  while read -r pid beyond; do
    if is_bounded "$pid"; then same "beyond, of process $pid" null "$beyond"; else
      [ "$beyond" != null ] || fail "process $pid holds more than the policy allows:" "$answer"
    fi
  done < <(jq -rc '.containers.list[] | "\(.pid) \(.beyond)"' <<<"$answer")
}
docker_run() { docker run --detach --name "$@"; }
docker_id() { docker inspect --format '{{.Id}}' "$1"; }

@test "nothing is configured: no engine uses whittle, and a container that runs was not started by it" {
  docker_run before $image >/dev/null
  status
  exits 1
  is '[.engines[] | [.name, .default.whittle]]' '[["docker",false],["containerd",false],["podman",false]]'
  is '[.engines[] | .version] | all(test("^[0-9]+[.][0-9]+"))' true
  is '[.engines[] | .pid != null]' '[true,true,false]'
  is '.policies[0] | [.valid, .mode, .runtime.kind, .runtime.recognised]' '[true,"enforce","runc",true]'
  is .policies[0].runtime.version "$(inside runc --version | sed -n 's/^runc version //p')"
  says_of "$(docker_id before)" no
  agrees_with_kernel
}

@test "Docker's default is written down, and the daemon not yet restarted: it is not in force" {
  inside whittlectl configure docker --default
  status
  exits 1
  is '.engines[0] | [.default.whittle, .stale != null]' '[false,true]'
}

@test "Docker's default is whittle: what was made before still is not, and runc can be named" {
  docker rm --force before >/dev/null
  docker create --name before --runtime runc $image >/dev/null
  restart_dockerd
  docker start before >/dev/null
  docker_run whittled $image >/dev/null
  docker_run named --runtime runc $image >/dev/null
  docker_run shim --runtime io.containerd.runc.v2 $image >/dev/null
  status
  exits 1
  is '.engines[0] | [.default.runtime, .default.whittle, .stale]' '["whittle",true,null]'
  says_of "$(docker_id before)" no
  says_of "$(docker_id whittled)" yes
  says_of "$(docker_id named)" no
  says_of "$(docker_id shim)" no
  is '[.containers | .running, .throughWhittle, .notThroughWhittle, .unknown, .beyondPolicy]' '[4,1,3,0,3]'
  is '[.ways[] | select(.engine == "docker").kind]' '["runc","buildkit"]'
  agrees_with_kernel
}

@test "containers of ctr and Podman, with whittle and without" {
  inside ctr run --detach $image bare facts hold
  inside ctr run --detach --runc-binary /usr/local/bin/whittle $image bounded facts hold
  inside podman run --detach --name bare --network none --runtime runc $image >/dev/null
  date +%s >"$BATS_FILE_TMPDIR/started"
  inside podman --runtime /usr/local/bin/whittle run --detach --name bounded --network none $image >/dev/null
  status
  says_of bare no
  says_of bounded yes
  says_of "$(inside podman inspect --format '{{.Id}}' bare)" no
  says_of "$(inside podman inspect --format '{{.Id}}' bounded)" yes
  is '[.containers.list[].engine] | unique' '["containerd","docker","podman"]'
  agrees_with_kernel
}

@test "containers started by hand: a record of whittle's, words that it does not write, and neither" {
  inside_sh 'mkdir /run/machine/hand; cd /run/machine/hand; runc spec
    jq ".root.path = \"/run/machine/tree\" | .process.args = [\"/bin/facts\", \"hold\"] | .process.terminal = false" config.json >new
    mv new config.json; for name in whittled bare typed; do mkdir $name; cp config.json $name; done'
  by_hand whittle run --bundle /run/machine/hand/whittled by-whittle
  by_hand runc run --bundle /run/machine/hand/bare by-runc
  by_hand /usr/sbin/runc run --bundle=/run/machine/hand/typed typed
  status
  says_of by-whittle yes
  says_of by-runc no
  says_of typed unknown
  is '.containers.unknown' 1
  agrees_with_kernel
  for name in by-whittle by-runc typed; do inside runc delete --force "$name"; done
}
by_hand() { # command...
  (exec {MACHINE_INPUT}>&- 3>&-; inside "$@") >"$MACHINE/hand/${*: -1}.out" 2>&1 </dev/null &
  disown
  eventually grep -q '^end' "$MACHINE/hand/${*: -1}.out"
}

# The time of a file and of a process's start can be told apart from two seconds on.
is_a_while_ago() { [ "$(date +%s)" -gt $(($(cat "$BATS_FILE_TMPDIR/started") + 3)) ]; }

@test "runc is covered: no way around is left, and those made before are still told" {
  eventually is_a_while_ago
  inside whittlectl configure docker --cover-runc
  inside whittlectl configure containerd --default
  inside whittlectl configure podman --default
  inside systemctl restart containerd
  status
  exits 1
  is '[.engines[] | [.name, .default.whittle, .stale]]' \
    '[["docker",true,null],["containerd",true,null],["podman",true,null]]'
  is .ways '[]'
  says_of "$(docker_id named)" no
  says_of "$(docker_id shim)" no
  says_of "$(docker_id whittled)" yes
  says_of bare no
}

@test "all of it is enforced: exit status 0" {
  docker rm --force before named shim >/dev/null
  inside podman rm --force --time 0 bare >/dev/null 2>&1
  inside ctr task kill --signal 9 bare
  eventually inside ctr task delete bare
  docker_run named --runtime runc $image >/dev/null
  docker_run shim --runtime io.containerd.runc.v2 $image >/dev/null
  inside ctr run --detach $image covered facts hold
  inside podman run --detach --name default --network none $image >/dev/null
  status
  exits 0
  is '[.enforced, .complete]' '[true,true]'
  is '[.containers | .running, .throughWhittle, .notThroughWhittle, .unknown, .beyondPolicy]' '[7,7,0,0,0]'
  agrees_with_kernel
  inside whittlectl status | grep -q '^enforced'
}

@test "an exec past whittle is seen by what it holds" {
  inside /usr/sbin/runc --root /run/docker/runtime-runc/moby exec --detach --cap CAP_NET_RAW "$(docker_id whittled)" facts hold >/dev/null
  status
  exits 1
  is '[.containers | .throughWhittle, .beyondPolicy]' '[7,1]'
  is ".containers.list[] | select(.id == \"$(docker_id whittled)\").beyond.capabilities" '["CAP_NET_RAW"]'
  docker rm --force whittled >/dev/null
}

@test "a rule on the image allows more, and status asks the policy as whittle does" {
  edit_policy config '.rules = [{ name: "net", match: { image: "docker.io/library/busybox:1.35" },
    capabilities: (.default.capabilities + ["CAP_NET_RAW"]) }]'
  docker_run ruled $image >/dev/null
  same "what it holds" "$(mask $allowed NET_RAW)" "$(sed -n 's/^CapBnd:\t//p' "$ROOT/proc/$(pid_of ruled)/status")"
  status
  exits 0
  is ".containers.list[] | select(.id == \"$(docker_id ruled)\") | [.rule, .beyond]" '["net",null]'
}

@test "a cover that is gone is seen" {
  inside_sh 'rm -f "$(command -v runc)"; [ "$(command -v runc)" = /usr/sbin/runc ]'
  status
  exits 1
  is '[.ways[] | .kind] | unique' '["buildkit","runc","runtime"]'
}
