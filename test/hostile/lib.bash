# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2119,SC2120,SC2164
#
# What the hostile tests share. A case is one bundle, one state folder and one policy in a folder of
# its own. The container asks for more than the policy allows, in all five sets, and reports on
# itself by /proc/self/status, so whatever a trick lets through shows.
#
# Two ends are right: it runs within the policy (runs_bounded), or it is refused (is_refused). What
# a refusal leaves behind is looked at each time: no container, config.json byte for byte as it was,
# no other file, one line of printable ASCII, status 1, no secret.

umask 022 # some of what the tests make is for other users to look at

# ---- what must be there -------------------------------------------------------------------

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "${RUNTIME:+$RUNTIME: }$*"
  return 1
}

need_hostile() {
  local program
  [ "$(id -u)" -eq 0 ] || fail "these tests start containers and need root"
  [ -x "${WHITTLE:-}" ] || fail "WHITTLE must be the path of the whittle to test"
  [ -x "${WHITTLE_SANITIZED:-}" ] || fail "WHITTLE_SANITIZED must be one built with sanitizers"
  [ -x "$(helper bounded)" ] || fail "$(helper bounded) is not built"
  for program in busybox jq python3 runc crun runsc unshare setpriv; do
    command -v "$program" >/dev/null || fail "$program is not installed"
  done
  make_rootfs "$BATS_FILE_TMPDIR/rootfs"
  # The whole way to a bundle must be root's alone to write, and open to others to look at.
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* "$BATS_FILE_TMPDIR"
}

helper() { printf '%s\n' "${WHITTLE_BUILD:?is the build folder with the tests}/test/hostile/$1"; }

export LC_ALL=C

# A report of the sanitizers must not be taken for a refusal, which ends with 1.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}exitcode=99"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}halt_on_error=1:exitcode=99"

NOBODY=65534 # another user, with nothing
SECRET=hunter2-do-not-tell

# Only what the host itself has can be asked for: the runtime's EPERM would look like a refusal.
# Capabilities that the policy does not allow, one that it does, by number as in capabilities(7).
allowed_number=5 # CAP_KILL
asked=(0:CAP_CHOWN 1:CAP_DAC_OVERRIDE 5:CAP_KILL 6:CAP_SETGID 7:CAP_SETUID 13:CAP_NET_RAW 18:CAP_SYS_CHROOT
  21:CAP_SYS_ADMIN)
host_has() { # number
  local bounding
  bounding=$((16#$(sed -n 's/^CapBnd:\t//p' /proc/self/status)))
  [ $((bounding >> $1 & 1)) -eq 1 ]
}
names="" # as JSON strings
for entry in "${asked[@]}"; do
  ! host_has "${entry%%:*}" || names+=",\"${entry#*:}\""
done
names=${names#,}

make_rootfs() { # folder
  local name
  mkdir -p "$1"/{bin,dev,etc,proc,sys,tmp,var}
  cp "$(command -v busybox)" "$1/bin/busybox"
  for name in sh cat ls echo grep sleep true mkdir id mount unshare readlink touch; do
    ln -s busybox "$1/bin/$name"
  done
  # shellcheck disable=SC2016  # the container's shell expands it
  printf '#!/bin/sh\n%s\n' 'echo "CONTAINER ${1:-}"
    grep -E "^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Uid):" /proc/self/status
    echo x 2>/dev/null >/written && echo ROOT-WRITABLE
    true' >"$1/bin/report"
  chmod 755 "$1/bin/report"
  chmod -R go-w "$1"
}

# ---- a case -------------------------------------------------------------------------------

# Leaves in $text a config with places: "@process@" stands where members of "process" can be put in
# front, "@process_end@" where they can be put behind, and so on.
places=(top process user caps caps_end process_end root root_end mounts mounts_end linux ns linux_end top_end)
base_config() {
  printf -v text '%s' '{@top@"ociVersion":"1.0.2","process":{@process@"user":{@user@"uid":0,"gid":0},' \
    '"args":["/bin/report","'"$1"'"],"env":["PATH=/bin","PASSWORD='$SECRET'"],"cwd":"/",' \
    '"capabilities":{@caps@"bounding":['"$names"'],"effective":['"$names"'],"permitted":['"$names"'],' \
    '"inheritable":['"$names"'],"ambient":['"$names"']@caps_end@}@process_end@},' \
    '"root":{@root@"path":"'"$BATS_FILE_TMPDIR"'/rootfs"@root_end@},"hostname":"hostile",' \
    '"mounts":[@mounts@{"destination":"/proc","type":"proc","source":"proc"},' \
    '{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755"]}@mounts_end@],' \
    '"linux":{@linux@"namespaces":[@ns@{"type":"pid"},{"type":"ipc"},{"type":"uts"},{"type":"mount"},' \
    '{"type":"network"}]@linux_end@}@top_end@}'
}

new_case() { # runtime
  RUNTIME=$1
  RUNTIME_PATH=$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin command -v "$RUNTIME") \
    || fail "$RUNTIME is not installed"
  CASE=$(mktemp -d "$BATS_TEST_TMPDIR/case.XXXX")
  chmod 755 "$BATS_TEST_TMPDIR" "$CASE"
  BUNDLE=$CASE/bundle STATE=$CASE/state POLICY=$CASE/policy.json RECORDS=$CASE/records
  MARKER=$CASE/marker
  ID=h${CASE##*.}
  GLOBALS=(--root "$STATE")
  [ "$RUNTIME" != runsc ] || GLOBALS+=(-network=none -platform=ptrace -ignore-cgroups)
  # The parts that differ by the kind of runtime say so and set this to "".
  BINARIES=$WHITTLE
  [ "$RUNTIME" != runc ] || BINARIES=""
  mkdir "$BUNDLE" "$STATE"
  printf '%s\n' "$RUNTIME" >"$CASE/runtime"
  choose_namespace
  strict_policy
  fresh
}

# Nothing of what is tried out here may reach the host's mounts. crun does not start where version 2
# of cgroups is mounted inside the tree of version 1.
choose_namespace() {
  PRIVATE=(unshare -m --propagation private)
  if [ "$RUNTIME" = crun ] && mountpoint -q /sys/fs/cgroup/unified; then
    # shellcheck disable=SC2016  # the inner shell expands it
    PRIVATE+=(sh -c 'umount /sys/fs/cgroup/unified; exec "$@"' sh)
  fi
}

strict_policy() {
  cat >"$POLICY" <<JSON
{ "runtimes": [{ "path": "$RUNTIME_PATH", "kind": "$RUNTIME" }],
  "log": { "file": "$RECORDS" },
  "default": { "capabilities": ["CAP_KILL"], "tmpfs": ["/tmp"] } }
JSON
}
edit_policy() { # jq arguments
  local text
  text=$(jq "$@" <"$POLICY") && printf '%s\n' "$text" >"$POLICY"
}

without_places() { # the variable text
  local place
  for place in "${places[@]}"; do
    text=${text/"@$place@"/}
  done
}
fresh() { # name that the container calls itself
  base_config "${1:-}"
  without_places
  printf '%s' "$text" >"$BUNDLE/config.json"
}
# The usual config with one text at one place.
config_with() { # place, text
  base_config ""
  text=${text/"@$1@"/"$2"}
  without_places
  printf '%s' "$text" >"$BUNDLE/config.json"
}
edit_config() { # jq arguments
  local edited
  edited=$(jq "$@" <"$BUNDLE/config.json") && printf '%s\n' "$edited" >"$BUNDLE/config.json"
}

each() { # "runtimes", function, arguments...
  local - runtimes=$1 runtime
  shift
  set +T # bats looks at the stack before each command, which takes longer than the command
  for runtime in $runtimes; do
    new_case "$runtime"
    "$@" # not behind "||", where a failing line would not end it
  done
}

# Those that start containers here. runsc does where its platform and the host allow it.
starting() {
  if [ ! -f "$BATS_FILE_TMPDIR/starting" ]; then
    printf 'runc crun' >"$BATS_FILE_TMPDIR/starting"
    new_case runsc
    edit_config '.process.args = ["/bin/true"]'
    bare run --bundle "$BUNDLE" "$ID"
    [ "$status" -ne 0 ] || printf ' runsc' >>"$BATS_FILE_TMPDIR/starting"
  fi
  cat "$BATS_FILE_TMPDIR/starting"
}

# ---- running ------------------------------------------------------------------------------

SECONDS_MOST=10 MIB_MOST=200

# Runs whittle (or $RUNNING) with these words and nothing else: $status, $CASE/out, $CASE/err.
run_words() {
  local program=("${RUNNING:-$WHITTLE}")
  [ -n "${RUNNING:-}" ] || program+=(--policy "$POLICY")
  [ "${program[0]}" != "$WHITTLE_SANITIZED" ] || local MIB_MOST=4000
  status=0
  "$(helper bounded)" "$SECONDS_MOST" "$MIB_MOST" "$CASE/out" "$CASE/err" \
    "${PRIVATE[@]}" "${program[@]}" "$@" || status=$?
}
whittle() { run_words "${GLOBALS[@]}" "$@"; }
bare() { RUNNING=$RUNTIME_PATH run_words "${GLOBALS[@]}" "$@"; }
inside() { # folder, function, arguments...
  local folder=$1
  shift
  cd "$folder"
  "$@"
  cd "$OLDPWD"
}

shown() {
  printf 'status %s\n--- out\n%s\n--- err\n%s\n' "$status" "$(head -c 2000 "$CASE/out")" "$(head -c 2000 "$CASE/err")"
}

eventually() { # command...
  local end=$((SECONDS + 120))
  until "$@" 2>/dev/null; do
    [ $SECONDS -lt $end ] || fail "in two minutes this never came true: $*" || return
    sleep 0.01
  done
}

make_bundle() { # folder, name that its container calls itself
  mkdir -p "$1"
  base_config "$2"
  without_places
  printf '%s' "$text" >"$1/config.json"
}


# A container that stays. PID is its first process.
hold() { # "whittle" or "bare"
  edit_config '.process.args = ["/bin/sleep", "1000"]'
  "${1:-whittle}" run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 0 ] || fail "the container does not start: $(shown)" || return
  PID=$(cat "$CASE/pid")
}
let_go() {
  remove_container "$ID"
}
remove_container() { # id
  local runsc=()
  [ "$RUNTIME" != runsc ] || runsc=(-network=none -platform=ptrace -ignore-cgroups)
  "${PRIVATE[@]}" "$RUNTIME_PATH" --root "$STATE" "${runsc[@]}" delete --force "$1" >/dev/null 2>&1 </dev/zero || true
}

# Whatever was left behind goes, also when a test failed.
end_cases() {
  local case name
  for case in "$BATS_TEST_TMPDIR"/case.*/; do
    [ -f "$case/runtime" ] || continue
    RUNTIME=$(cat "$case/runtime") STATE=$case/state
    RUNTIME_PATH=$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin command -v "$RUNTIME")
    choose_namespace
    for name in "$STATE"/*; do
      [ -e "$name" ] || continue
      name=${name##*/}
      remove_container "${name%%_sandbox:*}"
    done
    # A container whose state a test has spoilt is not the runtime's any more.
    name=$(cat "$case/pid" 2>/dev/null) || name=""
    if [ -n "$name" ] && grep -qa "$SECRET" "/proc/$name/environ" 2>/dev/null; then
      kill -KILL "$name" || true
    fi
    if [ -f "$case/background" ]; then
      while read -r name; do
        kill "$name" 2>/dev/null || true
      done <"$case/background"
    fi
  done
}

background() { # command...: ended with the case
  "$@" </dev/null >/dev/null 2>&1 3>&- &
  printf '%s\n' $! >>"$CASE/background"
}

# ---- judging ------------------------------------------------------------------------------

# Whether a status, by /proc or by the container, stays within the policy. runsc shows neither the
# ambient set nor NoNewPrivs.
within_policy() { # file
  local key value sets=0
  while read -r key value; do
    case $key in
      CapInh: | CapPrm: | CapEff: | CapBnd: | CapAmb:)
        sets=$((sets + 1))
        [ $((16#$value & ~(1 << allowed_number))) -eq 0 ] || fail "$key $value is more than the policy allows" || return
        ;;
      NoNewPrivs:) [ "$value" = 1 ] || fail "NoNewPrivs is $value" || return ;;
    esac
  done <"$1"
  [ "$sets" -eq 5 ] || [ "$sets$RUNTIME" = 4runsc ] || fail "this shows no capability sets: $(head -c 300 "$1")" || return
  [ "$RUNTIME" = runsc ] || grep -q '^NoNewPrivs:' "$1" || fail "this shows no NoNewPrivs"
}

# The container ran, and whatever was asked for, it ran within the policy.
ran_bounded() { # what
  [ "$status" -eq 0 ] || fail "$1: it did not run: $(shown)" || return
  grep -q '^CONTAINER' "$CASE/out" || fail "$1: it did not report: $(shown)" || return
  within_policy "$CASE/out" || fail "$1: $(shown)" || return
  ! grep -q ROOT-WRITABLE "$CASE/out" || fail "$1: the root is writable"
}
runs_bounded() { # arguments of whittle's run...
  whittle run "$@"
  ran_bounded "run $*"
}

# What a refusal must be like, once it has happened.
was_refused() { # what it must say, what was run
  local said
  said=$(tr '\0' '?' <"$CASE/err")
  [ "$status" -eq 1 ] || fail "$2: not refused: $(shown)" || return
  [ ! -s "$CASE/out" ] || fail "$2: there is something on standard output: $(shown)" || return
  case $said in
    *[![:print:]]*) fail "$2: not one line of printable ASCII: $(shown)" || return ;;
    "whittle: "*"$1"*) ;;
    *) fail "$2: it is not whittle that says \"$1\": $(shown)" || return ;;
  esac
  [[ $said != *"$SECRET"* ]] || fail "$2: it tells a secret: $(shown)" || return
  [ ! -e "$MARKER" ] || fail "$2: refused, but something ran"
}

# Refused by the static binary and by the one with sanitizers (or by $BINARIES); nothing is changed.
refuses() { # what it must say, words...
  local word=$1 before after binary
  shift
  rm -f "$CASE/before"
  cp "$BUNDLE/config.json" "$CASE/before" 2>/dev/null || true
  before=$(left_behind)
  for binary in ${BINARIES:-"$WHITTLE" "$WHITTLE_SANITIZED"}; do
    RUNNING="" WHITTLE=$binary run_words "$@"
    was_refused "$word" "$*" || return
    if [ -f "$CASE/before" ]; then
      cmp -s "$CASE/before" "$BUNDLE/config.json" || fail "$*: refused, but config.json is changed" || return
    fi
  done
  after=$(left_behind)
  [ "$before" = "$after" ] || fail "$*: refused, but something is left: $(diff <(echo "$before") <(echo "$after"))"
}
left_behind() {
  local found
  shopt -s dotglob nullglob
  found=("$BUNDLE"/* "$STATE"/*)
  shopt -u dotglob nullglob
  printf '%s\n' "${found[@]}"
}

is_refused() { # what it must say, arguments of whittle's run...
  local word=$1
  shift
  refuses "$word" "${GLOBALS[@]}" run "$@"
}

# The config as it is now is refused by this word, under each kind of runtime.
config_refused() { # word
  is_refused "$1" --bundle "$BUNDLE" "$ID"
}

# ---- exec ---------------------------------------------------------------------------------

# An exec's process asking for all that was asked for at create, with places as above.
request_with() { # place, text
  text='{@top@"user":{@user@"uid":0,"gid":0},"args":["/bin/report"],"env":["PATH=/bin","PASSWORD='$SECRET'"],'
  text+='"cwd":"/","capabilities":{@caps@"bounding":['$names'],"effective":['$names'],'
  text+='"permitted":['$names'],"inheritable":['$names'],"ambient":['$names']@caps_end@}@top_end@}'
  text=${text/"@${1:-}@"/"${2:-}"}
  without_places
  printf '%s' "$text" >"$CASE/process.json"
}
exec_bounded() { # arguments of whittle's exec...
  whittle exec "$@"
  ran_bounded "exec $*"
}
exec_refused() { # word, arguments of whittle's exec...
  local word=$1
  shift
  refuses "$word" "${GLOBALS[@]}" exec "$@"
}

# Either end is right: bounded, or refused by whittle or by the runtime without having run.
bounded_or_refused() { # words...
  whittle "$@"
  if grep -q '^CONTAINER' "$CASE/out"; then
    ran_bounded "$*"
  elif [ "$status" -eq 0 ] || [ "$status" -eq 124 ] || [ "$status" -eq 125 ] || { [ "$status" -gt 127 ] && [ "$status" -ne 255 ]; }; then
    fail "$*: neither ran nor was refused: $(shown)"
  fi
}
