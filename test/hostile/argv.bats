#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # jq and containers expand; lib.bash sets, and reads
#
# Tricks with words: which command, which bundle, which process file does the runtime read? Whatever
# it reads must be what was judged. T1 to T14 of docs/security.md.

load lib

setup_file() { need_hostile; }
teardown() { end_cases; }

# Three bundles, one of them the working folder. Each asks for more than is allowed, so whichever is
# run without having been judged shows.
three_bundles() {
  TOP=$CASE/top
  make_bundle "$TOP" cwd
  make_bundle "$TOP/A" A
  make_bundle "$TOP/B" B
}

# One line of a table to words: ID is the container's, EMPTY and BLANK are what they say, a line
# that ends in a word of its own is all there is.
words_of() { # text
  local word
  words=()
  for word in $1; do
    word=${word//ID/$ID} word=${word//EMPTY/} word=${word//BLANK/ } word=${word//TOP/$TOP}
    words+=("$word")
  done
}

# The container must be this one, and within the policy.
accepts() { # name, words...
  local name=$1
  shift
  inside "$TOP" whittle run "$@"
  ran_bounded "run $*"
  grep -qx "CONTAINER $name" "$CASE/out" || fail "run $*: it is not $name: $(shown)"
}
# Refused by both binaries; nothing starts.
rejects() { # what it says, words...
  local word=$1
  shift
  inside "$TOP" refuses "$word" "${GLOBALS[@]}" run "$@"
}
# Lines "NAME words" of accepted, "! SAYS words" of refused command lines of "run".
try_table() {
  local name rest says
  BINARIES=""
  three_bundles
  while read -r name rest; do
    if [ "$name" = "!" ]; then
      read -r says rest <<<"$rest"
      words_of "$rest"
      rejects "$says" "${words[@]}"
    else
      words_of "$rest"
      accepts "$name" "${words[@]}"
    fi
  done
}

crun_config() {
  try_table <<'EOF'
! --config --config TOP/B/config.json -b A ID
! --config --config=TOP/B/config.json -b A ID
! --config --config=config.json -b A ID
! --config --config ./config.json -b A ID
! --config -b A --config=/proc/self/fd/0 ID
! --config --config= -b A ID
! abbreviation --confi TOP/B/config.json -b A ID
! abbreviation --conf=TOP/B/config.json -b A ID
! abbreviation --conf TOP/B/config.json -b A ID
! abbreviation --co=TOP/B/config.json -b A ID
! abbreviation --c TOP/B/config.json -b A ID
! -f -f TOP/B/config.json -b A ID
! -f -fTOP/B/config.json -b A ID
! -f -f=TOP/B/config.json -b A ID
! -f -fconfig.json -b A ID
! -f -df TOP/B/config.json -b A ID
! -f -dfTOP/B/config.json -b A ID
! -f -b A -f ID
EOF
  inside "$TOP" refuses --config "${GLOBALS[@]}" create --config=config.json -b A "$ID"
  inside "$TOP" refuses -f "${GLOBALS[@]}" create -b A -fconfig.json "$ID"
}
go_config() {
  try_table <<'EOF'
! --config --config TOP/B/config.json -bundle A ID
! -config -config=TOP/B/config.json -bundle A ID
! -f -f TOP/B/config.json -bundle A ID
EOF
}
@test "T1 no option makes the runtime read another file than the bundle's config.json" {
  each crun crun_config
  each "runc runsc" go_config
}

runc_spellings() {
  try_table <<'EOF'
A --bundle A ID
A -b A ID
A -bundle A ID
A --b A ID
A --b=A ID
A -b=A ID
A -bundle=TOP/A ID
A --bundle=./A/../A/. ID
cwd ID
! -bA -bA ID
! -bundl -bundl A ID
! --bun --bun A ID
! --bun --bun=A ID
! --Bundle --Bundle A ID
! -bundle --bundle=A -bundle=B ID
! ---bundle ---bundle A ID
! ----bundle ----bundle=A ID
! option -=A ID
! blank BLANK--bundle=A ID
! blank --bundle=ABLANK ID
EOF
}
crun_spellings() {
  try_table <<'EOF'
A --bundle A ID
A -b A ID
A -bA ID
A --bundle=A ID
A --bundle=TOP/A ID
cwd ID
! abbreviation --b A ID
! abbreviation --b=A ID
! abbreviation --bun A ID
! abbreviation --bundl=A ID
! many -bundle A ID
! many -b=A A ID
! --Bundle --Bundle=A ID
! ---bundle ---bundle=A ID
EOF
}
runsc_spellings() {
  try_table <<'EOF'
! "-b" -b A ID
! "--b" --b=A ID
! "-bA" -bA ID
! "--bun" --bun=A ID
! "-Bundle" -Bundle=A ID
! "---bundle" ---bundle=A ID
EOF
}
@test "T2 every spelling of the bundle is read as the runtime reads it, or refused" {
  each runc runc_spellings
  each crun crun_spellings
  each runsc runsc_spellings
}

runc_repeats() {
  try_table <<'EOF'
! twice --bundle A --bundle B ID
! twice --bundle=A --bundle=A ID
! twice -b A -b=B ID
! together --bundle A -b B ID
! together -b A -bundle B ID
! twice --bundle A ID --bundle B
! together ID --bundle=A -b=B
! empty -b A --bundle= ID
EOF
  inside "$TOP" refuses twice --root "$STATE" --root "$STATE" run -b A "$ID"
  inside "$TOP" refuses twice --root="$STATE" -root /run/runc run -b A "$ID"
}
crun_repeats() {
  try_table <<'EOF'
! twice --bundle A --bundle B ID
! twice -bA -bB ID
! together -bA --bundle=B ID
! together --bundle=A -b B ID
! twice -db A -bB ID
EOF
  inside "$TOP" refuses twice --root "$STATE" --root "$STATE" run -b A "$ID"
}
runsc_repeats() {
  try_table <<'EOF'
! twice --bundle A --bundle B ID
! twice -bundle=A --bundle=B ID
EOF
}
@test "T3 an option that names a file is not given twice, by whatever names" {
  each runc runc_repeats
  each crun crun_repeats
  each runsc runsc_repeats
}

# The command is the first word that is neither an option nor an option's value.
command_as_value() {
  local word
  three_bundles
  for word in exec state run create delete kill list --version --; do
    rm -f "$TOP/$word"
    inside "$TOP" whittle --log "$word" run --bundle A "$ID"
    ran_bounded "--log $word run"
    [ -f "$TOP/$word" ] || [ ! -s "$CASE/err" ] || fail "the log is not in $word: $(shown)"
    inside "$TOP" whittle "--log=$word" run --bundle A "$ID"
    ran_bounded "--log=$word run"
  done
  inside "$TOP" whittle --log-format text run --bundle A "$ID"
  ran_bounded "--log-format"
}
abbreviated_global() {
  local word
  three_bundles
  for word in "--lo exec" "--roo $STATE" --deb "--log-form text"; do
    # shellcheck disable=SC2086  # words
    inside "$TOP" refuses "${word%% *}" $word run --bundle A "$ID"
  done
}
@test "T4 a global option's value that is the name of a command stays a value" {
  each "runc crun" command_as_value
  each "runc crun runsc" abbreviated_global
}

refused_commands() { # commands
  local command
  BINARIES=$WHITTLE
  refuses "" "${GLOBALS[@]}" "$1" "$MARKER"
  for command in "$@" bogus Run RUN runn ru "" " run" "run " $'run\n' $'\xffrun' --bogus; do
    refuses "" "${GLOBALS[@]}" "$command" /bin/touch "$MARKER"
    refuses "" "${GLOBALS[@]}" "$command" --bundle "$BUNDLE" "$ID"
  done
}
@test "T5 a command that starts things without a bundle, or that nobody knows, is refused" {
  each runc refused_commands init
  each crun refused_commands mounts
  each runsc refused_commands "do" boot gofer install uninstall debug trace bwrap sandboxexec umount \
    write-control tar read fscheckpoint port-forward metric-server mitigate
  each runsc eval 'refuses "\"do\"" --rootless do touch "$MARKER"; refuses "\"do\"" --network=none --debug -- do touch "$MARKER"'
}

runc_after_id() {
  try_table <<'EOF'
A ID --bundle A
A ID -b A
A ID -b=A
A ID --bundle=A
A --no-new-keyring --bundle A ID
A --no-new-keyring=true ID -b A
cwd -- ID
A --bundle A -- ID
! many --no-new-keyring ID -b A
! differently ID --
! many --bundle A ID ID
! many --bundle A ID /bin/sh
! many --bundle A -- ID --bundle B
! many --bundle A ID -- --bundle B
! --nope --bundle A ID --nope
! -1 --bundle A -1ID
EOF
}
crun_after_id() {
  try_table <<'EOF'
cwd -- ID
A -bA -- ID
! many ID --bundle A
! many ID -bA
! many --bundle A ID --bundle B
! many --bundle A ID --
! many --bundle A ID ID
! many -- ID --bundle A
EOF
}
empty_bundle() { # words...
  local before
  three_bundles
  before=$(ls -A / "$TOP")
  rejects empty "$@" "$ID"
  [ "$before" = "$(ls -A / "$TOP")" ]
}
@test "T6 options behind the id count as the runtime counts them; an empty bundle is refused" {
  each runc runc_after_id
  each crun crun_after_id
  each "runc crun runsc" empty_bundle --bundle ""
  each "runc crun runsc" empty_bundle --bundle=
  each runc empty_bundle -b ""
}

values_like_options() {
  three_bundles
  inside "$TOP" whittle run --pid-file --bundle "$ID"
  ran_bounded "--pid-file --bundle"
  grep -qx "CONTAINER cwd" "$CASE/out"
  inside "$TOP" whittle run --bundle A --pid-file -b "$ID"
  ran_bounded "--pid-file -b"
  grep -qx "CONTAINER A" "$CASE/out"
  inside "$TOP" whittle run --bundle A --pid-file -- "$ID"
  ran_bounded "--pid-file --"
  mkdir -- "$TOP/--pid-file" "$TOP/-"
  make_bundle "$TOP/--pid-file" odd
  make_bundle "$TOP/-" dash
  inside "$TOP" whittle run --bundle --pid-file "$ID"
  ran_bounded "--bundle --pid-file"
  grep -qx "CONTAINER odd" "$CASE/out"
  inside "$TOP" whittle run --bundle - "$ID"
  ran_bounded "--bundle -"
  grep -qx "CONTAINER dash" "$CASE/out"
  rejects value --bundle
  rejects value --bundle A --pid-file
  rejects "" --bundle A --pid-file "$ID"
}
@test "T7 a value that looks like an option stays a value" {
  each "runc crun" values_like_options
}

# --process: what it names is read once, from a file that nobody else could have written, and what
# is handed on is not that file.
process_spellings() { # words that name process.json, by FILE
  local words
  hold
  request_with
  for words in "$@"; do
    # shellcheck disable=SC2086  # words
    bounded_or_refused exec ${words//FILE/$CASE/process.json} "$ID"
  done
  exec_refused twice --process "$CASE/process.json" --process "$CASE/process.json" "$ID"
}
not_a_file() { # path
  local before
  before=$(stat -Lc '%i %a %u %F' "$1")
  exec_refused "" --process "$1" "$ID"
  exec_refused "" --process="$1" "$ID"
  [ "$before" = "$(stat -Lc '%i %a %u %F' "$1")" ] || fail "$1 is another file now: $(stat -L "$1")"
}
process_files() {
  local path
  hold
  request_with
  ln -s process.json "$CASE/link.json"
  mkfifo "$CASE/fifo.json"
  mkdir "$CASE/folder.json"
  mknod "$CASE/null.json" c 1 3
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$CASE/socket.json"
  for path in /dev/stdin /dev/fd/0 /proc/self/fd/0 /dev/null /dev/zero "$CASE"/{link,fifo,folder,null,socket}.json; do
    not_a_file "$path"
  done
  exec_refused "" --process - "$ID"
  exec_refused "" --process "$CASE/absent.json" "$ID"
  cp "$CASE/process.json" "$CASE/foreign.json"
  chown "$NOBODY" "$CASE/foreign.json"
  exec_refused "belongs to user $NOBODY" --process "$CASE/foreign.json" "$ID"
  cp "$CASE/process.json" "$CASE/shared.json"
  chmod 666 "$CASE/shared.json"
  exec_refused "by others" --process "$CASE/shared.json" "$ID"
  ln "$CASE/process.json" "$CASE/second.json"
  exec_refused "names" --process "$CASE/process.json" "$ID"
}
@test "T8 exec's process file, in every spelling and of every kind, is judged or refused" {
  each runc process_spellings "--process FILE" --process=FILE -process=FILE "-process FILE" "-p FILE" \
    -p=FILE --p=FILE -pFILE --proc=FILE
  each crun process_spellings "--process FILE" --process=FILE -process=FILE "-process FILE" "-p FILE" \
    -p=FILE --p=FILE -pFILE --proc=FILE
  each "$(starting)" process_files
}

caps_spellings() { # words...
  local words
  hold
  for words in "$@"; do
    # shellcheck disable=SC2086  # words
    bounded_or_refused exec $words "$ID" /bin/report
  done
  request_with
  exec_refused cap --process "$CASE/process.json" --cap CAP_SYS_ADMIN "$ID"
}
@test "T9 exec's options for capabilities give none that the policy does not allow" {
  each runc caps_spellings "--cap CAP_SYS_ADMIN" --cap=CAP_SYS_ADMIN -cap=CAP_SYS_ADMIN "-c CAP_SYS_ADMIN" \
    -c=CAP_SYS_ADMIN -cCAP_SYS_ADMIN "--cap CAP_KILL --cap CAP_SYS_ADMIN" --cap=cap_sys_admin --cap=21 \
    --cap=CAP_SYS_ADMIN,CAP_KILL --cap=ALL --cap=all --ca=CAP_SYS_ADMIN --cap=CAP_KILL
  each crun caps_spellings "--cap CAP_SYS_ADMIN" --cap=CAP_SYS_ADMIN "-c CAP_SYS_ADMIN" -cCAP_SYS_ADMIN \
    -c=CAP_SYS_ADMIN -ccap_sys_admin --cap=21 --cap=0x15 --cap=21xyz --cap=CAP_SYS_ADMIN,x \
    --cap=cap_sys_admin=ep --ca=CAP_SYS_ADMIN --cap=ALL "-c CAP_KILL -c CAP_CHOWN" -tcCAP_CHOWN --cap=CAP_KILL
  [[ $(starting) != *runsc* ]] || each runsc caps_spellings "-cap CAP_SYS_ADMIN" --cap=CAP_SYS_ADMIN \
    "-cap CAP_KILL -cap CAP_CHOWN" -cap=CAP_KILL -c=CAP_SYS_ADMIN -user=0:0 -user=4294967296
}

new_privileges() { # words...
  local words
  edit_config '.process.noNewPrivileges = false'
  hold
  for words in "$@"; do
    # shellcheck disable=SC2086  # words
    bounded_or_refused exec $words "$ID" /bin/report
  done
  request_with top '"noNewPrivileges":false,'
  exec_bounded --process "$CASE/process.json" "$ID"
  request_with top '"noNewPrivileges":null,'
  exec_bounded --process "$CASE/process.json" "$ID"
  exec_bounded "$ID" /bin/report
  within_policy "/proc/$PID/status"
}
@test "T10 no exec has new privileges, whatever it says of them" {
  each runc new_privileges --no-new-privs=false -no-new-privs=false --no-new-privs=0 --no-new-privs=F \
    "--no-new-privs --no-new-privs=false" --no-new-privs --no-new-privs=
  each crun new_privileges --no-new-privs=false --no-new --no-new-privs
}

config_changes() {
  hold
  # What runc would take the process from is now another one, and asks for everything again.
  fresh
  edit_config '.process.noNewPrivileges = false | .process.user.uid = 0'
  cp "$BUNDLE/config.json" "$CASE/changed"
  exec_bounded "$ID" /bin/report
  cmp "$CASE/changed" "$BUNDLE/config.json"
  [ "$RUNTIME" = runc ] || return 0
  edit_config '.Process = .process'
  exec_refused "/Process" "$ID" /bin/report
  chown "$NOBODY" "$BUNDLE/config.json"
  exec_refused "belongs to user $NOBODY" "$ID" /bin/report
  chown 0 "$BUNDLE/config.json"
  chmod 777 "$BUNDLE"
  exec_refused "by others" "$ID" /bin/report
  chmod 755 "$BUNDLE"
  rm "$BUNDLE/config.json"
  exec_refused "does not exist" "$ID" /bin/report
}
@test "T11 exec without a process file judges the bundle's config.json as it is then" {
  each "runc crun" config_changes
}

no_capabilities() { # jq filter
  edit_config "$1"
  hold
  within_policy "/proc/$PID/status"
  bounded_or_refused exec --cap CAP_SYS_ADMIN "$ID" /bin/report
  ! grep -qi -e panic -e goroutine "$CASE/err" || fail "$(shown)"
  exec_bounded --cap CAP_KILL "$ID" /bin/report
  request_with
  exec_bounded --process "$CASE/process.json" "$ID"
}
@test "T12 exec --cap into a container without capabilities is bounded and no panic" {
  each "runc crun" no_capabilities 'del(.process.capabilities)'
  each "runc crun" no_capabilities '.process.capabilities = null'
  each "runc crun" no_capabilities '.process.capabilities = {}'
}

# What a runtime is given, told by one that starts nothing.
tell_only() {
  edit_policy --arg path "$(helper runtime)" '.runtimes[0].path = $path'
}
given() { grep -qxF -- "arg $1" "$CASE/out" || fail "the runtime is not given \"$1\": $(shown)"; }
not_given() { ! grep -qF -- "arg $1" "$CASE/out" || fail "the runtime is given \"$1\": $(shown)"; }
weakening_flags() {
  hold
  tell_only
  inside "$CASE" whittle exec --cap=CAP_SYS_ADMIN --no-new-privs --apparmor=unconfined --process-label=unconfined_t \
    --user=0:0 --env=A=B --cwd=/tmp --preserve-fds=0 "$ID" prog --cap CAP_CHOWN
  [ "$status" -eq 0 ] || fail "$(shown)"
  for word in --cap --no-new-privs --apparmor --process-label --user --env --cwd prog; do
    not_given "$word"
  done
  given "--preserve-fds=0"
  given "$ID"
  sed -n 's/^process //p' "$CASE/out" >"$CASE/given.json"
  jq -e '.noNewPrivileges == true and .cwd == "/tmp" and .args == ["prog", "--cap", "CAP_CHOWN"] and
    .apparmorProfile == "unconfined" and .selinuxLabel == "unconfined_t" and
    ([.capabilities[][]] - ["CAP_KILL"] == [])' "$CASE/given.json" || fail "$(shown)"
  inside "$CASE" whittle run --bundle "$BUNDLE" --no-pivot --no-new-keyring --preserve-fds 0 "$ID"
  given --no-pivot
  given --no-new-keyring
  given --preserve-fds=0
  given "--bundle=$BUNDLE"
}
refused_flags() { # what it says and the words, a pair at a time
  while [ $# -gt 0 ]; do
    # shellcheck disable=SC2086  # words
    refuses "$1" $2 run --bundle "$BUNDLE" "$ID"
    shift 2
  done
}
@test "T13 options that weaken are handed on by table, folded into the process, or refused" {
  each "runc crun" weakening_flags
  each runc refused_flags --criu "--criu=/bin/true" -criu "-criu /bin/true" --rootles "--rootles=true"
  each crun refused_flags --rootless "--rootless=true" --program-name "--program-name=x" --HANG --HANG
  each runsc refused_flags --nope "--nope=true" -gvisor-gro "-gvisor-gro=1"
}

many_words() {
  local words
  status=0
  "$(helper bounded)" 5 200 "$CASE/out" "$CASE/err" argc0 "$WHITTLE" || status=$?
  # Since 5.18 the kernel makes it one empty word, and then it is a call for help.
  [ "$status" -eq 1 ] || grep -q USAGE "$CASE/out" || fail "no word at all: $(shown)"
  mapfile -t words < <(yes -- -d | head -n 50000)
  rejects_words "" "${words[@]}"
  mapfile -t words < <(yes a | head -n 100000)
  rejects_words "many" "$ID" "${words[@]}"
  mapfile -t words < <(yes -- -- | head -n 100000)
  rejects_words "" "${words[@]}"
  words=()
  rejects_words "" "$(head -c 120000 /dev/zero | tr '\0' x)"
  rejects_words "" "--$(head -c 120000 /dev/zero | tr '\0' =)" "$ID"
}
rejects_words() { # what it says, words...
  local word=$1
  shift
  SECONDS_MOST=5 whittle run --bundle "$BUNDLE" "$@"
  was_refused "$word" "run with $# words"
}
bad_ids() {
  local id
  for id in "" . .. ../x /x x/y x/../y -x --x "a b" " a" "a " $'a\nb' $'a\e[31mb' $'a\rb' $'a\tb' a\"b "a'b" a\\b \
    $'\xff' $'a\xc3\x28' $'\xc3\xa4' $'a\u202eb' 'a:b' 'a%b' 'a@b' '*' 'a,b' "$(head -c 1025 /dev/zero | tr '\0' i)"; do
    is_refused "" --bundle "$BUNDLE" "$id"
    refuses "" "${GLOBALS[@]}" exec "$id" /bin/report
  done
  is_refused "" --bundle "$BUNDLE"
}
@test "T14 no word, a hundred thousand words, words that are no text, ids that are no ids" {
  each "runc crun runsc" bad_ids
  each runc many_words
}
