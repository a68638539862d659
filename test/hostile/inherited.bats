#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What a process inherits and what it says: descriptors, variables, the search path, a policy that
# is not what it should be, closed streams; records and refusals. T90 to T101 and T106 of
# docs/security.md.

load lib

setup_file() {
  need_hostile
  command -v strace >/dev/null || fail "strace is not installed"
}
teardown() { end_cases; }

tell_only() { edit_policy --arg path "$(helper runtime)" '.runtimes[0].path = $path'; }
soon() { # milliseconds of the processor
  local taken rest
  read -r taken rest <"$CASE/err.cost"
  [ "$taken" -lt "$1" ] || fail "that took $taken ms: $(shown)"
}
with_variables() { # NAME=VALUE... for whittle alone, not for what leads to it
  choose_namespace
  PRIVATE+=(env "$@")
}
last_record() { tail -n 1 "$RECORDS"; }

# ---- descriptors --------------------------------------------------------------------------

# What a process has open; pipes and the like without their numbers.
open_in() { # pid
  local link
  for link in "/proc/$1/fd/"*; do
    printf '%s %s\n' "${link##*/}" "$(readlink "$link" | sed -E 's/:\[[0-9]+\]/:/')"
  done | sort -n
}
# Folders of the host are open at these numbers when the words are run; what then is open in the
# process of the pid file goes to $CASE/open.WAY.
with_open() { # numbers, way, words...
  local numbers=$1 way=$2 number
  shift 2
  rm -f "$CASE/pid"
  (
    for number in $numbers; do
      eval "exec $number</"
    done
    KEEP_FDS=$numbers "$way" "$@"
    exit "$status"
  ) 3>&- && status=0 || status=$?
  : >"$CASE/open.$way"
  if [ "$status" -eq 0 ]; then
    eventually became "$(cat "$CASE/pid")" sleep
    open_in "$(cat "$CASE/pid")" >"$CASE/open.$way"
  fi
}
became() { [ "$(cat "/proc/$1/comm")" = "$2" ]; }
own_pid=(sh -c 'export LISTEN_PID=$$; exec "$@"' sh)

descriptors_of_init() {
  edit_config '.process.args = ["/bin/sleep", "1000"]'
  open_as() { # numbers, options...
    local way expected
    for way in bare whittle; do
      with_open "$1" "$way" run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "${@:2}" "$ID"
      [ $way = whittle ] || expected=$status
      let_go
    done
    if [ "$status" -eq 1 ] && [[ "$(cat "$CASE/err")" = "whittle: "* ]]; then
      was_refused "" "$*"
      return
    fi
    [ "$expected" = "$status" ] || fail "$*: status $expected without whittle: $(shown)"
    cmp -s "$CASE/open.bare" "$CASE/open.whittle" \
      || fail "$* (${PRIVATE[*]}): not as without whittle: $(diff "$CASE/open.bare" "$CASE/open.whittle")"
  }
  open_as "3 4 7 9"
  [ "$status" -eq 0 ] && [ "$(wc -l <"$CASE/open.whittle")" -eq 3 ] || fail "$(cat "$CASE/open.whittle")"
  open_as "" --preserve-fds 1
  open_as "" --preserve-fds=5
  open_as "3" --preserve-fds 1
  grep -qx '3 /' "$CASE/open.whittle" || fail "what is passed on does not arrive: $(cat "$CASE/open.whittle")"
  open_as "5" --preserve-fds=3
  for variables in LISTEN_FDS=1 "LISTEN_FDS=3 LISTEN_PID=1"; do
    # shellcheck disable=SC2086  # several
    with_variables $variables
    open_as ""
    open_as "3 4" --preserve-fds=1
  done
  with_variables LISTEN_FDS=2
  PRIVATE+=("${own_pid[@]}")
  open_as "3 4"
  for variable in LISTEN_FDS= LISTEN_FDS=-1 LISTEN_FDS=1x LISTEN_FDS=99999999999999999999; do
    with_variables "$variable"
    open_as ""
  done
  choose_namespace
}
descriptors_of_exec() {
  local way expected variables
  hold
  FIRST=$PID
  request_with
  jq '.args = ["/bin/sleep", "999"]' "$CASE/process.json" >"$CASE/sleep.json"
  open_as() { # numbers, options...
    for way in bare whittle; do
      with_open "$1" "$way" exec --detach --pid-file "$CASE/pid" --process "$CASE/sleep.json" "${@:2}" "$ID"
      [ $way = whittle ] || expected=$status
      [ ! -s "$CASE/pid" ] || [ "$(cat "$CASE/pid")" = "$FIRST" ] || kill -KILL "$(cat "$CASE/pid")" || true
    done
    if [ "$status" -eq 1 ] && [[ "$(cat "$CASE/err")" = "whittle: "* ]]; then
      was_refused "" "$*"
      return
    fi
    [ "$expected" = "$status" ] || fail "$*: status $expected without whittle: $(shown)"
    cmp -s "$CASE/open.bare" "$CASE/open.whittle" \
      || fail "exec $* (${PRIVATE[*]}): not as without whittle: $(diff "$CASE/open.bare" "$CASE/open.whittle")"
    ! grep -qE 'memfd|json|policy' "$CASE/open.whittle" || fail "$(cat "$CASE/open.whittle")"
  }
  open_as ""
  [ "$status" -eq 0 ] && [ "$(wc -l <"$CASE/open.whittle")" -eq 3 ] || fail "$(cat "$CASE/open.whittle")"
  open_as "3 4 7 9"
  [ "$(wc -l <"$CASE/open.whittle")" -eq 3 ] || fail "$(cat "$CASE/open.whittle")"
  open_as "3" --preserve-fds 1
  grep -qx '3 /' "$CASE/open.whittle" || fail "what is passed on does not arrive: $(cat "$CASE/open.whittle")"
  open_as "3 4" --preserve-fds=2
  open_as "" --preserve-fds=1
  open_as "" --preserve-fds=7
  for variables in LISTEN_FDS=1 LISTEN_FDS=4 "LISTEN_FDS=2 LISTEN_PID=1"; do
    # shellcheck disable=SC2086  # several
    with_variables $variables
    open_as ""
    open_as "3 4 5" --preserve-fds=1
  done
  for variable in LISTEN_FDS= LISTEN_FDS=-1 LISTEN_FDS=x LISTEN_FDS=2x "LISTEN_FDS= 2" LISTEN_FDS=0x2 \
    LISTEN_FDS=99999999999999999999; do
    with_variables "$variable"
    open_as "" --preserve-fds=1
  done
  choose_namespace
}
@test "T90 nothing is open in a container that is not without whittle, whatever is passed on to it" {
  each "runc crun" descriptors_of_init
}
@test "T90 nothing is open in an executed program that is not without whittle, the process file neither" {
  each "runc crun" descriptors_of_exec
}

# The host must not be where the working folder leads.
host_not_seen() { # what
  [ "$status" -ne 124 ] && [ "$status" -ne 125 ] || fail "$1: $(shown)"
  # The last is a folder of each host that the image does not have.
  ! grep -qE 'seen-from-the-host|config\.json|policy\.json|process\.json|^usr$' "$CASE/out" || fail "$1: the host is seen: $(shown)"
}
odd_folders() {
  local number script='ls -a . .. ../..; cat etc/hostname ../seen-from-the-host 2>/dev/null; ls proc/1/root'
  : >"$CASE/seen-from-the-host"
  : >"$BUNDLE/seen-from-the-host"
  for number in {3..10}; do
    fresh
    edit_config --arg script "$script" --arg cwd "/proc/self/fd/$number" '.process.args = ["/bin/sh", "-c", $script] | .process.cwd = $cwd'
    whittle run --bundle "$BUNDLE" "$ID"
    host_not_seen "cwd $number"
    [ ! -e "$STATE/$ID" ] || let_go
  done
  for cwd in /proc/self/cwd /proc/1/cwd/../.. /proc/thread-self/fd/7 //proc/./self/fd/8 /tmp/../proc/self/fd/3 ../.. .; do
    edit_config --arg cwd "$cwd" '.process.cwd = $cwd'
    whittle run --bundle "$BUNDLE" "$ID"
    host_not_seen "cwd $cwd"
    [ ! -e "$STATE/$ID" ] || let_go
  done
}
odd_folders_of_exec() {
  local number
  : >"$CASE/seen-from-the-host"
  hold
  request_with
  for number in {3..9}; do
    jq --arg cwd "/proc/self/fd/$number" '.args = ["/bin/sh", "-c", "ls -a . .. ../.."] | .cwd = $cwd' \
      "$CASE/process.json" >"$CASE/odd.json"
    whittle exec --process "$CASE/odd.json" "$ID"
    host_not_seen "exec in $number"
    whittle exec --cwd "/proc/self/fd/$number" "$ID" /bin/ls -a . .. ../..
    host_not_seen "exec --cwd $number"
  done
}
@test "T91 no working folder under /proc leads a container to what whittle has open" {
  each "runc crun" odd_folders
  each "runc crun" odd_folders_of_exec
}

# ---- variables and the search path --------------------------------------------------------

lax_policy() { # file
  mkdir -p "$(dirname "$1")"
  printf '{ "mode": "audit", "runtimes": ["%s/planted/runc"], "default": { "capabilities": ["CAP_SYS_ADMIN"] } }\n' "$CASE" >"$1"
}
plant_runtimes() {
  local name
  mkdir -p "$CASE/planted"
  for name in runc crun runsc whittle docker-runc; do
    # shellcheck disable=SC2016  # for the script
    printf '#!/bin/sh\n: >%s\nexec %s "$@"\n' "$MARKER" "$RUNTIME_PATH" >"$CASE/planted/$name"
    chmod 755 "$CASE/planted/$name"
  done
}
all_variables() {
  local name
  lax_policy "$CASE/lax/whittle/config.json"
  lax_policy "$CASE/lax/.config/whittle/config.json"
  lax_policy "$CASE/lax/etc/whittle/config.json"
  lax_policy "$CASE/lax/config.json"
  plant_runtimes
  variables=(PATH="$CASE/planted" HOME="$CASE/lax" XDG_CONFIG_HOME="$CASE/lax" XDG_CONFIG_DIRS="$CASE/lax"
    PWD="$CASE/lax" TMPDIR="$CASE/lax" LOGNAME=root USER=root SUDO_UID=0 LISTEN_FDS=0 LANG=xx LC_ALL=xx
    TZ="$CASE/lax/config.json" LD_LIBRARY_PATH="$CASE/planted" GLIBC_TUNABLES=glibc.malloc.check=3 MALLOC_PERTURB_=7)
  for name in WHITTLE WHITTLE_POLICY WHITTLE_CONFIG WHITTLE_CONFIG_FILE WHITTLE_POLICY_FILE POLICY CONFIG OCI_POLICY; do
    variables+=("$name=$CASE/lax/config.json")
  done
  for name in WHITTLE_MODE MODE; do variables+=("$name=audit"); done
  for name in WHITTLE_RUNTIME RUNTIME RUNC CRUN OCI_RUNTIME DOCKER_RUNTIME REAL_RUNTIME RUNC_PATH BUILDKIT_RUNTIME; do
    variables+=("$name=$CASE/planted/runc")
  done
  for name in WHITTLE_ALLOW WHITTLE_DISABLE WHITTLE_SKIP WHITTLE_DEBUG WHITTLE_AUDIT WHITTLE_BYPASS NO_WHITTLE DEBUG; do
    variables+=("$name=1")
  done
}
no_variable() {
  local variables
  all_variables
  with_variables "${variables[@]}"
  for _ in named bare; do
    fresh
    runs_bounded --bundle "$BUNDLE" "$ID"
    [ ! -e "$MARKER" ] || fail "a runtime of the path ran"
    last_record | jq -e --arg policy "$POLICY" --arg runtime "$RUNTIME_PATH" \
      '.policy == $policy and .runtime == $runtime and .result == "changed"' || fail "$(last_record)"
    edit_policy --arg name "$RUNTIME" '.runtimes = [$name]'
  done
  strict_policy
  # Without --policy it is the one file in /etc, which is not there.
  # shellcheck disable=SC2016  # the inner shell expands it
  PRIVATE=(unshare -m --propagation private sh -c 'mount -t tmpfs none /etc; exec "$@"' sh "${PRIVATE[@]}")
  RUNNING=$WHITTLE run_words "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  was_refused "/etc/whittle" "a run without a policy"
}
# A library that leaves a mark in whoever loads it. The runtime behind gets the variable as it came,
# so this is a run that does not reach one.
no_library() {
  local variable binary=$WHITTLE
  for variable in LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH GCONV_PATH; do
    with_variables "$variable=$(helper plugin.so)" MARKER="$MARKER"
    fresh
    printf 'x' >>"$BUNDLE/config.json"
    BINARIES=$binary is_refused "behind the end" --bundle "$BUNDLE" "$ID"
    BINARIES=$binary refuses "" "${GLOBALS[@]}" --bogus
  done
  # The mark is left where libraries are loaded at all.
  choose_namespace
  with_variables LD_PRELOAD="$(helper plugin.so)" MARKER="$MARKER"
  RUNNING=$(helper runtime) run_words
  [ -e "$MARKER" ] || fail "the library does not show that it is loaded"
}
# Where exec looks for the state is not where a stranger can write.
no_state() {
  local folder=$CASE/run
  hold
  mkdir "$folder"
  cp -r "$STATE" "$folder/$RUNTIME"
  chown -R "$NOBODY" "$folder"
  with_variables XDG_RUNTIME_DIR="$folder" HOME="$folder"
  GLOBALS=()
  fresh
  whittle exec "$ID" /bin/report
  [ "$status" -ne 0 ] && ! grep -q CONTAINER "$CASE/out" || fail "a planted state is used: $(shown)"
  was_refused "" "an exec without --root"
  GLOBALS=(--root "$folder/$RUNTIME")
  exec_refused "belongs to user $NOBODY" "$ID" /bin/report
  choose_namespace
}
@test "T92 no variable chooses a policy, a runtime or a mode" {
  each "runc crun" no_variable
  each "runc crun" no_state
}
@test "T92 no variable has a library loaded into whittle" {
  each "runc" no_library
}

# The policy names this runtime: refused, and what is there does not run.
runtime_refused() { # says, path
  edit_policy --arg path "$2" '.runtimes[0] = { path: $path, kind: "runc" }'
  config_refused "$1"
  # A policy that cannot be read at all leaves the runtime of the built-in list.
  whittle state "$ID"
  [ "$status" -eq 1 ] && [ ! -e "$MARKER" ] || fail "state by the runtime $2: $(shown)"
}
odd_runtimes() {
  plant_runtimes
  local planted=$CASE/planted/runc
  BINARIES=$WHITTLE
  with_variables "PATH=$CASE/planted"
  edit_policy '.runtimes = ["runc"]'
  inside "$CASE/planted" runs_bounded --bundle "$BUNDLE" "$ID"
  [ ! -e "$MARKER" ] || fail "the runtime of the path ran"
  fresh
  edit_policy '.runtimes = [{}]'
  choose_namespace
  inside "$CASE/planted" runtime_refused "" runc.absent
  inside "$CASE/planted" runtime_refused "" ./runc
  inside "$CASE" runtime_refused "" planted/runc
  runtime_refused "" "$CASE/planted"
  runtime_refused "" /dev/null
  runtime_refused "" /nowhere/runc
  runtime_refused "" ""
  chmod 775 "$planted"
  runtime_refused "by others" "$planted"
  chmod 757 "$planted"
  runtime_refused "by others" "$planted"
  chmod 644 "$planted"
  runtime_refused "" "$planted"
  chmod 755 "$planted"
  chown "$NOBODY" "$planted"
  runtime_refused "belongs to user $NOBODY" "$planted"
  chown 0 "$planted"
  chown "$NOBODY" "$CASE/planted"
  runtime_refused "belongs to user $NOBODY" "$planted"
  chown 0 "$CASE/planted"
  chmod 777 "$CASE/planted"
  runtime_refused "by others" "$planted"
  chmod 755 "$CASE/planted"
  ln -s "$planted" "$CASE/link"
  chown -h "$NOBODY" "$CASE/link"
  runtime_refused "belongs to user $NOBODY" "$CASE/link"
  runtime_refused "proc file system" "/proc/self/cwd$planted"
  mkfifo "$CASE/fifo"
  runtime_refused "" "$CASE/fifo"
}
@test "T93 the runtime is not looked for in PATH, and one that others could change is not started" {
  each "runc" odd_runtimes
}

itself() {
  local own=$CASE/bin/whittle name
  mkdir "$CASE/bin"
  cp "$WHITTLE" "$own"
  ln "$own" "$CASE/bin/second"
  ln -s whittle "$CASE/bin/link"
  ln -s link "$CASE/bin/runc"
  # Another file with the same content has no policy of its own and ends there.
  cp "$WHITTLE" "$CASE/bin/copy"
  PRIVATE+=(sh -c 'mount -t tmpfs none /etc; exec "$@"' sh)
  for name in whittle second link runc; do
    edit_policy --arg path "$CASE/bin/$name" '.runtimes = [{ path: $path, kind: "runc" }]'
    for words in "run --bundle $BUNDLE $ID" "state $ID" "kill $ID" "exec $ID true" --version; do
      # shellcheck disable=SC2086  # words
      BINARIES=$own WHITTLE=$own refuses "whittle itself" "${GLOBALS[@]}" $words
      soon 10000
    done
  done
  edit_policy --arg path "$CASE/bin/copy" '.runtimes = [{ path: $path, kind: "runc" }]'
  WHITTLE=$own whittle run --bundle "$BUNDLE" "$ID"
  was_refused "/etc/whittle" "a run behind a copy of whittle"
  soon 10000
}
@test "T94 whittle in front of itself, by any name, comes to an end" {
  each "runc" itself
}

# ---- the policy ---------------------------------------------------------------------------

stops() { # what it says
  local BINARIES=$WHITTLE
  is_refused "$1" --bundle "$BUNDLE" "$ID-2"
  refuses "$1" "${GLOBALS[@]}" create --bundle "$BUNDLE" "$ID-2"
  refuses "$1" "${GLOBALS[@]}" exec "$ID" /bin/report
  refuses "$1" "${GLOBALS[@]}" exec --process "$CASE/process.json" "$ID"
  refuses "$1" "${GLOBALS[@]}" restore --bundle "$BUNDLE" "$ID-2"
  BINARIES=$WHITTLE_SANITIZED is_refused "$1" --bundle "$BUNDLE" "$ID-2"
  soon 10000
  for words in "state $ID" "kill $ID CONT" list "list -q"; do
    # shellcheck disable=SC2086  # words
    whittle $words
    [ "$status" -eq 0 ] && [ ! -s "$CASE/err" ] || fail "with $1 as policy, $words: $(shown)"
  done
}
# The same by one command of each sort, where there are many policies.
stops_and_serves() { # what it says
  is_refused "$1" --bundle "$BUNDLE" "$ID-2"
  BINARIES=$WHITTLE exec_refused "$1" "$ID" /bin/report
  whittle kill "$ID" CONT
  [ "$status" -eq 0 ] && [ ! -s "$CASE/err" ] || fail "with $1 as policy, kill: $(shown)"
}
policy_text() { # says, text
  printf '%b' "$2" >"$POLICY"
  stops_and_serves "$1"
}
good_policy() {
  rm -rf "$POLICY"
  strict_policy
}
no_policy() {
  local text
  hold
  request_with
  text=$(cat "$POLICY")
  rm "$POLICY"
  stops "does not exist"
  mkdir "$POLICY"
  stops "folder"
  rmdir "$POLICY"
  ln -s /dev/zero "$POLICY"
  stops "symbolic link"
  rm "$POLICY"
  mkfifo "$POLICY"
  stops "FIFO"
  rm "$POLICY"
  mknod "$POLICY" c 1 5
  stops "character device"
  rm "$POLICY"
  truncate -s 1T "$POLICY"
  stops "larger"
  rm "$POLICY"
  printf '%s' "$text" >"$CASE/elsewhere"
  ln -s elsewhere "$POLICY"
  stops "symbolic link"
  rm "$POLICY"
  ln "$CASE/elsewhere" "$POLICY"
  stops "2 names"
  rm "$CASE/elsewhere"
  chown "$NOBODY" "$POLICY"
  stops "belongs to user $NOBODY"
  chown 0 "$POLICY"
  for mode in 664 646 666 602; do
    chmod "$mode" "$POLICY"
    stops_and_serves "can be written by others"
  done
  chmod 644 "$POLICY"
  mkdir "$CASE/folder"
  mv "$POLICY" "$CASE/folder/policy.json"
  POLICY=$CASE/folder/policy.json
  chown "$NOBODY" "$CASE/folder"
  stops "belongs to user $NOBODY"
  chown 0 "$CASE/folder"
  chmod 777 "$CASE/folder"
  stops "can be written by others"
  chmod 755 "$CASE/folder"
  fresh
  runs_bounded --bundle "$BUNDLE" "$ID-2"
  rm "$POLICY"
  whittle kill "$ID" KILL
  [ "$status" -eq 0 ] || fail "$(shown)"
  eventually stopped
  whittle delete "$ID"
  [ "$status" -eq 0 ] && [ ! -e "$STATE/$ID" ] || fail "$(shown)"
}
stopped() {
  whittle state "$ID"
  grep -q '"stopped"' "$CASE/out"
}
broken_policy() {
  local text length
  hold
  request_with
  text=$(cat "$POLICY")
  policy_text "empty" ''
  policy_text "" ' \n'
  policy_text "" '// nothing\n'
  policy_text "" '[]'
  policy_text "" 'null'
  policy_text "" '"runc"'
  policy_text "" '\0'
  policy_text "" '\xef\xbb\xbf{}'
  for length in 1 20 60 $((${#text} - 1)); do
    policy_text "" "${text:0:length}"
  done
  policy_text "" "$text{}"
}
# Where "runtimes" is readable, the runtime that it names goes on serving what is passed on.
faulty_policy() { # says, jq program
  good_policy
  edit_policy "$2"
  stops_and_serves "$1"
}
faulty_policies() {
  hold
  request_with
  faulty_policy "allow" '.allow = true'
  faulty_policy "defaults" '.defaults = .default | del(.default)'
  faulty_policy "capabilites" '.default.capabilites = .default.capabilities | del(.default.capabilities)'
  faulty_policy "Mode" '.Mode = "audit"'
  faulty_policy "mode" '.mode = "auditt"'
  faulty_policy "mode" '.mode = true'
  faulty_policy "mode" '.default.mode = null'
  faulty_policy "CAP_NET_BIND" '.default.capabilities = ["CAP_NET_BIND"]'
  faulty_policy "" '.default.capabilities = ["ALL"]'
  faulty_policy "" '.default.capabilities = "CAP_KILL"'
  faulty_policy "" '.default.capabilities = [5]'
  faulty_policy "" '.default.noNewPrivileges = "yes"'
  faulty_policy "" '.default.readonlyRootfs = 1'
  faulty_policy "" '.rules = {}'
  faulty_policy "" '.rules = [{ "name": "x", "match": {}, "capabilities": ["CAP_SYS_ADMIN"] }]'
  faulty_policy "" '.rules = [{ "name": "x", "match": { "bundel": "*" } }]'
  faulty_policy "" '.log = { "fil": "/x" }'
}
twice_in_policy() {
  local text
  hold
  request_with
  text=$(cat "$POLICY")
  printf '%s' "${text%\}*}, \"default\": { \"capabilities\": [\"CAP_SYS_ADMIN\"] } }" >"$POLICY"
  stops_and_serves "twice"
  printf '%s' "${text%\}*}, \"mode\": \"enforce\", \"mo\\u0064e\": \"audit\" }" >"$POLICY"
  stops_and_serves "twice"
}
@test "T95 a policy that is missing, no file, or in others' hands starts nothing and stops everything" {
  each "runc" no_policy
}
@test "T95 a policy with nothing in it, cut short or mistyped starts nothing and stops everything" {
  each "runc" broken_policy
  each "runc" twice_in_policy
  each "crun" faulty_policies
}

# ---- attributes ---------------------------------------------------------------------------

# How the process is set up that then becomes whittle, or the runtime at once.
attributes() {
  local setup
  edit_policy --arg path "$(helper runtime)" '.runtimes[0].path = $path'
  request_with
  while read -r setup; do
    # shellcheck disable=SC2016  # the inner shell expands it
    PRIVATE=(sh -c "$setup"' exec "$@"' sh)
    for words in "state x" "run --bundle $BUNDLE x" "create --bundle=$BUNDLE x"; do
      # shellcheck disable=SC2086  # words
      {
        inside "$CASE" whittle $words
        [ "$status" -eq 0 ] || fail "$setup $words: $(shown)"
        grep -v '^arg' "$CASE/out" >"$CASE/through"
        RUNNING=$(helper runtime) inside "$CASE" run_words $words
        grep -v '^arg' "$CASE/out" >"$CASE/direct"
        cmp -s "$CASE/direct" "$CASE/through" || fail "$setup $words: $(diff "$CASE/direct" "$CASE/through")"
      }
      fresh
    done
  done <<'EOF'
:;
umask 000;
umask 077; export SHOW_IT="a b" SHOW_EMPTY= SHOW_BYTES="$(printf '\377\n\t')";
trap '' PIPE HUP INT USR1 USR2 WINCH;
ulimit -n 64; renice -n 5 $$ >/dev/null;
cd /usr/bin;
set -- setpriv --no-new-privs "$@";
EOF
}
# What is left of the caller's in a container is what is left without whittle.
attributes_inside() {
  local way
  edit_config '.process.args = ["/bin/sh", "-c", "grep -E \"^(SigIgn|SigBlk|SigCgt|Umask)\" /proc/self/status; ulimit -a; env"]'
  # shellcheck disable=SC2016  # the inner shell expands it
  PRIVATE+=(sh -c "umask 007; trap '' PIPE USR1 HUP; export STRAY=1; exec \"\$@\"" sh)
  for way in bare whittle; do
    "$way" run --bundle "$BUNDLE" "$ID"
    [ "$status" -eq 0 ] || fail "$(shown)"
    cp "$CASE/out" "$CASE/out.$way"
  done
  cmp "$CASE/out.bare" "$CASE/out.whittle"
  [ "$(stat -c %a "$BUNDLE/config.json")" = 644 ] || fail "the caller's umask has changed config.json's mode"
}
@test "T96 umask, signals, niceness, limits and variables arrive as they came" {
  each "runc" attributes
  each "runc crun" attributes_inside
}

closed_streams() {
  local closing
  log=$CASE/log.json
  cp "$BUNDLE/config.json" "$CASE/asked"
  runs_bounded --bundle "$BUNDLE" "$ID"
  cp "$BUNDLE/config.json" "$CASE/rewritten"
  for closing in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
    choose_namespace
    PRIVATE+=(sh -c "exec \"\$@\" $closing" sh)
    rm -f "$log"
    cp "$CASE/asked" "$BUNDLE/config.json"
    whittle --log "$log" run --bundle "$BUNDLE" "$ID"
    cmp "$CASE/rewritten" "$BUNDLE/config.json" || fail "$closing: config.json is not what it is else"
    last_record | jq -e '.command == "run" and .result == "changed"' || fail "$closing: $(last_record)"
    [ ! -s "$log" ] || ! grep -q whittle "$log" || fail "$closing: $(cat "$log")"
    rm -rf "$log" "${STATE:?}/$ID"
    printf 'x' >>"$BUNDLE/config.json"
    cp "$BUNDLE/config.json" "$CASE/broken"
    for binary in "$WHITTLE" "$WHITTLE_SANITIZED"; do
      rm -f "$log"
      WHITTLE=$binary whittle --log "$log" --log-format json run --bundle "$BUNDLE" "$ID"
      [ "$status" -eq 1 ] || fail "$closing: $(shown)"
      cmp "$CASE/broken" "$BUNDLE/config.json" || fail "$closing: a refusal was written into config.json"
      jq -se 'length == 1 and (.[0].msg | contains("behind the end"))' "$log" || fail "$closing: $(cat "$log")"
      last_record | jq -e '.result == "refused"'
      [ ! -s "$CASE/out" ] || fail "$closing: $(shown)"
    done
    # No file of whittle's is ever at the number of a stream.
    choose_namespace
    PRIVATE+=(strace -f -o "$CASE/trace" -e "trace=open,openat,creat,dup,dup2,dup3,fcntl,socket,memfd_create"
      sh -c "exec \"\$@\" $closing" sh)
    whittle --log "$log" run --bundle "$BUNDLE" "$ID"
    grep -q '"config.json"' "$CASE/trace" || fail "$closing: config.json is not in the trace"
    ! sed -n '/policy\.json/,$p' "$CASE/trace" | grep -E ' = [012]$' || fail "$closing: a file takes a stream's place"
  done
  jq -e . "$RECORDS" >/dev/null
}
@test "T97 with standard streams closed nothing is written into config.json, the log or the records" {
  each "runc" closed_streams
}

# ---- what is said -------------------------------------------------------------------------

# So many records, each one line, one object and printable.
records_are() { # count, what
  [ "$(wc -l <"$RECORDS")" -eq "$1" ] || fail "$2: $(wc -l <"$RECORDS") records in place of $1: $(cat "$RECORDS")"
  ! LC_ALL=C grep -q '[^ -~]' "$RECORDS" || fail "$2: not printable: $(cat -v "$RECORDS")"
  [ "$(jq -cs 'map(select(type == "object" and .whittle != null and .forged == null)) | length' "$RECORDS")" -eq "$1" ] \
    || fail "$2: $(cat "$RECORDS")"
  [ "$(wc -L <"$RECORDS")" -lt "${3:-20000}" ] || fail "$2: a record of $(wc -L <"$RECORDS") bytes"
}
forgery=$'x\n{"forged":true,"result":"unchanged"}'
strange_names=("$forgery" $'a\rb' $'\e[2J\e]0;title\a' '"},{"forged":true,"x":"' '\","forged":true,"' $'\x7f\b\b\bROOT' $'\xff\xfe\x80'
  $'\xe2\x80\xae\xe2\x80\xa8x' '%s%n%d' '../../etc' ' ' "$(printf 'n%.0s' {1..200})")
strange_ids() {
  local id words
  BINARIES=$WHITTLE
  for id in "${strange_names[@]}" "docker.io/library/x:1" "image@sha256:$(printf '0%.0s' {1..64})" "$(printf 'i%.0s' {1..100000})"; do
    for words in run create; do
      : >"$RECORDS"
      case $id in
        n*) continue ;; # a name like any other
      esac
      refuses "" "${GLOBALS[@]}" $words --bundle "$BUNDLE" "$id"
      records_are 1 "$words $id"
    done
    : >"$RECORDS"
    refuses "" "${GLOBALS[@]}" exec "$id" true
    records_are 1 "exec $id"
  done
}
strange_words() {
  local word words
  BINARIES=$WHITTLE
  for word in "${strange_names[@]}"; do
    for words in "--$word" "--bogus=$word" "-$word"; do
      : >"$RECORDS"
      refuses "" "${GLOBALS[@]}" run "$words" --bundle "$BUNDLE" "$ID"
      records_are 1 "run $words"
      refuses "" "$words" run --bundle "$BUNDLE" "$ID"
    done
    refuses "" "${GLOBALS[@]}" "command$word"
    refuses "" "${GLOBALS[@]}" run --bundle "$CASE/absent/$word" "$ID"
    refuses "" "${GLOBALS[@]}" exec --process "$CASE/absent/$word" "$ID"
    POLICY="$CASE/absent/$word" refuses "" "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  done
}
# Folders, annotations and capabilities by such names are told of, and stay what they are.
strange_folders() {
  local name home=$BUNDLE log=$CASE/log
  tell_only
  for name in "${strange_names[@]}"; do
    case $name in
      ../* | " ") continue ;; # another folder, a word that is refused
    esac
    BUNDLE=$CASE/b/${name//\//_}
    mkdir -p "$BUNDLE"
    fresh
    : >"$RECORDS"
    whittle run --bundle "$BUNDLE" "$ID"
    [ "$status" -eq 0 ] || fail "$(shown)"
    records_are 1 "a bundle"
    printf 'x' >>"$BUNDLE/config.json"
    BINARIES=$WHITTLE is_refused "" --bundle "$BUNDLE" "$ID"
    records_are 2 "a bundle that is refused"
    rm -f "$log"
    WHITTLE=$WHITTLE whittle --log "$log" --log-format json run --bundle "$BUNDLE" "$ID"
    one_object "$log"
  done
  BUNDLE=$home
}
strange_keys() {
  local name
  tell_only
  for name in "${strange_names[@]}"; do
    case $name in
      *$'\xff'*) continue ;; # no UTF-8, refused with the text
    esac
    fresh
    edit_config --arg name "$name" '.annotations = { ("run.oci." + $name): $name, ("org.criu." + $name): "", ("bundle=" + $name): $name }
      | .process.capabilities.bounding += [$name, "CAP_" + $name]'
    : >"$RECORDS"
    whittle run --bundle "$BUNDLE" "$ID"
    [ "$status" -eq 0 ] || fail "$(shown)"
    records_are 1 "an annotation $name"
    last_record | jq -e '[.changes[] | select(.kind | contains("annot"))] | length == 3' || fail "$(last_record)"
    edit_config --arg name "$name" '.annotations[$name] = 7'
    BINARIES=$WHITTLE config_refused ""
    records_are 2 "a pointer with $name"
  done
  # Much and long is cut.
  fresh
  edit_config '.annotations = ([range(2000)] | map({ key: ("run.oci.\(.)" + "k" * 2000), value: "v" }) | from_entries)'
  : >"$RECORDS"
  whittle run --bundle "$BUNDLE" "$ID"
  records_are 1 "two thousand long annotations" 1000000
  fresh
  edit_config '.annotations = { ("k" * 100000): 7 }'
  config_refused ""
  [ "$(wc -c <"$CASE/err")" -le 1025 ] || fail "a sentence of $(wc -c <"$CASE/err") bytes"
}
one_object() { # file: one line, one object, the sentence of standard error
  [ "$(wc -l <"$1")" -eq 1 ] || fail "not one line: $(cat "$1")"
  jq -se --rawfile said "$CASE/err" 'length == 1 and .[0].level == "error" and .[0].msg + "\n" == $said and
    (.[0].time | fromdateiso8601 > 0) and (.[0] | keys == ["level", "msg", "time"])' "$1" \
    || fail "not one object with the sentence: $(cat "$1") $(shown)"
}
@test "T98 ids, words and paths cannot end a line, forge a record or reach a terminal" {
  each "runc" strange_ids
  each "runc" strange_words
  each "runc" strange_folders
}
@test "T98 annotations and capabilities cannot end a line, forge a record or fill the log" {
  each "runc" strange_keys
}

# The secret is in no output: not in part, not in a record, not in the log.
untold() { # what
  local file
  for file in "$CASE"/{out,err,log,records}; do
    [ -e "$file" ] || continue
    ! grep -aqE 'hunter|do-not|not-tell' "$file" || fail "$1: ${file##*/} tells it: $(grep -aE 'hunter|do-not|not-tell' "$file" | head -c 1000)"
  done
}
told_nothing() { # what, words...
  local format binary=$WHITTLE
  for format in json text; do
    rm -f "$CASE/log"
    WHITTLE=$binary run_words --log "$CASE/log" --log-format "$format" "${GLOBALS[@]}" "${@:2}"
    was_refused "" "$1"
    untold "$1"
    [ -s "$CASE/log" ] || fail "$1: nothing in the log"
    binary=$WHITTLE_SANITIZED
  done
}
# Lines "PLACE TEXT", with TELL for the secret.
secrets() { # function that makes the text with them, words that read it
  local place rest
  while read -r place rest; do
    "$1" "$place" "${rest//TELL/$SECRET}"
    told_nothing "$place $rest" "${@:2}"
  done
}
secrets_in_config() {
  local length
  secrets config_with run --bundle "$BUNDLE" "$ID" <<'EOF'
process "x":"TELL\x",
process "x":"TELL\u00",
process "x":"TELL\ud800",
process "x":"TELL\u0000",
process "x":"TELL" "y",
process "x":"TELL"},
process "x":TELL,
process TELL:"x",
process 'TELL':1,
process "env":["PASSWORD=TELL"],
process_end ,"env":"TELL"
process_end ,"apparmorProfile":["TELL"]
process_end ,"apparmorProfile":{"TELL":1}
process_end ,"rlimits":"TELL"
process_end ,"rlimits":[{"type":"TELL","soft":"TELL"}]
user "uid":"TELL",
user "additionalGids":["TELL"],
caps "x":"TELL",
caps_end ,"bounding2":["TELL"]
mounts {"destination":"/m","options":"TELL"},
mounts {"destination":["TELL"],"source":"TELL"},
mounts {"destination":"/m","options":["password=TELL",5]},
ns {"type":["TELL"],"path":"TELL"},
linux_end ,"seccomp":"TELL"
linux_end ,"sysctl":{"a":["TELL"]}
linux_end ,"cgroupsPath":{"x":"TELL"}
top_end ,"annotations":{"db":"TELL","db":"x"}
top_end ,"annotations":{"db":["TELL"]}
top_end ,"annotations":"TELL"
top_end ,"annotations":["TELL"]
top_end ,"annotations":{"org.whittle.capabilities":"TELL"}
top_end ,"annotations":{"org.whittle.capabilities":"CAP_KILL,TELL,CAP_CHOWN"}
top_end ,"annotations":{"a":"TELL"},"Process":{"x":"TELL"}
top_end ,"hooks":{"prestart":[{"path":"/x","env":["A=TELL",1]}]}
top_end ,"hooks":{"prestart":"TELL"}
top_end }"TELL"
top_end ,"x":"TELL",}
root_end ,"readonly":"TELL"
root "path":"TELL",
EOF
  # Cut at any place round the secret in the environment.
  fresh
  cp "$BUNDLE/config.json" "$CASE/asked"
  length=$(grep -bo "$SECRET" "$CASE/asked" | head -n 1 | cut -d: -f1)
  for cut in -10 0 3 10 18 19 20 25 60; do
    head -c $((length + cut)) "$CASE/asked" >"$BUNDLE/config.json"
    told_nothing "cut at $cut" run --bundle "$BUNDLE" "$ID"
  done
  for bytes in '\xff' '\0' '\n' '\x01' '\t'; do
    # shellcheck disable=SC2059  # the bytes are the format
    { head -c $((length + 8)) "$CASE/asked"; printf "$bytes"; tail -c +$((length + 9)) "$CASE/asked"; } >"$BUNDLE/config.json"
    told_nothing "with $bytes in it" run --bundle "$BUNDLE" "$ID"
  done
}
secrets_in_requests() {
  hold
  secrets request_with exec --process "$CASE/process.json" "$ID" <<'EOF'
top "x":"TELL\x",
top "x":TELL,
top "env":["A=TELL"],
top_end ,"env":"TELL"
top_end ,"apparmorProfile":["TELL"]
top_end ,"apparmorprofile":"TELL"
top_end ,"x":"TELL"}}
user "uid":"TELL",
caps_end ,"bounding2":["TELL"]
EOF
}
# Command lines carry secrets, too.
secrets_in_words() {
  local word
  hold
  request_with
  for word in "--env=PASSWORD=$SECRET --bogus" "--env PASSWORD=$SECRET --user x:y:z" "--en=PASSWORD=$SECRET" "--environ=PASSWORD=$SECRET" \
    "---env=PASSWORD=$SECRET" "--env=PASSWORD=$SECRET --process $CASE/absent.json" "--ENV=PASSWORD=$SECRET" \
    "--token=$SECRET" "--env=PASSWORD=$SECRET --process=$CASE/process.json --cap=x --cwd"; do
    # shellcheck disable=SC2086  # words
    told_nothing "exec $word" exec $word "$ID" true
  done
}
# What is judged and started is told of without the secret as well.
secrets_in_records() {
  config_with top_end ",\"annotations\":{\"run.oci.x\":\"$SECRET\",\"org.criu.config\":\"$SECRET\",\"bundle\":\"$SECRET\"}"
  runs_bounded --bundle "$BUNDLE" "$ID"
  untold "a run"
  hold
  request_with top "\"x\":\"$SECRET\","
  exec_bounded --process "$CASE/process.json" "$ID"
  whittle exec --env "PASSWORD=$SECRET" "$ID" /bin/report
  ran_bounded "exec --env"
  untold "an exec"
}
@test "T99 no value of config.json is told when it is refused" {
  each "runc" secrets_in_config
}
@test "T99 no value of an exec's process or command line is told, nor of what runs" {
  each "runc crun" secrets_in_requests
  each "runc crun" secrets_in_words
  each "runc crun" secrets_in_records
}

# Each way to be refused, with the words that lead there.
refusals() {
  local log=$CASE/log words
  request_with
  printf 'x' >>"$BUNDLE/config.json"
  while read -r words; do
    words=${words//BUNDLE/$BUNDLE} words=${words//ID/$ID} words=${words//CASE/$CASE}
    for binary in "$WHITTLE" "$WHITTLE_SANITIZED"; do
      rm -f "$log"
      # shellcheck disable=SC2086  # words
      WHITTLE=$binary run_words --log "$log" --log-format json "${GLOBALS[@]}" $words
      was_refused "" "$words"
      one_object "$log"
    done
    [ "$(stat -c '%a %u' "$log")" = "644 0" ]
    # In the other form, behind what is there.
    printf 'before\n' >"$log"
    # shellcheck disable=SC2086  # words
    run_words --log="$log" --log-format=text "${GLOBALS[@]}" $words
    was_refused "" "$words"
    [ "$(head -n 1 "$log")" = before ] && [ "$(wc -l <"$log")" -eq 2 ] || fail "$(cat "$log")"
    tail -n 1 "$log" | grep -qE '^time="[^"]+" level=error msg="whittle: .*"$' || fail "$(cat "$log")"
    # Neither --log nor a form: on standard error alone.
    # shellcheck disable=SC2086  # words
    run_words "${GLOBALS[@]}" $words
    was_refused "" "$words"
  done <<'EOF'
run --bundle BUNDLE ID
create --bundle BUNDLE --pid-file CASE/pid ID
run --bundle CASE/absent ID
exec ID true
exec --process CASE/process.json ID
restore --bundle BUNDLE ID
run --bogus ID
run
bogus
EOF
  rm "$POLICY"
  rm -f "$log"
  run_words --log "$log" --log-format json "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  was_refused "policy" "a run without a policy"
  one_object "$log"
  [ ! -e "$CASE/pid" ]
}
# A log that is not a plain file: the refusal is on standard error, and what is there stays.
odd_logs() {
  local victim=$CASE/victim log=$CASE/log before kind
  printf 'x' >>"$BUNDLE/config.json"
  printf 'of root alone\n' >"$victim"
  chmod 600 "$victim"
  before=$(stat -c '%i %a %u %s %Y %Z %h' "$victim")
  while read -r kind; do
    rm -rf "$log"
    eval "$kind"
    BINARIES="$WHITTLE $WHITTLE_SANITIZED" refuses "behind the end" --log "$log" --log-format json "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
    soon 10000
    [ "$(cat "$victim")" = "of root alone" ] && [ ! -e "$CASE/nowhere" ] || fail "$kind: written through"
    [ -L "$log" ] || [ "$kind" = : ] || [ ! -f "$log" ] || [ "$(cat "$log")" = "of root alone" ]
  done <<'EOF'
ln -s "$victim" "$log"
ln -s "$CASE/nowhere" "$log"
ln -s /dev/stderr "$log"
mkfifo "$log"
mkdir "$log"
mknod "$log" c 1 7
mknod "$log" c 1 3
python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$log"
EOF
  [ "$before" = "$(stat -c '%i %a %u %s %Y %Z %h' "$victim")" ]
  rm -rf "$log"
  ln "$victim" "$log"
  refuses "behind the end" --log "$log" "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  [ "$(cat "$victim")" = "of root alone" ] || fail "written under another name"
  for log in /dev/full /dev/null /nowhere/log / "" .; do
    refuses "" --log "$log" --log-format json "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  done
  BINARIES=$WHITTLE refuses "behind the end" --log=/proc/self/fd/2 "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
}
# crun's prefix names the same file.
crun_logs() {
  printf 'x' >>"$BUNDLE/config.json"
  run_words --log "file:$CASE/log" --log-format json "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  was_refused "behind the end" "a run"
  one_object "$CASE/log"
  inside "$CASE" refuses "behind the end" --log syslog:x "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  [ ! -e "$CASE/syslog:x" ]
}
# Nothing of whittle's is in the log or on a stream when the container starts.
silent() {
  whittle --log "$CASE/log" --log-format json run --bundle "$BUNDLE" "$ID"
  ran_bounded "a run with --log"
  [ ! -s "$CASE/err" ] && [ ! -s "$CASE/log" ] || fail "$(shown) $(cat "$CASE/log")"
}
@test "T100 each refusal is one object in the runtime's log and the same sentence on standard error" {
  each "runc crun" refusals
  each "crun" crun_logs
  each "runc crun" silent
}
@test "T100 a log that is a link, a FIFO, a device or another file's name is not written to" {
  each "runc" odd_logs
}

no_runtime() {
  local words BINARIES=$WHITTLE
  edit_policy --arg path "$CASE/gone" '.runtimes = [{ path: $path, kind: "runc" }]'
  for words in "run --bundle $BUNDLE $ID" "create --bundle $BUNDLE $ID" "state $ID" "exec $ID true" --version; do
    # shellcheck disable=SC2086  # words
    refuses "" "${GLOBALS[@]}" $words
  done
  edit_policy '.runtimes = []'
  refuses "runtimes" "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
}
@test "T101 without a runtime behind whittle nothing starts" {
  each "runc" no_runtime
}

# ---- restore ------------------------------------------------------------------------------

restores() {
  local words
  tell_only
  mkdir "$CASE/image"
  for words in "restore --bundle $BUNDLE $ID" "restore --bundle=$BUNDLE --image-path $CASE/image $ID" \
    "restore -b $BUNDLE --detach --image-path=$CASE/image --work-path $CASE $ID"; do
    [ "$RUNTIME" != runsc ] || words=${words// -b / --bundle } words=${words//--work-path $CASE /}
    # shellcheck disable=SC2086  # words
    refuses "restore is denied by policy" "${GLOBALS[@]}" $words
  done
  inside "$BUNDLE" refuses "restore is denied by policy" "${GLOBALS[@]}" restore --image-path "$CASE/image" "$ID"
  # A rule by what an author chooses does not allow it.
  edit_policy --arg id "$ID" '.rules = [{ name: "own", match: { id: $id }, restore: "allow" },
    { name: "note", match: { annotations: { "restore": "*" } }, restore: "allow" }]'
  config_with top_end ',"annotations":{"restore":"allow"}'
  refuses "" "${GLOBALS[@]}" restore --bundle "$BUNDLE" "$ID"
  strict_policy
  tell_only
  for value in '"Allow"' true '"yes"' 1 null; do
    edit_policy --argjson value "$value" '.restore = $value'
    refuses "restore" "${GLOBALS[@]}" restore --bundle "$BUNDLE" "$ID"
  done
}
# Allowed, its config.json is judged as any other.
restore_allowed() {
  tell_only
  edit_policy '.restore = "allow"'
  whittle restore --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 0 ] || fail "$(shown)"
  jq -e '[.process.capabilities[][]] - ["CAP_KILL"] == [] and .root.readonly and .process.noNewPrivileges' "$BUNDLE/config.json"
  grep -qxF -- "arg --bundle=$BUNDLE" "$CASE/out" || fail "$(shown)"
  last_record | jq -e '.command == "restore" and .result == "changed"'
  fresh
  chmod 666 "$BUNDLE/config.json"
  refuses "can be written by others" "${GLOBALS[@]}" restore --bundle "$BUNDLE" "$ID"
  chmod 644 "$BUNDLE/config.json"
  refuses "" "${GLOBALS[@]}" restore --bundle "$BUNDLE" --bundle "$CASE" "$ID"
  refuses "" "${GLOBALS[@]}" restore --bogus --bundle "$BUNDLE" "$ID"
  printf 'x' >>"$BUNDLE/config.json"
  refuses "behind the end" "${GLOBALS[@]}" restore --bundle "$BUNDLE" "$ID"
}
@test "T106 restore is refused unless the policy says otherwise, and then judged like a create" {
  each "runc crun runsc" restores
  each "runc crun" restore_allowed
}
