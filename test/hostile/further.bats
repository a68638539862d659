#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # jq and containers expand; lib.bash sets, and reads
#
# Found by attacking whittle itself, beyond the list of threats: its own name and option, states that
# are not what they seem, numbers that run over, rules that shield, updates, audits.

load lib

setup_file() { need_hostile; }
teardown() { end_cases; }

tell_only() { edit_policy --arg path "$(helper runtime)" '.runtimes[0].path = $path'; }
holds_none() { # file: not even what "default" would allow
  within_policy "$1"
  grep -qx $'CapBnd:\t0000000000000000' "$1" || fail "$(grep ^Cap "$1")"
}

# Started by this name, without --policy: RUNNING has no words of its own.
called() { # name, words...
  local name=$1
  shift
  # shellcheck disable=SC2016  # the inner shell expands it
  PRIVATE+=(bash -c 'exec -a "$0" "$@"' "$name")
  RUNNING=$WHITTLE run_words "$@"
  choose_namespace
}
odd_names() {
  local name
  for name in whittle- whittle-.. whittle-../x whittle-./x whittle-.hidden "whittle-a b" $'whittle-a\nb' $'whittle-\e[31m' \
    whittle-%s%n "whittle-a'b" 'whittle-$(id)' $'whittle-\xff' /whittle-.. "/x/y/whittle-..//" "$CASE/whittle-../policy" \
    whittle-nowhere-at-all "" -c runc init /; do
    called "$name" run --bundle "$CASE/absent" "$ID"
    was_refused "" "called as $name"
    ! grep -F -e "$CASE/policy" -e /etc/whittle/../ -e /etc/whittle/. "$CASE/err" || fail "called as $name: $(shown)"
  done
  called whittle-nowhere-at-all run --bundle "$BUNDLE" "$ID"
  was_refused /etc/whittle/nowhere-at-all.json "called as whittle-NAME"
}
@test "a name that whittle is called by leads to no policy outside of /etc/whittle" {
  each runc odd_names
}

own_option() {
  local lenient=$CASE/lenient.json
  jq '.default = { capabilities: ["CAP_SYS_ADMIN"], noNewPrivileges: false, readonlyRootfs: false } | .mode = "audit"' \
    "$POLICY" >"$lenient"
  refuses "" --policy "$lenient" "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  refuses "" "--policy=$lenient" "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  refuses "" "${GLOBALS[@]}" --policy "$lenient" run --bundle "$BUNDLE" "$ID"
  is_refused "" --policy "$lenient" --bundle "$BUNDLE" "$ID"
  is_refused "" --bundle "$BUNDLE" "$ID" --policy "$lenient"
  is_refused "" --bundle "$BUNDLE" "$ID" "--policy=$lenient"
  # The first word alone can be it; what follows is the runtime's.
  for words in --policy --policy= "--policyx=$lenient" "-policy=$lenient" "---policy=$lenient" "--Policy=$lenient" "--polic=$lenient"; do
    RUNNING=$WHITTLE run_words "$words" "${GLOBALS[@]}" run --bundle "$CASE/absent" "$ID"
    was_refused "" "$words"
  done
  for file in /dev/stdin /proc/self/fd/0 "$CASE/link.json" "$BATS_TEST_TMPDIR/../.." /dev/null; do
    ln -sf policy.json "$CASE/link.json"
    POLICY=$file is_refused "" --bundle "$BUNDLE" "$ID"
  done
}
@test "whittle's own option counts once, first, and for a file that can be trusted" {
  each runc own_option
}

# "link/.." is one folder by its text, as Go works it out, and another by where the link leads.
climbing_bundle() {
  mkdir -p "$CASE/far/deep"
  ln -s far/deep "$CASE/link"
  make_bundle "$CASE/far/bundle" far
  whittle run --bundle "$CASE/link/../bundle" "$ID"
  ran_bounded "a bundle behind a link and \"..\""
  grep -qx "CONTAINER far" "$CASE/out" || fail "it is not the bundle that was judged: $(shown)"
  inside "$CASE/far/deep" whittle run --bundle ../bundle "$ID"
  ran_bounded "a bundle beside the working folder"
}
climbing_root() {
  mkdir -p "$CASE/far/deep"
  ln -s far/deep "$CASE/link"
  hold
  GLOBALS=(--root "$CASE/link/../state")
  refuses '".." in it' "${GLOBALS[@]}" exec "$ID" /bin/touch /tmp/x
  refuses '".." in it' "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID.2"
  whittle state "$ID" # as the runtime reads it
  [ "$status" -eq 0 ] || fail "state is not passed on: $(shown)"
}
@test "a path with \"..\" in it leads the runtime where it led whittle, or is refused" {
  each "$(starting)" climbing_bundle
  each runc climbing_root
}

# What says whose exec this is must be the runtime's own.
state_file() { # of this runtime
  case $RUNTIME in
    runc) printf '%s\n' "$STATE/$ID/state.json" ;;
    crun) printf '%s\n' "$STATE/$ID/$1" ;;
  esac
}
spoilt_state() { # file of crun's, sed script or jq filter, or a command
  local file what=$2
  file=$(state_file "$1")
  cp -p "$file" "$CASE/kept"
  eval "${what//AT/$file}"
  # The file may be none any more; nothing but the refusal is looked at.
  whittle exec "$ID" /bin/touch /tmp/x
  was_refused "cannot be identified" "a state spoilt by: $what"
  request_with
  whittle exec --process "$CASE/process.json" "$ID"
  was_refused "cannot be identified" "a state spoilt by: $what"
  rm -rf "$file"
  cp -p "$CASE/kept" "$file"
}
spoilt_states() {
  local file what
  hold
  for file in status config.json; do
    for what in "chown $NOBODY AT" 'chmod 666 AT' 'chmod 620 AT' 'ln AT AT.2' 'mv AT AT.3; ln -s AT.3 AT' \
      'rm AT; mkfifo AT' 'rm AT; mkdir AT' 'rm AT' ': >AT' 'truncate -s 20 AT' 'truncate -s 8G AT' 'printf "{}" >AT' \
      'printf "[]" >AT' 'printf "null" >AT' 'printf x >>AT' 'sed -i "1s/{/{\"bundle\\\\u0000\":1,/" AT' \
      'sed -i "1s/{/{\"x\":1,\"x\":2,/" AT'; do
      rm -f "$STATE/$ID"/*.[23]
      [ "$RUNTIME$what" != 'crunprintf "{}" >AT' ] || [ "$file" = status ] || continue
      spoilt_state "$file" "$what"
    done
  done
  rm -f "$STATE/$ID"/*.[23]
  chmod 777 "$STATE/$ID"
  whittle exec "$ID" /bin/touch /tmp/x
  was_refused "by others" "a state folder that others can write"
  chmod 700 "$STATE/$ID"
  chown "$NOBODY" "$STATE"
  whittle exec "$ID" /bin/touch /tmp/x
  was_refused "belongs to user $NOBODY" "a root of another user"
  chown 0 "$STATE"
  ln -s "$STATE" "$CASE/theirs"
  chown -h "$NOBODY" "$CASE/theirs"
  refuses "belongs to user $NOBODY" --root "$CASE/theirs" exec "$ID" /bin/touch /tmp/x
  refuses "cannot be identified" --root "$CASE/absent" exec "$ID" /bin/touch /tmp/x
  refuses "cannot be identified" "${GLOBALS[@]}" exec "$ID.x" /bin/touch /tmp/x
  exec_bounded "$ID" /bin/report
}
no_true_bundle() {
  hold
  local file
  file=$(state_file)
  for filter in '.config.labels = []' '.config.labels = null' 'del(.config.labels)' '.config.labels = ["bundle="]' \
    '.config.labels = ["bundle=relative"]' '.config.labels = ["Bundle=/x"]' '.id = "other"' 'del(.id)' '.id = null' 'del(.config)'; do
    spoilt_state "" "jq '$filter' AT >AT.2 && mv AT.2 AT"
  done
}
@test "an exec whose container's state is not the runtime's own, whole and clean is refused" {
  each "runc crun" spoilt_states
  each runc no_true_bundle
}
others_state() {
  hold
  mkdir "$CASE/xdg"
  mkdir "$CASE/xdg/crun"
  cp -r "$STATE/$ID" "$CASE/xdg/crun/"
  chown "$NOBODY" "$CASE/xdg"
  PRIVATE+=(env XDG_RUNTIME_DIR="$CASE/xdg")
  refuses "belongs to user $NOBODY" exec "$ID" /bin/touch /tmp/x
}
@test "an exec by a state folder that a variable names and another user owns is refused" {
  each crun others_state
}

# Descriptors that are to be passed on, counted by numbers that run over in the runtimes.
overflowing_numbers() {
  local number
  hold
  edit_config '.process.args = ["/bin/report"]' # for what is run beside it
  request_with
  for number in 4294967295 4294967297 2147483647 18446744073709551617 1000000 -1 0x1 1e3 "" " 0" 010; do
    bounded_or_refused exec --preserve-fds="$number" --process "$CASE/process.json" "$ID"
    bounded_or_refused run --preserve-fds="$number" --bundle "$BUNDLE" "$ID-2"
    remove_container "$ID-2"
    choose_namespace
    PRIVATE+=(env LISTEN_FDS="$number" sh -c 'export LISTEN_PID=$$; exec "$@"' sh)
    bounded_or_refused exec --process "$CASE/process.json" "$ID"
    choose_namespace
  done
  bounded_or_refused exec --user=4294967296 "$ID" /bin/report
  for number in 4294967296 4294967295 -1 18446744073709551616 0x0 +0 ' 0' 00000000000 0: :0 : 0:4294967296 0:0:0 root; do
    exec_refused "--user" --user="$number" "$ID" /bin/report
  done
}
@test "numbers that run over neither pass a descriptor on nor make root of anybody" {
  each "runc crun" overflowing_numbers
}

# A rule on what a caller chooses must not shield from a stricter one that rests on the bundle.
shielded() {
  edit_policy --arg bundle "$BUNDLE" '.rules = [
    { name: "chosen", match: { id: "*" }, capabilities: ["CAP_KILL"] },
    { name: "strict", match: { bundle: $bundle }, capabilities: [] },
    { name: "lenient", match: { bundle: "*" }, capabilities: ["CAP_SYS_ADMIN", "CAP_KILL"] }]'
  hold
  holds_none "/proc/$PID/status"
  request_with
  exec_bounded --process "$CASE/process.json" "$ID"
  holds_none "$CASE/out"
}
# By whatever way the bundle is named, and also when it is gone, an exec falls under the same rule.
same_rule() { # bundle as it is given, relative to the case
  edit_policy --arg bundle "$BUNDLE" '.rules = [{ name: "strict", match: { bundle: $bundle }, capabilities: [] }]'
  ln -s bundle "$CASE/link"
  edit_config '.process.args = ["/bin/sleep", "1000"]'
  inside "$CASE" whittle run --detach --pid-file "$CASE/pid" --bundle "$1" "$ID"
  [ "$status" -eq 0 ] || fail "$(shown)"
  holds_none "/proc/$(cat "$CASE/pid")/status"
  request_with
  exec_bounded --process "$CASE/process.json" "$ID"
  holds_none "$CASE/out"
  mv "$BUNDLE" "$CASE/moved"
  whittle exec --process "$CASE/process.json" "$ID"
  if [ "$status" -eq 0 ]; then
    holds_none "$CASE/out"
  else
    was_refused "" "an exec without a bundle"
  fi
  mv "$CASE/moved" "$BUNDLE"
}
@test "a stricter rule on the bundle is neither shielded nor shaken off" {
  local way
  each "runc crun" shielded
  for way in bundle link ./link/. link/../bundle; do
    each "runc crun" same_rule "$way"
  done
}

update_with() { # text: as a file, and as standard input
  printf '%s' "$1" >"$CASE/resources.json"
  whittle update --resources "$CASE/resources.json" "$ID"
}
updates() {
  local devices='[{"allow":true,"type":"a","access":"rwm"}]' text binary
  hold
  tell_only
  for text in '{"devices":DEVICES}' '{"devices":DEVICES,"pids":{"limit":10}}' '{"pids":{"limit":10},"devices":null}' \
    '{"\u0064evices":DEVICES}' '{"devices":[]}'; do
    text=${text//DEVICES/$devices}
    update_with "$text"
    [ "$status" -eq 0 ] || fail "$text: $(shown)"
    grep -q '^resources ' "$CASE/out" || fail "$text: $(shown)"
    ! sed -n 's/^resources //p' "$CASE/out" | grep -e devices -e '\\u0064' || fail "$text: $(shown)"
    ! grep -qF "$CASE/resources.json" "$CASE/out" || fail "the file itself is handed on: $(shown)"
    KEEP_FDS=0 whittle update --resources - "$ID" <"$CASE/resources.json"
    [ "$status" -eq 0 ] || fail "$text on standard input: $(shown)"
    grep -q '^resources ' "$CASE/out"
    ! sed -n 's/^resources //p' "$CASE/out" | grep -e devices -e '\\u0064' || fail "$text: $(shown)"
  done
  for text in '{"Devices":DEVICES}' '{"devices":DEVICES,"devices":[]}' '{"devices\u0000":DEVICES}' '{"device\u017f":DEVICES}' \
    '{"devices":{}}' '[]' '' '{' '{}{"devices":DEVICES}' '{"pids":{"limit":"x"}}'; do
    text=${text//DEVICES/$devices}
    for binary in "$WHITTLE" "$WHITTLE_SANITIZED"; do
      WHITTLE=$binary update_with "$text"
      was_refused "" "update with $text"
    done
  done
  truncate -s 17M "$CASE/resources.json"
  refuses "larger" "${GLOBALS[@]}" update --resources "$CASE/resources.json" "$ID"
  KEEP_FDS=0 SECONDS_MOST=5 MIB_MOST=60 whittle update --resources - "$ID" < <(cat /dev/zero)
  was_refused "larger" "update from an endless stream"
  chown "$NOBODY" "$CASE/resources.json"
  refuses "belongs to user $NOBODY" "${GLOBALS[@]}" update --resources "$CASE/resources.json" "$ID"
  refuses "" "${GLOBALS[@]}" update --resource="$CASE/resources.json" "$ID"
  refuses twice "${GLOBALS[@]}" update -r "$CASE/resources.json" -r /dev/null "$ID"
}
devices_stay() {
  local list
  hold
  list=$(sed -n 's/^[0-9]*:devices://p' "/proc/$PID/cgroup")
  [ -n "$list" ] && [ -f "/sys/fs/cgroup/devices$list/devices.list" ] || return 0
  list=$(sort "/sys/fs/cgroup/devices$list/devices.list")
  update_with '{"devices":[{"allow":true,"type":"a","access":"rwm"}],"pids":{"limit":100}}'
  [ "$list" = "$(sort "/sys/fs/cgroup/devices$(sed -n 's/^[0-9]*:devices://p' "/proc/$PID/cgroup")/devices.list")" ] \
    || fail "the update opened devices: $(shown)"
}
@test "crun's update loses its devices, however they are spelled and wherever they come from" {
  each crun updates
  each "runc crun" devices_stay
}

# To watch is to change nothing: but what cannot be understood is refused even then.
audited() {
  edit_policy '.mode = "audit"'
  cp "$BUNDLE/config.json" "$CASE/asked.json"
  whittle run --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 0 ] || fail "$(shown)"
  cmp "$CASE/asked.json" "$BUNDLE/config.json"
  jq -e '.result == "would-change" and (.changes | length > 3)' <(tail -n 1 "$RECORDS")
  grep -q '^NoNewPrivs:.0' "$CASE/out"
  rm -f "$BATS_FILE_TMPDIR/rootfs/written"
  refuses "" "${GLOBALS[@]}" run --bundle "$BUNDLE" --bogus "$ID"
  [ "$RUNTIME" != crun ] || refuses --config "${GLOBALS[@]}" run --config=config.json --bundle "$BUNDLE" "$ID"
  config_with process_end ',"Capabilities":{}'
  config_refused /process/Capabilities
  fresh
  chown "$NOBODY" "$BUNDLE/config.json"
  config_refused "belongs to user $NOBODY"
}
@test "audit changes nothing and still refuses what it cannot understand" {
  each "runc crun" audited
}

# A link of the image, or several, that lead a mount to the root.
linked_to_root() { # destination, then links as NAME=TARGET
  local destination=$1 link
  shift
  make_rootfs "$CASE/rootfs"
  make_rootfs "$CASE/other"
  mknod "$CASE/other/dev/null" c 1 3 # without it crun stumbles, and proves nothing
  for link in "$@"; do
    mkdir -p "$(dirname "$CASE/rootfs/${link%%=*}")"
    ln -s "${link#*=}" "$CASE/rootfs/${link%%=*}"
  done
  edit_config --arg destination "$destination" --arg source "$CASE/other" --arg rootfs "$CASE/rootfs" \
    '.root.path = $rootfs | .mounts = [{ destination: $destination, type: "bind", source: $source, options: ["rbind", "rw"] }] + .mounts'
  whittle run --bundle "$BUNDLE" "$ID"
  ! grep -q ROOT-WRITABLE "$CASE/out" || fail "$destination: $(shown)"
}
@test "no link of the image leads a mount to the root, which would then be writable" {
  each "runc crun" linked_to_root /link link=/
  each "runc crun" linked_to_root /link/. link=.
  each "runc crun" linked_to_root /a/b/link a/b/link=../..
  each "runc crun" linked_to_root /one one=two two=/three three=/../
  each "runc crun" linked_to_root /link/link/link link=/
  each "runc crun" linked_to_root /tmp/../link/tmp/.. link=/
  each "runc crun" linked_to_root link link=/bin/..
  each "runc crun" linked_to_root /../link link=/
  each "runc crun" linked_to_root /up/link up=../../.. link=/
  # Each fits where the kernel reads it; put together they are longer than any path may be.
  each "runc crun" linked_to_root "/long/$(printf './%.0s' {1..100})up" "long=bin/$(printf './%.0s' {1..2040})" bin/up=..
}

# The same by a link that a volume brings, which was mounted before.
linked_by_volume() { # destination in the volume, link in it, further links of the image
  local destination=$1 volume=$CASE/volume link
  make_rootfs "$CASE/rootfs"
  make_rootfs "$CASE/other"
  mknod "$CASE/other/dev/null" c 1 3
  mkdir -p "$volume/there" "$CASE/rootfs/volume"
  ln -s "${2#*=}" "$volume/${2%%=*}"
  shift 2
  for link in "$@"; do
    ln -s "${link#*=}" "$CASE/rootfs/${link%%=*}"
  done
  edit_config --arg destination "$destination" --arg case "$CASE" '.root.path = $case + "/rootfs" | .mounts = [
    { destination: "/volume", type: "bind", source: ($case + "/volume"), options: ["rbind", "rw"] },
    { destination: $destination, type: "bind", source: ($case + "/other"), options: ["rbind", "rw"] }] + .mounts'
  whittle run --bundle "$BUNDLE" "$ID"
  ! grep -q ROOT-WRITABLE "$CASE/out" || fail "$destination: $(shown)"
}
volumes_apart() { # a mount in a volume that no link leads elsewhere is as good as any
  mkdir -p "$CASE/volume/there" "$CASE/other"
  make_rootfs "$CASE/rootfs"
  ln -s /volume "$CASE/rootfs/way"
  edit_config --arg case "$CASE" '.root.path = $case + "/rootfs" | .mounts += [
    { destination: "/volume", type: "bind", source: ($case + "/volume"), options: ["rbind", "rw"] },
    { destination: "/way/./there/deeper", type: "bind", source: ($case + "/other"), options: ["rbind", "rw"] }]'
  runs_bounded --bundle "$BUNDLE" "$ID"
  [ -d "$CASE/volume/there/deeper" ]
}
@test "no link of a volume leads another mount to the root" {
  each "runc crun" linked_by_volume /volume/link link=/
  each "runc crun" linked_by_volume /volume/link link=..
  each "runc crun" linked_by_volume /volume/there/../link link=/
  each "runc crun" linked_by_volume /way/link link=/ way=volume
  # What the image has there is covered, and misleads.
  each "runc crun" linked_by_volume /volume/link link=/ volume/link=/etc
  each "runc crun" linked_by_volume /way/link link=/ way=/volume volume/link=/etc
  each "runc crun" volumes_apart
}

# Limits of the caller's own: a refusal or a run, never half a file.
starved() {
  local limit
  cp "$BUNDLE/config.json" "$CASE/asked.json"
  for limit in "-n 3" "-n 4" "-n 6" "-v 1600" "-v 2500" "-s 16" "-f 0" "-f 1"; do
    cp "$CASE/asked.json" "$BUNDLE/config.json"
    # shellcheck disable=SC2086  # words
    (ulimit $limit && exec "$WHITTLE" --policy "$POLICY" --root "$STATE" run --bundle "$BUNDLE" "$ID") \
      </dev/null >"$CASE/out" 2>"$CASE/err" 3>&- || true
    jq -e .process "$BUNDLE/config.json" >/dev/null || fail "with ulimit $limit config.json is no whole file"
    [ "$(ls -A "$BUNDLE")" = config.json ] || fail "left with ulimit $limit: $(ls -A "$BUNDLE")"
    remove_container "$ID"
  done
  cp "$CASE/asked.json" "$BUNDLE/config.json"
  runs_bounded --bundle "$BUNDLE" "$ID"
  [ "$(ls -A "$BUNDLE")" = config.json ] || fail "left: $(ls -A "$BUNDLE")"
}
@test "with hardly any descriptors, memory or room for files config.json is never half of one" {
  each runc starved
}

# Signals that end whoever writes where nothing can be written.
limited() { # what must be said, script in front of whittle's words
  status=0 # standard error is a pipe, for a file would be limited as well
  bash -o pipefail -c "{ { $2; } 2>&1 >&4 | cat >&2; } 4>&1" bash "$WHITTLE" --policy "$POLICY" --root "$STATE" run --bundle "$BUNDLE" "$ID" \
    </dev/null >"$CASE/out" 2>"$CASE/err" 3>&- || status=$?
  [ -z "$1" ] || was_refused "$1" "$2"
}
signalled() {
  limited "too large" '(ulimit -f 0; exec "$@")'
  # A record beyond the limit is one that could not be written, and stops nothing.
  head -c 300000 /dev/zero >"$RECORDS" # the runtime itself writes less
  edit_config '.process.noNewPrivileges = true | .root.readonly = true'
  runs_bounded --bundle "$BUNDLE" "$ID"
  limited "" '(ulimit -f 256; exec "$@")'
  grep -q "^CONTAINER" "$CASE/out" || fail "stopped by a record: $(shown)"
  edit_policy '.log.required = true'
  limited "requires a record" '(ulimit -f 256; exec "$@")'
  # Nobody reads the sentence.
  edit_config '.process = null'
  limited "" 'exec 2> >(exec true); wait $!; "$@"; echo "status $?"'
  grep -qx "status 1" "$CASE/out" || fail "without a reader: $(shown)"
}
@test "what cannot be written for a limit or for want of a reader is an error and no signal" {
  each runc signalled
}
