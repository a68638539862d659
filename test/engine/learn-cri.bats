#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2086,SC2154
#
# Containers of pods, as Kubernetes' kubelet has containerd start them, are learnt over restarts: a rule is
# told to, and what comes of it is the rule under which they then run.

load cri

setup_file() {
  need_engines containerd ctr
  /usr/bin/python3 -c 'import grpc, google.protobuf' || fail "python3-grpcio or python3-protobuf is not installed"
  export MACHINE_UNIFIED=yes # recording goes by the second version of cgroups, where a host has it
  machine_start
  install_programs
  everything_policy | jq '.rules = [{ name: "shop", match: { namespace: "shop", sandbox: false } }]' | policy config
  prepare_node
  handlers whittle
  start_containerd
  busybox_image ctr
  node_images
}
teardown_file() { machine_stop; }
teardown() {
  show_logs
  inside_sh 'for pod in $(crictl pods --quiet); do crictl rmp --force "$pod"; done'
}

# One life of the pod: what its container does, and an exec into it.
live() { # what the container does, what an exec does
  pod_up whittle
  container_up ".command = [\"/bin/sh\", \"-c\", \"$1; echo end; sleep 1000\"]"
  written
  [ -z "${2:-}" ] || inside crictl exec --sync "$container" sh -c "$2"
  inside crictl rmp --force "$pod"
}
learn() { inside whittlectl learn "$@"; }
recorded() { learn list --json shop | jq -r ".recordings[0] | $1"; } # filter
is_over() { [ "$(recorded .running)" = 0 ]; }

@test "CRI: a rule is learnt over restarts and by exec, and then enforced" {
  learn start shop
  live 'touch /tmp/file; chown 1 /tmp/file'
  live 'true' 'chroot / true'
  eventually is_over
  learn stop shop
  live 'chmod 700 /tmp; su nobody -s /bin/true'
  same "recordings" 2 "$(recorded .recordings)"
  same "what was used while it was told to learn" "CAP_CHOWN CAP_SYS_CHROOT" "$(recorded '.used | sort | join(" ")')"
  learn policy shop
  pod_up whittle
  container_up
  process_holds "a container under the rule" "$(root_with "CHOWN SYS_CHROOT")" "$pid"
}
