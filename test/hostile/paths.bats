#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Files and races: another user's folders and links, planted names, FIFOs and devices, full disks,
# runs that are killed or come at once. Of what must not change all is looked at that stat(2) tells.
# T78 to T89 of docs/security.md.

load lib

setup_file() {
  need_hostile
  command -v strace >/dev/null || fail "strace is not installed"
  # Another user must be able to come as far as the cases.
  chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR/.."
}
teardown() { end_cases; }

# ---- looking from outside -----------------------------------------------------------------

# All that stat(2) tells of each file of the case but the outputs, and what is in it. Of the host's
# devices not the owner: each container elsewhere that has /dev/null for a stream may change that.
WATCHED=()
picture() {
  local at=("$BUNDLE" "$STATE" "${WATCHED[@]}")
  find "${at[@]}" -printf '%p %y inode %i owner %U:%G mode %m names %n size %s time %T@ to %l\n' | sed '/^\/dev\/[a-z]* /s/ owner [^ ]*//' | sort
  find "${at[@]}" -type f -size -2M -exec sha256sum {} + | sort
}

# Like refuses, but looks at more than bytes and never opens what it finds.
denies() { # what it must say, words...
  local word=$1 before binary
  shift
  before=$(picture)
  for binary in ${BINARIES:-"$WHITTLE" "$WHITTLE_SANITIZED"}; do
    RUNNING="" WHITTLE=$binary run_words "$@"
    was_refused "$word" "$*" || return
    [ "$before" = "$(picture)" ] || fail "$*: refused, but: $(diff <(echo "$before") <(picture))" || return
  done
}
denies_run() { # what it must say
  denies "$1" "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID" || return
  BINARIES=$WHITTLE denies "$1" "${GLOBALS[@]}" create --bundle "$BUNDLE" "$ID"
}
soon() { # milliseconds of the processor
  local taken rest
  read -r taken rest <"$CASE/err.cost"
  [ "$taken" -lt "$1" ] || fail "that took $taken ms"
}

as_stranger=(setpriv --reuid "$NOBODY" --regid "$NOBODY" --clear-groups)
# What another user does all the time while the tests go on; the working folder is the case's.
attacked_by() { # script of sh
  # One process from end to end, so that ending it ends the attack.
  background env -C "$CASE" "${as_stranger[@]}" sh -c "while :; do $1
    done"
  ATTACKER=$!
  kill -0 $ATTACKER || fail "nobody attacks"
}
attack_ends() {
  kill -KILL "$ATTACKER"
  wait "$ATTACKER" 2>/dev/null || true
}

tell_only() { edit_policy --arg path "$(helper runtime)" '.runtimes[0].path = $path'; }

# whittle under strace, up to where the runtime is: the calls are in $CASE/trace.
traced() { # calls, words of whittle...
  choose_namespace
  PRIVATE+=(strace -f -o "$CASE/trace" -s 300 -e "trace=$1")
  shift
  whittle "$@"
  choose_namespace
}

# ---- whose folders ------------------------------------------------------------------------

# The bundle lies three folders deep, each of which can be spoilt.
deep_bundle() {
  BUNDLE=$CASE/way/up/bundle
  mkdir -p "$BUNDLE"
  fresh
}
sound_again() {
  chown -hR 0:0 "$CASE/way"
  chmod 755 "$CASE/way" "$CASE/way/up" "$BUNDLE"
  chmod 644 "$BUNDLE/config.json"
}
spoilt() { # what it says, command...
  "${@:2}"
  denies_run "$1" || fail "after: ${*:2}" || return
  sound_again
}
strangers_folders() {
  local folder mode
  deep_bundle
  for folder in way way/up way/up/bundle; do
    folder=$CASE/$folder
    spoilt "belongs to user $NOBODY" chown "$NOBODY" "$folder"
    spoilt "belongs to user 1" chown 1:0 "$folder"
    spoilt "belongs to user $NOBODY" eval "chown $NOBODY $folder; chmod 1777 $folder"
    spoilt "belongs to user $NOBODY" eval "chown $NOBODY $folder; chmod 000 $folder"
    for mode in 777 775 757 2775 733 722; do
      spoilt "can be written by others" chmod "$mode" "$folder"
    done
    spoilt "can be written by others" eval "chgrp $NOBODY $folder; chmod 770 $folder"
  done
  # Sticky root's folders will do above a bundle, but nobody else makes files in the bundle itself.
  chmod 1777 "$CASE/way" "$CASE/way/up"
  runs_bounded --bundle "$BUNDLE" "$ID"
  fresh
  spoilt "can be written by others" chmod 1777 "$BUNDLE"
  spoilt "can be written by others" chmod 1775 "$BUNDLE"
}
# However the bundle is named: from inside, by "..", by its parent.
strangers_folders_by_name() {
  local folder
  deep_bundle
  for folder in way way/up way/up/bundle; do
    chown "$NOBODY" "$CASE/$folder"
    inside "$BUNDLE" denies "belongs to user" "${GLOBALS[@]}" run "$ID"
    inside "$BUNDLE" denies "belongs to user" "${GLOBALS[@]}" run --bundle . "$ID"
    inside "$CASE" denies "belongs to user" "${GLOBALS[@]}" run --bundle way/up/bundle/ "$ID"
    inside "$BUNDLE" denies "belongs to user" "${GLOBALS[@]}" run --bundle ../../up/bundle "$ID"
    denies "belongs to user" "${GLOBALS[@]}" run --bundle "$BUNDLE/../../../way/up/bundle" "$ID"
    sound_again
  done
  inside "$BUNDLE" runs_bounded "$ID"
}
# The owner of a bundle puts the file that asks for everything back whenever it is rewritten.
swapped_file() {
  cp "$BUNDLE/config.json" "$CASE/asked"
  chown "$NOBODY" "$BUNDLE" "$BUNDLE/config.json"
  attacked_by 'cp asked bundle/new; mv -f bundle/new bundle/config.json'
  for _ in {1..10}; do
    whittle run --bundle "$BUNDLE" "$ID"
    was_refused "belongs to user $NOBODY" "a run under attack"
  done
  attack_ends
}
# In a folder like /tmp others can try, and get nowhere.
attacked_beside() {
  chown "$NOBODY" "$CASE"
  mkdir -m 1777 "$CASE/sticky"
  chown 0 "$CASE"
  BUNDLE=$CASE/sticky/bundle
  mkdir "$BUNDLE"
  fresh
  cp "$BUNDLE/config.json" "$CASE/asked"
  attacked_by 'cd sticky; mv bundle mine; ln -sfn . bundle; ln -s /etc bundle/config.json; cp ../asked bundle/config.json
    mkdir mine && rmdir mine; chmod 777 bundle; ln bundle/config.json other; rm -rf bundle; cd ..'
  for _ in {1..5}; do
    fresh
    runs_bounded --bundle "$BUNDLE" "$ID"
  done
  attack_ends
}
@test "T78 a bundle, or a folder above it, that another user could change is refused" {
  each "runc" strangers_folders
  each "crun" strangers_folders_by_name
}
@test "T78 nobody wins a race for config.json, in a folder of their own or beside it" {
  each "runc crun" swapped_file
  each "runc" attacked_beside
}

links_on_the_way() {
  deep_bundle
  ln -s bundle "$CASE/way/up/ours"
  ln -s "$BUNDLE" "$CASE/way/theirs"
  ln -s ../way/up "$CASE/way/roundabout"
  chown -h "$NOBODY" "$CASE/way/theirs"
  WATCHED=("$CASE/way")
  # Root's own links are followed, and the bundle behind them is judged.
  runs_bounded --bundle "$CASE/way/up/ours" "$ID"
  fresh
  runs_bounded --bundle "$CASE/way/roundabout/ours" "$ID"
  fresh
  denies "belongs to user $NOBODY" "${GLOBALS[@]}" run --bundle "$CASE/way/theirs" "$ID"
  denies "belongs to user $NOBODY" "${GLOBALS[@]}" run --bundle "$CASE/way/theirs/." "$ID"
  denies "belongs to user $NOBODY" "${GLOBALS[@]}" run --bundle "$CASE/way/theirs/../bundle" "$ID"
  inside "$CASE/way" denies "belongs to user $NOBODY" "${GLOBALS[@]}" run --bundle theirs "$ID"
  ln -s ../theirs "$CASE/way/up/first"
  denies "belongs to user $NOBODY" "${GLOBALS[@]}" run --bundle "$CASE/way/up/first" "$ID"
  # Root's link in a folder of theirs can be taken away.
  chown "$NOBODY" "$CASE/way/up"
  denies "belongs to user $NOBODY" "${GLOBALS[@]}" run --bundle "$CASE/way/up/ours" "$ID"
  chown 0 "$CASE/way/up"
  # Links of /proc lead wherever a process looks.
  # shellcheck disable=SC2016  # the inner shell expands it
  PRIVATE+=(sh -c 'exec 9<"$0"; exec "$@"' "$BUNDLE")
  for link in /proc/self/cwd /proc/self/root"$BUNDLE" "/proc/$$/cwd" /proc/thread-self/cwd /proc/self/fd/9; do
    inside "$BUNDLE" denies "proc file system" "${GLOBALS[@]}" run --bundle "$link" "$ID"
  done
  choose_namespace
  ln -s loop "$CASE/way/loop"
  denies "one symbolic link too many" "${GLOBALS[@]}" run --bundle "$CASE/way/loop" "$ID"
}
swapped_links() {
  mkdir "$CASE/theirs"
  make_bundle "$CASE/one" one
  make_bundle "$CASE/two" two
  ln -s ../one "$CASE/theirs/link"
  chown -hR "$NOBODY" "$CASE/theirs"
  attacked_by 'ln -s ../two theirs/a; mv -T theirs/a theirs/link; ln -s ../one theirs/b; mv -T theirs/b theirs/link'
  for _ in {1..10}; do
    whittle run --bundle "$CASE/theirs/link" "$ID"
    was_refused "belongs to user $NOBODY" "a run through a link that changes"
  done
  attack_ends
}
@test "T79 a bundle is not reached through another user's links or folders, nor through /proc" {
  each "runc" links_on_the_way
  each "runc" swapped_links
}

# ---- temporary files ----------------------------------------------------------------------

usual_names=(config.json.tmp config.json.new config.json.bak config.json~ .config.json .config.json.tmp
  .config.json.swp '#config.json#' .config.json.whittle .config.json.whittle- config.json.whittle tmp
  .config.json.whittle-00000000000000000000000000000000 .config.json.whittle-ffffffffffffffffffffffffffffffff
  .config.json.whittle-0123456789abcdef0123456789abcdef)
planted_names() {
  local name before
  printf 'of root alone\n' >"$CASE/victim"
  chmod 600 "$CASE/victim"
  mkdir "$CASE/folder"
  printf 'x' >"$CASE/folder/file"
  WATCHED=("$CASE/victim" "$CASE/folder")
  for kind in "ln -s ../victim" "ln -s ../folder" "ln -s ../nowhere" "mkfifo" "mkdir" "ln -s /dev/full" "ln -s /proc/self/mem"; do
    rm -rf "$BUNDLE"
    mkdir "$BUNDLE"
    fresh
    for name in "${usual_names[@]}"; do
      $kind "$BUNDLE/$name"
    done
    before=$(STATE="$CASE/victim" BUNDLE="$CASE/folder" picture)
    runs_bounded --bundle "$BUNDLE" "$ID"
    [ "$before" = "$(STATE="$CASE/victim" BUNDLE="$CASE/folder" picture)" ] || fail "$kind: a victim is changed"
    [ ! -e "$CASE/nowhere" ] || fail "$kind: a file is made through a link"
    [ -f "$BUNDLE/config.json" ] && [ ! -L "$BUNDLE/config.json" ]
    [ "$(find "$BUNDLE" -mindepth 1 | wc -l)" -eq $((${#usual_names[@]} + 1)) ] || fail "$kind: names have come or gone"
  done
}
second_names() {
  printf 'of root alone\n' >"$CASE/victim"
  chmod 600 "$CASE/victim"
  for name in "${usual_names[@]}"; do
    ln "$CASE/victim" "$BUNDLE/$name"
  done
  before=$(stat -c '%i %U %a %s %Y' "$CASE/victim")
  runs_bounded --bundle "$BUNDLE" "$ID"
  [ "$before" = "$(stat -c '%i %U %a %s %Y' "$CASE/victim")" ]
  [ "$(cat "$CASE/victim")" = "of root alone" ]
}
never_twice() {
  local i
  tell_only
  for i in 1 2 3 4 5; do
    fresh
    traced openat,open,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat run --bundle "$BUNDLE" "$ID"
    [ "$status" -eq 0 ]
    # Past execve the calls are the runtime's, which makes nothing.
    grep O_CREAT "$CASE/trace" | grep -vF "${RECORDS##*/}\"" >"$CASE/made.$i"
    [ "$(wc -l <"$CASE/made.$i")" -eq 1 ] || fail "not one file was made: $(cat "$CASE/made.$i")"
    grep O_EXCL "$CASE/made.$i" | grep O_NOFOLLOW | grep -q ', 0600)' || fail "$(cat "$CASE/made.$i")"
    [ "$(grep -cE 'rename|link|mknod' "$CASE/trace")" -eq 1 ] || fail "$(cat "$CASE/trace")"
    [ "$(ls -A "$BUNDLE")" = config.json ]
  done
  [ "$(sed 's/.*"\(.*\)".*/\1/' "$CASE"/made.* | sort -u | grep -cE '^\.config\.json\.whittle-[0-9a-f]{32}$')" -eq 5 ] \
    || fail "a name came twice: $(cat "$CASE"/made.*)"
}
@test "T80 planted names beside config.json lead nowhere: links, FIFOs, folders, second names" {
  each "runc" planted_names
  each "runc" second_names
}
@test "T80 the temporary file's name cannot be guessed and is created exclusively, for nobody else to read" {
  each "runc" never_twice
}

# Docker's process files lie in /tmp, 0600, with secrets in them.
process_file() {
  local mode before file=$CASE/sticky/runc-process42
  hold
  mkdir -m 1777 "$CASE/sticky"
  for mode in 600 400 644; do
    request_with
    mv -f "$CASE/process.json" "$file"
    chmod "$mode" "$file"
    before=$(STATE=$CASE/sticky picture)
    exec_bounded --process "$file" "$ID"
    [ "$before" = "$(STATE=$CASE/sticky picture)" ] || fail "mode $mode: $(diff <(echo "$before") <(STATE=$CASE/sticky picture))"
  done
  tell_only
  traced open,openat,creat,rename,renameat,renameat2,chmod,fchmod,fchmodat exec --process "$file" "$ID"
  [ "$status" -eq 0 ] || fail "$(shown)"
  ! grep -E 'O_CREAT|creat\(|rename|chmod' "$CASE/trace" | grep -vF 'records"' || fail "an exec makes files: $(cat "$CASE/trace")"
  grep -qxE 'fd [0-9]+ /memfd:whittle \(deleted\) sealed' "$CASE/out" || fail "$(shown)"
  grep -qxE 'arg --process=/proc/self/fd/[0-9]+' "$CASE/out" || fail "$(shown)"
  ! grep -qF runc-process42 "$CASE/out" || fail "the runtime is given the file itself: $(shown)"
}
others_process_files() {
  local file=$CASE/sticky/process.json
  hold
  mkdir -m 1777 "$CASE/sticky"
  WATCHED=("$CASE/sticky")
  request_with
  cp "$CASE/process.json" "$file"
  chown "$NOBODY" "$file"
  denies "belongs to user $NOBODY" "${GLOBALS[@]}" exec --process "$file" "$ID"
  chown 0 "$file"
  for mode in 666 620 602; do
    chmod "$mode" "$file"
    denies "can be written by others" "${GLOBALS[@]}" exec --process "$file" "$ID"
  done
  chmod 600 "$file"
  ln "$file" "$CASE/sticky/other"
  denies "hard links" "${GLOBALS[@]}" exec --process "$file" "$ID"
  rm "$CASE/sticky/other"
  ln -s process.json "$CASE/sticky/link"
  denies "symbolic link" "${GLOBALS[@]}" exec --process "$CASE/sticky/link" "$ID"
  chown "$NOBODY" "$CASE/sticky"
  denies "belongs to user $NOBODY" "${GLOBALS[@]}" exec --process "$file" "$ID"
}
@test "T81 a process file goes on in sealed memory, keeps its mode, and has no copy on a disk" {
  each "runc crun" process_file
}
@test "T81 a process file that another user owns, could write or could swap is refused" {
  each "runc" others_process_files
}

# ---- what is no file ----------------------------------------------------------------------

fifos() {
  mkfifo "$CASE/fifo"
  rm "$BUNDLE/config.json"
  mkfifo "$BUNDLE/config.json"
  denies_run "FIFO"
  soon 10000
  # With somebody at the other end it is a FIFO all the same.
  base_config ""
  without_places
  printf '%s' "$text" >"$CASE/asked"
  background sh -c 'while :; do cat "$0" >"$1"; done' "$CASE/asked" "$BUNDLE/config.json"
  for _ in 1 2 3; do
    whittle run --bundle "$BUNDLE" "$ID"
    was_refused "FIFO" "a run of what a FIFO gives"
    soon 10000
  done
  rm "$BUNDLE/config.json"
  fresh
  # Records that nobody reads hold nothing up.
  edit_policy --arg fifo "$CASE/fifo" '.log = { file: $fifo }'
  runs_bounded --bundle "$BUNDLE" "$ID"
  soon 10000
  edit_policy '.log.required = true'
  whittle run --bundle "$BUNDLE" "$ID"
  was_refused "requires a record" "a run whose record nobody reads"
  soon 10000
  # A bundle that is a FIFO.
  denies "" "${GLOBALS[@]}" run --bundle "$CASE/fifo" "$ID"
  soon 10000
}
fifo_requests() {
  hold
  mkfifo "$CASE/fifo"
  exec_refused "FIFO" --process "$CASE/fifo" "$ID"
  soon 10000
  [ "$RUNTIME" != crun ] || refuses "FIFO" "${GLOBALS[@]}" update --resources "$CASE/fifo" "$ID"
  background sh -c 'while :; do echo "{}" >"$0"; done' "$CASE/fifo"
  exec_refused "FIFO" --process "$CASE/fifo" "$ID"
  soon 10000
}
@test "T82 a FIFO is refused at once, with somebody at the other end as well" {
  each "runc" fifos
  each "runc crun" fifo_requests
}

# In a mount namespace of its own, where devices may be made.
not_regular() { # path to make: "WORD command..." lines
  local word rest
  while read -r word rest; do
    rm -rf "$1"
    eval "${rest//AT/$1}"
    "${@:2}" "${word//_/ }" || fail "$rest" || return
    soon 10000
  done <<EOF
symbolic_link ln -s /dev/zero AT
symbolic_link ln -s /dev/stdin AT
symbolic_link ln -s /dev/random AT
symbolic_link ln -s /etc/shadow AT
symbolic_link ln -s $CASE/outside AT
symbolic_link ln -s /proc/self/fd/0 AT
symbolic_link ln -s /proc/self/mem AT
symbolic_link ln -s nowhere AT
symbolic_link ln -s config.json AT
symbolic_link ln -s . AT
character_device mknod AT c 1 3
character_device mknod AT c 1 5
character_device mknod AT c 1 8
device mknod AT c 5 0
device mknod AT b 7 0
folder mkdir AT
socket python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' AT
larger truncate -s 1T AT
larger truncate -s 16777217 AT
line_1 truncate -s 16777216 AT
line_1 truncate -s 0 AT
EOF
}
watch_host() {
  WATCHED=(/etc/shadow /dev/zero /dev/null /dev/stdin "$CASE/outside")
  cp "$BUNDLE/config.json" "$CASE/outside"
}
strange_configs() {
  watch_host
  BINARIES=$WHITTLE not_regular "$BUNDLE/config.json" denies_run
  rm -rf "$BUNDLE/config.json"
  mknod "$BUNDLE/config.json" c 1 5
  BINARIES=$WHITTLE_SANITIZED denies "character device" "${GLOBALS[@]}" run --bundle "$BUNDLE" "$ID"
  rm "$BUNDLE/config.json"
  BINARIES=$WHITTLE denies_run "does not exist"
}
denies_exec() { # what it says
  denies "$1" "${GLOBALS[@]}" exec --process "$CASE/given" "$ID"
}
strange_requests() {
  hold
  watch_host
  BINARIES=$WHITTLE not_regular "$CASE/given" denies_exec
  for path in /dev/stdin /dev/fd/0 /proc/self/fd/0 /dev/zero /dev/null /proc/self/environ "" . / "$CASE" "$CASE/" \
    "/proc/$$/environ" /proc/1/environ; do
    BINARIES=$WHITTLE denies "" "${GLOBALS[@]}" exec --process "$path" "$ID"
    soon 10000
  done
}
@test "T83 only a regular file is config.json: no link, device, folder, socket, and nothing endless" {
  each "runc" strange_configs
}
@test "T83 only a regular file is an exec's process" {
  each "runc" strange_requests
}

# ---- at once, and again -------------------------------------------------------------------

one_of_many() { # number, command
  CASE=$CASE/one.$1 ID=$ID.$1
  mkdir "$CASE"
  if [ "$2" = run ]; then
    runs_bounded --bundle "$BUNDLE" "$ID"
  else
    whittle create --bundle "$BUNDLE" --pid-file "$CASE/pid" "$ID"
    [ "$status" -eq 0 ] || fail "$(shown)"
  fi
}
at_once() { # command
  local i pids=()
  for i in 1 2 3 4; do
    one_of_many "$i" "$1" 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do
    wait "$i" || fail "one of four at once did not go well"
  done
  rm -r "$CASE"/one.*
}
four_at_once() {
  local before
  at_once run
  [ "$(ls -A "$BUNDLE")" = config.json ] || fail "left: $(ls -A "$BUNDLE")"
  before=$(STATE=$BUNDLE picture)
  at_once run
  [ "$before" = "$(STATE=$BUNDLE picture)" ] || fail "a second time changed something: $(diff <(echo "$before") <(STATE=$BUNDLE picture))"
  fresh
  edit_config '.process.args = ["/bin/sleep", "1000"]'
  cp "$BUNDLE/config.json" "$CASE/asked"
  for _ in 1 2 3; do
    cp "$CASE/asked" "$BUNDLE/config.json"
    at_once create
    for i in 1 2 3 4; do
      remove_container "$ID.$i"
    done
  done
  [ "$(ls -A "$BUNDLE")" = config.json ]
  jq -e '[.process.capabilities[][]] - ["CAP_KILL"] == [] and .root.readonly and .process.noNewPrivileges' "$BUNDLE/config.json"
}
# Whoever reads config.json meanwhile reads one whole document.
never_half() {
  local reader
  tell_only
  cp "$BUNDLE/config.json" "$CASE/asked"
  python3 -c '
import json, sys, time
end = time.time() + 60
while time.time() < end:
    json.load(open(sys.argv[1]))
' "$BUNDLE/config.json" 2>"$CASE/reader" 3>&- &
  reader=$!
  printf '%s\n' $reader >>"$CASE/background"
  for _ in {1..15}; do
    cp "$CASE/asked" "$CASE/new"
    mv "$CASE/new" "$BUNDLE/config.json"
    at_once_tell
  done
  kill -0 $reader || fail "a reader came upon half a file: $(cat "$CASE/reader")"
  kill $reader
}
at_once_tell() {
  local i pids=()
  for i in 1 2 3; do
    "$WHITTLE" --policy "$POLICY" --root "$STATE" run --bundle "$BUNDLE" "$ID" >"$CASE/tell.$i" 2>&1 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do
    wait "$i" || fail "$(cat "$CASE"/tell.*)"
  done
}
@test "T84 four at once and twice in a row: each is bounded, and the second time changes nothing" {
  each "runc crun" four_at_once
}
@test "T84 whoever reads config.json while it is rewritten reads a whole document" {
  each "runc" never_half
}

# The bundle on a file system of its own, prepared by a script; "before" and "after" are its looks.
on_its_own() { # mount options, script of sh
  cp "$BUNDLE/config.json" "$CASE/asked"
  # shellcheck disable=SC2016  # the inner shell expands it
  PRIVATE+=(sh -c 'look() { ls -A "$BUNDLE"; stat -c "%i %u:%g %a %s" "$BUNDLE/config.json"; cat "$BUNDLE/config.json"; }
    mount -t tmpfs -o "mode=755,$OPTIONS" none "$BUNDLE" && cp "$CASE/asked" "$BUNDLE/config.json" || exit 77
    eval "$PREPARE"
    look >"$CASE/before"
    "$@"
    status=$?
    look >"$CASE/after"
    exit $status' sh)
  export CASE BUNDLE OPTIONS=$1 PREPARE=$2
}
same_inside() {
  cmp "$CASE/before" "$CASE/after" || fail "the bundle is not as it was: $(diff "$CASE/before" "$CASE/after")"
}
no_room() {
  on_its_own "$1" "$2"
  for binary in "$WHITTLE" "$WHITTLE_SANITIZED"; do
    WHITTLE=$binary whittle run --bundle "$BUNDLE" "$ID"
    was_refused "$3" "a run on $1"
    same_inside
  done
}
# What whittle would leave as it is needs no room.
no_room_needed() {
  whittle run --bundle "$BUNDLE" "$ID"
  on_its_own "$1" "$2"
  runs_bounded --bundle "$BUNDLE" "$ID"
  same_inside
}
fill='cat /dev/zero >"$BUNDLE/filler" 2>/dev/null; :'
seal='mount -o remount,ro "$BUNDLE"'
@test "T85 a full disk or a read-only bundle is a refusal that leaves the old file whole" {
  each "runc" no_room size=64k "$fill" "the disk is full"
  each "runc" no_room size=1m,nr_inodes=2 : "the disk is full"
  each "runc" no_room size=1m "$seal" "the file system is read-only"
  # Room for a part of the new file.
  large='jq -c ".x = ([range(9000)] | map(0))" "$CASE/asked" >"$BUNDLE/config.json"; head -c 36864 /dev/zero >"$BUNDLE/filler"'
  each "runc" no_room size=64k "$large" "the disk is full"
}
no_room_for_exec() {
  hold
  request_with
  chmod 600 "$CASE/process.json"
  on_its_own "$1" "$2"
  exec_bounded --process "$CASE/process.json" "$ID"
}
@test "T85 what needs no rewriting needs no disk, nor does an exec" {
  each "runc crun" no_room_needed size=64k "$fill"
  each "runc crun" no_room_needed size=1m "$seal"
  each "runc" no_room_for_exec size=64k "$fill"
}

others_files() {
  deep_bundle
  spoilt "belongs to user $NOBODY" chown "$NOBODY" "$BUNDLE/config.json"
  spoilt "belongs to user 1" chown 1 "$BUNDLE/config.json"
  spoilt "belongs to user $NOBODY" eval "chown $NOBODY $BUNDLE/config.json; chmod 400 $BUNDLE/config.json"
  for mode in 666 664 646 622 660 606 777 4666 1666; do
    spoilt "can be written by others" chmod "$mode" "$BUNDLE/config.json"
  done
  spoilt "can be written by others" eval "chgrp $NOBODY $BUNDLE/config.json; chmod 060 $BUNDLE/config.json"
  ln "$BUNDLE/config.json" "$CASE/other"
  denies_run "has 2 names"
  rm "$CASE/other"
  ln "$BUNDLE/config.json" "$BUNDLE/other"
  denies_run "has 2 names"
  mv "$BUNDLE/other" "$CASE/other"
  ln "$CASE/other" "$BUNDLE/other"
  denies_run "has 3 names"
}
# An access list that lets another user write shows in the group's bits.
access_list() {
  python3 - "$1" "$NOBODY" <<'EOF'
import os, struct, sys
# system.posix_acl_access: version 2; (tag, permissions, id): owner rw, that user rw, group r, mask rw, others r
acl = struct.pack("<I", 2)
for tag, perm, who in (1, 6, -1), (2, 6, int(sys.argv[2])), (4, 4, -1), (16, 6, -1), (32, 4, -1):
    acl += struct.pack("<HHi", tag, perm, who)
os.setxattr(sys.argv[1], "system.posix_acl_access", acl)
EOF
}
access_lists() {
  access_list "$BUNDLE/config.json"
  denies_run "can be written by others"
  python3 -c 'import os, sys; os.removexattr(sys.argv[1], "system.posix_acl_access")' "$BUNDLE/config.json"
  access_list "$BUNDLE"
  denies_run "can be written by others"
}
same_rights() {
  local mode
  for mode in 600 640 400 440 444 644 755 4711; do
    fresh
    chown 0:1234 "$BUNDLE/config.json"
    chmod "$mode" "$BUNDLE/config.json"
    runs_bounded --bundle "$BUNDLE" "$ID"
    [ "$(stat -c '%u:%g %a %h %F' "$BUNDLE/config.json")" = "0:1234 $mode 1 regular file" ] \
      || fail "mode $mode has become $(stat -c '%u:%g %a %h %F' "$BUNDLE/config.json")"
    rm -f "$BUNDLE/config.json"
  done
}
@test "T86 config.json with another owner, another writer or another name is refused" {
  each "runc" others_files
  each "runc" access_lists
}
@test "T86 the rewritten config.json is open to nobody whom the old one was closed to" {
  each "runc" same_rights
}

# ---- between create and start -------------------------------------------------------------

became() { [ "$(cat "/proc/$1/comm")" = "$2" ]; }
changed_between() { # script that changes the bundle
  edit_config '.process.args = ["/bin/sleep", "1000"]'
  cp "$BUNDLE/config.json" "$CASE/asked"
  whittle create --bundle "$BUNDLE" --pid-file "$CASE/pid" "$ID"
  [ "$status" -eq 0 ] || fail "$(shown)"
  PID=$(cat "$CASE/pid")
  inside "$BUNDLE" eval "$1"
  whittle start "$ID"
  [ "$status" -eq 0 ] || fail "$1: $(shown)"
  eventually became "$PID" sleep
  cat "/proc/$PID/status" >"$CASE/status"
  within_policy "$CASE/status"
  # An exec whose process runc takes from the bundle as it is now.
  bounded_or_refused exec "$ID" /bin/report
  soon 10000
  let_go
}
@test "T87 config.json changed between create and start, and before an exec, changes nothing" {
  local script
  for script in 'cat ../asked >config.json' 'cp ../asked new; mv new config.json' 'rm config.json' \
    'rm config.json; mkfifo config.json' 'cp ../asked new; chown '"$NOBODY"' new; mv new config.json' \
    'rm config.json; ln -s ../asked config.json' 'rm -r ../bundle; ln -s / ../bundle'; do
    each "runc" changed_between "$script"
  done
  each "crun" changed_between 'cat ../asked >config.json'
  each "crun" changed_between 'rm config.json; mkfifo config.json'
}

# ---- killed -------------------------------------------------------------------------------

temps() { find "$BUNDLE" -name '.config.json.whittle-*' | wc -l; }
killed_at() { # system call
  cp "$BUNDLE/config.json" "$CASE/asked"
  for _ in 1 2; do
    choose_namespace
    PRIVATE+=(strace -f -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL")
    whittle run --bundle "$BUNDLE" "$ID"
    [ "$status" -eq 137 ] || fail "not killed at $1: $(shown)"
    cmp "$CASE/asked" "$BUNDLE/config.json"
    [ "$(temps)" -eq 1 ] || fail "killed at $1 there are $(temps) left-overs"
    # What is left is not open to more than root while it is not in place.
    [ -z "$(find "$BUNDLE" -name '.config.json.whittle-*' -perm /077 ! -perm 644)" ]
  done
  choose_namespace
  runs_bounded --bundle "$BUNDLE" "$ID"
  [ "$(ls -A "$BUNDLE")" = config.json ] || fail "the left-over of a kill at $1 stays: $(ls -A "$BUNDLE")"
}
left_alone() {
  local held=$BUNDLE/.config.json.whittle-0123456789abcdef0123456789abcdef
  local others=(.config.json.whittle-0123456789abcdef0123456789abcde .config.json.whittle-0123456789ABCDEF0123456789ABCDEF
    .config.json.whittle-0123456789abcdef0123456789abcdef0 config.json.whittle-0123456789abcdef0123456789abcdef
    .config.jsonxwhittle-0123456789abcdef0123456789abcdef .other.json.whittle-0123456789abcdef0123456789abcdef)
  printf 'at work' >"$held"
  inside "$BUNDLE" touch "${others[@]}"
  background flock "$held" sleep 60
  eventually eval '! flock -n "$held" true'
  runs_bounded --bundle "$BUNDLE" "$ID"
  [ "$(cat "$held")" = "at work" ] || fail "the file of a run at work is gone"
  for name in "${others[@]}"; do
    [ -f "$BUNDLE/$name" ] || fail "$name was nobody's left-over and is gone"
  done
}
@test "T88 killed before the rename, the old file is whole, and the next run takes away what is left" {
  for call in fchmod renameat; do
    each "runc" killed_at "$call"
  done
  each "runc" left_alone
}

# ---- another content for each reader ------------------------------------------------------

read_once() {
  tell_only
  traced openat,open run --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 0 ]
  [ "$(grep -c '[/"]config\.json"' "$CASE/trace")" -eq 1 ] || fail "config.json is not opened once: $(cat "$CASE/trace")"
  strict_policy
  hold
  tell_only
  request_with
  traced openat,open exec --process "$CASE/process.json" "$ID"
  [ "$status" -eq 0 ]
  # The runtime reads the memory file, not what may have another content by now.
  [ "$(grep -c '[/"]process\.json"' "$CASE/trace")" -eq 1 ] || fail "process.json is not opened once: $(cat "$CASE/trace")"
  ! grep -q "^arg.*process.json" "$CASE/out"
}
@test "T89 what is judged is read once, and an exec's runtime gets just that" {
  each "runc crun" read_once
}
