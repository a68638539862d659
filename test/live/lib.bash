# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# What the live tests share: a case is one bundle, one state folder and one policy for one runtime,
# in a folder of its own, which end_cases takes away with everything that was started in it.
#
# Containers write to pipes, or to a file that nobody else writes to: runtimes change the owner of
# what they are given.
# Nothing waits for a time to pass; eventually waits for something to become true.

# What the tests make is for other users to look at too. And crun 1.8 leaves an exec the caller's umask
# only where no user is named: whittle names one, always.
umask 022

# shellcheck source=test/judge.bash
. "$(dirname "${BASH_SOURCE[0]}")/../judge.bash"

# ---- what must be there -------------------------------------------------------------------

# Fails the whole file, and says why, when a test could not mean anything.
need_live() {
  local program
  export BATS_TEST_TIMEOUT=900 # seconds; on two cores with nothing else to do, a test takes ten at most
  [ "$(id -u)" -eq 0 ] || fail "the live tests start containers and need root"
  [ -x "${WHITTLE:-}" ] || fail "WHITTLE must be the path of the whittle to test"
  for program in jq busybox unshare setpriv python3 "$@"; do
    command -v "$program" >/dev/null || fail "$program is not installed"
  done
  [ -x "$(helper facts)" ] || fail "$(helper facts) is not built"
}

# ---- cases --------------------------------------------------------------------------------

each_runtime() { # function, arguments...
  local runtime
  set +T # bats's trap before each command would take most of the time
  for runtime in ${RUNTIMES:-runc crun}; do
    new_case "$runtime"
    "$@"
  done
}

new_case() { # runtime
  use_runtime "$1"
  CASE=$(mktemp -d "$BATS_TEST_TMPDIR/$RUNTIME.XXXX")
  chmod 755 "$CASE"
  BUNDLE=$CASE/bundle STATE=$CASE/state POLICY=$CASE/policy.json RECORDS=$CASE/records
  ID=live-$RUNTIME-${CASE##*.}
  mkdir "$BUNDLE" "$STATE"
  printf '%s\n' "$RUNTIME" >"$CASE/runtime"
  make_bundle
  strict_policy
}

use_runtime() { # runtime
  RUNTIME=$1
  RUNTIME_PATH=$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin command -v "$1") \
    || fail "$1 is not installed"
  choose_environment
}

# crun does not start where the second version of cgroups is mounted inside the tree of the first:
# a mount namespace of its own without that mount is what it gets then.
#
# runsc gets flags with which it needs neither KVM nor a network nor cgroups of the second version.
choose_environment() {
  PRIVATE=() GLOBALS=()
  [ "$RUNTIME" != runsc ] || GLOBALS=(--network=none --platform="${RUNSC_PLATFORM:-ptrace}" --ignore-cgroups)
  if [ "$RUNTIME" = crun ] && [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] &&
    mountpoint -q /sys/fs/cgroup/unified; then
    private_namespace :
  fi
}

# Gives the case's commands a mount namespace each, in which a script has run before. $PRIVATE goes
# in front of a command and keeps its process id, its descriptors and its working folder.
private_namespace() { # script
  PRIVATE=(unshare -m --propagation private sh -c "
    [ $RUNTIME != crun ] || ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
    $1
    exec \"\$@\"" sh)
}

# One root file system for a file's tests; a case that writes into it makes its own.
shared_rootfs() {
  local rootfs=$BATS_FILE_TMPDIR/rootfs
  [ -d "$rootfs" ] || make_rootfs "$rootfs"
  printf '%s\n' "$rootfs"
}

make_bundle() { # writes the config.json that each case begins with
  local template=$BATS_FILE_TMPDIR/config.json
  [ -f "$template" ] || new_config >"$template"
  cat "$template" >"$BUNDLE/config.json"
}
new_config() {
  jq -n --arg rootfs "$(shared_rootfs)" --argjson sets "$(usual_sets "$docker_capabilities")" '{
    ociVersion: "1.0.2",
    process: {
      user: { uid: 0, gid: 0 },
      args: ["/bin/facts"],
      env: ["PATH=/bin", "COLOUR=blue"],
      cwd: "/",
      capabilities: $sets
    },
    root: { path: $rootfs },
    hostname: "live",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
      { destination: "/dev/pts", type: "devpts", source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] }
    ],
    linux: {
      namespaces: [{ type: "pid" }, { type: "ipc" }, { type: "uts" }, { type: "mount" },
        { type: "network" }],
      maskedPaths: ["/proc/kcore"],
      readonlyPaths: ["/proc/sys"]
    }
  }'
}

edit_json() { # file, jq arguments... (the filter last)
  local file=$1 edited
  shift
  edited=$(jq "$@" <"$file")
  [ -n "$edited" ]
  printf '%s\n' "$edited" >"$file"
}
edit_config() { edit_json "$BUNDLE/config.json" "$@"; }
edit_policy() { edit_json "$POLICY" "$@"; }
run_program() {
  edit_config --arg words "$(printf '%s\037' "$@")" '.process.args = ($words | split("\u001f")[:-1])'
}
run_script() { run_program /bin/sh -c "$1"; }

strict_policy() { # allows three of Docker's capabilities
  jq -n --arg path "$RUNTIME_PATH" --arg kind "$RUNTIME" --arg records "$RECORDS" '{
    runtimes: [{ path: $path, kind: $kind }],
    log: { file: $records },
    default: { capabilities: ["CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_SETUID"] }
  }' >"$POLICY"
}
allowed="CHOWN NET_BIND_SERVICE SETUID"

allow_everything() {
  edit_policy --arg names "${capability_names[*]}" '.default = {
    profile: "privileged", capabilities: ($names | split(" ")), noNewPrivileges: false, readonlyRootfs: false, tmpfs: [] }'
}

# ---- running ------------------------------------------------------------------------------

become_whittle() {
  become "${PRIVATE[@]}" "$WHITTLE" --policy "$POLICY" "${GLOBALS[@]}" --root "$STATE" "$@"
}
become_bare() { become "${PRIVATE[@]}" "$RUNTIME_PATH" "${GLOBALS[@]}" --root "$STATE" "$@"; }
whittle() { (become_whittle "$@"); }
bare() { (become_bare "$@"); }

# Runs a command to its end and keeps what came of it: $status, and the files $stdout and $stderr.
outcome() {
  stdout=$(mktemp "$CASE/stdout.XXXX") stderr=$(mktemp "$CASE/stderr.XXXX")
  {
    {
      local code=0
      "$@" 3>&- || code=$?
      printf '%s\n' "$code" >"$stdout.status"
    } 2>&1 >&3 | cat >"$stderr" 3>&-
  } 3>&1 | cat >"$stdout" 3>&-
  status=$(cat "$stdout.status")
}

succeeds() {
  outcome "$@"
  [ "$status" -eq 0 ] || fail "status $status of: $* ($RUNTIME)" "$(cat "$stdout" "$stderr")"
}

# Runs a command that leaves somebody behind who goes on writing.
detached() { # name, command...
  local name=$1
  shift
  rm -f "$CASE/$name.out" "$CASE/$name.err" # nobody shall take an old one for the new
  "$@" </dev/null > >(become cat >"$CASE/$name.out") 2> >(become cat >"$CASE/$name.err") \
    || fail "failed: $* ($RUNTIME)" "$(cat "$CASE/$name.err")"
}

# In the background; ended with the case. $! is its process id, also in $LAST.
background() { # name, become..., arguments...
  local name=$1
  shift
  rm -f "$CASE/$name.out" "$CASE/$name.err"
  "$@" </dev/null >"$CASE/$name.out" 2>"$CASE/$name.err" &
  LAST=$!
  printf '%s\n' "$LAST" >>"$BATS_TEST_TMPDIR/background"
}

is_facts() { [ "$(cat "/proc/$1/comm")" = facts ]; }
has_ended() { ! grep -q '^State:.[^ZX]' "/proc/$1/status"; } # who reaps it takes its time
has_text() { [ -s "$1" ]; }
is_socket() { [ -S "$1" ]; }

# A container that stays, started in one of three ways by whittle (or by "bare"). PID is its first
# process, as the pid file says.
hold_by_create() { # whittle | bare
  detached held "$1" create --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  "$1" start "$ID"
}
hold_by_run() {
  background held "become_$1" run --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  eventually has_text "$CASE/pid"
}
hold_by_run_detached() {
  detached held "$1" run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
}
hold() { # whittle | bare, way: create, run, run_detached
  run_program /bin/facts hold
  hold_as_it_is "$@"
}
hold_as_it_is() { # the same with config.json untouched
  HELD_BY=${2:-run_detached}
  "hold_by_${2:-run_detached}" "$1"
  PID=$(cat "$CASE/pid")
  eventually is_facts "$PID"
  eventually grep -q '^end$' "$CASE/held.out"
}
let_go() {
  if [ "${HELD_BY:-}" = run ]; then # which deletes the container itself
    bare kill "$ID" KILL
    wait "$LAST" || true
  else
    bare delete --force "$ID"
  fi
  eventually has_ended "$PID"
  rm -f "$CASE/pid"
}

# Also what was started in the runtime's own folder, or by a whittle that did not do its work.
end_cases() {
  local case id pid
  for case in "$BATS_TEST_TMPDIR"/*/; do
    [ -f "$case/runtime" ] || continue
    case=${case%/}
    use_runtime "$(cat "$case/runtime")"
    for STATE in "$case/state" "/run/$RUNTIME"; do
      for id in "$STATE/live-$RUNTIME-${case##*.}"*; do
        id=${id##*/}
        [ ! -e "$STATE/$id" ] || bare delete --force "${id%%_sandbox:*}" >/dev/null 2>&1 || true
      done
    done
  done
  # Process ids come round again: only those that are still children of this shell are ours.
  for pid in $(jobs -pr); do
    grep -qx "$pid" "$BATS_TEST_TMPDIR/background" 2>/dev/null || continue
    kill "$pid"
    wait "$pid" 2>/dev/null || true
  done
}

# ---- judging ------------------------------------------------------------------------------

# The container's first process from both sides: its pid's status, and what it wrote itself.
container_holds() { # what, expected
  holds "$1: seen from outside" "$2" "/proc/$PID/status"
  holds "$1: seen from inside" "$2" "$CASE/held.out"
}

# Facts of the program, one key's lines: "env", "arg", "cwd", "fd", "Uid:"...
fact() { grep "^$1" "$2"; }

# The same words given to the bare runtime and to whittle have the same outcome.
same_as_bare() { # arguments...
  local bare_status bare_stdout bare_stderr
  outcome bare "$@"
  bare_status=$status bare_stdout=$stdout bare_stderr=$stderr
  outcome whittle "$@"
  same "exit status of: $*" "$bare_status" "$status"
  same_files "standard output of: $*" "$bare_stdout" "$stdout"
  same_files "standard error of: $*" "$bare_stderr" "$stderr"
}

# A refusal: status 1, nothing on standard output, one sentence on standard error, the same one as
# one JSON object in the log. $sentence is it.
is_refused() { # arguments...
  local log
  log=$(mktemp -u "$CASE/log.XXXX")
  outcome whittle --log "$log" --log-format json "$@"
  same "status of the refused: $*" 1 "$status"
  same "standard output of the refused: $*" "" "$(cat "$stdout")"
  same "lines on standard error of: $*" 1 "$(wc -l <"$stderr")"
  same "lines in the log of: $*" 1 "$(wc -l <"$log")"
  sentence=$(cat "$stderr")
  same "the log of: $*" "$(jq -nc --arg msg "$sentence" '{ level: "error", msg: $msg }')" \
    "$(jq -c 'del(.time)' "$log")"
  jq -e '.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")' "$log" >/dev/null \
    || fail "the time in the log is not as RFC 3339 has it: $(cat "$log")"
}

says() { # text
  case $sentence in
    *"$1"*) ;;
    *) fail "the refusal does not say \"$1\" ($RUNTIME): $sentence" ;;
  esac
}
