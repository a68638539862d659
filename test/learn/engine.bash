# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# Workloads under Docker, in a machine of its own (test/engine/machine). To be sourced behind test/engine/docker.bash.

image=learn:latest

load_image() {
  "$WHITTLE_SOURCE/test/learn/image" "$MACHINE/learn"
  command tar -C "$MACHINE/learn" --xattrs --xattrs-include=security.capability --numeric-owner -cf "$MACHINE/learn.tar" .
  docker import /run/machine/learn.tar $image >/dev/null
  rm -rf "$MACHINE/learn" "$MACHINE/learn.tar"
}

# Allows these capabilities and otherwise all that is asked for.
learn_policy() { # capabilities, enforce or record
  jq -Rs --arg mode "$2" --arg name "${rule:-$workload}" '{
    runtimes: [{ path: "/usr/sbin/runc", kind: "runc" }], log: { file: "/run/machine/records" },
    rules: [{ name: $name, match: { image: "*" }, profile: "privileged", noNewPrivileges: false,
      capabilities: (split("\\s+"; "") | map(select(. != "") | "CAP_" + .)) }
      + if $mode == "record" then { mode: "audit", learn: true } else {} end]
  }' <<<"$1" | policy config
}

# As a plain bundle has it: Docker lets everybody have the low ports and send pings.
begin() { # capabilities, enforce or record
  local settings=(--sysctl net.ipv4.ip_unprivileged_port_start=1024 --sysctl net.ipv4.ping_group_range="1 0")
  [ -z "${docker_settings:-}" ] || settings=()
  learn_policy "$1" "$2"
  ID=$(docker create --runtime whittle --network none --user "$uid" "${settings[@]}" --env PYTHONUNBUFFERED=1 $image "${words[@]}")
  docker start "$ID" >/dev/null 2>"$why" || true # what cannot be executed has ended
}

has_finished() { [ "$(docker inspect --format '{{.State.Running}}' "$ID")" = false ]; }
await_end() { # ended_with: its exit status
  docker logs "$ID" >"$output" 2>&1
  ended_with=$(docker inspect --format '{{.State.ExitCode}}' "$ID")
}
process() { echo "$ROOT/proc/$(pid_of "$ID")"; }
network() { inside nsenter --target "$(pid_of "$ID")" --net "$@"; }
end_by() { docker kill --signal "$1" "$ID" >/dev/null; }
layer() { echo "$ROOT$(docker inspect --format '{{.GraphDriver.Data.UpperDir}}' "$ID")"; }
finish() { docker rm --force "$ID" >/dev/null; }

# The recorder ends when the container has, which Docker does not wait for.
recording_of() { # workload
  eventually is_over "$1"
  cat "$ROOT/var/lib/whittle/learn/$1"/*.json
}
is_over() { jq -se 'length > 0 and all(.ended > 0)' "$ROOT/var/lib/whittle/learn/$1"/*.json >/dev/null; }
