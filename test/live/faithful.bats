#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# Under a policy that allows everything nothing tells whether whittle is there. Twice: with "facts"
# in the place of the runtime, which shows each attribute of the process that the runtime becomes,
# and with the real runtimes, whose every outcome is compared with their own.

load lib

setup_file() { need_live; }
teardown() { end_cases; }

# ---- what the runtime is handed -----------------------------------------------------------

# The program in the place of the runtime, called by whittle and called directly; both append to
# $FACTS_OUT. Called by "become", so in a process of its own.
stand_in() {
  allow_everything
  FAKE=$CASE/fake/$RUNTIME
  mkdir "$CASE/fake"
  cp "$(helper facts)" "$FAKE"
  edit_policy --arg path "$FAKE" '.runtimes = [$path]'
}
WRAP=() # goes in front
through() { # whittle | directly, arguments...: becomes it, with what the caller has set up
  case $1 in
    whittle) become "${WRAP[@]}" "$WHITTLE" --policy "$POLICY" "${@:2}" ;;
    directly) become "${WRAP[@]}" "$FAKE" "${@:2}" ;;
  esac
}

# Calls a function in a subshell, once for each way; it sets something up and ends in "through".
# What the two runtimes saw must be the same; $BUT names facts that may differ.
compare() { # what, function
  local way
  for way in directly whittle; do
    rm -f "$CASE/facts" "$CASE/out" "$CASE/err"
    (
      export FACTS_OUT=$CASE/facts
      "$2" "$way"
    ) </dev/null >"$CASE/out" 2>"$CASE/err" || fail "$1: status $? when called $way" "$(cat "$CASE/err")"
    [ -s "$CASE/facts" ] || fail "$1: nothing was started when called $way" "$(cat "$CASE/err")"
    grep -vE "^(env _=|${BUT:-never})" "$CASE/facts" >"$CASE/facts.$way"
  done
  same_files "$1" "$CASE/facts.directly" "$CASE/facts.whittle"
}

arrived() { # patterns of facts: what was set up is really there
  local pattern
  for pattern in "$@"; do
    grep -qx "$pattern" "$CASE/facts.whittle" \
      || fail "there is no \"$pattern\" in:" "$(cat "$CASE/facts.whittle")"
  done
}

plain() { through "$1" state some-id; }
attributes() {
  umask 0027
  cd "$CASE/fake" || return
  ulimit -S -n 300
  ulimit -c 0
  trap '' USR1 HUP PIPE
  export ODD=$'one\ntwo' EMPTY='' LD_PRELOAD=/nowhere.so WHITTLE_POLICY=/nowhere
  through "$1" kill --all some-id 9
}
niceness() { # the tests themselves may be niced already
  WRAP=(nice -n 3)
  through "$1" state some-id
}
many_fds() {
  exec 3<"$POLICY" 4>>"$CASE/appended" 7<>"$CASE/both" 9< <(:) 200</dev/null
  KEEP_FDS="3 4 7 9 200" through "$1" state some-id
}
no_environment() {
  WRAP=(env -i --block-signal=USR2 "FACTS_OUT=$FACTS_OUT")
  through "$1" state some-id
}
handed_on() {
  stand_in
  compare "a plain command" plain
  compare "umask, folder, limits, ignored signals, environment" attributes
  # SIGPIPE, SIGUSR1 and SIGHUP; in the background of a shell SIGINT and SIGQUIT are ignored, too.
  arrived 'Umask:.0027' 'cwd .*/fake' 'rlimit 7 300 .*' 'SigIgn:.000000000000120[17]' 'env EMPTY='
  compare "niceness" niceness
  arrived "nice $(nice -n 3 nice)"
  compare "open descriptors" many_fds
  arrived 'fd 4 .*/appended flags 10.*' 'fd 7 .*' 'fd 9 pipe: .*' 'fd 200 /dev/null .*'
  compare "an empty environment and a blocked signal" no_environment
  arrived 'SigBlk:.0000000000000800'
  same "environment" "FACTS_OUT" "$(sed -n 's/^env \([^=]*\)=.*/\1/p' "$CASE/facts.whittle")"
}
@test "the runtime gets folder, umask, limits, niceness, signals, environment and descriptors as they came" {
  each_runtime handed_on
}

parent_death() {
  WRAP=(setpriv --pdeathsig TERM)
  through "$1" state some-id
}
survives() {
  stand_in
  compare "signal at the parent's death" parent_death
  arrived 'pdeathsig 15'
}
@test "the signal at the parent's death, which containerd's shim sets, survives" {
  each_runtime survives
}

closed() { # way; $CLOSED names the descriptors
  local fd
  for fd in $CLOSED; do eval "exec $fd>&-"; done
  through "$1" state some-id
}
closed_streams() {
  stand_in
  for CLOSED in 0 1 2 "0 1" "0 2" "1 2" "0 1 2"; do
    compare "standard streams $CLOSED closed" closed
    for fd in $CLOSED; do
      ! grep "^fd $fd " "$CASE/facts.whittle" || fail "descriptor $fd is open after it came closed"
    done
  done
}
@test "standard streams that come closed are closed for the runtime" {
  each_runtime closed_streams
}

# For commands that whittle itself reads files for: nothing of that is left open.
rewriting() {
  exec 3<"$POLICY" 5<"$POLICY"
  KEEP_FDS="3 5" through "$1" --root "$STATE" run --preserve-fds 3 --bundle "$BUNDLE" some-id
}
executing() {
  exec 3<"$POLICY" 5<"$POLICY"
  export LISTEN_FDS=2
  KEEP_FDS="3 5" become "$WHITTLE" --policy "$POLICY" --root "$STATE" exec --preserve-fds 4 "$ID" /bin/true
}
no_more_descriptors() {
  hold bare
  stand_in
  BUT="arg" compare "descriptors of a run" rewriting
  (
    export FACTS_OUT=$CASE/exec.facts
    executing
  )
  # Three, the two of ours, and the process behind all that the caller passes on: 3 + 2 + 4.
  same "descriptors of an exec" "0 1 2 3 5 9" "$(sed -n 's/^fd \([0-9]*\) .*/\1/p' "$CASE/exec.facts" | paste -sd ' ')"
  same "the last of them" "fd 9 /memfd:whittle (deleted)" "$(grep -o '^fd 9 [^ ]* (deleted)' "$CASE/exec.facts")"
  same "the process that is passed" "arg --process=/proc/self/fd/9" \
    "$(sed -n 's/^arg [0-9]* \(--process\)/arg \1/p' "$CASE/exec.facts")"
}
@test "of whittle's own descriptors only the process of an exec is left, behind those passed on" {
  each_runtime no_more_descriptors
}

own_name() {
  stand_in
  ln -s "$FAKE" "$CASE/fake/link-$RUNTIME"
  edit_policy --arg path "$CASE/fake/link-$RUNTIME" --arg kind "$RUNTIME" '.runtimes = [{ path: $path, kind: $kind }]'
  FACTS_OUT=$CASE/out whittle state some-id
  same "argv[0]" "arg 0 $CASE/fake/link-$RUNTIME" "$(grep '^arg 0' "$CASE/out")"
}
@test "argv[0] is the runtime's path as the policy names it" {
  each_runtime own_name
}

same_process() {
  stand_in
  FACTS_OUT=$CASE/out background called become_whittle state some-id
  wait "$LAST"
  same "process id" "pid $LAST" "$(grep '^pid' "$CASE/out")"
}
@test "the runtime runs as the process that whittle was" {
  each_runtime same_process
}

all_statuses() {
  stand_in
  for expected in {0..255}; do
    status=0
    FACTS_OUT=/dev/null FACTS_EXIT=$expected "$WHITTLE" --policy "$POLICY" state some-id || status=$?
    same "exit status" "$expected" "$status"
  done
}
@test "each exit status from 0 to 255 comes through" {
  RUNTIMES=runc each_runtime all_statuses
}

# ---- the real runtimes --------------------------------------------------------------------

container_statuses() {
  allow_everything
  for expected in 0 1 2 42 125 126 127 128 137 254 255; do
    run_program /bin/facts exit "$expected"
    outcome whittle run --bundle "$BUNDLE" "$ID"
    same "exit status of run" "$expected" "$status"
  done
  run_program /bin/not-there
  same_as_bare run --bundle "$BUNDLE" "$ID"
  hold whittle
  for expected in 0 1 42 127 255; do
    outcome whittle exec "$ID" /bin/facts exit "$expected"
    same "exit status of exec" "$expected" "$status"
  done
  same_as_bare exec "$ID" /bin/facts signal 15
  same_as_bare exec "$ID" /bin/facts signal 9
}
@test "exit statuses and deaths by signal of containers and executed programs come through" {
  each_runtime container_statuses
}

# A foreground run, sent a signal: its status.
signalled() { # whittle | bare, signal
  background signalled "become_$1" run --bundle "$BUNDLE" "$ID"
  eventually grep -q ready "$CASE/signalled.out"
  kill "-$2" "$LAST"
  status=0
  wait "$LAST" || status=$?
  cat "$CASE/signalled.out" >"$CASE/signalled.$1"
  [ ! -e "$STATE/$ID" ] || bare delete --force "$ID"
}
signals() {
  local expected
  allow_everything
  run_script 'for s in TERM HUP USR1; do trap "echo $s; exit 42" $s; done; echo ready
    while :; do sleep 0.01; done'
  for signal in TERM HUP USR1 KILL; do
    signalled bare "$signal"
    expected=$status
    signalled whittle "$signal"
    same "status after $signal" "$expected" "$status"
    same_bytes "output after $signal" "$CASE/signalled.bare" "$CASE/signalled.whittle"
  done
}
@test "signals sent to whittle reach the container as they do with the bare runtime" {
  each_runtime signals
}

killed() {
  allow_everything
  run_program /bin/facts hold
  for way in bare whittle; do
    rm -f "$CASE/pid"
    background killed "become_$way" run --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
    eventually has_text "$CASE/pid"
    eventually is_facts "$(cat "$CASE/pid")"
    "$way" kill "$ID" KILL
    status=0
    wait "$LAST" || status=$?
    same "status of the killed under $way" 137 "$status"
  done
}
@test "a container that is killed ends with the status of a kill" {
  each_runtime killed
}

all_bytes() {
  allow_everything
  python3 -c 'import os; os.write(1, bytes(range(256)) * 1000)' >"$CASE/bytes"
  run_script 'cat; cat /proc/self/comm >&2; exit 3'
  from_file() { "$1" run --bundle "$BUNDLE" "$ID" < <(cat "$CASE/bytes"); }
  outcome from_file whittle
  cmp "$CASE/bytes" "$stdout" || fail "standard output is another ($RUNTIME)"
  same "standard error" cat "$(cat "$stderr")"
  same "status" 3 "$status"
  hold whittle
  from_file() { whittle exec "$ID" /bin/cat < <(cat "$CASE/bytes"); }
  outcome from_file
  cmp "$CASE/bytes" "$stdout" || fail "standard output of exec is another ($RUNTIME)"
}
@test "standard input, output and error carry every byte" {
  each_runtime all_bytes
}

informing() {
  allow_everything
  hold bare
  same_as_bare --version
  same_as_bare --help
  same_as_bare list
  same_as_bare list --format json
  same_as_bare list -q
  same_as_bare state "$ID"
  same_as_bare state not-there
  same_as_bare ps "$ID"
  same_as_bare features
  same_as_bare kill not-there
  same_as_bare delete not-there
  same_as_bare start "$ID"
  same_as_bare run --help
  same_as_bare exec --help
  mkdir "$CASE/spec.bare" "$CASE/spec.whittle"
  succeeds bare spec --bundle "$CASE/spec.bare"
  succeeds whittle spec --bundle "$CASE/spec.whittle"
  same_bytes "config.json of spec" "$CASE/spec.bare/config.json" "$CASE/spec.whittle/config.json"
  without_words() { (become "${PRIVATE[@]}" "$@"); }
  outcome without_words "$RUNTIME_PATH"
  local expected=$stdout expected_status=$status
  outcome without_words "$WHITTLE" --policy "$POLICY"
  same_bytes "output without any words" "$expected" "$stdout"
  same "status without any words" "$expected_status" "$status"
}
@test "--version, --help, features, spec, list, state, ps and errors are the runtime's own" {
  each_runtime informing
}

# The container's descriptors: by the runtime alone, and by whittle.
listening() { # whittle | bare
  exec 3<"$POLICY" 4<"$CASE/runtime"
  export LISTEN_FDS=2 LISTEN_PID=$BASHPID LISTEN_FDNAMES=one:two
  KEEP_FDS="3 4" "become_$1" run --bundle "$BUNDLE" "$ID"
}
preserving() {
  exec 3<"$POLICY" 4<"$CASE/runtime" 5<"$CASE/runtime"
  KEEP_FDS="3 4 5" "become_$1" run --preserve-fds 2 --bundle "$BUNDLE" "$ID"
}
leaking() {
  exec 3<"$POLICY" 8<"$CASE/runtime"
  KEEP_FDS="3 8" "become_$1" run --bundle "$BUNDLE" "$ID"
}
listening_exec() {
  exec 3<"$POLICY" 4<"$CASE/runtime"
  export LISTEN_FDS=2 LISTEN_PID=$BASHPID
  KEEP_FDS="3 4" "become_$1" exec "$ID" /bin/facts
}
preserving_exec() {
  exec 3<"$POLICY" 4<"$CASE/runtime" 5<"$CASE/runtime"
  KEEP_FDS="3 4 5" "become_$1" exec --preserve-fds 2 "$ID" /bin/facts
}
passed_on() { # what, function, descriptors in the container
  local bare_facts
  in_subshell() { ("$@"); }
  succeeds in_subshell "$2" bare
  bare_facts=$stdout
  succeeds in_subshell "$2" whittle
  same_files "$1" "$bare_facts" "$stdout"
  same "descriptors of $1" "$3" "$(sed -n 's/^fd \([0-9]*\) .*/\1/p' "$stdout" | paste -sd ' ')"
}
descriptors() {
  allow_everything
  # LISTEN_PID only fits when whittle has kept its process id.
  passed_on "a run with LISTEN_FDS" listening "0 1 2 3 4"
  grep -q '^env LISTEN_PID=1$' "$stdout" || fail "the container was not told of its descriptors"
  passed_on "a run with --preserve-fds" preserving "0 1 2 3 4"
  passed_on "a run with more open than named" leaking "0 1 2"
  hold bare
  # runc's exec takes no notice of LISTEN_FDS.
  case $RUNTIME in
    runc) passed_on "an exec with LISTEN_FDS" listening_exec "0 1 2" ;;
    crun) passed_on "an exec with LISTEN_FDS" listening_exec "0 1 2 3 4" ;;
  esac
  passed_on "an exec with --preserve-fds" preserving_exec "0 1 2 3 4"
}
@test "LISTEN_FDS and --preserve-fds: the container's descriptors are those without whittle" {
  each_runtime descriptors
}

preserved_create() { # whittle | bare
  exec 3<"$POLICY" 4<"$CASE/runtime"
  KEEP_FDS="3 4" "become_$1" create --preserve-fds 2 --bundle "$BUNDLE" "$ID"
}
created() {
  allow_everything
  in_subshell() { ("$@"); }
  for way in bare whittle; do
    detached "created.$way" in_subshell preserved_create "$way"
    "$way" start "$ID"
    eventually grep -q '^end$' "$CASE/created.$way.out"
    bare delete --force "$ID"
  done
  same_files "facts of a created container" "$CASE/created.bare.out" "$CASE/created.whittle.out"
}
@test "what create is given reaches the container that start sets off" {
  each_runtime created
}

console() { # whittle | bare
  background "console.$1" become "$(helper recvtty)" "$CASE/$1.sock"
  eventually is_socket "$CASE/$1.sock"
  "$1" create --console-socket "$CASE/$1.sock" --bundle "$BUNDLE" "$ID"
  "$1" start "$ID"
  wait "$LAST"
  bare delete --force "$ID"
}
consoles() {
  allow_everything
  edit_config '.process.terminal = true | .process.consoleSize = { height: 25, width: 80 }'
  console bare
  console whittle
  same_files "facts on a terminal" "$CASE/console.bare.out" "$CASE/console.whittle.out"
  grep -q '^tty 0 yes' "$CASE/console.whittle.out" || fail "there is no terminal"
}
@test "the terminal of a container goes to the console socket" {
  each_runtime consoles
}

streams_closed() { # whittle | bare
  for fd in $CLOSED; do eval "exec $fd>&-"; done
  "become_$1" run --bundle "$BUNDLE" "$ID"
}
containers_without_streams() {
  allow_everything
  make_own_rootfs
  for CLOSED in 0 1 2 "0 1" "0 2" "1 2" "0 1 2"; do
    for way in bare whittle; do
      rm -f "$ROOTFS/tmp/facts"
      status=0
      (streams_closed "$way") </dev/null >"$CASE/closed.out" 2>&1 || status=$?
      # crun 1.28 crashes without the first two, and leaves its state behind.
      bare delete --force "$ID" >/dev/null 2>&1 || true
      printf 'status %s\n' "$status" >"$CASE/closed.$way"
      [ "$status" -ge 128 ] || [ ! -f "$ROOTFS/tmp/facts" ] || cat "$ROOTFS/tmp/facts" >>"$CASE/closed.$way"
    done
    same_files "a container with streams $CLOSED closed" "$CASE/closed.bare" "$CASE/closed.whittle"
  done
}
make_own_rootfs() {
  ROOTFS=$CASE/rootfs
  make_rootfs "$ROOTFS"
  edit_config --arg rootfs "$ROOTFS" '.root.path = $rootfs | .process.env += ["FACTS_OUT=/tmp/facts"]'
}
@test "containers started with standard streams closed are as with the bare runtime" {
  each_runtime containers_without_streams
}

from_folder() { # folder, umask, whittle | bare, arguments...
  (
    cd "$1" || return
    umask "$2"
    "become_$3" "${@:4}"
  )
}
everyday() {
  local expected
  allow_everything
  succeeds from_folder "$BUNDLE" 0077 bare run "$ID"
  expected=$stdout
  succeeds from_folder "$BUNDLE" 0077 whittle run "$ID"
  same_files "a run in the bundle's folder" "$expected" "$stdout"
  succeeds from_folder "$CASE" 0022 whittle run --bundle ./bundle/../bundle "$ID"
  same_files "a run with a relative bundle" "$expected" "$stdout"
}
@test "the bundle is found from the working folder, which stays what it was" {
  each_runtime everyday
}

update_passes() {
  allow_everything
  hold whittle
  printf '{ "pids": { "limit": 77 } }' >"$CASE/resources.json"
  succeeds whittle update --resources "$CASE/resources.json" "$ID"
  same "pids limit by a file" 77 "$(pids_limit)"
  from_stdin() { whittle update --resources - "$ID" < <(printf '{ "pids": { "limit": 78 } }'); }
  succeeds from_stdin
  same "pids limit by standard input" 78 "$(pids_limit)"
  succeeds whittle update --pids-limit 79 "$ID"
  same "pids limit by option" 79 "$(pids_limit)"
}
pids_limit() {
  local group
  group=$(sed -n 's/^[0-9]*:pids://p; s/^0:://p' "/proc/$PID/cgroup" | head -n 1)
  cat "/sys/fs/cgroup/pids$group/pids.max" 2>/dev/null || cat "/sys/fs/cgroup$group/pids.max"
}
@test "update changes limits, from a file, from standard input and by option" {
  each_runtime update_passes
}
