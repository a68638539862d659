#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# whittlectl learn -- COMMAND and learn verify, with bundles; and who can make a request, the policy
# by which such a container is judged: nobody but root, for nobody but the one container.

load lib

setup_file() {
  need_live flock runc
  export OWN=$BATS_FILE_TMPDIR/own # whittle finds the hook beside itself, whittlectl whittle
  mkdir "$OWN"
  cp "$WHITTLE" "$WHITTLECTL" "$WHITTLE_HOOKS/whittle-record" "$OWN/"
  chmod 755 "$OWN" "$OWN"/*
}
setup() { WHITTLE=$OWN/whittle WHITTLECTL=$OWN/whittlectl; }
teardown() {
  end_holders
  end_cases
}

# Requests and recordings are the case's own. Programs that the containers have use of are there.
learn_case() { # runtime
  new_case "$1"
  mkdir -p "$CASE/run" "$CASE/var" /run/whittle /var/lib/whittle
  chmod 755 "$CASE/run" "$CASE/var"
  private_namespace "mount --bind '$CASE/run' /run/whittle; mount --bind '$CASE/var' /var/lib/whittle"
  REQUESTS=$CASE/run/requests
  rm -f "$POLICY.none"
  cp -r "$(shared_rootfs)" "$BUNDLE/rootfs"
  local name
  for name in chown chmod chroot kill trap touch; do ln -sf busybox "$BUNDLE/rootfs/bin/$name"; done
  edit_config '.root.path = "rootfs"'
  edit_policy --arg log "$RECORDS" '.log.file = $log'
}
each_learning_runtime() { # function
  local runtime
  set +T
  for runtime in ${RUNTIMES:-runc crun}; do
    learn_case "$runtime"
    "$@"
  done
}

become_whittlectl() { become "${PRIVATE[@]}" "$WHITTLECTL" "$@"; }
whittlectl() { (become_whittlectl "$@"); }
learn() { whittlectl learn --policy "$POLICY" --json --name it "$@"; }

uses() { # used | speculative: names, of $stdout
  tail -n 1 "$stdout" | jq -r --arg use "$1" \
    '[.uses[] | select(.use == $use) | .capability | ltrimstr("CAP_")] | sort | join(" ")'
}
answer() { tail -n 1 "$stdout" | jq -r "$1"; } # filter
take_the_rule() { # of the last answer, for every container
  edit_policy --argjson rule "$(answer .rule)" '.default = ($rule | del(.name, .match))'
}
nothing_is_left() {
  [ ! -e "$REQUESTS" ] || fail "left in the folder of requests ($RUNTIME):" "$(ls "$REQUESTS")"
  same "config.json of the bundle" "$before" "$(sha256sum <"$BUNDLE/config.json")"
  same "what is in the bundle" "config.json rootfs" "$(cd "$BUNDLE" && echo *)"
}

# ---- learning -----------------------------------------------------------------------------

# The first column of the table below that line in docs/reference.md.
documented_members() {
  sed -n '/^`--json` of a run/,/^Of `verify`/p' "$WHITTLE_SOURCE/docs/reference.md" | grep '^| `' | cut -d '|' -f 2 |
    grep -o '`[A-Za-z][A-Za-z]*' | tr -d '`' | sort | paste -sd ' '
}

learns_what_is_used() {
  local before
  run_script 'echo said; touch /tmp/a; chown 1:1 /tmp/a; exit 7'
  before=$(sha256sum <"$BUNDLE/config.json")
  outcome learn -- --bundle "$BUNDLE"
  same "exit status" 7 "$status"
  same "what the container said" said "$(head -n 1 "$stderr")"
  same "used" CHOWN "$(uses used)"
  same "the rule's capabilities" CAP_CHOWN "$(answer '.rule.capabilities | keys | join(" ")')"
  same "complete" true "$(answer .complete)"
  same "when first" 20 "$(answer '.uses[0].first | length')"
  same "written" /tmp/a "$(answer '.written | join(" ")')"
  same "never used" "$(answer '.granted | length - 1')" "$(answer '.neverUsed | length')"
  nothing_is_left
  same "what is known of it" it "$(whittlectl learn list --json | jq -r '.recordings[].name')"
  same "members" "$(documented_members)" "$(answer 'keys_unsorted | sort | join(" ")')"
}
@test "a run is learnt: the rule, the command's own status and words, and nothing is left" {
  each_learning_runtime learns_what_is_used
}

enforces_the_rule() {
  run_script 'touch /tmp/a && chown 1:1 /tmp/a && grep CapBnd /proc/self/status'
  succeeds learn -- --bundle "$BUNDLE"
  take_the_rule
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "the bounding set" "$(printf 'CapBnd:\t%s' "$(mask CHOWN)")" "$(cat "$stdout")"
}
@test "the rule is a policy under which the same container works" {
  each_learning_runtime enforces_the_rule
}

# A server of another user's, as images have them: folders for it alone, and a pid file that comes and goes.
serves_as_another() {
  mkdir -p "$BUNDLE/rootfs/run/app" "$BUNDLE/rootfs/var/cache/app"
  chown 1000:1000 "$BUNDLE/rootfs/run/app" "$BUNDLE/rootfs/var/cache/app"
  chmod 755 "$BUNDLE/rootfs/run/app" "$BUNDLE/rootfs/var/cache/app"
  edit_config '.process.user = { uid: 1000, gid: 1000 }'
  run_script 'set -e; touch /run/app/pid; rm /run/app/pid; echo x >/var/cache/app/file; echo served'
  outcome learn -- --bundle "$BUNDLE"
  same "exit status" 0 "$status"
  same "scratch" "/run/app /var/cache/app" "$(answer '.rule.tmpfs | map(.path? // .) | join(" ")')"
  take_the_rule
  outcome whittle run --bundle "$BUNDLE" "$ID"
  same "under the rule ($RUNTIME)" served "$(cat "$stdout")$([ "$status" -eq 0 ] || cat "$stderr")"
}
@test "a server of another user works under its rule" { each_learning_runtime serves_as_another; }

# A server that has a folder of the image's beside its pid file, and does not make it itself.
serves_from_run() {
  mkdir -p -m 755 "$BUNDLE/rootfs/run/sshd"
  run_script 'set -e; cd /run/sshd; echo 1 >/run/sshd.pid; echo served'
  succeeds learn -- --bundle "$BUNDLE"
  same "scratch" /run "$(answer '.rule.tmpfs | map(.path? // .) | join(" ")')"
  take_the_rule
  rm "$BUNDLE/rootfs/run/sshd.pid"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  same "under the rule" served "$(cat "$stdout" "$stderr")"
}
@test "a server finds the folders of its image in /run" { each_learning_runtime serves_from_run; }

runs_from_scratch() {
  run_script 'cp /bin/busybox /tmp/true; /tmp/true && echo ran'
  succeeds learn -- --bundle "$BUNDLE"
  same "what it leaves" 'it executed /tmp/true: /tmp is a tmpfs, from which nothing can be executed' \
    "$(answer '.remarks | join("; ")')"
  rm "$BUNDLE/rootfs/tmp/true"
  take_the_rule
  outcome whittle run --bundle "$BUNDLE" "$ID"
  grep -q 'Permission denied' "$stderr" || fail "it ran from a tmpfs"
}
@test "programs that a tmpfs will refuse are told" { each_learning_runtime runs_from_scratch; }

makes_namespaces() {
  run_script '/bin/busybox unshare -U /bin/busybox true && echo made'
  succeeds learn -- --bundle "$BUNDLE"
  same "what it leaves" 'it asked for user namespaces of its own: they are closed unless the rule says "userNamespaces": true' \
    "$(answer '.remarks | join("; ")')"
  take_the_rule
  cp "$BUNDLE/config.json" "$CASE/asked"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  same "under the rule alone" "" "$(cat "$stdout")"
  cp "$CASE/asked" "$BUNDLE/config.json"
  edit_policy '.default.userNamespaces = true'
  outcome whittle run --bundle "$BUNDLE" "$ID"
  same "with what it says" made "$(cat "$stdout")"
}
@test "what the rule leaves to its reader, and what that does" { each_learning_runtime makes_namespaces; }

tells_for_people() {
  run_script 'touch /tmp/a; chown 1:1 /tmp/a'
  succeeds whittlectl learn --policy "$POLICY" --name it -- --bundle "$BUNDLE"
  grep -q '^it: used 1 of [0-9]* capabilities in ' "$stdout" || fail "no summary:" "$(cat "$stdout")"
  grep -q '^  - CHOWN: sh changes owners of files .*; [0-9]* checks*$' "$stdout" || fail "no reason:" "$(cat "$stdout")"
  grep -q '^  - written: /tmp/a$' "$stdout" || fail "what was written is not said:" "$(cat "$stdout")"
  grep -q '^  "name": "it",$' "$stdout" || fail "no rule:" "$(cat "$stdout")"
  same "progress" 'whittlectl learn: CHOWN (used)' "$(cat "$stderr")"
  succeeds whittlectl learn --policy "$POLICY" --no-progress --name it -- --bundle "$BUNDLE"
  same "without progress" "" "$(cat "$stderr")"
  grep -q '^it: .* in 2 recordings together$' "$stdout" || fail "it is not one run's:" "$(cat "$stdout")"
}
@test "people get a summary, and each capability when it is first seen" {
  each_learning_runtime tells_for_people
}

# On a terminal one line tells how far it is, cut where the window ends.
shows_a_line() {
  local command
  command=$(printf '%q ' "${PRIVATE[@]}" "$WHITTLECTL" learn --policy "$POLICY" --name it -- --bundle "$BUNDLE")
  run_script 'touch /tmp/a; chown 1:1 /tmp/a; chroot / true; while [ ! -e /tmp/go ]; do sleep 0.05; done'
  background screen env TERM=xterm SHELL="$BASH" script -qfec "stty cols $1; $command" /dev/null
  eventually screen_has "$2"
  touch "$BUNDLE/rootfs/tmp/go"
  eventually has_ended "$LAST"
  rm "$BUNDLE/rootfs/tmp/go"
}
screen_has() { tr '\r' '\n' <"$CASE/screen.out" | grep -qxE "$1"; }
@test "on a terminal a line tells how far it is" {
  learn_case runc
  shows_a_line 80 'learning 0:[0-9]+, [0-9]+ events: CHOWN SYS_CHROOT'
  shows_a_line 36 'learning 0:[0-9]+, [0-9]+ events: [A-Z_ ]+\.\.\.'
}

two_runs_are_one() {
  run_script 'touch /tmp/a; chown 1:1 /tmp/a'
  succeeds learn -- --bundle "$BUNDLE"
  run_script 'chroot / true'
  succeeds learn -- --bundle "$BUNDLE"
  same "used in both" "CHOWN SYS_CHROOT" "$(uses used)"
}
@test "another run of the same name adds to what is known" { each_learning_runtime two_runs_are_one; }

# Of a recorder that was killed nobody knows what it missed, whatever is recorded later.
gaps_stay() {
  local recording
  run_script 'touch /tmp/a; chown 1:1 /tmp/a'
  succeeds learn -- --bundle "$BUNDLE"
  recording=$(echo "$CASE"/var/learn/it/*.json)
  jq -c '.ended = 0 | .complete = false | .recorder = 999999 | .recorderStart = 1' "$recording" >"$CASE/changed"
  cat "$CASE/changed" >"$recording"
  outcome learn -- --bundle "$BUNDLE"
  same "complete" "false: its recorder ended before the container did" "$(answer '"\(.complete): \(.incomplete)"')"
  same "status" 1 "$status"
  outcome whittlectl learn policy it --image web --file "$CASE/new.json"
  same "status of the rule" 2 "$status"
  grep -q 'forget it' "$stderr" || fail "no advice:" "$(cat "$stderr")"
}
@test "what was lost stays lost" { each_learning_runtime gaps_stay; }

relative_paths_work() {
  mkdir "$BUNDLE/volume"
  echo 'from the volume' >"$BUNDLE/volume/file"
  edit_config '.mounts += [{ destination: "/mnt", type: "bind", source: "volume", options: ["rbind"] }]'
  mkdir "$BUNDLE/rootfs/mnt"
  run_script 'cat /mnt/file >&2'
  cd "$BUNDLE"
  succeeds learn -- --bundle .
  grep -q 'from the volume' "$stderr" || fail "the volume is not there:" "$(cat "$stderr")"
  cd /
  succeeds whittlectl learn verify --policy "$POLICY" --json --name it
  same "the container that is run again from elsewhere" true "$(answer '.runs > 0')"
}
@test "what is relative to the bundle is found" { each_learning_runtime relative_paths_work; }

says_why() { # words in the sentence, arguments of whittlectl learn...
  local words=$1
  shift
  outcome whittlectl learn "$@"
  [ "$status" -ne 0 ] || fail "this should have failed: learn $*"
  grep -qF -- "$words" "$stderr" || fail "\"$words\" is not said of: learn $*" "$(cat "$stderr")"
  [ ! -e "$REQUESTS" ] || fail "left in the folder of requests:" "$(ls "$REQUESTS")"
}
@test "what cannot be learnt is said" {
  learn_case runc
  says_why 'is no way to start a container' --policy "$POLICY" -- true
  says_why 'docker compose' --policy "$POLICY" -- docker compose up
  says_why 'the bundle' --policy "$POLICY" -- --bundle "$CASE/nothing"
  says_why 'nothing was recorded: no container was started' --policy "$POLICY" -- podman run --nonsense=1 image
  says_why 'there is nothing to run again' verify
  says_why '--max is a number' verify --max 0
  says_why '--timeout is a number' verify --timeout 1s
  says_why 'a command to record goes behind --' docker run image
  says_why 'a name goes behind --name' verify it
  says_why '--name is 1 to 128' --policy "$POLICY" --name default -- --bundle "$BUNDLE"
  same "status" 2 "$status"
  says_why '--name is 1 to 128' --policy "$POLICY" --name $'a\nb' -- --bundle "$BUNDLE"
  says_why "$CASE/none.json" --policy "$CASE/none.json" -- --bundle "$BUNDLE"
  same "status" 2 "$status"
  says_why '--policy is an absolute path' --policy none.json -- --bundle "$BUNDLE"
}

does_not_start() {
  printf '\177ELF and no more' >"$BUNDLE/rootfs/bin/no-program"
  chmod 755 "$BUNDLE/rootfs/bin/no-program"
  run_program /bin/no-program
  outcome learn -- --bundle "$BUNDLE"
  [ "$status" -ne 0 ] || fail "it started ($RUNTIME)"
  same "complete" "false: no program of the container's was started" \
    "$(answer '"\(.complete): \(.incomplete)"')"
  # It says nothing, for or against what there is.
  rm -r "$CASE/var/learn"
  run_script 'touch /tmp/a; chown 1:1 /tmp/a'
  succeeds learn -- --bundle "$BUNDLE"
  run_program /bin/no-program
  outcome learn -- --bundle "$BUNDLE"
  [ "$status" -ne 0 ] || fail "it started ($RUNTIME)"
  grep -q 'the container did not start' "$stderr" || fail "why is not said:" "$(cat "$stderr")"
  same "what is known" '[1,true,["CAP_CHOWN"]]' \
    "$(whittlectl learn list --json | jq -c '.recordings[0] | [.recordings, .complete, .used]')"
}
@test "what does not start is no complete recording" { each_learning_runtime does_not_start; }

# ---- ending it ----------------------------------------------------------------------------

learning() { # words of the container's script...
  run_script "$1"
  background learn become_whittlectl learn --policy "$POLICY" --json --name it -- --bundle "$BUNDLE"
  eventually grep -q ready "$CASE/learn.err"
}
ends_by() { # signal
  kill -"$1" "$LAST"
  eventually has_ended "$LAST"
  stdout=$CASE/learn.out
  [ -s "$stdout" ] || fail "no answer ($RUNTIME):" "$(cat "$CASE/learn.err")"
}
hears_the_first() {
  learning 'touch /tmp/a; chown 1:1 /tmp/a; trap "exit 0" INT TERM; echo ready >&2; while :; do sleep 0.05; done'
  ends_by "$1"
  same "used" CHOWN "$(uses used)"
  same "complete" true "$(answer .complete)"
  [ ! -e "$REQUESTS" ]
}
@test "a signal goes to the container, whose end is awaited" {
  each_learning_runtime hears_the_first INT
  each_learning_runtime hears_the_first TERM
}

stops_at_the_second() {
  learning 'touch /tmp/a; chown 1:1 /tmp/a; trap "" INT TERM; echo ready >&2; while :; do sleep 0.05; done'
  kill -INT "$LAST"
  eventually stops_it
  stdout=$CASE/learn.out
  same "used" CHOWN "$(uses used)"
}
stops_it() { kill -INT "$LAST" || true; has_ended "$LAST"; }
@test "a container that does not listen is stopped at the second signal" {
  each_learning_runtime stops_at_the_second
}

is_swept() {
  learning 'trap "exit 0" INT TERM; echo ready >&2; while :; do sleep 0.05; done'
  kill -KILL "$LAST"
  eventually has_ended "$LAST"
  [ -n "$(ls "$REQUESTS")" ] || fail "nothing was left behind"
  (become "${PRIVATE[@]}" "$WHITTLE" --policy "$POLICY" "${GLOBALS[@]}" delete --force \
    "$(cat "$REQUESTS"/*.cid)")
  run_script true
  succeeds learn -- --bundle "$BUNDLE"
  [ ! -e "$REQUESTS" ] || fail "still there:" "$(ls "$REQUESTS")"
}
@test "what a killed run left is swept by the next" { each_learning_runtime is_swept; }

# ---- verifying ----------------------------------------------------------------------------

verify() { whittlectl learn verify --policy "$POLICY" --json --name it "$@"; }
proves() { # needed, notNeeded, notProven
  local what
  for what in needed notNeeded notProven; do
    same "$what" "$1" "$(answer "[.$what[] | ltrimstr(\"CAP_\")] | sort | join(\" \")")"
    shift
  done
}

proves_what_is_needed() {
  local before
  run_script 'set -e; touch /tmp/a; chown 1:1 /tmp/a; chmod 600 /tmp/a'
  before=$(sha256sum <"$BUNDLE/config.json")
  succeeds learn -- --bundle "$BUNDLE"
  same "used" "CHOWN FOWNER" "$(uses used)"
  same "speculative" FSETID "$(uses speculative)"
  succeeds verify
  proves "" FSETID "CHOWN FOWNER"
  same "runs" 3 "$(answer .runs)"
  succeeds verify --thorough
  proves "CHOWN FOWNER" FSETID ""
  succeeds verify --thorough --max 2
  proves "" "" "CHOWN FOWNER FSETID"
  nothing_is_left
}
@test "verify proves what is needed and what is not" { each_learning_runtime proves_what_is_needed; }

follows_a_check() {
  local before pid
  run_script 'touch /tmp/a; chown 1:1 /tmp/a; chroot / true; echo ready >&2; while :; do sleep 0.05; done'
  before=$(sha256sum <"$BUNDLE/config.json")
  background learn become_whittlectl learn --policy "$POLICY" --json --name it -- --bundle "$BUNDLE"
  eventually grep -q ready "$CASE/learn.err"
  kill -INT "$LAST"
  eventually stops_it
  # It is called with its own words and no others.
  outcome verify --timeout 5 -- test "$BUNDLE" -ef "$BUNDLE/."
  same "status of a check of many words" 0 "$status"
  succeeds verify --thorough --timeout 5 -- "${PRIVATE[@]}" sh -c \
    "\"$RUNTIME_PATH\" exec \"\$WHITTLE_CONTAINER\" stat -c %u /tmp/a | grep -qx 1"
  proves CHOWN SYS_CHROOT ""
  outcome verify --timeout 1 -- sh -c "sleep 1000 & echo \$! >>'$CASE/started'; false"
  same "status of a check that never succeeds" 1 "$status"
  grep -q 'the check did not succeed in time' "$stderr" || fail "why is not said:" "$(cat "$stderr")"
  for pid in $(cat "$CASE/started"); do eventually has_ended "$pid"; done
  outcome verify --timeout 1 -- sh -c "trap '' TERM; echo \$\$ >'$CASE/started'; while :; do sleep 0.1; done"
  same "status of a check that hangs" 1 "$status"
  eventually has_ended "$(cat "$CASE/started")"
  outcome verify --timeout 1
  same "status without a check" 1 "$status"
  grep -q 'does not end by itself' "$stderr" || fail "no advice:" "$(cat "$stderr")"
  nothing_is_left
}
@test "verify runs it while a check has to succeed" { each_learning_runtime follows_a_check; }

# What a job left behind is looked at when it has ended.
checks_what_is_left() {
  local check=(sh -c 'owner=$(stat -c %u "$1/left") || exit 1; rm "$1/left"; [ "$owner" = 1 ]' sh "$BUNDLE/rootfs")
  run_script 'touch /.left; chown 1:1 /.left; mv /.left /left'
  ln -sf busybox "$BUNDLE/rootfs/bin/mv"
  succeeds learn -- --bundle "$BUNDLE"
  succeeds verify --thorough
  proves "" CHOWN ""
  rm "$BUNDLE/rootfs/left"
  succeeds verify --thorough --timeout 5 -- "${check[@]}"
  proves CHOWN "" ""
  outcome verify --timeout 5 -- false
  same "status of a check that never succeeds" 1 "$status"
}
@test "verify looks at what a job left behind" { each_learning_runtime checks_what_is_left; }

# That the last of several commands succeeds says nothing of the others.
knows_several_commands() {
  run_script 'touch /tmp/a; chown 1:1 /tmp/a'
  succeeds learn -- --bundle "$BUNDLE"
  succeeds learn -- --bundle "$BUNDLE"
  succeeds verify
  cp -r "$BUNDLE" "$CASE/second"
  succeeds learn -- --bundle "$CASE/second"
  outcome verify --thorough
  same "status" 2 "$status"
  grep -q 'recorded with other commands too' "$stderr" || fail "why is not said:" "$(cat "$stderr")"
  succeeds verify -- true
}
# Recorders that end together take each other in before anybody could say which command it was.
counts_commands_at_once() {
  local i pids=()
  for i in 1 2 3 4; do
    cp -r "$BUNDLE" "$CASE/b$i"
    (become_whittlectl learn --policy "$POLICY" --json --name it -- --bundle "$CASE/b$i") >"$CASE/out.$i" 2>"$CASE/err.$i" &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "status $?:" "$(cat "$CASE"/err.*)"; done
  same "recordings, and of the last command" "4 1" "$(jq -r '"\(.recordings) \(.ofCommand)"' "$CASE"/var/learn/it/*.json)"
  outcome verify
  same "status" 2 "$status"
}
@test "commands that end together are counted" { learn_case runc && run_script true && counts_commands_at_once; }
@test "verify proves nothing of commands that it does not run" { each_learning_runtime knows_several_commands; }

# A bundle is called after its folder.
names_bundles() {
  run_script true
  succeeds whittlectl learn --policy "$POLICY" --json -- --bundle "$BUNDLE/"
  same "its name" "$(basename "$BUNDLE")" "$(answer .name)"
}
@test "without a name a bundle is called after its folder" { learn_case runc && names_bundles; }

# A host where nothing can be traced: processes have other ids than the kernel tells, and there is no cgroup.
make_blind() {
  PRIVATE=(unshare --pid --fork --mount-proc --mount --propagation private sh -c "
    ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
    mount --bind '$CASE/run' /run/whittle
    mount --bind '$CASE/var' /var/lib/whittle
    exec \"\$@\"" sh)
}
learns_by_leaving_out() {
  make_blind
  run_script 'chown 1:1 /home'
  outcome learn -- --bundle "$BUNDLE"
  same "status where nothing was recorded" 1 "$status"
  same "the rule where nothing is known" null "$(answer .rule)"
  grep -q 'nothing could be recorded; whittlectl learn verify --name it' "$stderr" || fail "no advice:" "$(cat "$stderr")"
  succeeds verify --max 16
  proves CHOWN "$(tr -s ' \n' ' ' <<<"$docker_capabilities" | xargs -n 1 | grep -vx CHOWN | sort | paste -sd ' ')" ""
}
@test "where nothing can be recorded, verify finds out by leaving out" { learn_case runc && learns_by_leaving_out; }

# ---- requests -----------------------------------------------------------------------------

TOKEN=0123456789abcdef0123456789abcdef

# A request as whittlectl makes one. Its container is the case's.
request() { # [name of its files]
  local name=${1:-$TOKEN}
  mkdir -p -m 700 "$REQUESTS"
  jq '.default = { profile: "privileged" } | .mode = "audit"' "$POLICY" >"$REQUESTS/$name.json"
  chmod 600 "$REQUESTS/$name.json"
  printf '%s' "$ID" >"$REQUESTS/$name.cid"
}
hold_request() { # [name]: somebody lives who asked for it
  flock --exclusive "$REQUESTS/${1:-$TOKEN}.json" sleep 1000 &
  HOLDER=$!
  echo "$HOLDER" >>"$BATS_TEST_TMPDIR/holders"
  eventually is_locked "$REQUESTS/${1:-$TOKEN}.json"
}
is_locked() { ! flock --nonblock --shared "$1" true; }
end_holders() {
  local pid
  [ -f "$BATS_TEST_TMPDIR/holders" ] || return 0
  while read -r pid; do
    pkill -P "$pid" || true
    wait "$pid" || true
  done <"$BATS_TEST_TMPDIR/holders"
  rm "$BATS_TEST_TMPDIR/holders"
}
bounding() { sed -n 's/^CapBnd:\t//p' "$stdout"; }
decided_by() { # what, expected: the request, or the configured policy
  same "$1" "$2" "$(tail -n 1 "$RECORDS" | jq -r .policy)"
}

policy_decides() { # what
  run_program /bin/facts
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  # shellcheck disable=SC2086
  same "$1: the bounding set" "$(mask $allowed)" "$(bounding)"
  decided_by "$1" "$POLICY"
  make_bundle
  rm -rf "$REQUESTS"
  end_holders
}
request_decides() { # what
  run_program /bin/facts
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  # shellcheck disable=SC2086
  same "$1: the bounding set" "$(mask $docker_capabilities)" "$(bounding)"
  decided_by "$1" "/run/whittle/requests/$TOKEN.json"
}

request_is_taken() {
  request
  hold_request
  request_decides "a request of root's"
  same "where whittle met it" "$BUNDLE" "$(cat "$REQUESTS/$TOKEN.container")"
}
@test "a request decides about its container" { each_learning_runtime request_is_taken; }

others_are_not_taken() {
  local name
  request
  policy_decides "nobody lives who asked"
  request
  hold_request
  printf '%s' "another" >"$REQUESTS/$TOKEN.cid"
  policy_decides "another container's"
  request
  hold_request
  printf '%s' "$ID-2" >"$REQUESTS/$TOKEN.cid"
  policy_decides "a longer id"
  request
  hold_request
  printf '%s' "${ID%?}" >"$REQUESTS/$TOKEN.cid"
  policy_decides "a shorter id"
  request
  hold_request
  : >"$REQUESTS/$TOKEN.cid"
  policy_decides "no id"
  request
  hold_request
  rm "$REQUESTS/$TOKEN.json"
  policy_decides "no policy"
  request
  hold_request
  printf '%s' "$BUNDLE-2" >"$REQUESTS/$TOKEN.container"
  policy_decides "a container of that id in another bundle"
  for name in "${TOKEN%?}" "${TOKEN}0" "${TOKEN%?}G" "${TOKEN^^}" "..${TOKEN:2}"; do
    request "$name"
    hold_request "$name"
    policy_decides "a name that is no token: $name"
  done
}
@test "what is no request of this container's is none" { each_learning_runtime others_are_not_taken; }

untrusted_are_not_taken() {
  local file
  for file in "$TOKEN.json" "$TOKEN.cid"; do
    request
    hold_request
    chown 65534 "$REQUESTS/$file"
    policy_decides "$file of somebody else's"
    request
    hold_request
    chmod go+w "$REQUESTS/$file"
    policy_decides "$file that others can write"
    request
    hold_request
    mv "$REQUESTS/$file" "$CASE/elsewhere"
    ln -s "$CASE/elsewhere" "$REQUESTS/$file"
    policy_decides "$file that is a link"
  done
  request
  hold_request
  chmod 777 "$REQUESTS"
  policy_decides "a folder that others can write"
}
@test "what somebody else could have written is none" { each_learning_runtime untrusted_are_not_taken; }

words_do_nothing() {
  request
  hold_request
  printf '%s' another >"$REQUESTS/$TOKEN.cid"
  edit_config --arg token "$TOKEN" '.annotations = { "org.whittle.request": $token,
    "request": $token, "org.whittle.policy": "/run/whittle/requests/\($token).json" }'
  policy_decides "annotations"
}
@test "no annotation leads to a request" { each_learning_runtime words_do_nothing; }

execs_follow() {
  request
  hold_request
  hold whittle
  succeeds whittle exec "$ID" /bin/facts
  decided_by "an exec" "/run/whittle/requests/$TOKEN.json"
  # shellcheck disable=SC2086
  same "an exec's bounding set" "$(mask $docker_capabilities)" "$(bounding)"
  end_holders
  succeeds whittle exec "$ID" /bin/facts
  decided_by "an exec when who asked has gone" "$POLICY"
  # shellcheck disable=SC2086
  same "its bounding set" "$(mask $allowed)" "$(bounding)"
  hold_request
  succeeds whittle exec "$ID" /bin/facts
  decided_by "an exec of a live request" "/run/whittle/requests/$TOKEN.json"
  rm -r "$REQUESTS"
  succeeds whittle exec "$ID" /bin/facts
  decided_by "an exec without a request" "$POLICY"
  let_go
}
@test "execs are judged by the request while it counts" { each_learning_runtime execs_follow; }

bad_one_is_refused() {
  request
  hold_request
  echo '{ "nonsense": 1 }' >"$REQUESTS/$TOKEN.json"
  is_refused run --bundle "$BUNDLE" "$ID"
  says "/run/whittle/requests/$TOKEN.json:1"
}
@test "a request that is not valid stops its container" { each_learning_runtime bad_one_is_refused; }
