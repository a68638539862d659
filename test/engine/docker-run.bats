#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2086,SC2154
#
# Containers that the real Docker starts with whittle: what the kernel says of their processes, and
# what they can write.

load docker

# What is refused of the host's is another file's matter (docker-privileged.bats).
setup_file() {
  docker_machine
  edit_policy config '.default += { hostNamespaces: "keep", mounts: "keep" }'
}
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

bounded=$(root_with "$allowed")

@test "run, whatever is asked for: the process is bounded" {
  local options
  for options in '' --privileged '--cap-add ALL' '--cap-add SYS_ADMIN --cap-add net_raw' \
    '--security-opt seccomp=unconfined' '--security-opt no-new-privileges' '--cap-add ALL -t' \
    '--network host --pid host --ipc host --uts host --privileged'; do
    holds "run $options" "$bounded" <(run --rm $options "$image" facts | tr -d '\r')
  done
}

@test "run -d, whatever is asked for: the process is bounded, seen from both sides" {
  local options
  for options in '' '--privileged --restart always' '--cap-add ALL' '--network host' '--pid host' -t; do
    up $options "$image"
    process_holds "run -d $options: seen from outside" "$bounded" "$PID"
    eventually has_spoken "$ID"
    holds "run -d $options: seen from inside" "$bounded" <(docker logs "$ID" | tr -d '\r')
  done
}

@test "what is not asked for is not given" {
  up --cap-drop ALL "$image"
  container_holds "all dropped" "$(root_with "")"
  up --cap-drop ALL --cap-add CHOWN --cap-add SYS_TIME "$image"
  container_holds "one of the allowed" "$(root_with CHOWN)"
}

@test "run -u: another user holds nothing, and can get no more than is allowed" {
  up -u 1000 "$image"
  container_holds "a number" "$(privileges "" "" "" "$allowed" "" 1)"
  up -u app --privileged "$image"
  container_holds "a name, privileged" "$(privileges "" "" "" "$allowed" "" 1)"
}

@test "run --init, and a container in another's namespaces: every process is bounded" {
  up --init --ipc shareable --privileged "$image"
  [ "$(processes "$ID" | wc -l)" -eq 2 ]
  all_hold "--init" "$bounded" "$ID"
  up --pid "container:$ID" --network "container:$ID" --ipc "container:$ID" --privileged "$image"
  container_holds "joined" "$bounded"
}

@test "the root file system is read-only, its scratch folders are not" {
  local options
  for options in '' --privileged --read-only; do
    same "run $options" "root etc yes yes" "$(run --rm $options "$image" sh -c '
      for folder in / /etc; do (: >$folder/x) 2>/dev/null && echo -n "wrote $folder "; done
      ! mount -o remount,rw / 2>/dev/null || echo -n "remounted "
      (: >/x) 2>&1 | grep -q "Read-only file system" && echo -n "root "
      (: >/etc/x) 2>&1 | grep -q "Read-only file system" && echo -n "etc "
      for folder in /tmp /run; do : >$folder/x && echo -n "yes "; done' | sed 's/ $//')"
  done
}

@test "volumes, binds and tmpfs of Docker's can be written as they were asked for" {
  inside mkdir -p /srv/data
  same "what could be written" "/volume /bind /scratch /tmp" "$(run --rm -v volume:/volume -v /srv/data:/bind \
    -v /srv/data:/fixed:ro --tmpfs /scratch --tmpfs /tmp:size=1m "$image" sh -c '
    for folder in /volume /bind /fixed /scratch /tmp; do
      if echo text 2>/dev/null >$folder/file; then echo -n "$folder "; fi
    done' | sed 's/ $//')"
  same "what is on the host" text "$(cat "$ROOT/srv/data/file")"
  same "a tmpfs asked for keeps its size" 1024 \
    "$(run --rm --tmpfs /tmp:size=1m "$image" df -k /tmp | awk 'END { print $2 }')"
}

@test "docker info names the runtimes, and whittle tells the real one's version" {
  docker info | grep -q '^ Runtimes:.* whittle\b'
  same "version" "$(/usr/sbin/runc --version)" "$(inside /usr/local/bin/whittle --version)"
}

@test "each container has its record, with its id and what was taken away" {
  rm -f "$MACHINE/records"
  up --cap-add SYS_ADMIN "$image"
  jq -se --arg id "$ID" 'map(select(.command == "create")) | length == 1 and .[0].id == $id
    and .[0].result == "changed" and any(.[0].changes[]; .what == "CAP_SYS_ADMIN")' "$MACHINE/records"
}

@test "under a policy in audit mode nothing is taken away, and all of it recorded" {
  rm -f "$MACHINE/records"
  runtime=whittle-audit up "$image"
  container_holds "audit" "$(root_with "$docker_capabilities" 0)"
  jq -se 'any(.[].changes[]; .what == "CAP_NET_RAW")' "$MACHINE/records"
}
