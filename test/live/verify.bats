#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# "verify": the hook that looks at the container once it runs. What nobody cheats about runs as it
# would without; a runtime that gives more than was decided loses the container, and the caller is
# told what it was.

load lib

setup_file() {
  need_live
  [ -x "${WHITTLE_HOOKS:-}/whittle-verify" ] || fail "WHITTLE_HOOKS must be the folder with whittle-verify"
  export OWN=$BATS_FILE_TMPDIR/own # whittle finds the hook beside itself
  install_own "$OWN"
}
setup() { WHITTLE=$OWN/whittle VERIFY=$OWN/whittle-verify; }
teardown() { end_cases; }

install_own() { # folder
  mkdir "$1"
  cp "$WHITTLE" "$1/whittle"
  cp "$WHITTLE_HOOKS/whittle-verify" "$1/whittle-verify"
  chmod 755 "$1" "$1"/*
}

verified() { edit_policy '.verify = true'; }

# ---- nobody cheats ------------------------------------------------------------------------

has_hooks() { # what, number at each point
  local point
  for point in createRuntime poststart; do
    same "$1: whittle's hooks at $point" "$2" "$(jq --arg path "$VERIFY" \
      "[.hooks.${point}[]? | select(.path == \$path)] | length" "$BUNDLE/config.json")"
  done
}

# What a program says of itself, but for what is another's each time.
view() { grep -vE '^(fd|Pid|NSpid|Tgid|NStgid|voluntary|nonvoluntary)' "$1"; }

same_verified() {
  local plain
  make_bundle
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  plain=$stdout
  verified
  make_bundle
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "what facts says" "$(view "$plain")" "$(view "$stdout")"
  same "standard error" "" "$(cat "$stderr")"
  has_hooks "run" 1
  run_script 'echo out; echo err >&2; exit 37'
  outcome whittle run --bundle "$BUNDLE" "$ID"
  same "exit status" 37 "$status"
  same "standard output" out "$(cat "$stdout")"
  same "standard error" err "$(cat "$stderr")"
  has_hooks "the second run" 1
}
@test "a container is the same, verified or not" {
  each_runtime same_verified
}

short_lived() {
  local i
  verified
  run_program /bin/true
  for i in {1..30}; do # under crun each is a race between its end and the hook's
    succeeds whittle run --bundle "$BUNDLE" "$ID"
    same "output" "" "$(cat "$stdout" "$stderr")"
  done
  has_hooks "the last run" 1
}
@test "a program that ends at once has not been caught" {
  each_runtime short_lived
}

held_ways() {
  local way
  verified
  for way in create run run_detached; do
    make_bundle
    hold whittle "$way"
    has_hooks "$way" 1
    container_holds "$way" "$(root_with "$allowed")"
    let_go
  done
}
@test "create and start, run, run detached: it goes on" {
  each_runtime held_ways
}

# Namespaces of other kinds than usual: of users, of cgroups, joined ones.
namespaced() { # what, filter for config.json
  make_bundle
  hold_filtered "$2"
  same "$1: it goes on" "State:	S (sleeping)" "$(grep ^State: "/proc/$PID/status")"
  has_hooks "$1" 1
  let_go
}
hold_filtered() {
  run_program /bin/facts hold
  edit_config "$1"
  hold_as_it_is whittle run_detached
}
namespaced_ways() {
  edit_policy '.default.profile = "privileged"'
  verified
  namespaced "users" '.linux += { uidMappings: [{ containerID: 0, hostID: 0, size: 100000 }],
      gidMappings: [{ containerID: 0, hostID: 0, size: 100000 }] } | .linux.namespaces += [{ type: "user" }]'
  namespaced "cgroups" '.linux.namespaces += [{ type: "cgroup" }]'
  namespaced "joined" '.linux.namespaces |= map(if .type == "network" then .path = "/proc/'$$'/ns/net" else . end)'
  namespaced "none" '.linux.namespaces |= map(select(.type == "mount" or .type == "pid")) | del(.hostname) |
    .mounts |= map(select(.type != "mqueue"))'
}
@test "a container with other namespaces goes on" {
  each_runtime namespaced_ways
}

# ---- the hook in config.json --------------------------------------------------------------

brought_along() {
  edit_policy '.default.profile = "privileged"' # which lets others' hooks be
  verified
  run_program /bin/true
  edit_config --arg path "$VERIFY" '.hooks = {
    createRuntime: [{ path: $path, args: ["whittle-verify", "create", "--capabilities=ffffffffffffffff", "--namespaces="] },
      { path: "/bin/true", args: ["first"] }],
    poststart: [{ path: "/bin/true", args: ["second"] }, { path: $path }, { path: $path, args: ["x"] }],
    poststop: [{ path: $path }] }'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  has_hooks "brought along" 1
  same "others at createRuntime" '["first","whittle-verify"]' "$(jq -c '[.hooks.createRuntime[].args[0]]' "$BUNDLE/config.json")"
  same "others at poststart" '["second","whittle-verify"]' "$(jq -c '[.hooks.poststart[].args[0]]' "$BUNDLE/config.json")"
  same "at poststop" 0 "$(jq '.hooks.poststop | length' "$BUNDLE/config.json")"
  ! grep -q ffffffffffffffff "$BUNDLE/config.json" || fail "the brought decision is still there ($RUNTIME)"
}
@test "a hook of the same program that config.json brings is replaced" {
  each_runtime brought_along
}

switched_off() {
  verified
  run_program /bin/true
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  has_hooks "on" 1
  edit_policy 'del(.verify)'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  has_hooks "off again" 0
}
@test "a policy that no longer verifies leaves no hook" {
  each_runtime switched_off
}

only_watched() {
  verified
  edit_policy '.mode = "audit"'
  cp "$BUNDLE/config.json" "$CASE/before.json"
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same_bytes "config.json in audit mode" "$CASE/before.json" "$BUNDLE/config.json"
}
@test "audit mode adds no hook" {
  each_runtime only_watched
}

@test "runsc gets no hook, for there is nothing to see" {
  new_case runsc
  set +T
  verified
  run_program /bin/true
  from_pipe() { "$@" < <(:); }
  succeeds from_pipe whittle run --bundle "$BUNDLE" "$ID"
  has_hooks "runsc" 0
}

not_installed() {
  verified
  mkdir "$CASE/bin"
  cp "$OWN/whittle" "$CASE/bin/whittle"
  WHITTLE=$CASE/bin/whittle
  is_refused run --bundle "$BUNDLE" "$ID"
  says "the policy needs the hook whittle-verify, which is not installed: it belongs into /usr/local/libexec/whittle"
  cp "$OWN/whittle-verify" "$CASE/bin/whittle-verify"
  chmod o+w "$CASE/bin/whittle-verify"
  is_refused run --bundle "$BUNDLE" "$ID"
  says "$CASE/bin/whittle-verify could have been written by others than root, so it cannot be used as a hook"
  chmod 755 "$CASE/bin/whittle-verify"
  chmod o+w "$CASE/bin"
  is_refused run --bundle "$BUNDLE" "$ID"
  says "could have been written by others"
  chmod 755 "$CASE/bin"
  mkdir -p "$CASE/libexec/whittle" # of the prefix
  mv "$CASE/bin/whittle-verify" "$CASE/libexec/whittle/"
  run_program /bin/true
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "the program" "$CASE/libexec/whittle/whittle-verify" "$(jq -r '.hooks.poststart[0].path' "$BUNDLE/config.json")"
  rm -r "$CASE/libexec"
  make_bundle
  ln -s "$OWN/whittle-verify" "$CASE/bin/whittle-verify"
  run_program /bin/true
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  rm "$CASE/bin/whittle-verify"
  mkdir "$CASE/bin/whittle-verify"
  is_refused run --bundle "$BUNDLE" "$ID"
}
@test "a hook that is not there, or that others could write, is refused with a sentence" {
  [ ! -e /usr/local/libexec/whittle/whittle-verify ] && [ ! -e /usr/libexec/whittle/whittle-verify ] &&
    [ ! -e /usr/lib/whittle/whittle-verify ] || fail "whittle is installed on this machine"
  each_runtime not_installed
}

# ---- somebody cheats ----------------------------------------------------------------------

# A runtime that changes config.json, after whittle has written it, with a jq filter.
cheating_runtime() { # filter
  cat >"$CASE/cheat" <<CHEAT
#!/bin/bash
case " \$* " in
  *" create "* | *" run "*)
    edited=\$(jq '$1' "$BUNDLE/config.json") && printf '%s\n' "\$edited" >"$BUNDLE/config.json" || exit 99
    ;;
esac
exec $RUNTIME_PATH "\$@"
CHEAT
  chmod 755 "$CASE/cheat"
  edit_policy --arg path "$CASE/cheat" '.runtimes[0].path = $path'
}

# Its root is read-only, and it has a folder to leave a marker in.
marking_bundle() { # script, [filter for config.json]
  make_bundle
  mkdir -p "$CASE/marks"
  rm -f "$CASE/marks/marker"
  run_script "$1"
  edit_config --arg marks "$CASE/marks" '.root.readonly = true |
    .mounts += [{ destination: "/tmp", type: "bind", source: $marks, options: ["bind", "rw"] }]'
  edit_config "${2:-.}"
}

# Would write the marker after a second; must be dead, or never there, by then.
late='trap "" HUP INT TERM; sleep 1; echo late >/tmp/marker; sleep 20'

was_ended() { # sentence, file with what the caller was told
  grep -q "whittle-verify: the container was ended, for it has more than was decided: $1" "$2" \
    || fail "nobody says \"$1\" ($RUNTIME):" "$(cat "$2")"
}
nothing_late() {
  sleep 1.5
  [ ! -e "$CASE/marks/marker" ] || fail "the container went on ($RUNTIME)"
}

cheated() { # filter, sentence, [filter for config.json]
  verified
  cheating_runtime "$1"
  marking_bundle "$late" "${3:-.}"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  [ "$status" -ne 0 ] || fail "status 0 of run ($RUNTIME)" "$(cat "$stderr")"
  was_ended "$2" "$stderr"
  bare delete --force "$ID" >/dev/null 2>&1 || true

  marking_bundle "$late" "${3:-.}"
  outcome create_and_start
  was_ended "$2" "$stderr"
  # crun has no other status for a start whose poststart hook failed, but it says the sentence.
  [ "$RUNTIME" = crun ] || [ "$status" -ne 0 ] || fail "status 0 of create and start ($RUNTIME)"
  nothing_late
  [ ! -s "$CASE/pid" ] || eventually has_ended "$(cat "$CASE/pid")"
  bare delete --force "$ID" >/dev/null 2>&1 || true
}
create_and_start() {
  whittle create --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID" </dev/null && whittle start "$ID" </dev/null
}

add_capability='.process.capabilities |= map_values(. + ["CAP_SYS_CHROOT"])'
@test "a runtime that adds a capability" {
  each_runtime cheated "$add_capability" 'it holds capabilities that it should not, CAP_SYS_CHROOT among them'
}
@test "a runtime that adds a capability to the bounding set alone" {
  each_runtime cheated '.process.capabilities.bounding += ["CAP_SYS_CHROOT"]' \
    'it holds capabilities that it should not, CAP_SYS_CHROOT among them'
}
@test "a runtime that takes noNewPrivileges away" {
  each_runtime cheated '.process.noNewPrivileges = false' 'it may gain new privileges' \
    '.process.noNewPrivileges = true'
}
@test "a runtime that takes the filter of system calls away" {
  each_runtime cheated 'del(.linux.seccomp)' 'no filter of system calls is in force' \
    '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["swapoff"], action: "SCMP_ACT_ERRNO" }] }'
}
@test "a runtime that makes the root writable" {
  each_runtime cheated '.root.readonly = false' 'its root file system can be written'
}
@test "a runtime that leaves a container in the host's network" {
  each_runtime cheated '.linux.namespaces |= map(select(.type != "network"))' "it is in the host's net namespace"
}
@test "a runtime that leaves a container among the host's processes" {
  each_runtime cheated '.linux.namespaces |= map(select(.type != "pid"))' "it is in the host's pid namespace"
}

# ---- what programs do to themselves -------------------------------------------------------

# A container with user namespaces of its own: every capability, over nothing of the host's.
own_users() {
  local i
  edit_policy '.default.profile = "privileged"' # the usual filter denies it
  verified
  run_program /bin/busybox unshare -U /bin/sh -c 'echo in; sleep 0.2; echo out'
  for i in 1 2 3; do
    succeeds whittle run --bundle "$BUNDLE" "$ID"
    same "output" $'in\nout' "$(cat "$stdout")"
  done
}
@test "a program that makes a user namespace of its own was given no more" {
  each_runtime own_users
}

# Whoever may mount may make its root writable, at any time.
own_mounts() {
  edit_policy '.default.capabilities += ["CAP_SYS_ADMIN"] | .default.profile = "privileged"'
  verified
  make_bundle
  run_program /bin/busybox sh -c 'busybox mount -o remount,rw / && echo in; sleep 0.2; echo out'
  edit_config '.root.readonly = true | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "output" $'in\nout' "$(cat "$stdout")"
}
@test "a program that may mount, and does" {
  each_runtime own_mounts
}

# A name changes nothing: without more than was decided it goes on, with more it is ended.
named_runtime() {
  local rootfs=$CASE/named name
  make_rootfs "$rootfs"
  for name in crun runc '[2:INIT]' 'runc:[2:INIT]'; do
    cp "$rootfs/bin/busybox" "$rootfs/bin/$name"
  done
  verified
  for name in crun runc '[2:INIT]' 'runc:[2:INIT]'; do
    make_bundle
    edit_config --arg path "$rootfs" '.root.path = $path'
    run_program "/bin/$name" true
    edit_config --arg path "/bin/$name" '.process.args = [$path, "x"] | .process.args[0] = $path'
    outcome whittle run --bundle "$BUNDLE" "$ID"
    same "busybox by another name" 127 "$status" # "applet not found", and no more
  done
}
@test "a program by the name of a runtime goes on when it has no more than was decided" {
  each_runtime named_runtime
}

named_cheater() { # path of the program in the container
  verified
  cheating_runtime '.process.noNewPrivileges = false'
  make_rootfs "$CASE/named"
  cp "$(command -v busybox)" "$CASE/named/bin/$1"
  marking_bundle "$late"
  edit_config --arg path "$CASE/named" --arg program "/bin/$1" --arg script "$late; : " \
    '.process.noNewPrivileges = true | .root.path = $path | .process.args = [$program, "sh", "-c", $script]'
  rm "$CASE/named/bin/sh"
  ln -s "$1" "$CASE/named/bin/sh"
  edit_config '.process.args = ["/bin/sh", "-c", .process.args[3]]'
  sed -i 's/sleep 1;/sleep 3;/' "$BUNDLE/config.json"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  was_ended "it may gain new privileges" "$stderr"
  [ ! -e "$CASE/marks/marker" ] || fail "it got more than the patience ($RUNTIME)"
  bare delete --force "$ID" >/dev/null 2>&1 || true
}
@test "a program by the name of a runtime gets the patience and no more" {
  each_runtime named_cheater crun
  each_runtime named_cheater runc
  each_runtime named_cheater 'runc:[2:INIT]'
}

# ---- by hand ------------------------------------------------------------------------------

hand() { # state, words...
  local code=0
  printf '%s' "$1" >"$CASE/state.json"
  "$VERIFY" "${@:2}" <"$CASE/state.json" >"$CASE/out" 2>"$CASE/err" || code=$?
  printf '%s\n' "$code" >"$CASE/code"
}
fails_saying() { # sentence, state, words...
  hand "${@:2}"
  same "status of: ${*:3}" 1 "$(cat "$CASE/code")"
  same "output of: ${*:3}" "" "$(cat "$CASE/out")"
  same "lines on standard error of: ${*:3}" 1 "$(wc -l <"$CASE/err")"
  case $(cat "$CASE/err") in
    "whittle-verify: "*"$1"*) ;;
    *) fail "\"$1\" is not said by: ${*:3}" "$(cat "$CASE/err")" ;;
  esac
}

nothing='--capabilities=0000000000000000'
everything='--capabilities=000001ffffffffff'

@test "by hand with rubbish: a sentence, and nobody is ended" {
  local state words gone
  new_case runc
  set +T
  background innocent become sleep 600
  state="{\"ociVersion\":\"1.0.2\",\"id\":\"x\",\"status\":\"running\",\"pid\":$LAST,\"bundle\":\"/\"}"
  fails_saying 'it is a hook that whittle puts into config.json itself' "$state"
  for words in stop "" createX --capabilities=0000000000000000 -h --help; do
    fails_saying 'it is a hook that whittle puts into config.json itself' "$state" "$words"
  done
  for words in x -- --no-new-privilege --seccomp=1 --capabilities= --capabilities=0 --capabilities=000001FFFFFFFFFF \
    --capabilities=-000000000000001 --capabilities=00000000000000000 --namespaces=bogus --namespaces=net,,pid \
    --namespaces=../../1 "--namespaces=," --namespaces $'\n'; do
    fails_saying "its argument 2 is not one of whittle's" "$state" start "$words"
    fails_saying "its argument 4 is not one of whittle's" "$state" create $nothing --namespaces= "$words"
  done
  for words in create start; do
    fails_saying 'are missing' "$state" $words
    fails_saying 'are missing' "$state" $words $nothing
    fails_saying 'are missing' "$state" $words --namespaces=net --seccomp
  done
  for words in create start; do
    fails_saying "the container's state" "" $words $nothing --namespaces=net
    fails_saying "the container's state" "no JSON" $words $nothing --namespaces=net
    fails_saying "the container's state" "{\"pid\":$LAST" $words $nothing --namespaces=net
    fails_saying "the container's state" "{\"pid\":1,\"pid\":$LAST}" $words $nothing --namespaces=net
    for state in '{}' '[]' 7 null '{"pid":null}' "{\"pid\":\"$LAST\"}" '{"pid":0}' '{"pid":1}' '{"pid":-1}' \
      '{"pid":2147483648}' '{"pid":18446744073709551615}' '{"pid":1e3}' "{\"pid\":$LAST.5}" "{\"pid\":[$LAST]}"; do
      fails_saying "the container's state names no process" "$state" $words $nothing --namespaces=net
    done
  done
  # Huge: more than any state, all of it blanks, and all of it depth.
  { head -c 2000000 /dev/zero | tr '\0' ' '; printf '{"pid":%s}' "$LAST"; } >"$CASE/huge"
  for words in create start; do
    ! "$VERIFY" $words $nothing --namespaces=net <"$CASE/huge" 2>"$CASE/err" || fail "a huge state was accepted"
    grep -q "whittle-verify: the container's state" "$CASE/err"
  done
  fails_saying "the container's state" "$(printf '[%.0s' {1..100000})" start $nothing --namespaces=net
  ! "$VERIFY" start $nothing --namespaces=net <&- 2>"$CASE/err" || fail "a closed standard input was accepted"
  ! "$VERIFY" start $nothing --namespaces=net </ 2>"$CASE/err" || fail "a folder was accepted"
  kill -0 "$LAST" || fail "the innocent process was ended"
}

@test "by hand: a process that is gone was not caught, one that keeps to it goes on" {
  local gone
  new_case runc
  set +T
  background innocent become sleep 600
  hand "{\"pid\":$LAST}" create $nothing --namespaces=
  same "status" 0 "$(cat "$CASE/code")"
  hand "{\"pid\":$LAST}" start --capabilities=ffffffffffffffff --namespaces=
  same "status" 0 "$(cat "$CASE/code")"
  sleep 0 &
  gone=$!
  wait "$gone"
  hand "{\"pid\":$gone}" start $nothing --namespaces=net
  same "status of one that is gone" 0 "$(cat "$CASE/code")"
  same "what is said" "" "$(cat "$CASE/out" "$CASE/err")"
  kill -0 "$LAST" || fail "the innocent process was ended"
  # The same one under a decision that it does not keep to: that is what the hook is for.
  fails_saying "it is in the host's net namespace" "{\"pid\":$LAST}" create $nothing --namespaces=net
  eventually has_ended "$LAST"
}

is_sleeping() { [ "$(cat "/proc/$1/comm")" = sleep ]; }
sleeper() { # command...
  background sleeper become "$@" sleep 600
  eventually is_sleeping "$LAST"
}
goes_on() { # words...
  hand "{\"pid\":$LAST}" start "$@"
  same "status of: $*" 0 "$(cat "$CASE/code")"
  same "what is said of: $*" "" "$(cat "$CASE/err")"
  kill -0 "$LAST" || fail "it was ended by: $*"
}
@test "by hand: what a program does to itself, and what the runtime should have done" {
  new_case runc
  set +T
  # In a user namespace of its own it has all of them; in the one that it was given, none of them.
  sleeper unshare -U
  goes_on $nothing --namespaces=
  goes_on $nothing --namespaces=user --readonly-rootfs
  fails_saying "it holds capabilities that it should not" "{\"pid\":$LAST}" start $nothing --namespaces=user --user-namespace
  eventually has_ended "$LAST"
  sleeper unshare -Ur unshare -U
  goes_on $nothing --namespaces=user --user-namespace
  # That does not excuse what it keeps in there.
  fails_saying "it may gain new privileges" "{\"pid\":$LAST}" start $nothing --namespaces= --no-new-privileges
  eventually has_ended "$LAST"
  sleeper unshare -U
  fails_saying "no filter of system calls is in force" "{\"pid\":$LAST}" start $nothing --namespaces= --seccomp
  eventually has_ended "$LAST"
  # Who may mount may have made its root writable; who may not has not.
  sleeper env
  goes_on $everything --namespaces= --readonly-rootfs
  sleeper setpriv --bounding-set=-all --inh-caps=-all
  fails_saying "its root file system can be written" "{\"pid\":$LAST}" start --capabilities=0000010000000000 --namespaces= --readonly-rootfs
  eventually has_ended "$LAST"
  sleeper setpriv --no-new-privs --bounding-set=-all --inh-caps=-all
  goes_on $nothing --namespaces= --no-new-privileges
}

# On a host that is itself a container every process has a filter already.
@test "by hand: a filter that the runtime has itself is none of the container's" {
  new_case runc
  set +T
  cat >"$CASE/filtered" <<'PYTHON'
#!/usr/bin/env python3
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))  # allow everything
program = struct.pack("HxxxxxxP", 1, ctypes.addressof(code))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0
os.execvp(sys.argv[1], sys.argv[1:])
PYTHON
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$CASE/filtered" "$OWN/whittle-verify" >"$CASE/verify"
  chmod 755 "$CASE/filtered" "$CASE/verify"
  sleeper "$CASE/filtered"
  goes_on $everything --namespaces= --seccomp
  VERIFY=$CASE/verify
  fails_saying "no filter of system calls is in force" "{\"pid\":$LAST}" start $everything --namespaces= --seccomp
  eventually has_ended "$LAST"
  sleeper "$CASE/filtered" "$CASE/filtered"
  goes_on $everything --namespaces= --seccomp
}
