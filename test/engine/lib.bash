# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2120,SC2154
#
# What the tests with real engines share: a machine of its own for each file (see "machine"), the
# engines in it, whittle in front of them, and images without a registry.
#
#   setup_file() { need_engines dockerd; machine_start; install_whittle; start_dockerd; busybox_image docker; }
#   teardown_file() { machine_stop; }
#   teardown() { show_logs; }
#
# $MACHINE is a folder that both sides see; in the machine it is /run/machine. $ROOT is the
# machine's root folder, seen from outside: $ROOT/proc counts processes as the machine does.

# shellcheck source=test/judge.bash
. "$(dirname "${BASH_SOURCE[0]}")/../judge.bash"

# ---- the machine --------------------------------------------------------------------------

# Fails the whole file, and says why, when a test could not mean anything.
need_engines() { # programs...
  local program
  export BATS_TEST_TIMEOUT=300 # seconds; the slowest takes a tenth of it
  [ "$(id -u)" -eq 0 ] || fail "these tests start engines and need root"
  [ -x "${WHITTLE:-}" ] || fail "WHITTLE must be the path of the whittle to test"
  [ -x "${WHITTLE_HOOKS:-}/whittle-verify" ] || fail "WHITTLE_HOOKS must be the folder with whittle's hooks"
  [ -x "${WHITTLECTL:-}" ] || fail "WHITTLECTL must be the path of the whittlectl to test"
  [ -x "$(helper facts)" ] || fail "$(helper facts) is not built"
  for program in runc busybox jq ip unshare nsenter pgrep "$@"; do
    PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v "$program" >/dev/null || fail "$program is not installed"
  done
}

# The machine lasts as long as the descriptor $MACHINE_INPUT is open in the file's own process, so
# it also ends when that is killed.
machine_start() {
  export MACHINE=$BATS_FILE_TMPDIR/machine
  export WHITTLE_SOURCE=${WHITTLE_SOURCE:?is the folder with the sources}
  mkdir "$MACHINE"
  exec {MACHINE_INPUT}> >(become "$WHITTLE_SOURCE/test/engine/machine" "$MACHINE" >"$MACHINE/machine.log" 2>&1)
  MACHINE_KEEPER=$!
  export MACHINE_INPUT MACHINE_KEEPER
  eventually machine_decided
  [ -e "$MACHINE/holder" ] || fail "there is no machine:" "$(cat "$MACHINE/machine.log")"
  export ROOT
  ROOT=/proc/$(cat "$MACHINE/holder")/root
  mkdir "$MACHINE/bin"
  cp "$WHITTLE" "$MACHINE/bin/whittle"
  cp "$WHITTLECTL" "$MACHINE/bin/whittlectl"
  cp "$WHITTLE_HOOKS"/whittle-{verify,record,precreate,precreate.json} "$MACHINE/bin/"
}

machine_stop() {
  [ -n "${MACHINE_INPUT:-}" ] || return 0
  echo end >&"$MACHINE_INPUT" || true # something left in the background may hold the descriptor
  exec {MACHINE_INPUT}>&-
  unset MACHINE_INPUT
  eventually has_gone "$MACHINE_KEEPER"
  [ ! -s "$MACHINE/machine.log" ] || fail "the machine said:" "$(cat "$MACHINE/machine.log")"
}
machine_decided() { [ -e "$MACHINE/holder" ] || has_gone "$MACHINE_KEEPER"; }
has_gone() { ! kill -0 "$1"; }

# Runs a command in the machine, with a clean environment. Standard streams and status are its own.
inside() { # [NAME=VALUE]... command...
  (become "$WHITTLE_SOURCE/test/engine/enter" "$MACHINE" "$@")
}
inside_sh() { inside bash -euo pipefail -c "$1" bash "${@:2}"; } # script, arguments...

# What daemons say whenever a container ends or does not start.
noise='level=info|devmapper|cgroup blkio weight|stream copy error|copy shim log|shim disconnected|grpc: addrConn|Failed to get event|cleanup'

# For teardown(): what the daemons said lately, when the test has failed.
show_logs() {
  local log
  [ -z "${BATS_TEST_COMPLETED:-}" ] || return 0
  for log in "$MACHINE"/*.log; do
    [ ! -s "$log" ] || printf '%s\n' "--- ${log##*/}:" "$(grep -vE "$noise" "$log" | cut -c 1-500 | tail -n 8)"
  done
  [ ! -s "$MACHINE/records" ] || printf '%s\n' "--- the last records:" "$(tail -n 3 "$MACHINE/records" | cut -c 1-500)"
}

# ---- whittle ------------------------------------------------------------------------------

install_programs() { # where ./quickstart puts them
  inside install -m 755 /run/machine/bin/whittle /run/machine/bin/whittlectl /usr/local/bin/
  inside mkdir -p /etc/whittle
  inside_sh 'cd /run/machine/bin
    install -D -m 755 -t /usr/local/libexec/whittle whittle-verify whittle-record whittle-precreate
    install -D -m 644 -t /usr/local/share/whittle whittle-precreate.json'
}

# As an administrator has it: /usr/local/bin, and three policies. /etc/whittle/config.json is strict,
# "whittle-everything" allows everything, "whittle-audit" is strict and changes nothing. Records go
# to $MACHINE/records.
install_whittle() {
  install_programs
  strict_policy | policy config
  everything_policy | policy everything
  strict_policy | jq '.mode = "audit"' | policy audit
  inside ln -sf whittle /usr/local/bin/whittle-everything
  inside ln -sf whittle /usr/local/bin/whittle-audit
}

policy() { inside_sh 'cat >"/etc/whittle/$1.json"' "$1"; } # name; standard input is the policy
edit_policy() { # name, jq arguments... (the filter last)
  local name=$1 edited
  shift
  edited=$(jq "$@" "$ROOT/etc/whittle/$name.json")
  [ -n "$edited" ]
  policy "$name" <<<"$edited"
}

allowed="CHOWN NET_BIND_SERVICE SETUID" # three of Docker's capabilities
strict_policy() { # [path of the real runtime]
  jq -n --arg path "${1:-/usr/sbin/runc}" --arg names "$allowed" '{
    runtimes: [{ path: $path, kind: ($path | sub(".*/"; "")) }],
    log: { file: "/run/machine/records" },
    default: { capabilities: ($names | split(" ") | map("CAP_" + .)), noNewPrivileges: true,
      readonlyRootfs: true, tmpfs: ["/tmp", "/run"] }
  }'
}
everything_policy() { # [path of the real runtime]
  strict_policy "$@" | jq --arg names "${capability_names[*]}" '.default = {
    profile: "privileged", capabilities: ($names | split(" ")), noNewPrivileges: false, readonlyRootfs: false, tmpfs: [] }'
}

# ---- engines ------------------------------------------------------------------------------

# Docker's options are those of /etc/default/docker. Where the kernel lacks what a bridge with iptables
# needs, Docker does without.
start_dockerd() { # options...
  inside iptables --table nat --list --numeric >/dev/null 2>&1 || set -- --iptables=false "$@"
  inside ip6tables --table filter --list --numeric >/dev/null 2>&1 || set -- --ip6tables=false "$@"
  printf 'DOCKER_OPTS="%s"\n' "$*" | inside_sh 'cat >/etc/default/docker'
  inside systemctl start docker
}
stop_dockerd() { inside systemctl stop docker; }
restart_dockerd() { inside systemctl restart docker; }
start_containerd() { inside systemctl start containerd; }
stop_containerd() { inside systemctl stop containerd; }

daemon_json() { inside_sh 'mkdir -p /etc/docker; cat >/etc/docker/daemon.json'; } # standard input
# Registers the three policies of install_whittle; jq filters add more.
docker_runtimes() { # [filter]
  jq -n '{ runtimes: (["whittle", "whittle-everything", "whittle-audit"]
    | map({ (.): { path: ("/usr/local/bin/" + .) } }) | add) } | '"${1:-.}" | daemon_json
}

# ---- images -------------------------------------------------------------------------------

image=docker.io/library/busybox:1.35
image_command='["/bin/facts", "hold"]'

# A root file system of busybox with "facts" in it; one for the file.
image_tree() {
  local tree=$MACHINE/tree
  if [ ! -d "$tree" ]; then
    make_rootfs "$tree"
    mkdir -p "$tree"/{root,srv,usr/bin,var/tmp}
    inside chroot /run/machine/tree /bin/busybox --install -s /bin
    printf '%s\n' root:x:0:0:root:/root:/bin/sh app:x:1000:1000::/home:/bin/sh >"$tree/etc/passwd"
    printf '%s\n' root:x:0: app:x:1000: >"$tree/etc/group"
  fi
  printf '%s\n' "$tree"
}

# The tree as an archive that every engine loads: $image with $image_command.
image_archive() {
  local archive=$MACHINE/image
  if [ ! -d "$archive" ]; then
    mkdir "$archive"
    tar -C "$(image_tree)" --numeric-owner -cf "$archive/layer.tar" .
  fi
  jq -n --arg layer "sha256:$(sha256sum "$archive/layer.tar" | cut -d ' ' -f 1)" \
    --arg machine "$(dpkg --print-architecture)" --argjson command "$image_command" '{
      architecture: $machine, os: "linux", created: "2020-01-01T00:00:00Z",
      config: { Cmd: $command, Env: ["PATH=/bin:/usr/bin"] },
      rootfs: { type: "layers", diff_ids: [$layer] } }' >"$archive/config.json"
  jq -n --arg name "$image" \
    '[{ Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"] }]' >"$archive/manifest.json"
  tar -C "$archive" -cf "$MACHINE/image.tar" manifest.json config.json layer.tar
}

# Gives an engine the image. For another name or command: image=… image_command=… busybox_image …
busybox_image() { # docker | podman | ctr, arguments of ctr...
  image_archive
  case $1 in
    ctr) inside ctr "${@:2}" image import /run/machine/image.tar >/dev/null ;;
    *) inside "$1" load --quiet --input /run/machine/image.tar >/dev/null ;;
  esac
}

# ---- judging ------------------------------------------------------------------------------

# What the kernel says of a process of the machine.
process_holds() { # what, expected, process id in the machine
  holds "$1" "$2" "$ROOT/proc/$3/status"
}

# ---- CRI ----------------------------------------------------------------------------------

# What a node has beside containerd: a network for pods, and crictl. Without CAP_SYS_RESOURCE nobody
# can give pods the OOM score that the engine asks for; it is told so.
prepare_node() { # before containerd starts
  inside_sh 'mkdir -p /etc/cni/net.d && cat >/etc/cni/net.d/10-pods.conf' <<'JSON'
{ "cniVersion": "0.4.0", "name": "pods", "type": "bridge", "bridge": "cni0", "isGateway": true,
  "ipam": { "type": "host-local", "subnet": "10.244.0.0/24" } }
JSON
  inside ln -s /run/source/test/engine/crictl /usr/local/bin/crictl
  [[ " $(host_capabilities) " == *" SYS_RESOURCE "* ]] ||
    inside sed -i '/^ *\[plugins."io.containerd.grpc.v1.cri"\]/a \      restrict_oom_score_adj = true' /etc/containerd/config.toml
}

# The images of pods and of their containers, for CRI's part of containerd.
node_images() {
  busybox_image ctr --namespace k8s.io
  image=registry.k8s.io/pause:3.6 busybox_image ctr --namespace k8s.io
}
