#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
#
# whittlectl audit and explain on a host where Docker, containerd, Podman and bare runc and crun run
# containers at once: through whittle and around it, privileged, with an exec that holds more, started
# before whittle was there, in the host's namespaces. What audit says of each is held against the kernel's
# own files. The tests build on each other, in this order.

load docker

setup_file() {
  need_engines dockerd containerd docker ctr podman conmon crun python3
  machine_start
  install_whittle
  docker_runtimes
  start_dockerd
  busybox_image docker
  busybox_image ctr
  busybox_image podman
}
teardown_file() { machine_stop; }
teardown() { show_logs; }

audit() { # options: its answer in $answer, its exit status in $code
  code=0
  answer=$(inside whittlectl audit --json "$@") || code=$?
  jq -e '.schema == 1' <<<"$answer" >/dev/null || fail "no answer: $answer"
}
exits() { [ "$code" -eq "$1" ] || fail "exit status $code, not $1:" "$answer"; }
row() { jq -c --arg id "$1" '.containers[] | select(.id == $id)' <<<"$answer"; }
row_is() { same "$2 of $(row "$1")" "$3" "$(row "$1" | jq -rc "$2")"; } # id, filter, expected
has_finding() { # id, severity, kind, words
  row "$1" | jq -e --arg severity "$2" --arg kind "$3" --arg words "$4" \
    '.findings | any(.severity == $severity and .kind == $kind and (.what | contains($words)))' >/dev/null \
    || fail "no $2 finding of $3 with \"$4\":" "$(row "$1")"
}
has_no_finding() { # id, kind
  row "$1" | jq -e --arg kind "$2" '.findings | all(.kind != $kind)' >/dev/null || fail "a finding of $2:" "$(row "$1")"
}
id_of() { docker inspect --format '{{.Id}}' "$1"; }
id_in_podman() { inside podman inspect --format '{{.Id}}' "$1"; }
by_hand() { # command...; its container is named by the last word
  (exec {MACHINE_INPUT}>&- 3>&-; inside "$@") >"$MACHINE/hand/${*: -1}.out" 2>&1 </dev/null &
  disown
  eventually grep -q '^end' "$MACHINE/hand/${*: -1}.out"
}

# The kernel's own word for a process: the union of its sets, as audit spells them.
held_by() { # pid
  local mask=0 set bit=0 names=()
  for set in $(sed -nE 's/^Cap...:\t//p' "$ROOT/proc/$1/status"); do mask=$((mask | 16#$set)); done
  for ((; bit < 41; bit++)); do
    [ $((mask >> bit & 1)) -eq 0 ] || names+=("CAP_${capability_names[bit]}")
  done
  printf '%s\n' "${names[@]}" | jq -Rnc '[inputs | select(. != "")]'
}
agrees_with_kernel() {
  local pid row
  while read -r pid; do
    row=$(jq -c --argjson pid "$pid" '.containers[] | select(.pid == $pid)' <<<"$answer")
    [ "$(jq -c '.execPid' <<<"$row")" != null ] ||
      same "capabilities of process $pid" "$(held_by "$pid")" "$(jq -c .capabilities <<<"$row")"
    same "seccomp of process $pid" "$(sed -n 's/^Seccomp:\t//p' "$ROOT/proc/$pid/status")" "$(jq -c .seccompMode <<<"$row")"
    same "noNewPrivileges of process $pid" "$(sed -n 's/^NoNewPrivs:\t//p' "$ROOT/proc/$pid/status")" \
      "$(jq 'if .noNewPrivileges then 1 else 0 end' <<<"$row")"
  done < <(jq '.containers[].pid' <<<"$answer")
}

# Where the host itself lacks a capability, nothing privileged can start: all that there is, then.
nearly_privileged() {
  local name options=()
  docker rm --force privileged >/dev/null
  for name in $(host_capabilities); do # Docker 20.10 knows no newer ones
    [[ $name == *@(PERFMON|BPF|CHECKPOINT_RESTORE) ]] || options+=(--cap-add "$name")
  done
  docker run --detach --name privileged "${options[@]}" --pid host --network host --volume /:/host \
    --security-opt seccomp=unconfined $image >/dev/null
}

@test "containers of every engine, and by hand: each is found, with its name and image" {
  docker run --detach --name before $image >/dev/null
  docker run --detach --name bounded --runtime whittle $image >/dev/null
  docker run --detach --name privileged --privileged --security-opt systempaths=unconfined \
    --pid host --network host --volume /:/host $image >/dev/null 2>&1 || nearly_privileged
  inside ctr run --detach $image with-ctr facts hold
  inside podman run --detach --name with-podman --network none --runtime runc $image >/dev/null
  inside_sh 'mkdir -p /run/machine/hand; cd /run/machine/hand; runc spec
    jq ".root.path = \"/run/machine/tree\" | .process.args = [\"/bin/facts\", \"hold\"] | .process.terminal = false" config.json >new
    mv new config.json; for name in with-runc with-crun; do mkdir $name; cp config.json $name; done'
  by_hand runc run --bundle /run/machine/hand/with-runc with-runc
  by_hand crun --cgroup-manager=disabled run --bundle /run/machine/hand/with-crun with-crun
  audit
  exits 1
  same "containers" 7 "$(jq '.containers | length' <<<"$answer")"
  row_is "$(id_of before)" '[.engine, .name, .image, .runtime]' "[\"docker\",\"before\",\"$image\",\"runc\"]"
  row_is "$(id_of before)" .throughWhittle no
  row_is "$(id_of bounded)" '[.throughWhittle, .beyondPolicy, .noNewPrivileges, .readonlyRootfs]' '["yes",[],true,true]'
  row_is with-ctr '[.engine, .namespace]' '["containerd","default"]'
  row_is "$(id_in_podman with-podman)" '[.engine, .name, .image]' "[\"podman\",\"with-podman\",\"$image\"]"
  row_is with-runc '[.runtime, .engine]' '["runc",null]'
  row_is with-crun '[.runtime, .engine]' '["crun",null]'
  agrees_with_kernel
}

@test "the privileged one comes first, and each of its ways to the host is named" {
  local id
  id=$(id_of privileged)
  audit
  same "the first" "$id" "$(jq -r '.containers[0].id' <<<"$answer")"
  has_finding "$id" critical capabilities CAP_SYS_ADMIN
  has_finding "$id" high beyondPolicy "more than the policy allows"
  has_finding "$id" critical mounts "/"
  has_finding "$id" high hostNamespaces "PID namespace"
  has_finding "$id" high hostNamespaces "network"
  has_finding "$id" high seccomp "every system call"
  row_is "$id" '.sharedNamespaces | contains(["net", "pid"])' true
  has_no_finding "$(id_of bounded)" hostNamespaces
  has_no_finding "$(id_of bounded)" seccomp
}

@test "an exec that holds more than its container is a finding of its own" {
  inside /usr/sbin/runc --root /run/docker/runtime-runc/moby exec --detach --cap CAP_NET_RAW "$(id_of bounded)" facts hold >/dev/null
  audit
  exits 1
  row_is "$(id_of bounded)" '[.capabilitiesOfExec, .beyondPolicy]' '[["CAP_NET_RAW"],["CAP_NET_RAW"]]'
  has_finding "$(id_of bounded)" high exec CAP_NET_RAW
}

@test "a container whose state is gone is found by its processes" {
  inside mv /run/containerd/runc/default/with-ctr /run/machine/hidden
  audit
  same "containers" 7 "$(jq '.containers | length' <<<"$answer")"
  jq -e '.containers | any(.findings | any(.kind == "unknown"))' <<<"$answer" >/dev/null || fail "nobody is unknown: $answer"
  inside mv /run/machine/hidden /run/containerd/runc/default/with-ctr
}

@test "the screen, every process, and what is in which container" {
  code=0
  answer=$(inside whittlectl audit --all-processes) || code=$?
  [ "$code" -eq 1 ]
  grep -q '^ *RISK  *ENGINE  *NAME' <<<"$answer"
  grep -qE '^ *critical  *docker  *privileged' <<<"$answer"
  grep -qE "^ *high  *docker  *bounded .* whittle  *$image" <<<"$answer"
  grep -qE ' dockerd uid 0: ' <<<"$answer" || fail "no dockerd among the processes:" "$answer"
  grep -qE " facts uid 0 in $(id_of before | cut -c 1-12): " <<<"$answer"
  audit --all-processes
  same "dockerd's sets" true "$(jq '.processes | any(.program == "dockerd" and .container == null)' <<<"$answer")"
}

@test "explain: a container by name, by id and by the beginning of it, and its rule" {
  answer=$(inside whittlectl explain --json before)
  same "kind" '["container","before"]' "$(jq -c '[.target.kind, .target.name]' <<<"$answer")"
  same "image" "$image" "$(jq -r .target.image <<<"$answer")"
  same "kept" '["CAP_CHOWN","CAP_SETUID","CAP_NET_BIND_SERVICE"]' "$(jq -c .after.capabilities <<<"$answer")"
  same "removed" 11 "$(jq '[.removed[] | select(.kind == "capabilities")] | length' <<<"$answer")"
  same "by its id" "$(jq -c .after <<<"$answer")" "$(inside whittlectl explain --json "$(id_of before)" | jq -c .after)"
  same "by its beginning" "$(jq -c .after <<<"$answer")" "$(inside whittlectl explain --json "$(id_of before | cut -c 1-12)" | jq -c .after)"
  fails inside whittlectl explain nobody
}

@test "explain: an image, as docker run would start it, is what docker run asks for" {
  local asked
  answer=$(inside whittlectl explain --json $image)
  same "kind" image "$(jq -r .target.kind <<<"$answer")"
  docker run --detach --name plain --runtime whittle-audit $image >/dev/null
  asked=$(inside whittlectl explain --json plain)
  same "capabilities" "$(jq -c '.before.capabilities | sort' <<<"$asked")" "$(jq -c '.before.capabilities | sort' <<<"$answer")"
  same "what is left" "$(jq -c '.after.capabilities | sort' <<<"$asked")" "$(jq -c '.after.capabilities | sort' <<<"$answer")"
  docker rm --force plain >/dev/null
}

@test "explain: an image of Podman's has Podman's eleven" {
  image=localhost/only-podman:1 busybox_image podman
  answer=$(inside whittlectl explain --json localhost/only-podman:1)
  same "engine and image" '["podman","localhost/only-podman:1"]' "$(jq -c '[.target.engine, .target.image]' <<<"$answer")"
  inside podman run --name asked --network none localhost/only-podman:1 cat /proc/self/status >"$BATS_TEST_TMPDIR/status"
  same "capabilities" "$(sed -n 's/^CapBnd:.//p' "$BATS_TEST_TMPDIR/status")" \
    "$(inside whittlectl caps encode "$(jq -r '.before.capabilities | join(",")' <<<"$answer")")"
}

@test "the page: one file for its owner, the same containers, and nothing that could run" {
  code=0
  inside whittlectl audit --html /run/machine/page.html || code=$?
  [ "$code" -eq 1 ]
  same "mode" 600 "$(stat -c %a "$MACHINE/page.html")"
  python3 "$WHITTLE_SOURCE/test/engine/page.py" "$MACHINE/page.html" >"$MACHINE/page.json"
  audit
  same "rows" "$(jq -c '.containers | length' <<<"$answer")" "$(jq '.rows | length' "$MACHINE/page.json")"
  same "what runs or is fetched" '[]' "$(jq -c .active "$MACHINE/page.json")"
  same "cells of the privileged one" "$(jq -c '.containers[0].capabilities | length' <<<"$answer")" \
    "$(jq '.rows[0].cells | map(select(. == "K" or . == "B")) | length' "$MACHINE/page.json")"
  keep_picture
}
# The picture of the documents is made anew only when asked for: UPDATE_PICTURES=1.
keep_picture() {
  [ -z "${UPDATE_PICTURES:-}" ] || chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1700,680 \
    --screenshot="$WHITTLE_SOURCE/docs/images/audit.png" "file://$MACHINE/page.html" >/dev/null 2>&1
  [ -s "$WHITTLE_SOURCE/docs/images/audit.png" ]
}
