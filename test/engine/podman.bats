#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2086,SC2154,SC2206
#
# Containers that the real Podman starts with whittle in front of crun and of runc: what the kernel
# says of their processes, and that under a policy that allows everything nothing else is different.

load lib

setup_file() {
  need_engines podman conmon crun
  machine_start
  install_whittle
  podman_runtimes
  busybox_image podman
}
teardown_file() { machine_stop; }
teardown() {
  show_logs
  inside_sh 'podman pod rm --all --force --time 0; podman rm --all --force --time 0' >/dev/null
}

# For each runtime two policies, "strict-NAME" and "everything-NAME", and a runtime of Podman's for
# each, named as the link to whittle is: Podman asks these for errors in JSON.
podman_runtimes() {
  local RUNTIME name names=()
  for RUNTIME in crun runc; do
    strict_policy "$(PATH=/usr/sbin:/usr/bin command -v $RUNTIME)" | policy "strict-$RUNTIME"
    everything_policy "$(PATH=/usr/sbin:/usr/bin command -v $RUNTIME)" | policy "everything-$RUNTIME"
    names+=("whittle-strict-$RUNTIME" "whittle-everything-$RUNTIME")
  done
  {
    printf '[engine]\nruntime_supports_json = ["crun", "runc"%s]\n[engine.runtimes]\n' \
      "$(printf ', "%s"' "${names[@]}")"
    for name in "${names[@]}"; do
      inside ln -sf whittle "/usr/local/bin/$name"
      printf '%s = ["/usr/local/bin/%s"]\n' "$name" "$name"
    done
  } | inside_sh 'mkdir -p /etc/containers/containers.conf.d
    cat >/etc/containers/containers.conf.d/50-test.conf'
}

each_runtime() { # function, arguments...
  local RUNTIME
  for RUNTIME in crun runc; do
    "$@"
    inside podman rm --all --force --time 0 >/dev/null
  done
}

strict() { inside podman --runtime "whittle-strict-$RUNTIME" "$@"; }
run_held() { # options of podman run...
  strict run --detach --network none --name held "$@" $image >/dev/null
  pid=$(inside podman inspect --format '{{.State.Pid}}' held)
  eventually logs_end
}
logs_end() { inside podman logs held | grep -q '^end'; }

# The container's first process from outside, and what it wrote itself.
held_holds() { # what, expected
  process_holds "$1, from outside" "$2" "$pid"
  inside podman logs held | tr -d '\r' >"$BATS_TEST_TMPDIR/held"
  holds "$1, from inside" "$2" "$BATS_TEST_TMPDIR/held"
}
exec_holds() { # what, expected, options of podman exec...
  inside podman exec "${@:3}" held cat /proc/self/status | tr -d '\r' >"$BATS_TEST_TMPDIR/exec"
  holds "$1" "$2" "$BATS_TEST_TMPDIR/exec"
}
kept() { inside podman inspect --format "{{json .$1}}" held | jq -rc 'map(ltrimstr("CAP_")) | sort | join(" ")'; }

# ---- bounded ------------------------------------------------------------------------------

first_process() { # what, expected, options...
  run_held "${@:3}"
  held_holds "$1" "$2"
  inside podman rm --force --time 0 held >/dev/null
}
first_processes() {
  first_process "run" "$(root_with "$allowed")"
  first_process "run --privileged" "$(root_with "$allowed")" --privileged
  first_process "run --cap-add ALL" "$(root_with "$allowed")" --cap-add ALL
  first_process "run --cap-drop ALL" "$(root_with "")" --cap-drop ALL
  first_process "run --cap-drop ALL --cap-add" "$(root_with CHOWN)" --cap-drop ALL --cap-add CHOWN
  first_process "run --user" "$(privileges "" "" "" "$allowed" "" 1)" --user app
  first_process "run --tty" "$(root_with "$allowed")" --tty
  first_process "run --init" "$(root_with "$allowed")" --init
}
@test "podman run: the first process is bounded, whatever was asked for" { each_runtime first_processes; }

# Nothing that privileges are for works, seccomp filters, and devices are those of any container; what
# cannot be brought down is refused.
privileged_is_none() {
  inside_sh 'cp "$1" /srv/tries && chmod 755 /srv/tries' "/run/source/${WHITTLE_BUILD#"$WHITTLE_SOURCE"/}/test/live/tries"
  inside podman --runtime "$RUNTIME" run --rm --network none --read-only --cap-drop ALL $image ls /dev >"$BATS_TEST_TMPDIR/usual"
  strict run --rm --network none --privileged -v /srv/tries:/tries:ro $image sh -c '
    /tries 0 "" | grep " ok$"; grep "^Seccomp:" /proc/self/status | tr -d "[:blank:]"; echo devices; ls /dev' >"$BATS_TEST_TMPDIR/privileged"
  same "what works" "Seccomp:2" "$(sed '/^devices/,$d' "$BATS_TEST_TMPDIR/privileged")"
  same_bytes "devices" "$BATS_TEST_TMPDIR/usual" <(sed '1,/^devices/d' "$BATS_TEST_TMPDIR/privileged")
  refuses "the host's pid namespace" --pid host
  refuses "brings / of the host" -v /:/host
}
refuses() { # part of the sentence, options...
  ! strict run --rm --network none "${@:2}" $image true >"$BATS_TEST_TMPDIR/out" 2>&1 || fail "podman run ${*:2} runs"
  grep -qF "$1" "$BATS_TEST_TMPDIR/out" || fail "podman run ${*:2}: another sentence" "$(cat "$BATS_TEST_TMPDIR/out")"
}
@test "podman run --privileged gives no privilege of any kind" { each_runtime privileged_is_none; }

execs() {
  run_held --privileged
  exec_holds "exec" "$(root_with "$allowed")"
  exec_holds "exec --privileged" "$(root_with "$allowed")" --privileged
  exec_holds "exec --user" "$(privileges "" "" "" "$allowed" "" 1)" --user app
  exec_holds "exec --user --privileged" "$(privileges "" "" "" "$allowed" "" 1)" --user 1000:1000 --privileged
  exec_holds "exec --tty" "$(root_with "$allowed")" --tty
  inside podman exec --detach --privileged held /bin/busybox sleep 1234
  eventually find_sleeper
  process_holds "exec --detach --privileged" "$(root_with "$allowed")" "$sleeper"
}
find_sleeper() { sleeper=$(inside pgrep -f '^/bin/busybox sleep 1234'); }
@test "podman exec: every process is bounded, whatever was asked for" { each_runtime execs; }

inspected() {
  run_held --privileged
  same "EffectiveCaps" "$allowed" "$(kept EffectiveCaps)"
  same "BoundingCaps" "$allowed" "$(kept BoundingCaps)"
  inside podman stop --time 0 held
  inside podman start held
  same "EffectiveCaps after a start" "$allowed" "$(kept EffectiveCaps)"
}
@test "podman inspect shows the capabilities that are really in force" { each_runtime inspected; }

# shellcheck disable=SC2317
again_and_again() {
  local command
  run_held --privileged
  for command in "restart --time 0" "kill" "start"; do
    # shellcheck disable=SC2086 # words
    inside podman $command held >/dev/null
    [ "$command" != kill ] || inside podman wait held >/dev/null
  done
  pid=$(inside podman inspect --format '{{.State.Pid}}' held)
  process_holds "after restart, kill and start" "$(root_with "$allowed")" "$pid"
  exec_holds "exec after restart, kill and start" "$(root_with "$allowed")" --privileged
  inside podman pause held >/dev/null
  same "paused" paused "$(inside podman inspect --format '{{.State.Status}}' held)"
  inside podman unpause held >/dev/null
  exec_holds "exec after pause" "$(root_with "$allowed")"
  inside podman rm --force --time 0 held >/dev/null
  eventually has_ended "$pid"
}
has_ended() { [ ! -e "$ROOT/proc/$1" ]; }
@test "a container stays bounded through restart, kill, start and pause, and goes with rm" { each_runtime again_and_again; }

root_folder() {
  inside mkdir -p /srv/data
  inside chmod 777 /srv/data
  strict run --rm --network none "$@" --volume /srv/data:/data --volume named:/named --tmpfs /scratch $image sh -c '
    for place in / /bin /home /tmp /run /data /named /scratch; do
      if touch $place/x 2>/dev/null; then echo $place writable; else echo $place no; fi
    done' >"$BATS_TEST_TMPDIR/root"
  same "what can be written ($*)" \
    "$(printf '%s\n' / /bin /home | sed 's/$/ no/'; printf '%s\n' /tmp /run /data /named /scratch | sed 's/$/ writable/')" \
    "$(cat "$BATS_TEST_TMPDIR/root")"
  [ -e "$ROOT/srv/data/x" ] || fail "what was written to the volume is not on the host"
}
root_folders() {
  root_folder
  root_folder --privileged
  root_folder --read-only
}
@test "the root folder cannot be written, volumes and scratch folders can" { each_runtime root_folders; }

pod() {
  local infra
  strict pod create --name pod --share net,ipc,uts --infra-image $image --infra-command '/bin/facts hold' >/dev/null
  run_held --pod pod --privileged
  held_holds "in a pod" "$(root_with "$allowed")"
  exec_holds "exec in a pod" "$(root_with "$allowed")" --privileged
  infra=$(inside podman pod inspect --format '{{.InfraContainerID}}' pod)
  process_holds "the pod's own" "$(root_with "$allowed")" "$(inside podman inspect --format '{{.State.Pid}}' "$infra")"
  inside podman pod rm --force --time 0 pod >/dev/null
}
pod_all() { # Podman starts the infra container with the default runtime
  inside_sh 'printf "[engine]\nruntime = \"%s\"\n" "$1" >/etc/containers/containers.conf.d/60-default.conf' "whittle-strict-$RUNTIME"
  pod
  inside rm /etc/containers/containers.conf.d/60-default.conf
}
@test "containers of a pod are bounded, its own too" { each_runtime pod_all; }

health_check() {
  run_held --privileged --health-interval disable --health-cmd 'grep -E "^(Cap|NoNewPrivs)" /proc/self/status >/tmp/health'
  inside podman healthcheck run held
  inside podman exec held cat /tmp/health >"$BATS_TEST_TMPDIR/health"
  holds "the health check" "$(root_with "$allowed")" "$BATS_TEST_TMPDIR/health"
}
@test "a health check is bounded" { each_runtime health_check; }

updated() {
  local limit
  run_held --memory 64m
  # Either version of cgroups has it in the group of the container's id.
  limit=$(find "$ROOT/sys/fs/cgroup" -path "*/libpod-$(inside podman inspect --format '{{.Id}}' held)*" \
    \( -name memory.limit_in_bytes -o -name memory.max \) | sort | head -n 1)
  same "the limit that run set" $((64 << 20)) "$(cat "$limit")"
  strict update --memory 32m held >/dev/null
  same "the limit that update set" $((32 << 20)) "$(cat "$limit")"
  process_holds "after an update" "$(root_with "$allowed")" "$pid"
}
@test "podman update changes limits" { each_runtime updated; }

# ---- refused ------------------------------------------------------------------------------

sentence='whittle: the annotation org.whittle.capabilities'
refused() { # status, runtime as Podman is given it, words...
  local status=0
  inside podman --runtime "$2" "${@:3}" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
  same "status of the refused: $2" "$1" "$status"
  same "standard output of the refused: $2" "" "$(cat "$BATS_TEST_TMPDIR/out")"
  grep -q "$sentence" "$BATS_TEST_TMPDIR/err" || fail "not told ($2):" "$(cat "$BATS_TEST_TMPDIR/err")"
}
refused_both_ways() {
  local create=(run --rm --network none --annotation org.whittle.capabilities=NOPE $image id)
  refused 126 "whittle-strict-$RUNTIME" "${create[@]}"
  grep -qF "Error: OCI runtime error: whittle-strict-$RUNTIME: $sentence" "$BATS_TEST_TMPDIR/err" \
    || fail "not as Podman shows an error in JSON:" "$(cat "$BATS_TEST_TMPDIR/err")"
  refused 126 "/usr/local/bin/whittle-strict-$RUNTIME" "${create[@]}"
}
@test "what whittle refuses Podman tells, registered or by path" { each_runtime refused_both_ways; }

exec_under_broken_policy() {
  run_held
  edit_policy "strict-$RUNTIME" '.unknown = true'
  sentence='"unknown"' refused 255 "whittle-strict-$RUNTIME" exec held id
  inside podman stop --time 0 held >/dev/null
  same "stopped" exited "$(inside podman inspect --format '{{.State.Status}}' held)"
  inside podman rm held >/dev/null
  edit_policy "strict-$RUNTIME" 'del(.unknown)'
}
without_policy() {
  run_held
  inside mv "/etc/whittle/strict-$RUNTIME.json" /etc/whittle/away
  sentence="the policy /etc/whittle/strict-$RUNTIME.json cannot be used" refused 255 "whittle-strict-$RUNTIME" exec held id
  inside podman kill held >/dev/null
  inside podman wait held >/dev/null
  inside podman rm held >/dev/null
  eventually has_ended "$pid"
  inside mv /etc/whittle/away "/etc/whittle/strict-$RUNTIME.json"
}
@test "without a policy containers of either runtime can be stopped and removed" { each_runtime without_policy; }

@test "under a broken policy exec is refused, and containers can be stopped and removed" { each_runtime exec_under_broken_policy; }

# ---- the same as without whittle -----------------------------------------------------------

# What a script says and ends with in which "podman" uses a runtime. Ids and times differ between any
# two runs; a runtime is called by its name.
told_by() { # file, runtime, script
  local status=0
  inside_sh 'runtime=$1 image=$2
    podman() { command podman --runtime "$runtime" "$@"; }
    cd /tmp; set +e; eval "$3"; code=$?
    command podman rm --all --force --time 0 >/dev/null; exit $code' "$2" "$image" "$3" >"$1.raw" 2>&1 || status=$?
  sed -E "s/whittle-everything-//g; s/[0-9a-f]{64}/ID/g; s/time=\"[^\"]*\"/TIME/g; s/^pid .*/pid/" "$1.raw" >"$1"
  echo "status $status" >>"$1"
}
as_bare() { # what, script, status that is expected
  told_by "$BATS_TEST_TMPDIR/bare" "$RUNTIME" "$2"
  told_by "$BATS_TEST_TMPDIR/whittle" "whittle-everything-$RUNTIME" "$2"
  same_bytes "$1" "$BATS_TEST_TMPDIR/bare" "$BATS_TEST_TMPDIR/whittle"
  [ "$(tail -n 1 "$BATS_TEST_TMPDIR/bare")" = "status ${3:-0}" ] || fail "$1" "$(cat "$BATS_TEST_TMPDIR/bare")"
}
status_is() { as_bare "$2" "$2" "$1"; } # expected, script

exit_codes() {
  status_is 0 'podman run --rm --network none $image true'
  status_is 7 'podman run --rm --network none $image sh -c "exit 7"'
  status_is 137 'podman run --rm --network none $image sh -c "kill -KILL \$\$"; true; podman run --rm --network none --init $image sh -c "kill -KILL \$\$"'
  status_is 125 'podman run --rm --network none --no-such-option $image true'
  status_is 126 'podman run --rm --network none $image /etc'
  status_is 127 'podman run --rm --network none $image /no/such/program'
  status_is 126 'podman run --detach --name same --network none $image >/dev/null; podman exec same /etc'
  status_is 127 'podman run --detach --name same --network none $image >/dev/null; podman exec same /no/such/program'
  status_is 9 'podman run --detach --name same --network none $image >/dev/null; podman exec same sh -c "exit 9"'
  status_is 255 'podman run --detach --name same --network none $image >/dev/null; podman stop --time 0 same >/dev/null; podman exec same true'
}
@test "exit codes are those of the bare runtime" { each_runtime exit_codes; }

processes() {
  as_bare "run" 'podman run --rm --network none --hostname box $image facts | sort'
  as_bare "run with many options" 'mkdir -p /srv/data; podman run --rm --network none --hostname box \
    --user app --workdir /srv --env COLOUR=blue --volume /srv/data:/data:ro --tmpfs /scratch:size=1m --read-only \
    --cap-drop ALL --cap-add NET_BIND_SERVICE --security-opt no-new-privileges \
    --init --preserve-fds 1 $image facts 3</dev/null | sort'
  as_bare "run --tty" 'podman run --rm --network none --hostname box --tty $image sh -c "stty size; facts" | sort'
  as_bare "exec" 'podman run --detach --name same --hostname box --network none $image >/dev/null
    podman exec same facts | sort; podman exec --privileged --tty same facts | sort
    podman exec --user app --env COLOUR=blue --workdir /tmp same facts | sort
    echo text | podman exec --interactive same cat; podman exec --preserve-fds 1 same facts 3</dev/null | sort'
  as_bare "the same network" 'podman network create same >/dev/null 2>&1; podman run --rm --network same $image sh -c "ip -o addr | wc -l"'
}
@test "processes find the same in a container" { each_runtime processes; }

lives() {
  as_bare "a life" 'podman run --detach --name same --network none --label a=b $image >/dev/null
    show() { podman inspect --format "{{.State.Status}} {{.State.ExitCode}} {{.Config.Labels}} {{.EffectiveCaps}}" same; }
    show; podman pause same; show; podman unpause same; podman stop --time 0 same; show; podman start same; show
    podman restart --time 0 same; show; podman kill same; podman wait same; show
    podman rm same; podman ps --all --quiet'
  as_bare "logs" 'podman run --name same --network none $image sh -c "echo one; echo two"; podman logs same; podman logs --tail 1 same'
  as_bare "cp" 'podman run --detach --name same --network none $image >/dev/null
    echo text >/tmp/text; podman cp /tmp/text same:/home/text; podman exec same cat /home/text; podman cp same:/home/text - | tar -tf -'
}
@test "a container's life is the same" { each_runtime lives; }

services() {
  as_bare "update" 'podman run --detach --name same --network none $image >/dev/null
    podman update --memory 64m --cpu-shares 512 same; podman exec same true'
  as_bare "a health check" 'podman run --detach --name same --network none --health-interval disable --health-cmd "test -e /tmp/well" $image >/dev/null
    podman healthcheck run same; echo $?; podman exec same touch /tmp/well; podman healthcheck run same; echo $?'
  as_bare "stats and top" 'podman run --detach --name same --network none $image >/dev/null; podman top same args; podman stats --no-stream --format "{{.Name}}" same'
  as_bare "a pod" 'podman pod create --name same --infra-image $image --infra-command "/bin/facts hold" --share uts --hostname pod >/dev/null
    podman run --rm --pod same $image hostname; podman pod inspect --format "{{.State}}" same; podman pod rm --force --time 0 same | wc -l'
  as_bare "a restart after a crash" 'podman run --name same --network none --restart on-failure:2 $image sh -c "echo ran; exit 3"; podman inspect --format "{{.RestartCount}}" same'
}
@test "updates, health checks, pods and restarts are the same" { each_runtime services; }

# ---- who it is ----------------------------------------------------------------------------

# Rules that widen the strict policy: one for an image, three that only Kubernetes' engines meet.
rules='[
  { name: "database", match: { engine: "podman", image: "docker.io/library/postgres:*" }, capabilities: ["KILL"] },
  { name: "namespace", match: { namespace: "db" }, capabilities: ["FOWNER"] },
  { name: "cri-o", match: { engine: "cri-o" }, capabilities: ["FSETID"] },
  { name: "containerd", match: { engine: ["containerd", "cri-containerd", "docker"] }, capabilities: ["SETGID"] }]'
posing=(--annotation io.kubernetes.cri.sandbox-namespace=db --annotation io.kubernetes.cri.container-type=container
  --annotation io.kubernetes.cri.image-name=docker.io/library/postgres:16 --annotation io.container.manager=cri-o
  --annotation io.kubernetes.cri-o.ImageName=docker.io/library/postgres:16 --annotation io.kubernetes.pod.namespace=db
  --annotation io.kubernetes.cri-o.ContainerType=container --label io.kubernetes.pod.namespace=db)
with_rules() {
  edit_policy "strict-$RUNTIME" ".rules = $rules"
  "$@"
  edit_policy "strict-$RUNTIME" 'del(.rules)'
}
by_image() {
  image=docker.io/library/postgres:16 run_held
  process_holds "by the rule for its image" "$(root_with KILL)" "$pid"
  exec_holds "exec by the rule for its image" "$(root_with KILL)" --privileged
  inside podman rm --force --time 0 held >/dev/null
  run_held "${posing[@]}"
  process_holds "in the pose of Kubernetes' engines" "$(root_with "$allowed")" "$pid"
  exec_holds "exec in the pose of Kubernetes' engines" "$(root_with "$allowed")"
}
@test "a rule for an image can widen; annotations make no container another engine's" {
  image=docker.io/library/postgres:16 busybox_image podman
  each_runtime with_rules by_image
}

# ---- rootless -----------------------------------------------------------------------------

# A user with ids of their own, as useradd makes it, with what a login gives, and with the image.
make_user() {
  image_archive
  inside_sh 'useradd --uid 1234 --home-dir /var/home/alice --create-home --shell /bin/bash alice
    mount -t tmpfs -o mode=700,uid=1234,gid=1234 machine /var/home/alice
    mkdir -p /run/user && install -d -m 700 -o alice -g alice /run/user/1234
    install -m 644 /run/machine/image.tar /var/tmp/image.tar'
  rootless load --quiet --input /var/tmp/image.tar >/dev/null
  user_records strict-crun strict-runc everything-crun everything-runc
}
user_records() { # policies...
  local name
  for name; do
    edit_policy "$name" '.log.file = "/var/home/alice/records"'
  done
}
as_user() {
  inside HOME=/var/home/alice XDG_RUNTIME_DIR=/run/user/1234 \
    setpriv --reuid 1234 --regid 1234 --init-groups sh -c 'cd; exec "$@"' sh "$@"
}
rootless() { as_user podman "$@"; }

each_runtime_rootless() { # function, arguments...
  local RUNTIME
  inside id alice >/dev/null 2>&1 || make_user
  for RUNTIME in crun runc; do
    "$@"
    rootless rm --all --force --time 0 >/dev/null
  done
}

rootless_held() { # options...
  rootless --runtime "whittle-strict-$RUNTIME" run --detach --network none --name held "$@" $image >/dev/null
  pid=$(rootless inspect --format '{{.State.Pid}}' held)
  eventually rootless_logs
}
rootless_logs() {
  rootless logs held >"$BATS_TEST_TMPDIR/held"
  grep -q '^end' "$BATS_TEST_TMPDIR/held"
}
rootless_exec_holds() { # what, expected, options...
  rootless exec "${@:3}" held cat /proc/self/status >"$BATS_TEST_TMPDIR/exec"
  holds "$1" "$2" "$BATS_TEST_TMPDIR/exec"
}
rootless_bounded() {
  rootless_held --privileged
  process_holds "a rootless container, from outside" "$(root_with "$allowed")" "$pid"
  holds "a rootless container, from inside" "$(root_with "$allowed")" "$BATS_TEST_TMPDIR/held"
  same "its owner" "1234 1234 1234 1234" "$(sed -n 's/^Uid:\t//p' "$ROOT/proc/$pid/status" | tr '\t' ' ')"
  rootless_exec_holds "rootless exec" "$(root_with "$allowed")"
  rootless_exec_holds "rootless exec --privileged" "$(root_with "$allowed")" --privileged
  rootless_exec_holds "rootless exec --user" "$(privileges "" "" "" "$allowed" "" 1)" --user app
  same "what can be written" "no yes" \
    "$(rootless exec held sh -c 'touch /x 2>/dev/null && echo yes || echo no; touch /tmp/x && echo yes' | paste -sd ' ')"
  same "EffectiveCaps" '["CAP_CHOWN","CAP_NET_BIND_SERVICE","CAP_SETUID"]' \
    "$(rootless inspect --format '{{json .EffectiveCaps}}' held)"
  rootless restart --time 0 held >/dev/null
  process_holds "after a restart" "$(root_with "$allowed")" "$(rootless inspect --format '{{.State.Pid}}' held)"
  same "records" "create exec" "$(jq -r 'select(.id | startswith("'"$(rootless inspect --format '{{.Id}}' held)"'")) | .command' \
    "$ROOT/var/home/alice/records" | sort -u | paste -sd ' ')"
}
@test "T105 rootless: run and exec are bounded by the policy of the host's root" { each_runtime_rootless rootless_bounded; }

rootless_same() {
  local way
  for way in "$RUNTIME" "whittle-everything-$RUNTIME"; do
    rootless --runtime "$way" run --rm --network none --hostname box $image facts >"$BATS_TEST_TMPDIR/raw"
    rootless --runtime "$way" run --detach --network none --hostname box --name same $image >/dev/null
    rootless exec same facts >>"$BATS_TEST_TMPDIR/raw"
    rootless exec same sh -c 'exit 7' || echo "status $?" >>"$BATS_TEST_TMPDIR/raw"
    rootless exec same /no/such/program 2>/dev/null || echo "status $?" >>"$BATS_TEST_TMPDIR/raw"
    rootless rm --force --time 0 same >/dev/null
    sed 's/^pid .*/pid/' "$BATS_TEST_TMPDIR/raw" | sort >"$BATS_TEST_TMPDIR/$way"
  done
  grep -q 'status 127' "$BATS_TEST_TMPDIR/$RUNTIME"
  same_bytes "rootless run and exec" "$BATS_TEST_TMPDIR/$RUNTIME" "$BATS_TEST_TMPDIR/whittle-everything-$RUNTIME"
}
rootless_by_image() {
  image=docker.io/library/postgres:16 rootless_held
  process_holds "rootless, by the rule for its image" "$(root_with KILL)" "$pid"
  rootless_exec_holds "rootless exec, by the rule for its image" "$(root_with KILL)"
  rootless rm --force --time 0 held >/dev/null
  rootless_held "${posing[@]}"
  process_holds "rootless, in the pose of Kubernetes' engines" "$(root_with "$allowed")" "$pid"
}
@test "rootless: a rule for an image can widen; annotations make no container another engine's" {
  inside id alice >/dev/null 2>&1 || make_user
  rootless tag $image docker.io/library/postgres:16
  each_runtime_rootless with_rules rootless_by_image
}

@test "rootless: the same as bare under a policy that allows everything" { each_runtime_rootless rootless_same; }

rootless_refused() { # what it says, options...
  local status=0
  rootless --runtime "whittle-strict-$RUNTIME" run --rm --network none "${@:2}" $image true 2>"$BATS_TEST_TMPDIR/err" || status=$?
  same "status of the refused" 126 "$status"
  grep -qF "$1" "$BATS_TEST_TMPDIR/err" || fail "not told:" "$(cat "$BATS_TEST_TMPDIR/err")"
}
rootless_refusals() {
  rootless_refused "$sentence" --annotation org.whittle.capabilities=NOPE
  edit_policy "strict-$RUNTIME" '.log = { file: "/var/log/whittle.jsonl", required: true }'
  rootless_refused "/var/log/whittle.jsonl"
  edit_policy "strict-$RUNTIME" '.log.required = false'
  rootless --runtime "whittle-strict-$RUNTIME" run --rm --network none $image true
  inside chown 1234 "/etc/whittle/strict-$RUNTIME.json" # not the host's root, but ours
  rootless --runtime "whittle-strict-$RUNTIME" run --rm --network none $image true
  inside chmod 666 "/etc/whittle/strict-$RUNTIME.json"
  rootless_refused "can be written by others"
  inside chmod 644 "/etc/whittle/strict-$RUNTIME.json"
  inside chown 0 "/etc/whittle/strict-$RUNTIME.json"
  user_records "strict-$RUNTIME"
}
@test "rootless: what whittle refuses is told; a log of root's is no hindrance unless it is required" {
  each_runtime_rootless rootless_refusals
}
