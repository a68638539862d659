#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # jq and containers expand; lib.bash sets, and reads
#
# Annotations that are code, and annotations that pretend to be somebody. T71 to T77 of
# docs/security.md.

load lib

setup_file() { need_hostile; }
teardown() { end_cases; }

with_annotations() { # JSON object
  fresh
  edit_config --argjson annotations "$1" '.annotations = $annotations'
}
annotations_left() { jq -c .annotations "$BUNDLE/config.json"; }

# A filter of one instruction that allows everything, in place of one that denies mkdir.
other_filter() {
  with_annotations '{ "run.oci.seccomp_bpf_data": "BgAAAAAA/38=" }'
  edit_config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [
      { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] } |
    .process.args = ["/bin/sh", "-c", "mkdir /tmp/made 2>/dev/null && echo MADE; grep Seccomp: /proc/self/status; report"]'
  whittle run --bundle "$BUNDLE" "$ID"
  ran_bounded "with another filter"
  ! grep -q MADE "$CASE/out" || fail "the profile was replaced: $(shown)"
  grep -q $'^Seccomp:\t2' "$CASE/out"
  [ "$(annotations_left)" = '{}' ]
}
@test "T71 no annotation replaces the seccomp profile" {
  each "crun runc" other_filter
}

hook_outputs() {
  with_annotations "{ \"run.oci.hooks.stdout\": \"$CASE/stdout\", \"run.oci.hooks.stderr\": \"$CASE/stderr\" }"
  edit_config '.hooks = { createRuntime: [{ path: "/bin/echo", args: ["echo", "x"], env: [] }] }'
  edit_policy '.default.hooks = ["/bin/echo", "/usr/bin/echo"]'
  whittle run --bundle "$BUNDLE" "$ID"
  ran_bounded "with outputs for hooks"
  [ ! -e "$CASE/stdout" ] || fail "a file of the host was made"
  [ ! -e "$CASE/stderr" ] || fail "a file of the host was made"
  [ "$(annotations_left)" = '{}' ]
}
@test "T72 no annotation has a file of the host opened" {
  each "crun runc" hook_outputs
}

plugins() {
  with_annotations "{ \"run.oci.seccomp.plugins\": \"$(helper plugin.so)\", \"run.oci.handler\": \"wasm\" }"
  edit_config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" }'
  MARKER=$MARKER whittle run --bundle "$BUNDLE" "$ID"
  ran_bounded "with a plugin"
  [ ! -e "$MARKER" ] || fail "the plugin was loaded into the runtime"
}
plugin_in_bare() { # so that the test above means something
  with_annotations "{ \"run.oci.seccomp.plugins\": \"$(helper plugin.so)\" }"
  edit_config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" } | .process.args = ["/bin/true"]'
  MARKER=$MARKER bare run --bundle "$BUNDLE" "$ID"
  [ -e "$MARKER" ] || say "bare crun does not load it: is this crun built without seccomp?"
  rm -f "$MARKER"
}
@test "T73 no annotation has a library loaded into the runtime" {
  export MARKER
  each "crun runc" plugins
  each crun plugin_in_bare
}

# runc lists annotations and the true bundle together, and its exec follows the first "bundle=".
other_bundle() { # JSON object with EVIL for the folder
  make_bundle "$CASE/evil" evil
  with_annotations "${1//EVIL/$CASE/evil}"
  hold
  within_policy "/proc/$PID/status"
  [ "$(annotations_left)" = '{}' ] || fail "$(annotations_left) is left"
  exec_bounded "$ID" /bin/report
  exec_bounded --cap CAP_SYS_ADMIN "$ID" /bin/report
  [ "$("$RUNTIME_PATH" --root "$STATE" state "$ID" | jq -r .bundle)" = "$BUNDLE" ]
}
# A container that the bare runtime made with such an annotation: exec goes by the true bundle.
other_bundle_before() {
  make_bundle "$CASE/evil" evil
  with_annotations "{ \"bundle\": \"$CASE/evil\", \"bundle=$CASE/evil\": \"x\" }"
  edit_config '.root.readonly = true'
  hold bare
  exec_bounded "$ID" /bin/report
  jq -e --arg bundle "$BUNDLE" '.bundle == $bundle' <(tail -n 1 "$RECORDS")
}
@test "T74 no annotation leads exec to another bundle" {
  local object
  for object in '{ "bundle": "EVIL" }' '{ "bundle=EVIL": "x" }' '{ "bundle=EVIL": "", "bundle": "EVIL" }' \
    '{ "bundle=": "EVIL" }' '{ "bundle=EVIL/.": "" }'; do
    each "runc crun" other_bundle "$object"
  done
  each runc other_bundle_before
}

# Whatever begins like this.
dangerous=(bundle bundle= bundle=/x run.oci. run.oci.handler run.oci.seccomp.receiver run.oci.seccomp_bpf_data
  run.oci.seccomp.plugins run.oci.pidfd_receiver run.oci.hooks.stdout run.oci.keep_original_groups
  run.oci.mount_context_type run.oci.systemd.force_cgroup_v1 run.oci.systemd.subgroup run.oci.delegate-cgroup
  run.oci.seccomp_fail_unknown_syscall run.oci.anything.new org.criu.config org.criu. krun.cpus krun.
  module.wasm.image/variant module.wasm. dev.gvisor.flag.network dev.gvisor.spec.mount.a.type
  dev.gvisor.internal.x dev.gvisor.tar.rootfs.upper io.katacontainers.config.hypervisor.path
  org.systemd.property.ExecStopPost org.systemd.property.SuccessAction org.systemd.property. org.systemd.property.After2
  org.systemd.property.after)
# Keys of engines, but with values that no engine writes.
odd_properties='{
  "org.systemd.property.After": "[\"a.service\", \"b.service\"]",
  "org.systemd.property.DefaultDependencies": "yes",
  "org.systemd.property.KillSignal": "999",
  "org.systemd.property.CollectMode": "'"'"'inactive'"'"' x",
  "org.systemd.property.TimeoutStopUSec": "uint64 1; x" }'
engine_properties='{
  "org.systemd.property.After": "['"'"'crio.service'"'"']",
  "org.systemd.property.DefaultDependencies": "true",
  "org.systemd.property.KillSignal": "15",
  "org.systemd.property.CollectMode": "'"'"'inactive-or-failed'"'"'",
  "org.systemd.property.TimeoutStopUSec": "uint64 10000000" }'
harmless='{ "bundles": "1", "Bundle": "1", "xbundle=": "1", "run.ocix": "1", "run_oci.x": "1", "org.criux": "1",
  "io.kubernetes.cri.container-type": "container", "org.opencontainers.image.stopSignal": "15", "": "1" }'
prefixes() {
  local kept
  with_annotations "$(printf '%s\n' "${dangerous[@]}" | jq -R . | jq -s 'map({ (.): "1" }) | add')"
  edit_config --argjson odd "$odd_properties" '.annotations += $odd'
  runs_bounded --bundle "$BUNDLE" "$ID"
  [ "$(annotations_left)" = '{}' ] || fail "left: $(annotations_left)"
  with_annotations '{}'
  edit_config --argjson engine "$engine_properties" '.annotations = $engine'
  [ "$RUNTIME" = runc ] || edit_config --argjson harmless "$harmless" '.annotations += $harmless'
  kept=$(annotations_left)
  tell_only
  whittle run --bundle "$BUNDLE" "$ID"
  [ "$(annotations_left | jq -S 'del(."xbundle=")')" = "$(jq -S 'del(."xbundle=")' <<<"$kept")" ] \
    || fail "left: $(annotations_left)"
}
tell_only() { edit_policy --arg path "$(helper runtime)" '.runtimes[0].path = $path'; }
@test "T75 annotations on which runtimes act never reach them, but for what engines write" {
  each "runc crun" prefixes
}

# Rules that would give more to whoever says the right thing.
spoofed() {
  edit_policy '.default.capabilities = [] | .rules = [
    { name: "image", match: { annotations: { "io.kubernetes.cri.image-name": "trusted*" } },
      capabilities: ["CAP_KILL", "CAP_SYS_ADMIN"], noNewPrivileges: false, readonlyRootfs: false, mode: "audit" },
    { name: "sandbox", match: { annotations: { "io.kubernetes.cri.container-type": "sandbox" } },
      capabilities: ["CAP_SYS_ADMIN"], restore: "allow", mode: "audit" },
    { name: "id", match: { id: "*" }, capabilities: ["CAP_SYS_ADMIN"], noNewPrivileges: false, mode: "audit" }]'
  with_annotations '{ "io.kubernetes.cri.image-name": "trusted", "io.kubernetes.cri.container-type": "sandbox",
    "io.container.manager": "cri-o", "io.kubernetes.pod.namespace": "kube-system" }'
  hold
  within_policy "/proc/$PID/status"
  grep -qx $'CapBnd:\t0000000000000000' "/proc/$PID/status"
  request_with
  exec_bounded --process "$CASE/process.json" "$ID"
  grep -qx $'CapBnd:\t0000000000000000' "$CASE/out"
  refuses restore "${GLOBALS[@]}" restore --bundle "$BUNDLE" "$ID-2"
}
@test "T76 no annotation and no id widens anything, nor turns enforcement off" {
  each "runc crun" spoofed
}

# A rule on what the author can say does tighten, for exec as for create, and cannot be shaken off.
tightened() { # JSON object of annotations
  edit_policy '.default.capabilities = ["CAP_KILL", "CAP_CHOWN"] | .rules = [
    { name: "untrusted", match: { annotations: { "org.example.image": "*:latest" } }, capabilities: ["CAP_KILL"] }]'
  with_annotations "$1"
  hold
  within_policy "/proc/$PID/status"
  for _ in 1 2 3; do # runc lists annotations in an order of chance
    request_with
    exec_bounded --process "$CASE/process.json" "$ID"
  done
  exec_bounded --cap CAP_CHOWN "$ID" /bin/report
}
narrowed() {
  edit_policy '.default.capabilities = ["CAP_KILL", "CAP_CHOWN", "CAP_SYS_ADMIN"]'
  with_annotations "$1"
  hold
  within_policy "/proc/$PID/status"
  for _ in 1 2 3; do
    request_with
    exec_bounded --process "$CASE/process.json" "$ID"
  done
  exec_bounded --cap CAP_SYS_ADMIN "$ID" /bin/report
}
narrow_refused() {
  with_annotations "$1"
  config_refused org.whittle.capabilities
}
@test "T77 what an author may say only tightens, at create and in each exec alike" {
  local object
  for object in '{ "org.example.image": "x:latest" }' \
    '{ "org.example.image": "x:latest", "org.example.image=y": "z" }' \
    '{ "org.example.image=x": "y", "org.example.image": "x:latest", "org.example.image=": "" }' \
    '{ "org.example.image": ":latest=x:latest" }'; do
    each "runc crun" tightened "$object"
  done
  for object in '{ "org.whittle.capabilities": "CAP_KILL" }' '{ "org.whittle.capabilities": "kill, \tKILL" }' \
    '{ "org.whittle.capabilities": "none" }' '{ "org.whittle.capabilities": "" }' \
    '{ "org.whittle.capabilities": "CAP_KILL", "org.whittle.capabilities=CAP_SYS_ADMIN": "CAP_SYS_ADMIN" }' \
    '{ "org.whittle.capabilities=CAP_SYS_ADMIN": "", "org.whittle.capabilities": "KILL" }'; do
    each "runc crun" narrowed "$object"
  done
  for object in '{ "org.whittle.capabilities": "ALL" }' '{ "org.whittle.capabilities": "CAP_KILL;CAP_CHOWN" }' \
    '{ "org.whittle.capabilities": "*" }' '{ "org.whittle.capabilities": "21" }' \
    '{ "org.whittle.capabilities": "CAP_KILL,\nCAP_X" }' '{ "org.whittle.capabilities": "[\"CAP_KILL\"]" }'; do
    each runc narrow_refused "$object"
  done
}
