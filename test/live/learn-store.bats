#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154,SC2317
#
# whittlectl learn list, status, forget, policy, report, start and stop, with recordings that are made up
# and a /var/lib/whittle of the case's own; and the profiles of system calls, with real containers.

load lib

setup_file() {
  need_live script
  [ -x "${WHITTLECTL:-}" ] || fail "WHITTLECTL must be the path of the whittlectl to test"
}
setup() {
  CASE=$(mktemp -d "$BATS_TEST_TMPDIR/store.XXXX") # mode 0700: its folders are trusted
  VAR=$CASE/var LEARN=$CASE/var/learn FILE=$CASE/etc/policy.json
  mkdir -m 0700 "$VAR" "$LEARN"
  mkdir "$CASE/etc"
}
teardown() { end_cases; }

# A mount namespace in which /var/lib/whittle is the case's.
inside() {
  unshare -m --propagation private sh -c '
    mount -t tmpfs -o mode=0755 tmpfs /var/lib && mkdir -m 0700 /var/lib/whittle &&
      mount --bind "$1" /var/lib/whittle || exit 99
    shift
    exec "$@"' sh "$VAR" "$@"
}
learn() { # its answer in $answer, what it says beside it in $said, its exit status in $code
  code=0
  answer=$(inside timeout 60 "$WHITTLECTL" learn "$@" 2>"$CASE/said") || code=$?
  said=$(cat "$CASE/said")
}
is() { same "$1" "$2" "$(jq -rc "$1" <<<"$answer")"; } # filter, expected
exits() { same "exit status (it said: $said)" "$1" "$code"; }
tells() { grep -qF -e "$1" <<<"$said" || fail "it does not say \"$1\": $said"; }

result() { # jq filter: a whole result
  jq -n '{ schema: 1, name: "web", image: "docker.io/library/web:1", transport: "perf", began: 1000, ended: 1060,
    milliseconds: 60000, recordings: 1, events: 5, lost: 0, complete: true, recorder: 0, recorderStart: 0,
    granted: ["CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_ADMIN"], uid: 0,
    uses: [{ capability: "CAP_NET_BIND_SERVICE", use: "used", byFile: false, count: 1, atLeast: false, first: 1001,
      syscall: "bind", function: "inet_bind", program: "/usr/sbin/nginx", detail: "80" }],
    foreign: 0, runtime: 0, otherUsers: 0, syscalls: ["bind", "exit_group"], userNamespaces: false, written: ["/run/web.pid"],
    writtenMore: false, devices: [], ports: [], users: [], programs: [], scratchPrograms: [], command: [], ofCommand: 0 }' | jq "${1:-.}"
}
recording() { # name, number, jq filter
  [ -d "$LEARN/$1" ] || mkdir -m 0700 "$LEARN/$1"
  (umask 077 && result "${3:-.}" >"$LEARN/$1/$2.json")
}
chown_used='.uses = [{ capability: "CAP_CHOWN", use: "speculative", byFile: false, count: 2, atLeast: true,
  first: 900, why: "it only asks", syscall: "fchownat", function: "chown_common", program: "/bin/chown" }] + .uses'
start_of() { sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20; }

# ---- what is there ------------------------------------------------------------------------

@test "nothing was recorded: a sentence, exit status 0, and nothing is made" {
  rmdir "$LEARN"
  for word in list report status; do
    printf '{}' >"$FILE"
    options=()
    [ $word != status ] || options=(--policy "$FILE")
    learn $word "${options[@]}"
    exits 0
    [ -n "$answer" ] || fail "$word prints nothing"
  done
  learn list --json
  is .recordings '[]'
  learn forget web
  exits 2
  tells "there is no recording"
  learn policy --file "$FILE"
  exits 2
  same "what was made" "" "$(ls -A "$VAR")"
}

@test "list: the union of a name's recordings" {
  recording web 1
  recording web 2 "$chown_used | .ended = 2000 | .lost = 3"
  recording idle 7 '.name = "idle" | .uses = [] | .complete = false | .incomplete = "3 events were lost"'
  learn list --json
  exits 0
  is '[.recordings[].name]' '["idle","web"]'
  is '.recordings[1] | [.recordings, .milliseconds, .used, .speculative, .complete]' \
    '[2,120000,["CAP_NET_BIND_SERVICE"],["CAP_CHOWN"],true]'
  is '.recordings[0] | [.complete, .incomplete]' '[false,"3 events were lost"]'
  learn list
  same "screen" "  NAME  RECORDINGS  TIME   USED    COMPLETE
  idle  1           1m 0s  0 of 4  3 events were lost
  web   2           2m 0s  2 of 4  yes" "$answer"
  learn list web
  same "lines" 2 "$(wc -l <<<"$answer")"
}

@test "names are encoded, and read back" {
  recording 'a%2Fb%20%C3%A4' 1
  recording '%2Ehidden' 1
  mkdir "$LEARN/not%2fone" "$LEARN/%41" "$LEARN/empty"
  cp "$LEARN/%2Ehidden/1.json" "$LEARN/not%2fone/"
  cp "$LEARN/%2Ehidden/1.json" "$LEARN/%41/"
  learn list --json
  exits 0
  is '[.recordings[].name]' '[".hidden","a/b ä"]'
  learn list 'a/b ä'
  exits 0
  fails grep -q '[^ -~]' <<<"$answer"
  learn list "$(printf 'x%.0s' {1..300})"
  exits 2
}

# What somebody else could have written, or no recorder wrote, is told and is no part of the union.
@test "what cannot be read makes a name incomplete, and nothing waits or crashes" {
  tries=(truncated huge foreign shared link pipe folder deep binary)
  for try in "${tries[@]}"; do
    recording "$try" 1
    file=$LEARN/$try/2.json
    case $try in
      truncated) head -c 300 "$LEARN/$try/1.json" >"$file" ;;
      huge) head -c 5000000 /dev/zero | tr '\0' ' ' >"$file" ;;
      foreign) cp "$LEARN/$try/1.json" "$file" && chown 65534 "$file" ;;
      shared) cp "$LEARN/$try/1.json" "$file" && chmod 666 "$file" ;;
      link) ln -s 1.json "$file" ;;
      pipe) mkfifo "$file" ;;
      folder) mkdir "$file" ;;
      deep) (printf '[%.0s' {1..10000}) >"$file" ;;
      binary) head -c 4096 /dev/urandom >"$file" ;;
    esac
    [ "$try" = shared ] || [ ! -f "$file" ] || [ -L "$file" ] || chmod 600 "$file"
  done
  learn list --json
  exits 0
  for try in "${tries[@]}"; do
    is ".recordings[] | select(.name == \"$try\") | [.recordings, .complete, (.incomplete | startswith(\"2.json cannot be read: \"))]" \
      '[1,false,true]'
    learn policy "$try" --file "$FILE" --image web
    exits 2
    tells "is not complete"
    learn list --json
  done
  recording alone 1
  head -c 10 "$LEARN/alone/1.json" >"$CASE/short" && cat "$CASE/short" >"$LEARN/alone/1.json"
  learn list alone
  exits 2
  grep -q 'line 2' <<<"$answer" || fail "$answer"
  learn forget huge
  exits 0
  same "what is left" "" "$(ls "$LEARN/huge")"
}

@test "a recording that goes on, and one whose recorder is gone" {
  sleep infinity &
  echo $! >>"$BATS_TEST_TMPDIR/background"
  pid=$! start=$(start_of $!)
  recording web 1
  recording web 2 ".ended = 0 | .complete = false | .incomplete = \"it goes on\" | .recorder = $pid | .recorderStart = $start"
  learn list --json
  is '.recordings[0] | [.running, .complete, .recordings]' '[1,false,2]'
  printf '{ "rules": [{ "name": "web", "match": { "id": "x" }, "learn": true }] }' >"$FILE"
  learn status --policy "$FILE" --json
  is '.names[0] | [.name, .learns, .running[0].recorder, .running[0].since]' "[\"web\",true,$pid,\"1970-01-01T00:16:40Z\"]"
  learn forget web
  exits 0
  same "what is left" 2.json "$(ls "$LEARN/web")"
  learn forget web
  exits 2
  # Another process of the same number is not the recorder.
  recording web 2 ".ended = 0 | .complete = false | .recorder = $pid | .recorderStart = $((start + 1))"
  learn list --json
  is '.recordings[0] | [.running, .complete, .incomplete]' '[0,false,"its recorder ended before the container did"]'
  learn status --policy "$FILE" --json
  is '.names[0].running' '[]'
  learn stop web --policy "$FILE"
  exits 0
  kill -0 "$pid" || fail "somebody else's process was ended"
  # Stop ends the one that is.
  recording web 2 ".ended = 0 | .complete = false | .recorder = $pid | .recorderStart = $start"
  learn stop web --policy "$FILE"
  exits 0
  grep -q '1 recording ended' <<<"$answer" || fail "$answer"
  eventually fails kill -0 "$pid" || eventually has_ended "$pid"
}

@test "stop ends what no rule gave a name: by its own, and with default" {
  printf '{ "learn": true, "rules": [{ "name": "own", "match": { "id": "x" } }] }' >"$FILE"
  for name in web:1 other own; do
    sleep infinity &
    echo $! >>"$BATS_TEST_TMPDIR/background"
    recording "$name" 1 ".name = \"$name\" | .ended = 0 | .complete = false | .recorder = $! | .recorderStart = $(start_of $!)"
    eval "pid_${name%%:*}=$!"
  done
  cp "$FILE" "$CASE/before"
  learn stop web:1 --policy "$FILE"
  exits 0
  same "what is said" "web:1: 1 recording ended" "$answer"
  same_files "the policy" "$CASE/before" "$FILE"
  has_ended "$pid_web"
  kill -0 "$pid_other"
  learn stop default --policy "$FILE"
  exits 0
  has_ended "$pid_other"
  kill -0 "$pid_own" || fail "a rule's own recording was ended"
  # It has ended, so that this is no name any more.
  learn stop web:1 --policy "$FILE"
  exits 2
}

@test "recorders that end take in what others knew, and lose nothing at once" {
  sleep infinity &
  echo $! >>"$BATS_TEST_TMPDIR/background"
  recording web 1 "$chown_used"
  recording web 3 ".ended = 0 | .complete = false | .recorder = $! | .recorderStart = $(start_of $!)"
  printf '{' >"$LEARN/web/4.json" && chmod 600 "$LEARN/web/4.json"
  result '.ended = 5000 | .syscalls = ["read"]' >"$CASE/result"
  inside "$(helper finish)" web 2.json "$CASE/result"
  same "files" "2.json 3.json 4.json" "$(cd "$LEARN/web" && echo *)"
  same "what is in it" '[2,2,["bind","exit_group","read"],true]' \
    "$(jq -c '[.recordings, (.uses | length), .syscalls, .complete]' "$LEARN/web/2.json")"
  rm "$LEARN/web/3.json" "$LEARN/web/4.json"
  # All at once: each takes in those before it.
  for number in {10..39}; do
    inside "$(helper finish)" web "$number.json" "$CASE/result" &
    pids[number]=$!
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  same "files" 1 "$(find "$LEARN/web" -type f | wc -l)"
  same "recordings" 32 "$(jq .recordings "$LEARN"/web/*.json)"
  same "modes" "700 600" "$(stat -c %a "$LEARN/web" "$LEARN"/web/*.json | xargs)"
}

# ---- the policy ---------------------------------------------------------------------------

policy_text='// mine
{
  "mode": "enforce", // stays
  "rules": [
    // first
    { "name": "other", "match": { "label": { "a": "b" } }, "capabilities": [] },
    // for all
    {
      "name": "all",
      "match": { "image": "*" }, // every one
      "capabilities": []
    }
  ]
}'

@test "a new rule: shown, then written; before what is broader, and with the reasons" {
  printf '%s\n' "$policy_text" >"$FILE"
  recording web 1 "$chown_used"
  learn policy web --file "$FILE" --dry-run
  exits 0
  same "the policy" "$policy_text" "$(cat "$FILE")"
  same "the difference" '@@ -4,6 +4,19 @@
   "rules": [
     // first
     { "name": "other", "match": { "label": { "a": "b" } }, "capabilities": [] },
+    {
+      "name": "web",
+      "match": { "image": "docker.io/library/web:1" },
+      "capabilities": {
+        "CAP_CHOWN": "chown changes owners of files (fchownat, chown_common); perhaps not needed: it only asks",
+        "CAP_NET_BIND_SERVICE": "nginx binds port 80 (bind, inet_bind)"
+      },
+      "readonlyRootfs": true,
+      "tmpfs": ["/run"],
+      "noNewPrivileges": true,
+      "runAsNonRoot": false,
+      "devices": []
+    },
     // for all
     {
       "name": "all",' "$(tail -n +3 <<<"$answer")"
  learn policy web --file "$FILE" --used-only
  exits 0
  "$WHITTLECTL" check "$FILE" || fail "it is no policy: $(cat "$FILE")"
  same "comments" 5 "$(grep -c // "$FILE")"
  fails grep -q CAP_CHOWN "$FILE"
  cp "$FILE" "$CASE/before"
  learn policy web --file "$FILE" --used-only
  exits 0
  same_files "the policy after the same again" "$CASE/before" "$FILE"
}

@test "a rule that is there is brought up to date, and never allows more by itself" {
  cat >"$FILE" <<'POLICY'
{
  "rules": [
    {
      "name": "web", // mine
      "match": { "label": { "app": "web" } },
      "learn": true,
      "capabilities": { "NET_BIND_SERVICE": "it is a web server", "CAP_KILL": "who knows" },
      "readonlyRootfs": true,
      "devices": { "allow": ["/dev/fuse"], "otherwise": "refuse" }
    }
  ]
}
POLICY
  cp "$FILE" "$CASE/before"
  recording web 1 "$chown_used | .written = []"
  learn policy --file "$FILE"
  exits 1
  tells 'rule "web" allows more: capabilities: CAP_CHOWN'
  tells 'say --widen'
  same_files "the policy" "$CASE/before" "$FILE"
  learn policy --file "$FILE" --used-only
  exits 0
  same "the rule" '{"name":"web","match":{"label":{"app":"web"}},"learn":true,"capabilities":{"CAP_NET_BIND_SERVICE":"it is a web server"},"readonlyRootfs":true,"devices":{"allow":[],"otherwise":"refuse"},"noNewPrivileges":true,"runAsNonRoot":false}' \
    "$(sed 's, // .*,,' "$FILE" | jq -c '.rules[0]')"
  same "comments" 1 "$(grep -c '// mine' "$FILE")"
}

@test "what else would allow more: a writable root, and privileges that are gained" {
  printf '{ "rules": [{ "name": "web", "match": { "id": "x" }, "capabilities": ["NET_BIND_SERVICE"] }] }' >"$FILE"
  recording web 1 '.written = ["/srv/data"] | .programs = [{ path: "/bin/su", setuid: true, setgid: false, capabilities: [] }]'
  learn policy --file "$FILE"
  exits 1
  tells 'readonlyRootfs: whatever is asked for'
  tells 'noNewPrivileges: whatever is asked for'
  tells 'stays writable: it writes, outside of scratch folders, /srv/data'
  learn policy --file "$FILE" --widen
  exits 0
  same "the rule" '[false,false]' "$(jq -c '.rules[0] | [.readonlyRootfs, .noNewPrivileges]' "$FILE")"
}

@test "what the rule leaves to its reader is told" {
  recording web 1 '.userNamespaces = true | .syscalls = ["bind", "io_uring_setup", "keyctl"] | .written = ["/run/web/pid", "/tmp/a", "/var/log/web/access.log"]
    | .scratchPrograms = ["/run/not", "/tmp/a", "/var/run/web/b"]'
  learn policy --file "$FILE"
  exits 0
  tells 'web: it asked for user namespaces of its own: they are closed unless the rule says "userNamespaces": true'
  tells 'web: it called io_uring_setup, keyctl, which no default filter allows: refused unless the container comes with a filter that does'
  tells 'web: it executed /tmp/a: /tmp is a tmpfs, from which nothing can be executed'
  tells 'web: it executed /var/run/web/b: /run/web is a tmpfs'
  [[ $said != *'/run/not'* ]] || fail "that is no tmpfs: $said"
  tells 'web: /var/log/web is a tmpfs: logs there have to fit'
  rm "$FILE"
  recording web 1
  learn policy --file "$FILE"
  exits 0
  [[ $said != *'web: '* ]] || fail "it has something to say: $said"
}

@test "words that do not go together, and what is not known" {
  recording web 1 'del(.image)'
  learn policy web --file "$FILE"
  exits 2
  tells --image
  learn policy web --file "$FILE" --image 'not an image'
  exits 2
  learn policy web --file "$FILE" --image nginx
  exits 0
  same "match" '{"image":"docker.io/library/nginx:latest"}' "$(jq -c '.rules[0].match' "$FILE")"
  learn policy nobody --file "$FILE"
  exits 2
  learn policy --file relative.json
  exits 2
  learn policy --image 'docker.io/*' --file "$FILE"
  exits 2
  learn list --file "$FILE"
  exits 2
  tells "--file is for something else"
  learn nothing
  exits 2
  recording web 1 '.syscallsUnknown = "they were not watched" | .syscalls = []'
  learn policy web --file "$FILE" --seccomp
  exits 2
  tells "they were not watched"
  ln -s "$FILE" "$CASE/etc/link.json"
  chmod 666 "$FILE"
  learn policy web --file "$CASE/etc/link.json"
  exits 2
}

@test "start and stop edit one key, and the policy reads as before" {
  printf '%s\n' "$policy_text" >"$FILE"
  cp "$FILE" "$CASE/before"
  learn start all --policy "$FILE" --dry-run
  exits 0
  grep -qxF '+      "learn": true' <<<"$answer" || fail "$answer"
  same_files "the policy" "$CASE/before" "$FILE"
  learn start all default --policy "$FILE"
  exits 0
  learn status --policy "$FILE" --json
  is '[.names[] | [.name, .learns]]' '[["all",true],["default",true],["other",true]]'
  learn status all --policy "$FILE" --json
  is '[.names[].name]' '["all"]'
  # What is said of all has to be unsaid of one.
  learn stop other --policy "$FILE"
  exits 0
  learn status --policy "$FILE" --json
  is '[.names[].name]' '["all","default"]'
  learn stop all default other --policy "$FILE"
  exits 0
  learn status --policy "$FILE" --json
  is .names '[]'
  learn start all default --policy "$FILE"
  learn stop default all other --policy "$FILE"
  exits 0
  same_files "the policy" "$CASE/before" "$FILE"
  learn start nobody --policy "$FILE"
  exits 2
  tells 'there is no rule "nobody"'
  printf '{ "mode": 3 }' >"$FILE"
  learn start default --policy "$FILE"
  exits 2
  learn start default --policy "$CASE/etc/none.json"
  exits 2
}

# ---- the report ---------------------------------------------------------------------------

@test "report: granted beside used, for people, for programs and as a page" {
  recording web 1 "$chown_used"
  recording idle 1 '.name = "idle" | .image = "docker.io/library/idle:1" | .uses = [] | .granted = ["CAP_SYS_ADMIN"]'
  learn report --json
  exits 1
  is '[.recordings[] | [.name, .neverUsed]]' '[["idle",["CAP_SYS_ADMIN"]],["web",["CAP_NET_RAW","CAP_SYS_ADMIN"]]]'
  is '.recordings[1].capabilities[] | select(.name == "CAP_NET_BIND_SERVICE") | [.use, .count, .reason]' \
    '["used",1,"nginx binds port 80 (bind, inet_bind)"]'
  is '.recordings[1].capabilities[] | select(.name == "CAP_SYS_ADMIN") | [.use, .grade, .granted]' '["never","host",true]'
  learn report web
  exits 1
  grep -qE '^    CAP_SYS_ADMIN +never +0 +- +host ' <<<"$answer" || fail "$answer"
  fails grep -q 'over the host' <<<"$answer"
  learn report
  grep -qE '^    CAP_SYS_ADMIN +2 +0 +0 +2 +host$' <<<"$answer" || fail "$answer"
  fails grep -q $'\e' <<<"$answer"
  learn report --html "$CASE/page.html"
  exits 1
  grep -q 'What was recorded' "$CASE/page.html"
  same "cells of what was never used" 3 "$(grep -o '<td class="c n">N</td>' "$CASE/page.html" | wc -l)"
  same "mode" 600 "$(stat -c %a "$CASE/page.html")"
  recording web 1 '.granted = ["CAP_NET_BIND_SERVICE"]'
  learn report web
  exits 0
}

@test "a page shows names as text, whatever they are" {
  recording '%3Cscript%3Ealert%3C%2Fscript%3E' 1 '.image = "<b>&\"x" | .complete = false | .incomplete = "<i>"'
  learn report --html -
  fails grep -qE '<script|<b>&"|<i>' <<<"$answer"
  grep -qF '&lt;script&gt;alert&lt;/script&gt;' <<<"$answer" || fail "it is not there"
}

# ---- system calls -------------------------------------------------------------------------

# A profile is that of a program that ends and does nothing else; what the runtimes need comes with it.
# Each way to start must come to the program's own end, which nothing else has the status of.
profile_for() { # jq filter of the recording
  recording web 1 ".syscalls = [] | .users = [] | $1" # a killed one never exited
  rm -f "$FILE"
  learn policy web --file "$FILE" --seccomp
  exits 0
  PROFILE=$CASE/etc/seccomp/web.json
  same "what names the profile" "$PROFILE" "$(jq -r '.rules[0].seccomp' "$FILE")"
  same "mode of the profile" 644 "$(stat -c %a "$PROFILE")"
}
exits_bundle() { # noNewPrivileges, uid, terminal, profile
  make_bundle
  edit_config --argjson nnp "$1" --argjson uid "$2" --argjson terminal "$3" --slurpfile profile "$4" '
    .process.noNewPrivileges = $nnp | .process.user = { uid: $uid, gid: $uid, additionalGids: [5] } |
    .process.terminal = $terminal | .process.args = ["/bin/exits"] | .linux.seccomp = $profile[0]'
}
ends_as_it_should() { # what, terminal
  local command=("${PRIVATE[@]}" "$RUNTIME_PATH" --root "$STATE" run --bundle "$BUNDLE" "$ID")
  if [ "$2" = true ]; then
    outcome env SHELL="$BASH" script -qec "$(printf '%q ' "${command[@]}")" /dev/null
  else
    outcome "${command[@]}"
  fi
  if [ "$status" -ne 0 ]; then bare delete --force "$ID" >/dev/null 2>&1 || true; fi
  [ "$status" -eq 42 ] || fail "$1: status $status ($RUNTIME)" "$(cat "$stdout" "$stderr")"
}
profile_case() {
  local nnp uid terminal
  cp "$(helper exits)" "$(shared_rootfs)/bin/exits"
  for nnp in true false; do
    if [ $nnp = true ]; then profile_for .; else
      profile_for '.programs = [{ path: "/bin/su", setuid: true, setgid: false, capabilities: [] }]'
    fi
    for uid in 0 1000; do
      for terminal in false true; do
        exits_bundle $nnp $uid $terminal "$PROFILE"
        ends_as_it_should "noNewPrivileges $nnp, user $uid, terminal $terminal" $terminal
      done
    done
  done
}

@test "a profile starts under each runtime: with and without privileges to gain, as root and not, with a terminal" {
  each_store_runtime profile_case
}
each_store_runtime() { # function: as each_runtime, but recordings stay where they are
  local runtime store=$CASE
  set +T
  for runtime in ${RUNTIMES:-runc crun}; do
    new_case "$runtime"
    CASE=$store
    "$@"
  done
}

alone_case() { # without what the runtimes need it does not come that far
  local code
  cp "$(helper exits)" "$(shared_rootfs)/bin/exits"
  printf '{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{ "names": ["execve", "exit_group"], "action": "SCMP_ACT_ALLOW" }] }' \
    >"$CASE/alone.json"
  exits_bundle false 1000 false "$CASE/alone.json"
  outcome bare run --bundle "$BUNDLE" "$ID"
  bare delete --force "$ID" >/dev/null 2>&1 || true
  [ "$status" -ne 42 ] || fail "$RUNTIME needs nothing, so the table is for nothing"
}
@test "the learnt calls alone do not start" {
  each_store_runtime alone_case
}

# The table is no longer than it must be where that can be told: each of these is missed.
needed_case() {
  local nnp=$1 name names=$2
  cp "$(helper exits)" "$(shared_rootfs)/bin/exits"
  if [ "$nnp" = true ]; then profile_for .; else
    profile_for '.programs = [{ path: "/bin/su", setuid: true, setgid: false, capabilities: [] }]'
  fi
  for name in $names; do
    jq --arg name "$name" '.syscalls[].names -= [$name]' "$PROFILE" >"$CASE/less.json"
    exits_bundle "$nnp" 1000 false "$CASE/less.json"
    outcome bare run --bundle "$BUNDLE" "$ID"
    bare delete --force "$ID" >/dev/null 2>&1 || true
    [ "$status" -ne 42 ] || fail "$RUNTIME does not need $name, noNewPrivileges $nnp"
  done
}
@test "a profile that a rule names does not grow by itself" {
  profile_for .
  cp "$PROFILE" "$CASE/before"
  recording web 1 '.syscalls = ["exit_group", "mount"]'
  learn policy web --file "$FILE" --seccomp
  exits 1
  tells "$PROFILE allows more: mount"
  same_files "the profile" "$CASE/before" "$PROFILE"
  learn policy web --file "$FILE" --seccomp --widen
  exits 0
  jq -e '.syscalls[0].names | index("mount")' "$PROFILE" >/dev/null || fail "$(cat "$PROFILE")"
  # Less is no more, and a rule without a profile allows less with one.
  recording web 1 '.syscalls = ["exit_group"]'
  learn policy web --file "$FILE" --seccomp
  exits 0
  edit_json "$FILE" 'del(.rules[0].seccomp)'
  learn policy web --file "$FILE" --seccomp
  exits 0
  printf 'x' >"$PROFILE"
  learn policy web --file "$FILE" --seccomp
  exits 2
}

@test "what the runtimes need is missed where it is taken out" {
  RUNTIMES=runc each_store_runtime needed_case true "close execve fstatfs getdents64 openat write"
  RUNTIMES=runc each_store_runtime needed_case false "capget capset chdir execve faccessat2 fstat getcwd getppid newfstatat \
    prctl read setgid setgroups setuid"
  RUNTIMES=crun each_store_runtime needed_case false "capset execve prctl setresgid setresuid write"
}

exec_case() {
  local nnp uid
  cp "$(helper exits)" "$(shared_rootfs)/bin/exits"
  for nnp in true false; do
    if [ $nnp = true ]; then profile_for '.syscalls = ["exit_group", "pause", "rt_sigaction"]'; else
      profile_for '.programs = [{ path: "/bin/su", setuid: true, setgid: false, capabilities: [] }]'
    fi
    # The container itself may do all; each exec gets the profile from config.json all the same.
    jq '.syscalls[0].names += ["pause", "poll", "ppoll", "brk", "arch_prctl", "set_tid_address", "readlink", "prlimit64",
      "getrandom", "uname", "wait4", "getuid", "getgid", "geteuid", "getegid", "getgroups", "lseek", "writev", "getrlimit",
      "getresuid", "getresgid", "sched_getaffinity", "getcpu", "getdents", "dup", "dup2", "select", "pselect6"]' "$PROFILE" >"$CASE/more.json"
    exits_bundle $nnp 0 false "$CASE/more.json"
    edit_config '.process.args = ["/bin/facts", "hold"]'
    ID=$ID-$nnp
    hold_as_it_is bare
    for uid in 0 1000; do
      outcome bare exec --user "$uid" "$ID" /bin/exits
      same "status of exec as $uid, noNewPrivileges $nnp ($RUNTIME): $(cat "$stderr")" 42 "$status"
    done
    let_go
  done
}
@test "execs come through a profile, too" {
  each_store_runtime exec_case
}
