#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# Docker's daemon in other shapes: whittle as its default runtime, restarted under running containers,
# with user namespaces. Each test gives the daemon its configuration and starts it anew.

load docker

setup_file() {
  need_engines dockerd containerd docker
  machine_start
  install_whittle
}
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

bounded=$(root_with "$allowed")

configured() { # filter for daemon.json
  docker_runtimes "$1"
  stop_dockerd
  start_dockerd
  docker image inspect "$image" >/dev/null 2>&1 || busybox_image docker
}

@test "default-runtime: nobody has to ask for it, docker info names it" {
  configured '."default-runtime" = "whittle"'
  docker info | grep -qx ' Default Runtime: whittle'
  holds "run" "$bounded" <(docker run --rm --privileged "$image" facts)
  ID=$(docker run --detach --privileged "$image")
  PID=$(pid_of "$ID")
  container_holds "run -d" "$bounded"
  same "the runtime that Docker remembers" whittle "$(docker inspect --format '{{.HostConfig.Runtime}}' "$ID")"
}

@test "default-runtime: a container made before is bounded from its next start on" {
  configured '."default-runtime" = "runc"'
  ID=$(docker create --runtime whittle "$image")
  docker start "$ID"
  process_holds "the one with whittle" "$bounded" "$(pid_of "$ID")"
  ID=$(docker run --detach "$image")
  process_holds "the one without" "$(root_with "$docker_capabilities" 0)" "$(pid_of "$ID")"
}

@test "live-restore: the container lives on while the daemon is restarted, exec is bounded" {
  configured '."live-restore" = true'
  up --privileged "$image"
  stop_dockerd
  process_holds "while there is no daemon" "$bounded" "$PID"
  start_dockerd
  state_is "$ID" running
  same "process" "$PID" "$(pid_of "$ID")"
  holds "exec after that" "$bounded" <(docker exec --privileged "$ID" facts)
  executed --privileged
  process_holds "the same, seen from outside" "$bounded" "$EXECUTED"
  docker pause "$ID"
  docker unpause "$ID"
  docker restart -t 0 "$ID"
  PID=$(pid_of "$ID")
  process_holds "restarted by the new daemon" "$bounded" "$PID"
}

@test "without live-restore: what restarts with the daemon is bounded again" {
  configured .
  up --restart always --privileged "$image"
  restart_dockerd
  eventually state_is "$ID" running
  PID=$(pid_of "$ID")
  process_holds "after the daemon's restart" "$bounded" "$PID"
}

@test "a daemon that was killed finds its containers again" {
  configured '."live-restore" = true'
  up "$image"
  inside_sh 'kill -KILL "$(cat /run/docker.unit.pid)"'
  start_dockerd
  state_is "$ID" running
  holds "exec after that" "$bounded" <(docker exec --privileged "$ID" facts)
  docker rm --force "$ID"
}

@test "userns-remap: root inside is nobody outside, and bounded" {
  inside_sh 'grep -q ^dockremap: /etc/passwd || useradd --system --no-create-home dockremap
    for file in /etc/subuid /etc/subgid; do grep -q ^dockremap: $file || echo dockremap:300000:65536 >>$file; done'
  configured '."userns-remap" = "default" | ."default-runtime" = "whittle"'
  ID=$(docker run --detach "$image")
  PID=$(pid_of "$ID")
  container_holds "run -d" "$bounded"
  same "its user on the host" 300000 "$(awk '/^Uid:/ { print $2 }' "$ROOT/proc/$PID/status")"
  holds "exec" "$bounded" <(docker exec "$ID" facts)
  executed --privileged -u 0
  process_holds "exec --privileged, seen from outside" "$bounded" "$EXECUTED"
  same "writing" "no yes" "$(docker exec "$ID" sh -c '
    (: >/x) 2>/dev/null && echo -n "yes " || echo -n "no "; : >/tmp/x && echo yes')"
  holds "a privileged one in the host's user namespace" "$bounded" \
    <(docker run --rm --privileged --userns host "$image" facts)
}

@test "crun behind whittle: Docker's containers are bounded as with runc" {
  configured .
  strict_policy /usr/bin/crun | policy config
  up --privileged "$image"
  container_holds "run -d" "$bounded"
  holds "exec" "$bounded" <(docker exec --privileged "$ID" facts)
  docker stop -t 0 "$ID"
  strict_policy | policy config
}

@test "a machine's own runtime arguments: another policy by --policy" {
  configured '.runtimes.narrow = { path: "/usr/local/bin/whittle", runtimeArgs: ["--policy", "/etc/whittle/narrow.json"] }'
  strict_policy | jq '.default.capabilities = ["CAP_CHOWN"]' | policy narrow
  runtime=narrow up "$image"
  container_holds "run -d" "$(root_with CHOWN)"
  holds "exec" "$(root_with CHOWN)" <(docker exec --privileged "$ID" facts)
}
