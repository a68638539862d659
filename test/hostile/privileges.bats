#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # jq and containers expand; lib.bash sets, and reads
#
# Tricks with capabilities, with no-new-privileges and with the read-only root: what the kernel says
# of the process is what counts. T32 to T47 of docs/security.md.

load lib

setup_file() { need_hostile; }
teardown() { end_cases; }

sets_are() { # what, five masks in the order of /proc/PID/status, file
  local key value want
  for key in CapInh CapPrm CapEff CapBnd CapAmb; do
    shift
    value=$(sed -n "s/^$key:\t//p" "${*: -1}")
    want=$(printf '%016x' "$1")
    [ "$value" = "$want" ] || [ "$key$RUNTIME" = CapAmbrunsc ] || fail "$key is $value, not $want"
  done
}

# libcap, which crun asks, understands these; the policy allows KILL and nothing that they mean.
odd_names=('cap_sys_admin' 'Cap_Sys_Admin' '21' '0x15' '025' '21xyz' 'CAP_SYS_ADMIN,x' 'CAP_SYS_ADMIN,CAP_KILL'
  'cap_sys_admin=ep' 'CAP_SYS_ADMIN ' ' CAP_SYS_ADMIN' 'CAP_SYS_ADMIN\n' 'CAP_SYS_ADMIN+ep' 'SYS_ADMIN' 'sys_admin'
  'CAP_KILL,CAP_SYS_ADMIN' 'cap_kill,cap_sys_admin' 'CAP_KILL CAP_SYS_ADMIN' '5,21' 'ALL' 'all' '*' '' '-1' '63'
  'CAP_ſYS_ADMIN' 'CAP_SYS_ADMIN\u200b' 'CAP_KILL\u0020,CAP_CHOWN')
# Those that mean KILL for one runtime are not even KILL.
odd_kills=('cap_kill' '5' '0x5' 'CAP_KILL,x' 'CAP_KILL ' 'cap_kill=ep')

odd_capabilities() {
  local name list=""
  for name in "${odd_names[@]}" "${odd_kills[@]}"; do
    list+=",\"$name\""
  done
  fresh
  printf '%s' "${text//"[$names]"/"[${list#,}]"}" >"$BUNDLE/config.json"
  runs_bounded --bundle "$BUNDLE" "$ID"
  sets_are "only odd names" 0 0 0 0 0 "$CASE/out"
  jq -e '[.process.capabilities[][]] == []' "$BUNDLE/config.json"
  tail -n 1 "$RECORDS" >"$CASE/record"
  jq -e '.changes | length > 30' "$CASE/record"
  ! grep -q '[^ -~]' "$CASE/record"
  fresh
  printf '%s' "${text//"[$names]"/"[\"CAP_KILL\"$list]"}" >"$BUNDLE/config.json"
  runs_bounded --bundle "$BUNDLE" "$ID"
  jq -e '[.process.capabilities[][]] | unique == ["CAP_KILL"]' "$BUNDLE/config.json"
}
odd_requests() {
  local name list=""
  hold
  for name in "${odd_names[@]}"; do
    list+=",\"$name\""
  done
  request_with
  printf '%s' "${text//"[$names]"/"[${list#,}]"}" >"$CASE/process.json"
  exec_bounded --process "$CASE/process.json" "$ID"
  sets_are "only odd names" 0 0 0 0 0 "$CASE/out"
}
@test "T32 names that runtimes read differently count for nothing" {
  each "runc crun" odd_capabilities
  each "runc crun" odd_requests
}

# Each set alone and all at once, for root and for another user, with and without noNewPrivileges.
one_set_alone() {
  local set uid
  for set in bounding effective permitted inheritable ambient; do
    for uid in 0 1000; do
      fresh
      edit_config --arg set "$set" --argjson uid "$uid" \
        '.process.capabilities |= { ($set): .[$set] } | .process.user.uid = $uid | .process.noNewPrivileges = false'
      bounded_or_refused run --bundle "$BUNDLE" "$ID"
    done
  done
  fresh
  edit_config '.process.user.uid = 1000'
  runs_bounded --bundle "$BUNDLE" "$ID"
  # Without noNewPrivileges execve(2) gives root the bounding set.
  edit_policy '.default.noNewPrivileges = false'
  fresh
  edit_config '.process.capabilities |= { bounding }'
  whittle run --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 0 ]
  sed -i s/^NoNewPrivs:.0/NoNewPrivs:\\t1/ "$CASE/out"
  within_policy "$CASE/out"
}
@test "T33 the ceiling holds for each of the five sets, alone and together, for any user" {
  each "$(starting)" one_set_alone
}

left_out() {
  local filter
  for filter in 'del(.process.capabilities)' '.process.capabilities = null' '.process.capabilities = {}' \
    '.process.capabilities[] = []' '.process.capabilities[] = null' \
    '.process.capabilities = { bounding: null }' 'del(.process.capabilities) | .process.user.uid = 1000'; do
    fresh
    edit_config "$filter"
    runs_bounded --bundle "$BUNDLE" "$ID"
    sets_are "$filter" 0 0 0 0 0 "$CASE/out"
    # Explicit, since runc from 1.3 on takes what is absent for all.
    jq -e '.process.capabilities | [.ambient, .bounding, .effective, .inheritable, .permitted] == [[], [], [], [], []]' \
      "$BUNDLE/config.json"
  done
  # An exec that says nothing has the container's own: here none.
  fresh
  edit_config 'del(.process.capabilities)'
  hold
  printf '{"args":["/bin/report"],"cwd":"/","env":["PATH=/bin"]}' >"$CASE/process.json"
  exec_bounded --process "$CASE/process.json" "$ID"
  sets_are "an exec that says nothing" 0 0 0 0 0 "$CASE/out"
  printf '{"args":["/bin/report"],"cwd":"/","env":["PATH=/bin"],"capabilities":null,"user":null}' >"$CASE/process.json"
  exec_bounded --process "$CASE/process.json" "$ID"
  sets_are "an exec with null" 0 0 0 0 0 "$CASE/out"
}
@test "T34 capabilities that are absent, null or empty are none, and are written so" {
  each "runc crun" left_out
}

wrong_shapes() { # place, jq filters that must be refused with that place
  local filter place=$1
  shift
  for filter in "$@"; do
    fresh
    edit_config "$filter"
    config_refused "$place"
  done
}
@test "T35 capabilities that are no object of arrays are refused" {
  each "runc crun runsc" wrong_shapes /process/capabilities '.process.capabilities = .process.capabilities.bounding' \
    '.process.capabilities = "ALL"' '.process.capabilities = "CAP_KILL"' '.process.capabilities = true' \
    '.process.capabilities = 2097152' '.process.capabilities.bounding = "CAP_KILL"' \
    '.process.capabilities.bounding = {}' '.process.capabilities.bounding = [21]' \
    '.process.capabilities.ambient = [null]' '.process.capabilities.permitted = [["CAP_KILL"]]'
}

@test "T36 without a process or a root nothing starts, and none is made up" {
  each "runc crun runsc" wrong_shapes '"process"' 'del(.process)' '.process = null'
  each "runc crun runsc" wrong_shapes '"root"' 'del(.root)' '.root = null'
  each "runc crun" wrong_shapes /process '.process = []' '.process = "x"' '.process = 1'
  each "runc crun" wrong_shapes /root '.root = []' '.root = "/"' '.root = true'
}

policy_names() {
  local name
  for name in CAP_KILLL KILLL CAP_ ALL all '*' CAP_ALL '' ' ' 'CAP_KILL ' 'CAP_KILL,CAP_CHOWN' 5 CAP_5 '+KILL' \
    CAP_FUTURE 'CAP_KILL\u0000'; do
    edit_policy --arg name "$name" '.default.capabilities = [$name | gsub("\\\\u0000"; "\u0000")]'
    config_refused "$POLICY"
  done
  edit_policy '.default.capabilities = ["kill", "CAP_KILL"]'
  config_refused "$POLICY" || true
}
future_names() {
  fresh
  # No kernel has these; libcap takes numbers up to 63.
  printf '%s' "${text//"[$names]"/"[\"CAP_KILL\",\"CAP_FUTURE\",\"cap_62\",\"62\",\"CAP_41\"]"}" >"$BUNDLE/config.json"
  runs_bounded --bundle "$BUNDLE" "$ID"
  jq -e '[.process.capabilities[][]] | unique == ["CAP_KILL"]' "$BUNDLE/config.json"
}
whole_policy() {
  # All that the table has, allowed and asked for, beyond what this kernel has: never more than that.
  local last
  last=$(cat /proc/sys/kernel/cap_last_cap)
  fresh
  hold
  [ $((16#$(sed -n 's/^CapBnd:\t//p' "/proc/$PID/status") >> (last + 1))) -eq 0 ]
}
@test "T37 an unknown name stops the policy and is dropped from a config" {
  each runc policy_names
  each "runc crun" future_names
  each "runc crun" whole_policy
}

subset_only() {
  edit_policy '.default.capabilities = ["CAP_KILL", "CAP_CHOWN", "CAP_NET_RAW"]'
  fresh
  printf '%s' "${text//"[$names]"/"[\"CAP_KILL\"]"}" >"$BUNDLE/config.json"
  hold
  sets_are "asked for one of three" 32 32 32 32 32 "/proc/$PID/status"
  # And an exec gets what it asks for itself, not what the container has.
  request_with
  printf '%s' "${text//"[$names]"/"[]"}" >"$CASE/process.json"
  exec_bounded --process "$CASE/process.json" "$ID"
  sets_are "an exec that asks for none" 0 0 0 0 0 "$CASE/out"
}
@test "T38 what is allowed is not given when it was not asked for" {
  each "runc crun" subset_only
}

# A namespace of users made inside gives a full set in there, which no capability of ours can
# prevent (docs/security.md says so). It must be worth nothing against the container's own root.
inner_namespace() {
  fresh
  edit_config '.process.args = ["/bin/sh", "-c", $script]' --arg script '
    unshare -U -r -m /bin/sh -c "
      mount -o remount,rw / && echo REMOUNTED
      mount -o remount,bind,rw / && echo REMOUNTED
      echo x >/written && echo ROOT-WRITABLE
      grep NoNewPrivs: /proc/self/status
    " 2>/dev/null
    report'
  whittle run --bundle "$BUNDLE" "$ID"
  ran_bounded "a user namespace inside"
  ! grep -e REMOUNTED -e ROOT-WRITABLE -e $'NoNewPrivs:\t0' "$CASE/out"
}
@test "T39 a user namespace made inside does not make the root writable nor lift no-new-privileges" {
  each "runc crun" inner_namespace
}

user_namespaces() { # "starts" or "may", jq filter
  fresh
  edit_config "$2"
  if [ "$1" = starts ]; then
    runs_bounded --bundle "$BUNDLE" "$ID"
  else
    bounded_or_refused run --bundle "$BUNDLE" "$ID"
  fi
}
@test "T40 no mapping of users widens anything" {
  local identity='[{ containerID: 0, hostID: 0, size: 4294967295 }]'
  local shifted='[{ containerID: 0, hostID: 100000, size: 65536 }]'
  local filter
  for filter in ".linux.namespaces += [{ type: \"user\" }] | .linux.uidMappings = $identity | .linux.gidMappings = $identity" \
    ".linux.namespaces += [{ type: \"user\" }] | .linux.uidMappings = $shifted | .linux.gidMappings = $shifted" \
    ".linux.uidMappings = $identity | .linux.gidMappings = $identity" \
    '.linux.namespaces += [{ type: "user", path: "/proc/1/ns/user" }]' \
    '.linux.namespaces += [{ type: "user", path: "/proc/self/ns/user" }]' \
    '.linux.namespaces += [{ type: "user" }]'; do
    each "runc crun" user_namespaces may "$filter"
  done
}

# A daemon that does not look at what setuid(2) answers stays root: then it is a root without means.
still_root() {
  fresh
  edit_config '.process.args = ["/bin/sh", "-c", "/bin/busybox setpriv --reuid=1000 /bin/true; report"]'
  whittle run --bundle "$BUNDLE" "$ID"
  ran_bounded "setuid without CAP_SETUID"
  grep -q $'^Uid:\t0\t0\t0\t0' "$CASE/out"
  sets_are "still root" 32 32 32 32 32 "$CASE/out"
}
@test "T41 who stays root because it may not change users holds nothing more by it" {
  each "runc crun" still_root
}

# EPERM by the kernel for what the host does not have must not pass for whittle's refusal.
host_lacks() {
  local number=0 lacking=""
  for number in 24 39 22 38; do
    host_has "$number" || lacking=$number
  done
  [ -n "$lacking" ] || return 0
  fresh
  printf '%s' "${text//"[$names]"/"[\"CAP_KILL\",\"CAP_SYS_RESOURCE\",\"CAP_BPF\",\"CAP_SYS_BOOT\"]"}" >"$BUNDLE/config.json"
  cp "$BUNDLE/config.json" "$CASE/asked.json"
  runs_bounded --bundle "$BUNDLE" "$ID"
  cp "$CASE/asked.json" "$BUNDLE/config.json"
  edit_policy '.default.capabilities = ["CAP_KILL", "CAP_SYS_RESOURCE", "CAP_BPF", "CAP_SYS_BOOT"]'
  whittle run --bundle "$BUNDLE" "$ID"
  if [ "$status" -ne 0 ]; then
    ! grep -q '^whittle: ' "$CASE/err" || fail "it is not whittle that lacks it: $(shown)"
  fi
}
@test "T42 a capability that the host lacks is taken away before the runtime stumbles over it" {
  each "runc crun" host_lacks
}

no_new_privileges() {
  local value
  for value in false null; do
    fresh
    edit_config --argjson value "$value" '.process.noNewPrivileges = $value'
    runs_bounded --bundle "$BUNDLE" "$ID"
    jq -e '.process.noNewPrivileges == true' "$BUNDLE/config.json"
  done
  fresh
  edit_config 'del(.process.noNewPrivileges)'
  hold
  grep -qx $'NoNewPrivs:\t1' "/proc/$PID/status"
  for value in false null; do
    request_with top_end ",\"noNewPrivileges\":$value"
    exec_bounded --process "$CASE/process.json" "$ID"
    grep -qx $'NoNewPrivs:\t1' "$CASE/out"
  done
}
@test "T43 noNewPrivileges is set, whatever stood there" {
  each "runc crun" no_new_privileges
}

no_mount_namespace() {
  local filter before
  before=$(cat /proc/self/mountinfo)
  edit_policy '.default.hostNamespaces = "keep"' # which would refuse them before
  for filter in 'del(.linux)' '.linux = null' '.linux = {}' 'del(.linux.namespaces)' '.linux.namespaces = []' \
    '.linux.namespaces = null' '.linux.namespaces |= map(select(.type != "mount"))' \
    '.linux.namespaces |= map(if .type == "mount" then .path = "/proc/1/ns/mnt" else . end)' \
    '.linux.namespaces |= map(if .type == "mount" then .path = "/proc/self/ns/mnt" else . end)' \
    '.linux.namespaces |= map(if .type == "mount" then .path = "x" else . end)' \
    '.linux.namespaces += [{ type: "mount", path: "/proc/1/ns/mnt" }]' \
    '.linux.namespaces = [{ type: "mount", path: "/proc/1/ns/mnt" }] + .linux.namespaces' \
    '.linux.namespaces |= map(if .type == "mount" then .type = "mnt" else . end)' \
    '.linux.namespaces |= map(if .type == "mount" then .type = "Mount" else . end)' \
    '.linux.namespaces |= map(if .type == "mount" then .type = "mount " else . end)' \
    '.linux.namespaces |= map(if .type == "mount" then del(.type) else . end)'; do
    fresh
    edit_config "$filter"
    config_refused "mount namespace"
  done
  [ "$before" = "$(cat /proc/self/mountinfo)" ] || fail "mounts were left on the host"
}
# crun makes the root read-only below what lies on it.
mounts_on_root() {
  local destination
  make_rootfs "$CASE/other"
  mknod "$CASE/other/dev/null" c 1 3 # without it crun would stumble
  for destination in / . ./ // /. /./ /.. /../ /bin/.. ../.. '' /a/../b/.. ./../; do
    fresh
    edit_config --arg destination "$destination" --arg source "$CASE/other" \
      '.mounts += [{ destination: $destination, type: "bind", source: $source, options: ["rbind", "rw"] }]'
    config_refused "/mounts/2"
  done
  fresh
  edit_config '.mounts += [{ type: "tmpfs", source: "tmpfs" }]'
  config_refused "/mounts/2"
  edit_config 'del(.mounts[2]) | .mounts += [{ destination: null, type: "tmpfs", source: "tmpfs" }]'
  config_refused "/mounts/2"
}
own_mount_namespace() {
  fresh
  edit_config '.linux.namespaces |= map(if .type == "mount" then .path = "" else . end)'
  bounded_or_refused run --bundle "$BUNDLE" "$ID"
  fresh
  edit_config '.root.readonly = false'
  hold
  [ "$(readlink "/proc/$PID/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
  grep -E '^[^ ]+ [^ ]+ [^ ]+ [^ ]+ / ro,' "/proc/$PID/mountinfo"
}
@test "T44 a root that would silently not be read-only is refused" {
  each "runc crun runsc" no_mount_namespace
  each "runc crun runsc" mounts_on_root
  each "runc crun" own_mount_namespace
}

# What is promised, and what is not: the root and whittle's own scratch, not /dev and volumes.
only_the_root() {
  mkdir "$CASE/volume"
  fresh
  edit_config --arg source "$CASE/volume" '
    .mounts += [{ destination: "/var", type: "bind", source: $source, options: ["rbind", "rw"] }] |
    .process.args = ["/bin/sh", "-c", "
      for folder in / /bin /etc /dev /var /tmp; do
        echo x 2>/dev/null >$folder/written && echo \"writable $folder\"
        /bin/busybox cp /bin/busybox $folder/busybox 2>/dev/null && $folder/busybox true 2>/dev/null && echo \"runs $folder\"
      done
      report"]'
  whittle run --bundle "$BUNDLE" "$ID"
  ran_bounded "writing everywhere"
  [ "$(grep -E '^(writable|runs) ' "$CASE/out" | sort | paste -sd,)" = \
    "runs /dev,runs /var,writable /dev,writable /tmp,writable /var" ] || fail "$(shown)"
  [ ! -e "$BATS_FILE_TMPDIR/rootfs/written" ] || fail "the image was written"
}
@test "T45 the root cannot be written, and what is written to our scratch cannot be run" {
  each "runc crun" only_the_root
}

# A file system of its own, since the bits must be in the image.
setuid_image() {
  make_rootfs "$CASE/rootfs"
  cp "$CASE/rootfs/bin/busybox" "$CASE/rootfs/bin/filecaps"
  rm "$CASE/rootfs/bin/cat"
  cp "$CASE/rootfs/bin/busybox" "$CASE/rootfs/bin/cat"
  chmod 4755 "$CASE/rootfs/bin/cat"
  # cap_sys_admin,cap_kill,cap_chown=ep as a version 2 attribute, vfs_cap_data(7).
  python3 -c 'import os, struct, sys
os.setxattr(sys.argv[1], "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 21 | 1 << 5 | 1, 0, 0, 0))' \
    "$CASE/rootfs/bin/filecaps"
  fresh
  edit_config --arg rootfs "$CASE/rootfs" '.root.path = $rootfs | .process.user = { uid: 1000, gid: 1000 } |
    .process.capabilities |= { bounding, effective, permitted } |
    .process.args = ["/bin/sh", "-c", $script]' --arg script '
    echo CONTAINER; cat /proc/self/status; /bin/filecaps cat /proc/self/status'
}
gains_nothing() {
  local lines
  setuid_image
  whittle run --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 0 ] || [ "$status" -eq 126 ] || fail "$(shown)"
  lines=$(grep -E '^(CapPrm|CapEff|CapAmb):' "$CASE/out" | cut -f2 | sort -u)
  [ "$lines" = 0000000000000000 ] || fail "$(shown)"
  [ "$(grep ^Uid: "$CASE/out" | sort -u)" = $'Uid:\t1000\t1000\t1000\t1000' ] || fail "$(shown)"
}
@test "T46 setuid programs and file capabilities of the image give nothing" {
  each "runc crun" gains_nothing
}

# A setuid program that would step down to another user stays root under no-new-privileges; with no
# more than any other process of the container.
steps_down() {
  make_rootfs "$CASE/rootfs"
  rm "$CASE/rootfs/bin/grep"
  cp "$CASE/rootfs/bin/busybox" "$CASE/rootfs/bin/grep"
  chown 1000:1000 "$CASE/rootfs/bin/grep"
  chmod 6755 "$CASE/rootfs/bin/grep"
  fresh
  edit_config --arg rootfs "$CASE/rootfs" '.root.path = $rootfs'
  runs_bounded --bundle "$BUNDLE" "$ID"
  grep -qx $'Uid:\t0\t0\t0\t0' "$CASE/out"
}
@test "T47 a setuid program that would step down stays what it is, within the policy" {
  each "runc crun" steps_down
}
