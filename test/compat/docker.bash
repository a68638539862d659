# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034,SC2317,SC2086,SC2013,SC2030,SC2031,SC2119,SC2120,SC2015
#
# Docker, with each runtime under the names RUNTIME-FLAVOUR. The builders know no names: the classic one
# takes the default runtime, BuildKit the "runc" that is first in the daemon's PATH.

cover=/run/cover
docker() { timeout 120 /usr/bin/docker "$@" </dev/null; }

# ---- the daemons --------------------------------------------------------------------------

daemon_config() { # default runtime
  local kind
  for kind in runc crun runsc; do
    for flavour in $registered; do
      printf '%s-%s %s/whittle-%s-%s\n' "$kind" "$flavour" "$bin" "$kind" "$flavour"
    done
  done | jq -Rn --arg default "$1" --argjson store "${store:-false}" '
    { "default-runtime": $default, features: { "containerd-snapshotter": $store },
      runtimes: [inputs | split(" ") | { key: .[0], value: ({ path: .[1] } + if .[0] | startswith("runsc")
        then { runtimeArgs: ["--network=none", "--platform=\(env.RUNSC_PLATFORM)", "--ignore-cgroups"] } else {} end) }]
        | from_entries }'
}

start_docker() {
  daemon_config runc-bare >/run/docker.json
  mkdir -p $cover
  ln -sfn /usr/sbin/runc $cover/runc
  PATH=$cover:$PATH dockerd --config-file /run/docker.json --containerd /run/containerd/containerd.sock \
    --exec-opt native.cgroupdriver=cgroupfs --iptables=false --ip6tables=false --bridge none \
    --storage-driver "${1:-overlay2}" >>"$disk/dockerd.log" 2>&1 &
  dockerd=$!
  eventually docker version || { tail -n 3 "$disk/dockerd.log" >&2; return 1; }
  docker import --change 'CMD ["/bin/look"]' "$disk/image.tar" $image >/dev/null
}

tidy_docker() {
  local all
  all=$(docker ps --all --quiet)
  # shellcheck disable=SC2086  # ids
  [ -z "$all" ] || docker rm --force $all
}

# ---- what is done with it -----------------------------------------------------------------

docker_run() { docker run --rm --network none --runtime "$runtime-$flavour" "$@"; }
docker_hold() { docker_run --detach --name held "$@" $image look hold >/dev/null; }
docker_look() { docker_run "$@" $image look | looks; }
docker_exec_look() { # options of run, --, options of exec
  local run=()
  while [ "$1" != -- ]; do
    run+=("$1")
    shift
  done
  shift
  docker_hold "${run[@]}" || return
  docker exec "$@" held look | looks
}

docker_outside() {
  docker_hold || return
  outside 1000001 || return
  docker exec --detach held sleep 1000002 || return
  outside 1000002
}
docker_restart() {
  docker run --detach --network none --runtime "$runtime-$flavour" --name held $image look hold >/dev/null || return
  docker restart --time 0 held >/dev/null || return
  docker exec held look | looks
}

docker_life() {
  docker_hold --name one --stop-signal KILL || return
  docker pause one && docker inspect --format '{{.State.Status}}' one && docker unpause one || return
  docker top one -o pid,comm | awk '{ print $2 }' || return
  docker cp /etc/hostname one:/tmp/copied 2>/dev/null
  echo "cp: $?"
  docker logs one
  docker stop one >/dev/null
  docker run --detach --network none --runtime "$runtime-$flavour" --name two $image look hold >/dev/null
  docker kill --signal USR1 two >/dev/null
  docker kill two >/dev/null
  docker wait two
  docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' two
  docker start two >/dev/null
  docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' two
}
docker_update() {
  docker_hold || return
  docker update --memory 64m --memory-swap 128m --cpu-shares 512 held || return
  case $COMPAT_CGROUP in
    1) cat "/sys/fs/cgroup/memory/docker/$(docker inspect --format '{{.Id}}' held)/memory.limit_in_bytes" ;;
    2) cat "/sys/fs/cgroup/docker/$(docker inspect --format '{{.Id}}' held)/memory.max" ;;
  esac
}

docker_statuses() {
  local status code
  for code in 0 1 42 255; do
    docker_run $image sh -c "exit $code"
    echo "exit $code: $?"
  done
  docker_run $image not-there >/dev/null 2>&1
  echo "not there: $?"
  docker_run $image not-a-program >/dev/null 2>&1
  echo "not a program: $?"
  docker_run $image sh -c 'kill -9 $$'
  echo "killed: $?"
  docker_hold || return
  docker exec held sh -c 'exit 42'
  echo "exec: $?"
  docker exec held not-there >/dev/null 2>&1
  echo "exec not there: $?"
  docker exec held not-a-program >/dev/null 2>&1
  echo "exec not a program: $?"
}

# What the daemon itself asked of the program: its version, and with newer ones its features.
docker_info() { docker info --format '{{json .Runtimes}}' | jq -S --arg name "$runtime-$flavour" '.[$name] | del(.path)'; }

docker_build() { # 0 | 1: with BuildKit
  local name=$runtime-$flavour
  if [ "$1" = 1 ]; then
    if [ "$flavour" = bare ]; then
      ln -sfn "$(type -P "$runtime")" $cover/runc
    else
      ln -sfn "$bin/whittle" $cover/runc
      cp "/etc/whittle/$name.json" /etc/whittle/config.json # which it reads as "runc"
    fi
  else
    daemon_config "$name" >/run/docker.json
    kill -HUP "$dockerd"
    eventually docker_has_default "$name" || return
  fi
  printf 'FROM %s\nRUN look\n' $image | DOCKER_BUILDKIT=$1 timeout 120 /usr/bin/docker build --no-cache \
    --network none - 2>&1 | grep -v 'RUN' | looks
}
docker_has_default() { [ "$(docker info --format '{{.DefaultRuntime}}')" = "$1" ]; }

# No container under a policy that cannot be read; what was started before can be ended.
docker_refused() {
  local good=/etc/whittle/$runtime-strict.json said=$disk/refusal
  ! docker run --rm --network none --runtime "$runtime-broken" $image look 2>"$said" || return
  is_sentence "$said" || return
  docker_hold || return
  cp "$good" "$good.kept"
  cp "/etc/whittle/$runtime-broken.json" "$good"
  ! docker exec held look >"$said" 2>&1
  local refused=$?
  docker rm --force held >/dev/null
  local ended=$?
  mv "$good.kept" "$good"
  [ $refused -eq 0 ] && [ $ended -eq 0 ] && is_sentence "$said"
}

# A rule by the image, of a policy that allows nothing else.
docker_identity() {
  flavour=image
  docker tag $image example.org/other/busybox:1 || return
  seen=$(docker_look) && [ "$(bounding)" = $image_mask ] || return
  seen=$(docker run --rm --network none --runtime "$runtime-$flavour" example.org/other/busybox:1 look | looks) &&
    [ "$(bounding)" = $no_mask ] || return
  docker_hold || return
  seen=$(docker exec --privileged held look | looks) && [ "$(bounding)" = $image_mask ]
}

docker_checks() {
  local all=(--cap-add ALL --security-opt seccomp=unconfined)
  probe "starts" "run" as_root docker_look
  probe "starts" "run --user" as_user docker_look --user 1000
  probe "starts" "run --tty" as_root docker_look --tty
  probe "starts" "run --read-only --tmpfs" as_root docker_look --read-only --tmpfs /tmp
  probe "starts" "restart, then exec" as_root docker_restart
  probe "asks for all" "run --privileged" as_root docker_look --privileged
  probe "asks for all" "run --cap-add ALL" as_root docker_look --cap-add ALL
  probe "exec" "exec" as_root docker_exec_look --
  probe "exec" "exec --user" as_user docker_exec_look -- --user 1000
  probe "exec" "exec --tty" as_root docker_exec_look -- --tty
  probe "asks for all" "exec --privileged" as_root docker_exec_look -- --privileged
  if [ "$runtime" != runsc ]; then
    probe "exec" "init and exec, from outside" seen_outside docker_outside
    probe "life" "update" as_bare docker_update
  fi
  probe "life" "pause, unpause, top, cp, logs, stop, kill, wait, start" lived docker_life
  probe "errors" "exit statuses" as_bare docker_statuses
  probe "life" "info and features" as_bare docker_info
  check "errors" "a refusal is what docker prints; the container can be ended" docker_refused
  check "identity" "a rule by image, for run and exec" docker_identity
}

check_docker() {
  engine=docker
  start_containerd && start_docker || {
    engine_version=$(dockerd --version | sed -E 's/.*version ([^,]*),.*/\1/')
    verdict skip "starts" "the daemon starts" "without whittle it says: $(grep -o 'level=\(fatal\|error\).*\|failed to start.*' "$disk/dockerd.log" | tail -n 1)"
    return
  }
  engine_version=$(docker version --format '{{.Server.Version}}')
  tidy_up() { tidy_docker; }
  for runtime in $(wanted runc crun runsc); do
    runtime_version=$(runtime_version)
    can_start docker_look && { [ "$runtime" != runsc ] || is_steady docker_exec_look --; } && docker_checks || continue
    [ "$runtime" != runsc ] || continue
    probe "builds" "build, classic" as_root docker_build 0
    probe "builds" "build, BuildKit" as_root docker_build 1
  done
  check_image_store
  tidy_up() { :; }
  stop "$dockerd"
  [ -n "$(wanted runc)" ] || { stop "$containerd"; return; }
  engine=docker runtime=runc
  runtime_version=$(runtime_version)
  check "configure" "whittlectl configure docker, in and out" configured docker_configured
  stop "$containerd"
}

# Docker from 23 on may keep images in containerd.
check_image_store() {
  local store=true
  case $engine_version in 20.*) return ;; esac
  stop "$dockerd"
  start_docker overlayfs || return
  engine="docker, images in containerd"
  for runtime in $(wanted runc crun); do
    runtime_version=$(runtime_version)
    can_start docker_look || continue
    probe "starts" "run" as_root docker_look
    probe "exec" "exec" as_root docker_exec_look --
    probe "asks for all" "run --privileged" as_root docker_look --privileged
    probe "builds" "build, BuildKit" as_root docker_build 1
    check "identity" "a rule by image, for run and exec" docker_identity
  done
}

# "whittlectl configure", the daemon with what it wrote, and out again.
docker_configured() {
  local file=/etc/docker/daemon.json status
  cp /etc/whittle/runc-strict.json /etc/whittle/config.json
  mkdir -p /etc/docker
  cat >$file <<JSON
{
  "storage-driver": "overlay2",  "iptables": false, "ip6tables": false, "bridge": "none",
  "exec-opts": ["native.cgroupdriver=cgroupfs"]
}
JSON
  cp $file "$disk/daemon.json"
  "$bin/whittlectl" configure docker --default >&2 || return
  dockerd --containerd /run/containerd/containerd.sock >>"$disk/dockerd.log" 2>&1 &
  dockerd=$!
  eventually docker version || return
  docker info --format '{{.DefaultRuntime}}'
  docker import "$disk/image.tar" $image >/dev/null # the other daemon kept them elsewhere
  docker run --rm --network none $image look | looks
  status=$?
  stop "$dockerd"
  "$bin/whittlectl" configure docker --remove >&2 && cmp $file "$disk/daemon.json" >&2 && return $status
}
