#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2153,SC2030,SC2031,SC2034,SC2154,SC2317
#
# "learn": the hooks that whittle puts into config.json, and the recorder that they leave behind. What
# a container did is in the recording; whatever it or the recorder does, the container goes on, and
# nothing is left.

load lib

setup_file() {
  need_live setcap
  [ -x "${WHITTLE_HOOKS:-}/whittle-record" ] || fail "WHITTLE_HOOKS must be the folder with whittle-record"
  export OWN=$BATS_FILE_TMPDIR/own # whittle finds the hook beside itself
  install_own "$OWN"
}
setup() { WHITTLE=$OWN/whittle RECORD=$OWN/whittle-record; }
teardown() {
  end_cases
  [ ! -f "$BATS_TEST_TMPDIR/mounts" ] || xargs umount <"$BATS_TEST_TMPDIR/mounts"
  end_recorders
}

install_own() { # folder
  mkdir "$1"
  cp "$WHITTLE" "$1/whittle"
  cp "$WHITTLE_HOOKS/whittle-record" "$1/whittle-record"
  chmod 755 "$1" "$1"/*
}

# Recorders have their sockets and recordings in the case's own folders.
record_case() { # runtime
  new_case "$1"
  mkdir -p "$CASE/run" "$CASE/var" /run/whittle /var/lib/whittle
  chmod 755 "$CASE/run" "$CASE/var"
  private_namespace "mount --bind '$CASE/run' /run/whittle; mount --bind '$CASE/var' /var/lib/whittle"
  cp -r "$(shared_rootfs)" "$CASE/rootfs"
  local name
  for name in chown chmod touch rm mknod; do ln -sf busybox "$CASE/rootfs/bin/$name"; done
  edit_config --arg rootfs "$CASE/rootfs" '.root.path = $rootfs'
  edit_policy '.default += { noNewPrivileges: false, readonlyRootfs: false, tmpfs: [] } |
    .rules = [{ name: "it", match: { id: "live-*" }, learn: true }]'
}
each_recording_runtime() { # function, arguments...
  local runtime
  set +T
  for runtime in ${RUNTIMES:-runc crun}; do
    record_case "$runtime"
    "$@"
    nobody_is_left
  done
}

# ---- recordings and recorders -------------------------------------------------------------

recordings() { find "$CASE/var/learn" -name '*.json' 2>/dev/null | sort; }
recording() { cat "$CASE"/var/learn/it/*.json; } # the only one
told() { recording | jq -r "$1"; }
tells() { # what, filter, expected
  same "$1: $2" "$3" "$(told "$2")"
}
is_told() { # filter that is true
  [ -n "$(recordings)" ] && recording | jq -e "$1" >/dev/null
}
recorder() { # of this case: its pid, as the recording says while it goes on
  recording | jq -r 'select(.ended == 0) | .recorder'
}
has_recorder() { [ "$(recorder)" -gt 1 ] && kill -0 "$(recorder)"; }
end_recorders() {
  local case pid
  for case in "$BATS_TEST_TMPDIR"/*/; do
    for pid in $(cat "$case"/var/learn/*/*.json 2>/dev/null | jq -r 'select(.ended == 0) | .recorder'); do
      [ "$(readlink "/proc/$pid/exe")" != "$RECORD" ] || kill -KILL "$pid"
    done
  done
}

# Processes of the hook's program, and of whittle's that hold the events for it; theirs and no other's,
# since the programs are this file's own.
of_ours() {
  local exe
  for exe in /proc/[0-9]*/exe; do
    case $(readlink "$exe") in
      "$RECORD" | "$WHITTLE") printf '%s\n' "${exe//[^0-9]/}" ;;
    esac
  done
}
nobody_runs() { [ -z "$(of_ours)" ]; }
nobody_is_left() {
  eventually nobody_runs
  same "sockets that are left ($RUNTIME)" "" "$(ls "$CASE/run/record" 2>/dev/null)"
  same "unfinished files ($RUNTIME)" "" "$(find "$CASE/var" -type f ! -name '*.json')"
  same "modes of what is kept ($RUNTIME)" "" "$(find "$CASE/var/learn" "$CASE/run/record" \
    \( ! -user 0 -o -perm /077 \) -printf '%m %p\n' 2>/dev/null)"
}

runs() { # until its end
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "standard error" "" "$(cat "$stderr")"
}
run_recorded() { # script
  run_script "$1"
  runs
}
hooks_of_ours() {
  jq -r --arg path "$RECORD" '[.hooks // {} | to_entries[] | .key as $at | .value[] | select(.path == $path) |
    $at + " " + .args[1]] | join(", ")' "$BUNDLE/config.json"
}

# ---- the hooks in config.json -------------------------------------------------------------

hooks_there_and_gone() {
  local before
  run_recorded 'exit 0'
  same "hooks" "createRuntime start, poststop stop" "$(hooks_of_ours)"
  runs
  same "hooks of the second start" "createRuntime start, poststop stop" "$(hooks_of_ours)"
  edit_policy '.rules[0].learn = false'
  runs
  same "hooks without learn" "" "$(hooks_of_ours)"
  # In audit mode everything else is as it was, byte for byte.
  make_bundle
  edit_config --arg rootfs "$CASE/rootfs" '.root.path = $rootfs'
  run_script 'exit 0'
  before=$(sha256sum <"$BUNDLE/config.json")
  jq -S . "$BUNDLE/config.json" >"$CASE/before"
  edit_policy '.mode = "audit"'
  runs
  same "config.json in audit mode without learn" "$before" "$(sha256sum <"$BUNDLE/config.json")"
  edit_policy '.rules[0].learn = true'
  runs
  same "hooks in audit mode" "createRuntime start, poststop stop" "$(hooks_of_ours)"
  jq -S 'del(.hooks)' "$BUNDLE/config.json" >"$CASE/after"
  same_files "the rest of config.json in audit mode" "$CASE/before" "$CASE/after"
  edit_policy '.rules[0].learn = false'
  runs
  same "hooks in audit mode without learn" "" "$(hooks_of_ours)"
  jq -S 'del(.hooks)' "$BUNDLE/config.json" >"$CASE/after"
  same_files "config.json afterwards" "$CASE/before" "$CASE/after"
}
@test "the hooks are there with learn and gone without, in audit mode too" {
  each_recording_runtime hooks_there_and_gone
}

missing_hook() {
  local other=$CASE/other sentence
  mkdir "$other"
  cp "$OWN/whittle" "$other/whittle"
  chmod 755 "$other" "$other/whittle"
  run_script 'echo ran'
  WHITTLE=$other/whittle
  outcome whittle run --bundle "$BUNDLE" "$ID"
  same "exit status without the hook" 1 "$status"
  same "standard output without the hook" "" "$(cat "$stdout")"
  sentence=$(cat "$stderr")
  says "the policy needs the hook whittle-record, which is not installed"
  edit_policy '.mode = "audit"'
  runs
  same "standard output in audit mode" ran "$(cat "$stdout")"
  tail -n 1 "$RECORDS" | grep -q 'whittle-record, which is not installed' \
    || fail "the record does not say so ($RUNTIME)" "$(tail -n 1 "$RECORDS")"
  same "hooks" "" "$(hooks_of_ours)"
  WHITTLE=$OWN/whittle
  same "recordings" "" "$(recordings)"
}
@test "without the hook's program: refused, or in audit mode told" {
  each_recording_runtime missing_hook
}

# ---- what is recorded ---------------------------------------------------------------------

records_the_usual() {
  run_recorded 'chown 7:7 /tmp; exit 0'
  tells "a run" '.complete' true
  tells "a run" '.name' it
  tells "a run" '.id' "$ID"
  is_told '.transport == "perf" or .transport == "tracefs"' # crun sees no cgroup of its own here
  tells "a run" '[.uses[] | select(.use == "used") | .capability] | join(" ")' CAP_CHOWN
  is_told '.ended >= .began and .events > 0 and .lost == 0 and .recorder == 0'
  is_told '(.syscalls | index("chown")) and (.syscalls | index("pivot_root") | not)'
}
@test "a run is recorded" {
  each_recording_runtime records_the_usual
}

with_devices() { # filter of linux.devices
  edit_config --argjson devices "$(jq -n "$1")" '.linux.devices = $devices |
    .linux.resources.devices = [{ allow: false, access: "rwm" }, { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
      { allow: true, type: "c", major: 1, minor: 5, access: "rwm" }]'
  edit_policy '(.default, .rules[0]).profile = "privileged"'
}
records_devices() {
  with_devices '[{ path: "/dev/opened", type: "c", major: 1, minor: 3 }, { path: "/dev/sub/below", type: "c", major: 1, minor: 3 },
    { path: "/dev/left", type: "c", major: 1, minor: 5 }, { path: "/dev/sub/opened", type: "c", major: 1, minor: 5 }]'
  run_recorded '[ -c /dev/left ] && : >/dev/opened && : </dev/sub/below'
  tells "devices" '.devices | join(" ")' "/dev/opened /dev/sub/below"
  tells "devices" '.devicesUnknown' null
}
@test "devices that were opened, and those that were not" {
  each_recording_runtime records_devices
}

# Of a node that lies elsewhere, or is the host's, nothing is claimed.
records_no_devices() {
  with_devices '[{ path: "/opt/node", type: "c", major: 1, minor: 3 }]'
  run_recorded ': >/opt/node'
  tells "a device outside of /dev" '.devicesUnknown' 'some of its devices are not files of its own /dev'
}
@test "a device whose opening nobody tells is unknown" {
  each_recording_runtime records_no_devices
}

records_written() {
  mkdir "$CASE/rootfs/old" "$CASE/rootfs/gone"
  touch "$CASE/rootfs/old/kept" "$CASE/rootfs/old/changed" "$CASE/rootfs/gone/file"
  run_recorded 'echo x >/old/changed; mkdir -p /new/er; echo x >/new/er/file; rm /gone/file; echo x >/dev/shmless; cat /old/kept'
  tells "written" '.written | join(" ")' "/gone/ /new/er/file /old/changed"
  tells "written" '.writtenUnknown' null
  rm -r "$CASE/var/learn"
  run_recorded 'cat /old/changed'
  tells "nothing written" '.written | length' 0
  rm -r "$CASE/var/learn"
  # What has odd names is a text of JSON all the same.
  run_recorded 'n=$(printf "a\nb\"\\\\\377"); echo x >"/old/$n"'
  tells "odd names" '.written | length' 1
  is_told '.written[0] | startswith("/old/a\nb\"\\")'
}
@test "files that were written on a plain root file system" {
  each_recording_runtime records_written
}

# A file's stamp may be older than the moment that it was written at.
records_the_first_moment() {
  local round
  for round in {1..12}; do
    run_recorded "echo x >/first-$round"
    tells "written at once" '.written | join(" ")' "/first-$round"
    rm -r "$CASE/var/learn"
  done
}
@test "files that are written at once" {
  each_recording_runtime records_the_first_moment
}

records_overlay() {
  mkdir "$CASE/upper" "$CASE/work" "$CASE/merged" "$CASE/rootfs/old"
  touch "$CASE/rootfs/old/kept" "$CASE/rootfs/old/changed" "$CASE/rootfs/old/gone"
  mkdir "$CASE/real"
  ln -s merged "$CASE/link"
  private_namespace "mount --bind '$CASE/run' /run/whittle; mount --bind '$CASE/var' /var/lib/whittle
    mount -t overlay overlay -o 'lowerdir=$CASE/rootfs,upperdir=$CASE/upper,workdir=$CASE/work' '$CASE/merged'"
  edit_config --arg rootfs "$CASE/merged" '.root.path = $rootfs'
  run_recorded 'echo x >/old/changed; echo x >/old/new; rm /old/gone; cat /old/kept'
  tells "written" '.written | join(" ")' "/old/changed /old/gone /old/new"
  rm -r "$CASE/var/learn"
  run_recorded 'cat /old/kept'
  tells "nothing written" '.written | length' 0
}
@test "files that were written on an overlay" {
  each_recording_runtime records_overlay
}

# What it asks of a user namespace that it made is nothing that it needs.
records_other_users() {
  edit_policy '.default += { userNamespaces: true, capabilities: ["CAP_SYS_CHROOT"] }'
  run_recorded '/bin/busybox chroot / /bin/busybox true'
  tells "what it used" '[.uses[].capability] | join(" ")' CAP_SYS_CHROOT
  rm -r "$CASE/var/learn"
  edit_config '.process.user = { uid: 1000, gid: 1000 }'
  run_recorded '/bin/busybox unshare -Ur /bin/busybox chroot / /bin/busybox true'
  tells "what it used" '.uses | length' 0
  is_told '.otherUsers > 0'
}
@test "what is asked of a user namespace of its own" {
  each_recording_runtime records_other_users
}

records_udp() {
  cp "$(helper binds)" "$CASE/rootfs/bin/binds"
  run_program /bin/binds 69 53
  detached held whittle run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  PID=$(cat "$CASE/pid")
  eventually grep -q bound "$CASE/held.out"
  eventually is_told '.ports[] | select(.port == 53 and .protocol == "udp")'
  whittle delete --force "$ID"
  # The programs at the cgroup see what is there for a moment only, and whose it is.
  if [ "$(told .transport)" = perf ] && [ ! -d /sys/fs/cgroup/perf_event ]; then
    tells "ports" '[.ports[] | "\(.port) \(.protocol) \(.program)"] | sort | join(", ")' \
      "53 udp /bin/binds, 69 udp /bin/binds"
  else
    tells "ports" '[.ports[] | "\(.port) \(.protocol)"] | join(", ")' "53 udp"
  fi
  tells "what needs it" '[.uses[] | select(.use == "used") | .capability] | join(" ")' CAP_NET_BIND_SERVICE
}
@test "ports of UDP" {
  each_recording_runtime records_udp
}

records_programs() {
  local rootfs=$CASE/rootfs
  cp "$rootfs/bin/facts" "$rootfs/bin/setuid-id"
  cp "$rootfs/bin/facts" "$rootfs/bin/ping-like"
  cp "$rootfs/bin/facts" "$rootfs/bin/plain"
  chmod 4755 "$rootfs/bin/setuid-id"
  setcap cap_net_bind_service,cap_chown=ep "$rootfs/bin/ping-like"
  printf '#!/bin/ping-like hold\n' >"$rootfs/bin/script"
  chmod 4755 "$rootfs/bin/script" # which confers nothing: a script's interpreter does
  edit_config '.process.user = { uid: 1000, gid: 1000 }'
  # All of them have ended before anybody could have looked at them.
  run_recorded '/bin/setuid-id; /bin/plain; exec /bin/ping-like'
  tells "programs" "$programs" "/bin/ping-like false CAP_CHOWN,CAP_NET_BIND_SERVICE; /bin/setuid-id true "
  tells "for their files" '[.uses[] | select(.byFile) | .capability] | sort | join(" ")' "CAP_CHOWN CAP_NET_BIND_SERVICE"
  rm -r "$CASE/var/learn"
  run_script 'cd /bin; ../bin/script & exec sleep 1000'
  detached held whittle run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  eventually is_told '.programs | length > 0'
  whittle delete --force "$ID"
  tells "a script" "$programs" "../bin/script false CAP_CHOWN,CAP_NET_BIND_SERVICE"
}
programs='[.programs[] | .path + " " + (.setuid | tostring) + " " + (.capabilities | sort | join(","))] | sort | join("; ")'
@test "programs that confer something by their files" {
  each_recording_runtime records_programs
}

# ---- lives --------------------------------------------------------------------------------

records_exec() {
  run_script 'echo end; exec sleep 1000'
  detached held whittle run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  PID=$(cat "$CASE/pid")
  eventually is_told '.syscalls | index("nanosleep") or index("clock_nanosleep")'
  succeeds whittle exec "$ID" /bin/chown 7 /tmp
  whittle delete --force "$ID"
  tells "an exec" '[.uses[] | select(.use == "used") | .capability] | join(" ")' CAP_CHOWN
  tells "an exec" '.complete' true
}
@test "what is executed in it later is recorded too" {
  each_recording_runtime records_exec
}

records_created() {
  run_script 'chown 7 /tmp; exec sleep 1000'
  detached held whittle create --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  eventually has_recorder
  same "uses before the start" "" "$(told '[.uses[].capability] | join(" ")')"
  whittle start "$ID"
  eventually is_told '.uses[] | select(.capability == "CAP_CHOWN")'
  whittle kill "$ID" KILL
  eventually is_told '.complete' # before anybody deletes it
  whittle delete "$ID"
  tells "created and started" .recordings 1
  # Never started: nothing is known of it, and that is said.
  rm -r "$CASE/var/learn"
  detached held whittle create --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  eventually has_recorder
  whittle delete --force "$ID"
  tells "never started" '.complete' false
  tells "never started" '.incomplete' "no program of the container's was started"
}
records_rings() {
  cp "$(helper ring)" "$CASE/rootfs/bin/ring"
  edit_policy '(.default, .rules[0]).profile = "privileged"' # no other profile lets it
  run_recorded ring
  if [ "$(told .transport)" = perf ]; then
    tells "a ring" '.complete' true
  else
    tells "a ring" '.incomplete' "it uses io_uring, whose threads are not seen when recording by $(told .transport)"
  fi
}
@test "io_uring is seen, or makes the recording incomplete" {
  each_recording_runtime records_rings
}

@test "created and started, and never started" {
  each_recording_runtime records_created
}

records_paused() {
  [ "$RUNTIME" = runc ] || return 0 # crun finds no cgroup to freeze in a machine of both versions
  run_script 'chown 7 /tmp; exec sleep 1000'
  detached held whittle run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  eventually is_told '.uses[] | select(.capability == "CAP_CHOWN")'
  whittle pause "$ID"
  kill -TERM "$(recorder)"
  eventually is_told '.ended > 0'
  nobody_is_left
  whittle resume "$ID"
  whittle delete --force "$ID"
}
@test "a paused container's recorder ends when it is told to" {
  each_recording_runtime records_paused
}

holds_recorded() {
  run_script 'chown 7 /tmp; exec sleep 1000'
  detached held whittle run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  PID=$(cat "$CASE/pid")
  eventually is_told '.uses[] | select(.capability == "CAP_CHOWN")'
}
goes_on() { [ "$(cat "/proc/$PID/comm")" = sleep ] || fail "the container has ended ($RUNTIME)"; }

killed_recorder() {
  local pid
  holds_recorded
  pid=$(recorder)
  kill -KILL "$pid"
  eventually has_ended "$pid"
  goes_on
  succeeds whittle exec "$ID" /bin/true
  succeeds whittle delete --force "$ID"
  same "what deleting says" "" "$(cat "$stderr")"
  tells "a killed recorder" .complete false
  # Its socket is no hindrance for the next one, who takes the recording in.
  run_recorded 'exit 0'
  tells "the next" .recordings 2
  is_told '.uses[] | select(.capability == "CAP_CHOWN")'
}
@test "a recorder that is killed: the container goes on, and the next takes over" {
  each_recording_runtime killed_recorder
}

ended_recorder() {
  local pid
  holds_recorded
  pid=$(recorder)
  kill -TERM "$pid"
  eventually has_ended "$pid"
  goes_on
  tells "ended" .complete true
  succeeds whittle exec "$ID" /bin/true
  succeeds whittle delete --force "$ID"
  same "what deleting says" "" "$(cat "$stderr")"
  tells "ended" .recordings 1
}
@test "a recorder that is told to end stores what it has" {
  each_recording_runtime ended_recorder
}

users_container() {
  local folder
  for folder in "$CASE" "$CASE"/../ "$CASE"/../../ "$CASE"/../../../; do chmod o+x "$folder"; done
  chown -R 100000:100000 "$CASE/rootfs"
  edit_config '.linux += { uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
      gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }] } | .linux.namespaces += [{ type: "user" }]'
  run_recorded 'chown 7:7 /tmp; exit 0'
  tells "users" .complete true
  tells "users" '[.uses[] | select(.use == "used") | .capability] | join(" ")' CAP_CHOWN
  # The runtime mounts devices there one by one.
  with_devices '[{ path: "/dev/full", type: "c", major: 1, minor: 7 }]'
  runs
  is_told '.devices == [] and .devicesUnknown != null'
}
@test "a container in a user namespace" {
  each_recording_runtime users_container
}

two_at_once() {
  local first=$BUNDLE
  holds_recorded
  cp -r "$BUNDLE" "$CASE/second"
  BUNDLE=$CASE/second
  run_script 'exit 0'
  succeeds whittle run --bundle "$BUNDLE" "${ID}x"
  goes_on
  same "recordings while one goes on" 2 "$(recordings | wc -l)"
  BUNDLE=$first
  whittle delete --force "$ID"
  tells "both" .recordings 2
  tells "both" .complete true
}
@test "two containers of one rule" {
  each_recording_runtime two_at_once
}

# A second start hook for the same bundle leaves the first recorder alone.
started_twice() {
  local code=0
  holds_recorded
  jq -n --argjson pid "$PID" --arg id "$ID" --arg bundle "$BUNDLE" \
    '{ ociVersion: "1.0.2", id: $id, status: "creating", pid: $pid, bundle: $bundle }' >"$CASE/hook-state"
  outcome become_hook start --name=other
  same "status of the hook" 0 "$status"
  grep -q 'another recorder is at work' "$stderr" || fail "it does not say so ($RUNTIME)" "$(cat "$stderr")"
  has_recorder || fail "the first has ended ($RUNTIME)"
  same "the other recording" "another recorder is at work for a container of this bundle" \
    "$(jq -r .incomplete "$CASE"/var/learn/other/*.json)"
  outcome become_hook stop
  is_told .complete
  outcome become_hook stop # with nobody there
  same "status of a stop with nobody there" 0 "$status"
  same "what is said" "" "$(cat "$stdout" "$stderr")"
  whittle delete --force "$ID"
}
become_hook() { (become "${PRIVATE[@]}" sh -c 'exec "$@" <"$0"' "$CASE/hook-state" "$RECORD" "$@"); }
@test "a second start and a second stop for one bundle" {
  each_recording_runtime started_twice
}

# ---- what the recorder holds --------------------------------------------------------------

lean_recorder() {
  local pid names
  exec 7>"$CASE/held-by-caller"
  holds_recorded
  exec 7>&-
  pid=$(recorder)
  same "what the recorder may do" "$(mask_of DAC_READ_SEARCH SYS_PTRACE PERFMON)" \
    "$(sed -n 's/^CapPrm:\s*//p' "/proc/$pid/status")"
  same "what the recorder does with it" "$(mask_of DAC_READ_SEARCH SYS_PTRACE PERFMON)" \
    "$(sed -n 's/^CapEff:\s*//p' "/proc/$pid/status")"
  same "no new privileges" 1 "$(sed -n 's/^NoNewPrivs:\s*//p' "/proc/$pid/status")"
  same "the working folder" / "$(readlink "/proc/$pid/cwd")"
  same "standard streams" "/dev/null /dev/null /dev/null" \
    "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | tr '\n' ' ' | sed 's/ $//')"
  same "the caller's descriptors" "" "$(find "/proc/$pid/fd" -lname '*held-by-caller')"
  same "descriptors of it in the container" "" "$(find "/proc/$PID/fd" -lname '*perf_event*')"
  whittle delete --force "$ID"
}
mask_of() { # names of capabilities
  local name bits=0
  for name in "$@"; do bits=$((bits | 1 << $(number_of "$name"))); done
  printf '%016x\n' "$bits"
}
number_of() {
  local i
  for i in "${!capability_names[@]}"; do
    if [ "${capability_names[i]#CAP_}" = "$1" ]; then printf '%s\n' "$i"; fi
  done
}
@test "a recorder keeps three capabilities, and nothing of its caller's" {
  each_recording_runtime lean_recorder
}

# ---- hostile containers -------------------------------------------------------------------

deep_and_odd() {
  run_recorded 'i=0; cd /tmp; while [ $i -lt 200 ]; do mkdir d; cd d; i=$((i + 1)); done; echo x >f'
  tells "a deep tree" .writtenUnknown "too many files"
  tells "a deep tree" .complete true
  (cd "$CASE/rootfs/tmp" && rm -rf d)
  rm -r "$CASE/var/learn"
  run_recorded 'n=$(printf "%0250d" 0); n=${n//0/$(printf "\001")}; i=0
    while [ $i -lt 1500 ]; do echo x >"/tmp/$i-$n"; i=$((i + 1)); done'
  tells "a wide tree" .writtenMore true
  [ "$(recording | wc -c)" -lt 4194304 ] || fail "the recording cannot be read again ($RUNTIME)"
}
@test "trees that are deep or wide" {
  each_recording_runtime deep_and_odd
}

# What others open is none of the container's doing.
opened_by_others() { # what, file
  detached held whittle run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  eventually is_told '.syscalls | index("nanosleep") or index("clock_nanosleep")'
  head -c 1 "$2" >/dev/null
  whittle delete --force "$ID"
  tells "$1" '.devices | length' 0
}

# The image's /dev leads to a file system of the host's.
linked_dev() {
  [ "$RUNTIME" = runc ] || return 0 # crun starts no such container
  rmdir "$CASE/rootfs/dev"
  mkdir "$CASE/elsewhere"
  mount -t tmpfs tmpfs "$CASE/elsewhere"
  printf '%s\n' "$CASE/elsewhere" >>"$BATS_TEST_TMPDIR/mounts"
  touch "$CASE/elsewhere/left"
  ln -s "$CASE/elsewhere" "$CASE/rootfs/dev"
  edit_config '.mounts |= map(select(.destination | startswith("/dev") | not))'
  with_devices '[{ path: "/dev/left", type: "c", major: 1, minor: 3 }]'
  run_script 'exec sleep 1000'
  opened_by_others "an image's link" "$CASE/elsewhere/left"
}
@test "an image whose /dev is a link" {
  each_recording_runtime linked_dev
}

hosts_dev() {
  edit_config '.mounts |= (map(select(.destination | startswith("/dev") | not)) +
    [{ destination: "/dev", type: "bind", source: "/dev", options: ["rbind"] }])'
  with_devices '[{ path: "/dev/full", type: "c", major: 1, minor: 7 }]'
  run_script 'exec sleep 1000'
  opened_by_others "the host's /dev" /dev/full
  is_told '.devicesUnknown != null'
}
@test "a container that has the host's /dev" {
  each_recording_runtime hosts_dev
}

# One that goes on opening keeps its recorder from nothing.
busy_dev() {
  with_devices '[{ path: "/dev/left", type: "c", major: 1, minor: 5 }]'
  run_script 'for i in 1 2 3 4; do (while :; do : </dev/null; done) & done; chown 7 /tmp; exec sleep 1000'
  detached held whittle run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  eventually is_told '.uses[] | select(.capability == "CAP_CHOWN")'
  kill -TERM "$(recorder)"
  eventually is_told '.ended > 0'
  whittle delete --force "$ID"
}
@test "a container that opens devices without end" {
  each_recording_runtime busy_dev
}

# One that has a file system of its own as its root, which answers nobody.
stuck_root() {
  cp "$(helper stuck)" "$CASE/rootfs/bin/stuck"
  mkdir "$CASE/rootfs/mnt"
  with_devices '[{ path: "/dev/fuse", type: "c", major: 10, minor: 229 }]'
  edit_config '.linux.resources.devices += [{ allow: true, type: "c", major: 10, minor: 229, access: "rwm" }]
    | .process.capabilities[] += ["CAP_SYS_ADMIN"]'
  edit_policy '.default.capabilities += ["CAP_SYS_ADMIN", "CAP_SYS_CHROOT"]'
  run_program /bin/stuck /bin/busybox # which waits in its very beginning
  detached held whittle run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  eventually grep -q executed "$CASE/held.out"
  eventually is_told '.uses[] | select(.capability == "CAP_CHOWN")'
  is_told '[.uses[].capability] | index("CAP_SYS_CHROOT")'
  tells "devices" '.devices | join(" ")' /dev/fuse
  whittle delete --force "$ID"
  tells "a file system that answers nobody" .complete true
}
@test "a container whose root is a file system that answers nobody" {
  each_recording_runtime stuck_root
}
