#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2086,SC2154
#
# docker run --privileged under the policy that is shipped: the kernel's facts are those of a container
# that asked for next to nothing under the bare runtime.

load docker

setup_file() {
  docker_machine
  sed -E 's#(^|[[:space:]])//.*$##' "$WHITTLE_SOURCE/config.json.example" |
    jq '.runtimes = [{ path: "/usr/sbin/runc", kind: "runc" }] | .log = { file: "/run/machine/records" }' | policy config
  inside_sh 'cp "$1" /srv/tries && chmod 755 /srv/tries' "/run/source/${WHITTLE_BUILD#"$WHITTLE_SOURCE"/}/test/live/tries"
}
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

# --privileged itself asks for capabilities that not every host has.
opened="--cap-add ALL $(for name in "${capability_names[@]}"; do
  [[ " $(host_capabilities) " == *" $name "* ]] || printf -- '--cap-drop %s ' "$name"
done)
  --security-opt seccomp=unconfined --security-opt systempaths=unconfined --device /dev/kmsg"
least='--cap-drop=ALL --cap-add=NET_BIND_SERVICE --read-only --tmpfs /tmp --security-opt=no-new-privileges'

# What the kernel says inside: privileges, whether a mount can be written, devices, and what works of
# all that privileges are for. The policy has two scratch folders more, masks two paths more, and
# leaves Docker's own files in /etc as they are asked for.
kernel_facts() { # options...
  run --rm -v /srv/tries:/tries:ro "$@" "$image" sh -c '
    grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status
    awk "{ split(\$6, o, \",\"); print \"mount\", \$5, o[1] }" /proc/self/mountinfo |
      grep -vE " (/run|/var/tmp|/proc/interrupts|/sys/devices/virtual/powercap|/etc/[a-z.]+) " | sort -u
    ls /dev | sed "s/^/device /"
    /tries 0 "" | grep " ok$"; echo end'
}
@test "run --privileged is as run with next to nothing under bare runc, by the kernel's account" {
  local runtime
  runtime=runc
  kernel_facts $least >"$BATS_TEST_TMPDIR/bare"
  kernel_facts $opened >"$BATS_TEST_TMPDIR/opened"
  runtime=whittle
  kernel_facts --privileged >"$BATS_TEST_TMPDIR/whittle"
  same_bytes "bare with next to nothing, and privileged with whittle" "$BATS_TEST_TMPDIR/bare" "$BATS_TEST_TMPDIR/whittle"
  # So that the above means something.
  for name in mount mknod core-pattern bpf unshare-user raw-socket; do
    grep -qx "$name ok" "$BATS_TEST_TMPDIR/opened" || fail "$name does not work when opened" "$(cat "$BATS_TEST_TMPDIR/opened")"
  done
  grep -qx "device kmsg" "$BATS_TEST_TMPDIR/opened"
}

@test "each way to open a container alone is brought down as well" {
  local options
  kernel_facts $least >"$BATS_TEST_TMPDIR/least"
  for options in '--cap-add ALL' '--security-opt seccomp=unconfined' '--security-opt systempaths=unconfined' \
    '--device /dev/kmsg' '--device-cgroup-rule "a *:* rwm"' '--cap-add SYS_ADMIN --security-opt apparmor=unconfined'; do
    eval "kernel_facts $options" >"$BATS_TEST_TMPDIR/opened"
    same_bytes "run $options" "$BATS_TEST_TMPDIR/least" "$BATS_TEST_TMPDIR/opened"
  done
}

@test "what would hand the host over is refused, and docker run says why" {
  local options sentence
  while IFS='|' read -r options sentence; do
    ! run --rm $options "$image" true >"$BATS_TEST_TMPDIR/out" 2>&1 || fail "run $options: it runs"
    grep -qF -- "$sentence" "$BATS_TEST_TMPDIR/out" || fail "run $options: another sentence" "$(cat "$BATS_TEST_TMPDIR/out")"
  done <<'LIST'
--pid host|the policy does not allow the host's pid namespace
--network host|the policy does not allow the host's network namespace
--ipc host|the policy does not allow the host's ipc namespace
--uts host|the policy does not allow the host's uts namespace
-v /:/host|brings / of the host
-v /:/host:ro|brings / of the host
-v /etc:/host:ro|brings /etc of the host
-v /var/run/docker.sock:/docker.sock|the container engine, by which the host's root can be had
-v /var/run:/host|of the host into the container
-v /proc:/host|brings /proc of the host
-v /srv:/srv:rshared|
LIST
  run --rm -v volume:/volume -v /srv:/srv:ro -v /etc/localtime:/etc/localtime:ro "$image" true
}
