#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# A container that asks for everything that --privileged gives, and more: what works under the bare
# runtime is tried under whittle with the policy that is shipped, and fails. What the kernel says from
# outside is looked at as well.

load lib

setup_file() {
  need_live
  [ -x "$(helper tries)" ] || fail "$(helper tries) is not built"
}
teardown() { end_cases; }

shipped_policy() {
  jq -n --arg path "$RUNTIME_PATH" --arg kind "$RUNTIME" --arg records "$RECORDS" \
    --argjson shipped "$(sed -E 's#(^|[[:space:]])//.*$##' "$WHITTLE_SOURCE/config.json.example")" \
    '$shipped | .runtimes = [{ path: $path, kind: $kind }] | .log = { file: $records }' >"$POLICY"
}

# Everything at once; the device node lies in the image.
privileged() {
  local all
  all=$(host_capabilities)
  rm -rf "$CASE/rootfs"
  make_rootfs "$CASE/rootfs"
  cp "$(helper tries)" "$CASE/rootfs/bin/"
  mkdir -p "$CASE/rootfs/sys" "$CASE/rootfs/tmp"
  mknod "$CASE/rootfs/device" c 1 11 # /dev/kmsg
  edit_config --arg case "$CASE" \
    --argjson sets "$(sets bounding="$all" effective="$all" permitted="$all" inheritable="$all" ambient="$all")" '
    .root.path = $case + "/rootfs" | .process.capabilities = $sets
    | .mounts += [{ destination: "/sys", type: "sysfs", source: "sysfs", options: ["rw", "nosuid"] }]
    | del(.linux.maskedPaths, .linux.readonlyPaths)
    | .linux.devices = [{ path: "/dev/kmsg", type: "c", major: 1, minor: 11, fileMode: 438 }]
    | .linux.resources.devices = [{ allow: true, access: "rwm" }]'
}

# Prints the names of those that worked, or another outcome.
worked() { awk '$2 == "ok" { print $1 }' "$stdout" | paste -sd ' '; }

tries_fail() {
  local bare_worked
  privileged
  shipped_policy
  run_program /bin/tries 0 ""
  succeeds bare run --bundle "$BUNDLE" "$ID"
  bare_worked=$(worked)
  # What this host lets nobody do is no part of it; these it lets root do.
  for name in bpf chroot clock clone3-user core-pattern device fsopen hostname mknod mount setns sysfs \
    unshare-mount unshare-user; do
    grep -qw -- "$name" <<<"$bare_worked" || fail "under bare $RUNTIME $name does not work" "$(cat "$stdout")"
  done
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "what works under whittle" "" "$(worked)"
  [ "$(wc -l <"$stdout")" -ge 25 ] || fail "not everything was tried" "$(cat "$stdout")"
}
@test "T48 T49 T50 T51 T52 T53 what a privileged container can do to the host fails under the shipped policy" {
  each_runtime tries_fail
}

kernel_facts() {
  local pid
  privileged
  shipped_policy
  hold whittle create
  pid=$PID
  same "seccomp" 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")"
  same "no new privileges" 1 "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$pid/status")"
  same "capabilities" 0000000000000400 "$(awk '/^CapBnd:/ { print $2 }' "/proc/$pid/status")"
  for path in /proc/kcore /proc/keys /proc/sys /proc/sysrq-trigger /sys/firmware; do
    [ ! -e "/proc/$pid/root$path" ] || grep -qE " $path (ro,|[^ ]*- tmpfs)" "/proc/$pid/mountinfo" ||
      grep -qE "/null $path " "/proc/$pid/mountinfo" || fail "$path is as it was" "$(cat "/proc/$pid/mountinfo")"
  done
  grep -qE ' / / ro,| /[^ ]* / ro,' "/proc/$pid/mountinfo" || fail "the root can be written" "$(cat "/proc/$pid/mountinfo")"
  awk '$5 == "/sys"' "/proc/$pid/mountinfo" | grep -qE ' ro,' || fail "/sys can be written"
  [ ! -e "/proc/$pid/root/dev/kmsg" ] || fail "the device is there"
  for name in ipc mnt net pid uts; do
    [ "$(readlink "/proc/$pid/ns/$name")" != "$(readlink "/proc/self/ns/$name")" ] || fail "in the host's $name namespace"
  done
  let_go
}
@test "by the kernel's account a privileged container is none" {
  each_runtime kernel_facts
}

# ---- what is refused, with a sentence ------------------------------------------------------------

was_refused() { # what, part of the sentence
  [ "$status" -eq 1 ] || fail "$1: status $status" "$(cat "$stdout" "$stderr")"
  grep -qF -- "$2" "$stderr" || fail "$1: another sentence" "$(cat "$stderr")"
}
refused() { # what, jq filter, part of the sentence
  make_bundle
  edit_config "$2"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  was_refused "$1" "$3"
}
requests() {
  shipped_policy
  refused "the host's processes" 'del(.linux.namespaces[] | select(.type == "pid"))' "the host's pid namespace"
  refused "the host's network" 'del(.linux.namespaces[] | select(.type == "network"))' "the host's network namespace"
  refused "the host's network by its path" \
    '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"' "the host's network namespace"
  refused "the host's root" \
    '.mounts += [{ destination: "/host", type: "bind", source: "/", options: ["rbind", "ro"] }]' "brings / of the host"
  refused "a bind that does not say so" \
    '.mounts += [{ destination: "/host", type: "tmpfs", source: "/etc", options: ["bind"] }]' "brings /etc of the host"
  refused "the host's proc" \
    '.mounts += [{ destination: "/host", type: "bind", source: "/proc", options: ["rbind"] }]' "brings /proc of the host"
  refused "a second proc" \
    '.mounts += [{ destination: "/host", type: "proc", source: "proc" }]' "in an unusual place"
  refused "layers" \
    '.mounts += [{ destination: "/host", type: "overlay", source: "o", options: ["lowerdir=/etc:/root"] }]' "brings /etc of the host"
  refused "a shared mount" '.linux.rootfsPropagation = "shared"' 'the propagation "shared"'
  refused "a hook" '.hooks.prestart = [{ path: "/bin/true" }]' "this hook"
  refused "a hook by a relative way" '.hooks.createContainer = [{ path: "true" }]' "this hook"
  refused "the root cgroup" '.linux.cgroupsPath = "/.."' "a cgroup that is the root"
  refused "an interface of the host" '.linux.netDevices = { eth0: {} }' '"netDevices"'
}
@test "T58 T61 T62 T64 T66 what cannot be brought down is refused, and the sentence says why" {
  each_runtime requests
}

# An allowed hook runs, and knows nothing of the image's environment; one that names itself as the
# image's program is another program on the host.
hooks() {
  shipped_policy
  edit_policy '.default.hooks = { allow: ["/usr/bin/*", "/bin/*"], timeout: 20 }'
  edit_config --arg case "$CASE" '.process.env += ["LD_PRELOAD=/evil.so"] | .process.args = ["/bin/true"]
    | .hooks.createContainer = [{ path: "/bin/sh", args: ["sh", "-c", "env >" + $case + "/seen"] }]'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  has_text "$CASE/seen" || fail "the hook did not run"
  ! grep -q LD_PRELOAD "$CASE/seen" || fail "it has the image's environment" "$(cat "$CASE/seen")"
  grep -q '^PATH=/usr/local/sbin:' "$CASE/seen" || fail "it has no PATH" "$(cat "$CASE/seen")"
  same "timeout" 20 "$(jq .hooks.createContainer[0].timeout "$BUNDLE/config.json")"
  # Somebody else's program by the allowed name.
  cp /bin/true "$CASE/foreign" && chown 1000 "$CASE/foreign"
  edit_policy --arg case "$CASE" '.default.hooks = [$case + "/*"]'
  make_bundle
  edit_config --arg case "$CASE" '.hooks.prestart = [{ path: ($case + "/foreign") }]'
  outcome whittle run --bundle "$BUNDLE" "$ID"
  was_refused "a hook that others own" "others than root"
}
@test "T67 T69 T70 an allowed hook has an environment and a timeout of its own, and is root's" {
  each_runtime hooks
}

# Groups of the host are taken out where the policy says which may stay, at create and at exec.
groups() {
  shipped_policy
  edit_policy '.default.supplementalGroups = ["1000-2000"] | .default.runAsNonRoot = { uid: 10001 }'
  edit_config '.process.user.additionalGids = [6, 998, 1500]'
  hold whittle create
  same "groups" 1500 "$(awk '/^Groups:/ { $1 = ""; sub(/^ /, ""); print }' "/proc/$PID/status")"
  same "user" "10001 10001" "$(awk '/^Uid:/ { u = $2 } /^Gid:/ { print u, $2 }' "/proc/$PID/status")"
  let_go
}
@test "T63 groups of the host are taken out, and user 0 becomes another" {
  each_runtime groups
}

# The engine's socket where it usually is, in a mount namespace of its own.
engine_socket() {
  local server
  privileged
  shipped_policy
  run_program /bin/tries 0 /engine.sock
  private_namespace "mount -t tmpfs tmpfs /run && mkdir -p /run/other"
  edit_config '.mounts += [{ destination: "/engine.sock", type: "bind", source: "/run/docker.sock", options: ["bind", "ro"] }]'
  PRIVATE+=(python3 -c 'import os, socket, subprocess, sys
s = socket.socket(socket.AF_UNIX); s.bind("/run/docker.sock"); s.listen()
os.link("/run/docker.sock", "/run/other/name")
sys.exit(subprocess.call(sys.argv[1:]))')
  touch "$CASE/rootfs/engine.sock"
  succeeds bare run --bundle "$BUNDLE" "$ID"
  grep -qx "connect ok" "$stdout" || fail "under bare $RUNTIME the socket cannot be reached" "$(cat "$stdout")"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  was_refused "the request" "brings /run/docker.sock of the host"
  for source in /run/other/name /run; do
    edit_config --arg source "$source" '.mounts[-1].source = $source'
    outcome whittle run --bundle "$BUNDLE" "$ID"
    was_refused "by $source" "of the host into the container"
  done
}
@test "T55 the engine's socket is refused by whatever name it comes" {
  each_runtime engine_socket
}

# ---- the ways out, one by one --------------------------------------------------------------------

host_process() {
  local victim
  privileged
  shipped_policy
  background victim become sleep 600
  victim=$LAST
  edit_config 'del(.linux.namespaces[] | select(.type == "pid"))'
  run_program /bin/tries "$victim" ""
  succeeds bare run --bundle "$BUNDLE" "$ID"
  grep -qx "ptrace-host ok" "$stdout" || fail "under bare $RUNTIME it cannot be traced" "$(cat "$stdout")"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  was_refused "the request" "the host's pid namespace"
  # Brought down instead of refused, the process is not there.
  edit_policy '.default.hostNamespaces = "strip"'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  grep -qx "kill-host ESRCH" "$stdout" || fail "it can be seen" "$(cat "$stdout")"
}
@test "a process of the host can be traced from its pid namespace, and not under whittle" {
  each_runtime host_process
}

# A profile of the administrator's takes away what even an ordinary container has.
own_profile() {
  shipped_policy
  jq -n '{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] }' \
    >"$CASE/profile.json"
  run_script 'mkdir /tmp/x && echo made'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "without it" made "$(cat "$stdout")"
  make_bundle
  run_script 'mkdir /tmp/x && echo made'
  edit_policy --arg profile "$CASE/profile.json" '.default.seccomp = $profile'
  outcome whittle run --bundle "$BUNDLE" "$ID"
  grep -q "Operation not permitted" "$stderr" || fail "it was made" "$(cat "$stdout" "$stderr")"
  # One that cannot be loaded stops the start, and check says so before.
  echo '{ "defaultAction": "SCMP_ACT_MAYBE" }' >"$CASE/profile.json"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  was_refused "the request" "this is no action of a seccomp filter"
  outcome "$WHITTLECTL" check "$POLICY"
  was_refused "check" "$CASE/profile.json"
  echo '{ "archMap": [], "defaultAction": "SCMP_ACT_ERRNO" }' >"$CASE/profile.json"
  outcome "$WHITTLECTL" check "$POLICY"
  grep -qF "Docker's form" "$stderr" || fail "check" "$(cat "$stderr")"
}
@test "a seccomp profile of the administrator counts as well, or nothing starts" {
  each_runtime own_profile
}

# Well-known ways from a container to the host, each by the one request that opens it: it works under
# the bare runtime, and under whittle it does not, whether by a refusal or because nothing is left.
escape() { # name, what is tried, jq filter
  local all
  all=$(host_capabilities)
  privileged
  shipped_policy
  make_bundle
  edit_config --arg case "$CASE" '.root.path = $case + "/rootfs"'
  edit_config --argjson sets "$(sets bounding="$all" effective="$all" permitted="$all")" "$3"
  run_program /bin/tries "${VICTIM:-0}" ""
  succeeds bare run --bundle "$BUNDLE" "$ID"
  grep -qx "$2 ok" "$stdout" || fail "$1: under bare $RUNTIME it does not work" "$(cat "$stdout")"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  ! grep -qx "$2 ok" "$stdout" || fail "$1: it works under whittle" "$(cat "$stdout")"
  [ "$status" -eq 0 ] || grep -q '^whittle: .*the policy does not allow' "$stderr" || fail "$1: status $status" "$(cat "$stderr")"
}
release_agent() { escape "release_agent of a cgroup" release-agent '.process.capabilities = $sets'; }
core_pattern() { escape "core_pattern with no capability at all" core-pattern 'del(.linux.readonlyPaths)'; }
disk_by_mknod() {
  escape "a disk by mknod" mknod '.process.capabilities = $sets'
  escape "a device whose node is in the image" device \
    '.linux.resources.devices = [{ allow: true, access: "rwm" }] | .process.capabilities = $sets'
}
by_handle() { escape "any file by its handle" open-by-handle '.process.capabilities = $sets'; }
traced() {
  background victim become sleep 600
  VICTIM=$LAST escape "a process of the host by ptrace" ptrace-host \
    '.process.capabilities = $sets | del(.linux.namespaces[] | select(.type == "pid"))'
}
@test "escape: the release agent of a cgroup" { each_runtime release_agent; }
@test "escape: core_pattern" { each_runtime core_pattern; }
@test "escape: a disk by mknod, or by a node of the image" { each_runtime disk_by_mknod; }
@test "escape: open_by_handle_at with CAP_DAC_READ_SEARCH" { each_runtime by_handle; }
@test "escape: the host's pid namespace and ptrace" { each_runtime traced; }

# ---- ordinary work -------------------------------------------------------------------------------

# A web server on a privileged port, a cron daemon, and what shells and package managers do to files.
works() {
  shipped_policy
  run_script 'set -e; b=/bin/busybox; cd /tmp
    echo page >index.html; $b httpd -p 80 -h /tmp; test "$($b wget -qO- http://127.0.0.1/)" = page && echo web
    $b mkdir -p tabs; echo "* * * * * true" >tabs/root; $b crond -c /tmp/tabs -b -L /tmp/log && $b ps | $b grep -q "[c]rond" && echo cron
    (sleep 0; echo child) | cat; echo x >file; mv=; $b mv file other; $b chmod 600 other; $b ln other third
    $b tar -cf a.tar other third && $b gzip a.tar && $b sha256sum a.tar.gz | $b grep -q a.tar.gz && echo files'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "what worked" "web cron child files" "$(paste -sd ' ' "$stdout")"
}
@test "ordinary programs work under the shipped policy" {
  each_runtime works
}

# A database whose rule gives it what it needs to take over its folder and step down from root.
database() {
  local library
  rm -rf "$CASE/rootfs"
  make_rootfs "$CASE/rootfs"
  mkdir -p "$CASE/rootfs/data" "$CASE/data"
  cp "$(readlink -f "$(command -v redis-server)")" "$CASE/rootfs/bin/redis-server"
  cp "$(command -v setpriv)" "$CASE/rootfs/bin/"
  for library in $(ldd "$CASE/rootfs/bin/redis-server" "$CASE/rootfs/bin/setpriv" | grep -oE '/[^ ]+\.so[^ ]*' | sort -u); do
    mkdir -p "$CASE/rootfs${library%/*}"
    cp -L "$library" "$CASE/rootfs$library"
  done
  shipped_policy
  edit_policy --arg bundle "$BUNDLE" '.rules = [{ name: "database", match: { bundle: $bundle }, capabilities: {
    CAP_CHOWN: "takes over the data folder", CAP_SETUID: "steps down from root", CAP_SETGID: "steps down from root" } }]'
  edit_config --arg case "$CASE" '.root.path = $case + "/rootfs"
    | .mounts += [{ destination: "/data", type: "bind", source: ($case + "/data"), options: ["rbind", "rw"] }]'
  run_script 'set -e; b=/bin/busybox; $b chown 999:999 /data
    cd /data; /bin/setpriv --reuid 999 --regid 999 --clear-groups redis-server --port 7000 --save "" --appendonly yes --dir /data >/tmp/log 2>&1 &
    until echo PING | $b nc 127.0.0.1 7000 2>/dev/null | grep -q PONG; do $b ps | $b grep -q "[r]edis-server" || { cat /tmp/log; exit 1; }; $b usleep 50000; done
    printf "SET key value\r\nGET key\r\n" | $b nc 127.0.0.1 7000; echo SHUTDOWN | $b nc 127.0.0.1 7000; wait $!; ls -d /data/append*'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "what it answered" "+OK \$5 value /data/appendonlydir" "$(tr -d '\r' <"$stdout" | paste -sd ' ')"
  same "rule" database "$(jq -r .rule "$RECORDS" | tail -n 1)"
  same "who owns its files" 999 "$(stat -c %u "$CASE/data/appendonlydir")"
}
@test "a database works under a rule of its own" {
  each_runtime database
}
