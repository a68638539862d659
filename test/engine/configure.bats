#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# whittlectl configure, and what the real engines make of it: they start, they name the runtime, what they
# run without being asked is bounded; taken out, everything is as it was. What happens to the files alone,
# in every odd case, is in test/live/configure.sh.

load docker

setup_file() {
  need_engines dockerd containerd docker podman
  machine_start
  install_programs
  strict_policy | policy config
  strict_policy | jq '.default.capabilities = []' | policy ci
  start_dockerd
  busybox_image docker
}
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

configure() { inside whittlectl configure "$@"; }
bounded=$(root_with "$allowed")
bare=$(root_with "$docker_capabilities" 0)

runs_with() { # what, expected, options of docker run...
  holds "$1" "$2" <(docker run --rm "${@:3}" "$image" facts)
}
default_is() { docker info --format '{{.DefaultRuntime}}' | grep -qx "$1"; }
folder_of() { inside_sh 'cd "$1" && find . -printf "%p %y %m %l\n" -type f -exec cat {} + | sort' "$1"; } # all that is in it

@test "docker: by --restart the running daemon takes it, and nobody has to ask for it" {
  runs_with "before" "$bare"
  configure docker --default --restart
  eventually default_is whittle
  runs_with "by default" "$bounded"
  runs_with "--privileged" "$bounded" --privileged
  configure docker --policy ci --restart
  eventually inside_sh 'docker info --format "{{json .Runtimes}}" | grep -q whittle-ci'
  runs_with "with the other policy" "$(root_with "")" --runtime whittle-ci
  runs_with "by default, still" "$bounded"
}

@test "docker: taken out, the daemon runs as before and nothing is left" {
  configure docker --remove --restart
  eventually default_is runc
  runs_with "afterwards" "$bare"
  inside_sh '! compgen -G "/etc/docker/daemon.json*" && [ ! -e /var/lib/whittle ] && [ ! -e /usr/local/bin/whittle-ci ]'
}

@test "docker: what was in daemon.json counts as before, also after a start" {
  printf '{\n\t"labels": ["a=b"],\n\t"runtimes": { "other": { "path": "/usr/sbin/runc" } },\n\t"default-runtime": "other"\n}' | daemon_json
  configure docker --default
  stop_dockerd
  start_dockerd
  default_is whittle
  same "labels" '["a=b"]' "$(docker info --format '{{json .Labels}}')"
  runs_with "by default" "$bounded"
  runs_with "the other one" "$bare" --runtime other
  configure docker --remove --restart
  eventually default_is other
  inside rm /etc/docker/daemon.json
  restart_dockerd
}

@test "docker --cover-runc: runc by name, the shim by name, and builds are bounded" {
  local before
  before=$(folder_of /etc/whittle)
  runs_with "runc by name, before" "$bare" --runtime runc
  configure docker --cover-runc
  same "what a daemon finds" /usr/local/sbin/runc "$(inside_sh 'command -v runc')"
  same "which is" /usr/local/bin/whittle "$(inside readlink -f /usr/local/sbin/runc)"
  runs_with "runc by name" "$bounded" --runtime runc
  runs_with "runc by name, --privileged" "$bounded" --runtime runc --privileged
  runs_with "the shim by name" "$bounded" --runtime io.containerd.runc.v2 --privileged
  built_with "classic" "$bounded" 0
  built_with "BuildKit" "$bounded" 1
  restart_dockerd
  runs_with "after a restart" "$bounded" --runtime runc
  configure docker --remove
  runs_with "runc by name, taken out" "$bare" --runtime runc
  same "policies" "$before" "$(folder_of /etc/whittle)"
  inside_sh '[ ! -e /usr/local/sbin/runc ] && [ ! -e /var/lib/whittle ]'
}

# What a RUN step says of itself. The policy leaves a writable root to builds, since a step writes there.
built_with() { # what, expected, DOCKER_BUILDKIT
  edit_policy config '.default.readonlyRootfs = false'
  mkdir -p "$MACHINE/build"
  printf 'FROM %s\nRUN facts >/srv/facts\n' "$image" >"$MACHINE/build/Dockerfile"
  inside DOCKER_BUILDKIT="$3" docker build --quiet --no-cache --tag built /run/machine/build >"$MACHINE/build.log" 2>&1 \
    || fail "$1: the build failed:" "$(cat "$MACHINE/build.log")"
  holds "a step of $1" "$2" <(docker run --rm --runtime runc --entrypoint cat built /srv/facts)
  edit_policy config '.default.readonlyRootfs = true'
}

@test "docker --cover-runc: where nothing can be put in front, it says so and changes nothing" {
  local before
  inside install -m 755 /usr/sbin/runc /usr/local/sbin/runc
  before=$(folder_of /etc/whittle)
  fails configure docker --cover-runc 2>"$MACHINE/said"
  grep -q 'move it to a folder further behind' "$MACHINE/said"
  same "policies" "$before" "$(folder_of /etc/whittle)"
  inside_sh '[ ! -L /usr/local/sbin/runc ] && [ ! -e /var/lib/whittle ]'
  inside rm /usr/local/sbin/runc
}

@test "containerd: it takes the file, with runc's settings for whittle, and the CRI plugin starts" {
  local before
  inside_sh 'cat >/etc/containerd/config.toml' <<'TOML'
version = 2 # as Debian has it
[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    pod_annotations = ["a.*"]
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
TOML
  before=$(folder_of /etc/containerd)
  configure containerd --default --restart
  inside containerd config dump >"$MACHINE/dump"
  same "default" '      default_runtime_name = "whittle"' "$(grep default_runtime_name "$MACHINE/dump")"
  handler whittle | grep -q 'pod_annotations = \["a\.\*"\]'
  handler whittle.options | grep -q 'SystemdCgroup = true'
  handler whittle.options | grep -q 'BinaryName = "/usr/local/bin/whittle"'
  handler runc.options | grep -q 'SystemdCgroup = true'
  cri_is_ok
  configure containerd --remove --restart
  same "the folder" "$before" "$(folder_of /etc/containerd)"
}

handler() { # name: its part of the dump
  sed -nE "/runtimes\.$1\]/,/^ *\[/{/runtimes\.$1\]/d;/^ *\[/d;p}" "$MACHINE/dump"
}
cri_is_ok() { inside ctr plugins ls | grep -qE '^io.containerd.grpc.v1 +cri .* ok'; }

@test "containerd: a file with nothing in it; the built-in runc stays" {
  local before
  inside_sh ': >/etc/containerd/config.toml'
  before=$(folder_of /etc/containerd)
  configure containerd --restart
  inside containerd config dump >"$MACHINE/dump"
  handler runc | grep -q 'runtime_type = "io.containerd.runc.v2"'
  handler whittle.options | grep -q 'BinaryName = "/usr/local/bin/whittle"'
  cri_is_ok
  configure containerd --remove --restart
  same "the folder" "$before" "$(folder_of /etc/containerd)"
}

@test "podman: it names the runtime, and asks for errors as JSON" {
  local before
  before=$(folder_of /etc/containers)
  configure podman --default
  same "podman info" "whittle /usr/local/bin/whittle" \
    "$(inside podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}')"
  configure podman --policy ci
  same "podman info, still" "whittle" "$(inside podman info --format '{{.Host.OCIRuntime.Name}}')"
  same "podman info, the other" "/usr/local/bin/whittle-ci" \
    "$(inside podman --runtime whittle-ci info --format '{{.Host.OCIRuntime.Path}}')"
  configure podman --remove
  same "the folder" "$before" "$(folder_of /etc/containers)"
}
