#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
#
# whittlectl audit on a machine that is made up for it, for what is rare, hostile or hard to bring about:
# processes that end, change and are followed by others of their number while they are looked at, names that
# are markup, a /proc that hides, a thousand containers; and its page in a real browser. The real engines are
# in audit.bats.

load made-up

# ---- asking -------------------------------------------------------------------------------

audit() { # its answer in $answer, its exit status in $code
  code=0
  answer=$(inside whittlectl audit --json) || code=$?
  jq -e '.schema == 1' <<<"$answer" >/dev/null || fail "no answer: $answer"
}
is() { same "$1" "$2" "$(jq -rc "$1" <<<"$answer")"; } # filter, expected
exits() { same "exit status" "$1" "$code"; }
page() { # writes $MACHINE/page.html, and what a browser makes of it to $MACHINE/page.json
  inside whittlectl audit --html /run/machine/page.html || [ $? -ne 2 ] || fail "no page"
  python3 "$WHITTLE_SOURCE/test/engine/page.py" "$MACHINE/page.html" >"$MACHINE/page.json"
}

# A container that holds this (a command that ends in a program that stays) and no more processes.
held_as() { # id, command
  CHILD=$2 hold_below sleeper
  write_state /run/runc "$1"
}

# ---- what is found ------------------------------------------------------------------------

@test "no container runs: a sentence, exit status 0" {
  code=0
  answer=$(inside whittlectl audit) || code=$?
  exits 0
  same "screen" "0 running: 0 beyond the policy, 0 not started through whittle, 0 with an exec that holds more than
  the container" "$answer"
  audit
  is .containers '[]'
}

@test "within the policy and through whittle: exit status 0, and only then" {
  CHILD="$bounded" held_by_shim good /usr/local/bin/whittle
  audit
  exits 0
  is '.containers[0] | [.id, .throughWhittle, .beyondPolicy, .noNewPrivileges]' '["good","yes",[],true]'
  CHILD="setpriv --bounding-set=-all,+chown,+sys_admin sleep infinity" held_by_shim bad /usr/local/bin/whittle
  audit
  exits 1
  is '[.containers[].id]' '["bad","good"]'
  is '.containers[0] | [.beyondPolicy, .noNewPrivilegesMissing]' '[["CAP_SYS_ADMIN"],true]'
  # What stands below each row depends on the machine.
  answer=$(inside whittlectl audit | grep -v '^      ') || :
  same "screen" "$(cat <<'SCREEN'
  RISK      ENGINE  NAME  USER  KEPT  BEYOND  THROUGH  IMAGE
  critical  docker  bad   0     2     1+nnp   whittle  -
  critical  docker  good  0     2     none    whittle  -

2 running: 1 beyond the policy, 0 not started through whittle, 0 with an exec that holds more than
  the container
SCREEN
)" "$answer"
}

# A recording of the rule that the container runs under.
recorded() { # jq filter of a whole one
  jq -n '{ schema: 1, name: "default", began: 1, ended: 2, milliseconds: 1000, recordings: 3, events: 5, lost: 0,
    complete: true, recorder: 0, recorderStart: 0, granted: ["CAP_CHOWN", "CAP_KILL"], uid: 0,
    uses: [{ capability: "CAP_KILL", use: "used", byFile: false, count: 1, atLeast: false, first: 1 }], foreign: 0,
    runtime: 0, otherUsers: 0, syscalls: [], userNamespaces: false, written: [], writtenMore: false, devices: [], ports: [], users: [],
    programs: [], scratchPrograms: [], command: [], ofCommand: 0 }' | jq "$1" | inside_sh 'umask 077
    mkdir -p /var/lib/whittle/learn/default; cat >/var/lib/whittle/learn/default/1.json'
}

@test "what was recorded tells which capabilities are kept and never used" {
  recorded .
  CHILD="$bounded" held_by_shim good /usr/local/bin/whittle
  audit
  exits 0
  is '.containers[0] | [.rule, .recordedAs, .neverUsed]' '["default","default",["CAP_CHOWN"]]'
  inside whittlectl audit | grep -qE ' good +0 +2 \(1 unused\) +none ' || fail "$(inside whittlectl audit)"
  page
  grep -q 'keep what they never used' "$MACHINE/page.html" || fail "no tile"
  same "marked cells: of the container, and of the recording" 2 \
    "$(grep -o '<td class="c n">N</td>' "$MACHINE/page.html" | wc -l)"
  # One with gaps tells nothing of what was never used, and one that is none is left out.
  recorded '.complete = false | .incomplete = "3 events were lost"'
  audit
  is '.containers[0] | [.recordedAs, .neverUsed]' '["default",[]]'
  recorded '.schema = 2'
  audit
  exits 0
  is '.containers[0] | [.recordedAs, .neverUsed]' '[null,[]]'
}

@test "a process that changes its sets meanwhile: the answer is one of the two" {
  held_as changing 'setpriv --bounding-set=-all,+chown sh -c "while :; do setpriv --bounding-set=-all sleep 0.01; done"'
  for _ in {1..10}; do
    audit
    is '.containers | length' 1
    jq -e '.containers[0].capabilities - ["CAP_CHOWN"] | length == 0' <<<"$answer" >/dev/null || fail "$answer"
  done
}

@test "a container that ends during the scan, and a process id that is another process since" {
  held_as stays "$bounded"
  held_as other "$bounded"
  write_state /run/runc other "$PID" 7
  background churn inside_sh 'cd /run/runc; touch /run/machine/churning
    while [ -e /run/machine/churning ]; do
      sleep 5 & start=$(sed "s/.*) //" "/proc/$!/stat" | cut -d " " -f 20); mkdir -p short
      sed "s/\"init_process_pid\":[0-9]*/\"init_process_pid\":$!/; s/\"init_process_start\":[0-9]*/\"init_process_start\":$start/; s/stays/short/" stays/state.json >short/new
      mv short/new short/state.json; kill -KILL $!; wait $! || :
    done 2>/dev/null'
  eventually [ -e "$MACHINE/churning" ]
  for _ in {1..20}; do
    audit
    is '[.containers[].id] - ["short"]' '["stays"]'
    is .unseen '[]'
  done
  rm "$MACHINE/churning"
}

@test "in the host's PID namespace the control groups tell which processes are its own" {
  held_as c0ffee "$bounded"
  inside_sh 'mkdir -p /sys/fs/cgroup/pids/c0ffee && echo "$1" >/sys/fs/cgroup/pids/c0ffee/cgroup.procs' "$PID"
  first=$PID
  hold_below sleeper
  inside_sh 'echo "$1" >/sys/fs/cgroup/pids/c0ffee/cgroup.procs' "$PID"
  audit
  is '.containers[0] | [.pid, .processes, .execPid]' "[$first,2,$PID]"
  is '.containers[0].capabilitiesOfExec | index("CAP_NET_RAW") != null' true
  is '.containers[0].findings | any(.kind == "exec")' true
}

@test "a thousand control groups without a container are none" {
  inside_sh 'for i in {1..1000}; do mkdir "/sys/fs/cgroup/pids/group-$i"; done'
  audit
  is .containers '[]'
  inside_sh 'rmdir /sys/fs/cgroup/pids/group-*'
}

@test "a container that no state tells of is found by its PID namespace" {
  background stranger inside unshare --pid --fork --mount-proc sleep 4321
  eventually inside pgrep -f '^sleep 4321'
  audit
  exits 1
  is '.containers | length' 1
  is '.containers[0] | [.runtime, .throughWhittle, (.findings | any(.kind == "unknown"))]' '[null,"unknown",true]'
  inside pkill -KILL -f '^sleep 4321'
}

# ---- names --------------------------------------------------------------------------------

@test "names are text, on the screen, in JSON and on the page" {
  id=$'x\e[2J\n<script>alert(1)"\'&amp;'
  held_as "$id" "$bounded"
  code=0
  answer=$(inside whittlectl audit) || code=$?
  same "control characters" "" "$(tr -d '\n -~' <<<"$answer")"
  [[ $answer == *'x\x1b[2J\x0a<script>'* ]] || fail "$answer"
  audit
  is '.containers[0].id' "$id"
  page
  same "what could run" '[]' "$(jq -c .active "$MACHINE/page.json")"
  same "name" 'x\x1b[2J\x0a<script>alert(1)"'\''&amp;' "$(jq -r '.rows[0].name' "$MACHINE/page.json")"
}

# ---- what cannot be seen ------------------------------------------------------------------

@test "not root, and a /proc that hides: says what it could not see, exit status 2" {
  held_as hidden "$bounded"
  code=0
  answer=$(inside setpriv --reuid 1000 --clear-groups whittlectl audit) || code=$?
  exits 2
  [[ $answer == *"run it as root"* ]] || fail "$answer"
  inside mount -o remount,hidepid=2 /proc
  code=0
  answer=$(inside setpriv --reuid 1000 --clear-groups whittlectl audit --json) || code=$?
  inside mount -o remount,hidepid=0 /proc
  exits 2
  is '.unseen | length > 0' true
}

@test "a page that cannot be written: exit status 2, and no half of one" {
  for file in /nowhere/page.html /proc/page.html /run/machine; do
    code=0
    answer=$(inside whittlectl audit --html "$file" 2>&1) || code=$?
    exits 2
    [[ $answer == *"$file"* ]] || fail "$answer"
  done
  inside_sh 'mkdir -p /run/small; mount -t tmpfs -o size=4k tmpfs /run/small'
  code=0
  answer=$(inside whittlectl audit --html /run/small/page.html 2>&1) || code=$?
  exits 2
  same "left behind" "" "$(ls "$ROOT/run/small")"
  inside umount /run/small
}

@test "words that cannot be had together are refused" {
  for words in '--html - --json' '--json --watch' '--html - --watch'; do
    code=0
    # shellcheck disable=SC2086
    inside whittlectl audit $words >/dev/null 2>&1 || code=$?
    exits 2
  done
}

@test "--watch looks again until it is ended" {
  held_as watched "$bounded"
  (exec {MACHINE_INPUT}>&- 3>&-; inside timeout 5 whittlectl audit --watch >"$MACHINE/watched" 2>&1) || :
  [ "$(grep -c '^1 running' "$MACHINE/watched")" -ge 2 ] || fail "$(cat "$MACHINE/watched")"
}

# ---- the page in a browser ----------------------------------------------------------------

@test "the page of many containers in a browser: as wide as the matrix, in light and in dark" {
  for number in {1..12}; do
    held_as "service-$number" "setpriv --no-new-privs --bounding-set=-all,+chown,+kill sleep infinity"
  done
  held_as ingress 'setpriv --no-new-privs --bounding-set=-all,+net_bind_service sleep infinity'
  held_as log-agent 'setpriv --bounding-set=-sys_admin sleep infinity'
  held_as debug-shell 'sleep infinity'
  page
  same "rows" 15 "$(jq '.rows | length' "$MACHINE/page.json")"
  same "the first" debug-shell "$(jq -r '.rows[0].name' "$MACHINE/page.json")"
  browse light --blink-settings=preferredColorScheme=1
  browse dark --force-dark-mode --blink-settings=preferredColorScheme=0
  ! cmp -s "$MACHINE/light.png" "$MACHINE/dark.png"
}
in_browser() { # options, page
  local data
  data=$(mktemp -d)
  (exec {MACHINE_INPUT}>&- 3>&-; timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --no-first-run --user-data-dir="$data" "$@") >"$MACHINE/browser.out" 2>&1 </dev/null || fail "$(tail -n 5 "$MACHINE/browser.out")"
  rm -rf "$data"
}
# A picture of the page; what the browser makes of it must be the rows that are written in it.
browse() { # name, options
  in_browser --hide-scrollbars --window-size=1600,1000 "${@:2}" --screenshot="$MACHINE/$1.png" "file://$MACHINE/page.html"
  python3 - "$MACHINE/$1.png" <<'PYTHON' || fail "$1.png is no picture of a page"
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
width, height = struct.unpack(">II", data[16:24])
at, body = 8, b""
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    body += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
    at += 12 + size
assert (width, height) == (1600, 1000), (width, height)
pixels = zlib.decompress(body)
assert len(set(pixels[0:4000000:7])) > 40, "one colour"
PYTHON
}

@test "the page filters without a script" {
  CHILD="$bounded" held_by_shim good /usr/local/bin/whittle
  held_as bad 'sleep infinity'
  page
  same "beyond" '[["bad",true],["good",false]]' \
    "$(jq -c '[.rows[] | [.name, (.class | index("f-beyond") != null)]]' "$MACHINE/page.json")"
  # What the box does is the style sheet's: with the box checked only the rows of its class are left.
  for box in "" f-beyond; do
    sed "s/id=\"$box\"/& checked/" "$MACHINE/page.html" >"$MACHINE/checked.html"
    in_browser --no-pdf-header-footer --print-to-pdf="$MACHINE/page$box.pdf" "file://$MACHINE/checked.html"
  done
  [ -s "$MACHINE/page.pdf" ] && [ -s "$MACHINE/pagef-beyond.pdf" ]
}

@test "a thousand containers on one page" {
  held_as one "$bounded"
  copy_states 1000
  audit
  is '.containers | length' 1001
  page
  same "rows" 1001 "$(jq '.rows | length' "$MACHINE/page.json")"
  [ "$(stat -c %s "$MACHINE/page.html")" -lt 8000000 ]
}
copy_states() { # how many more of the same process
  inside_sh 'cd /run/runc; start=$(jq .init_process_start one/state.json)
    for i in $(seq "$1"); do mkdir "copy-$i"; sed "s/\"id\":\"one\"/\"id\":\"copy-$i\"/" one/state.json >"copy-$i/state.json"; done' "$1"
}

@test "verify: held to the policy, beyond it, and not to be judged" {
  CHILD="$bounded" held_by_shim good /usr/local/bin/whittle
  code=0
  answer=$(inside whittlectl verify) || code=$?
  exits 0
  same "screen" "good: held to the policy (1 processes, rule default)" "$answer"
  held_as bad 'sleep infinity'
  code=0
  answer=$(inside whittlectl verify --json) || code=$?
  exits 1
  is '[.containers[] | [.id, .result]] | sort' '[["bad","beyond"],["good","held"]]'
  inside whittlectl verify good
  code=0
  inside whittlectl verify good nobody >/dev/null 2>&1 || code=$?
  exits 2
  policy config <<<'{ "runtimes": ["runc"], "mode": "audit" }'
  code=0
  answer=$(inside whittlectl verify good) || code=$?
  exits 1
  [[ $answer == "good: not judged: "* ]] || fail "$answer"
}
