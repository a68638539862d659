#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
#
# whittlectl status on a machine that is made up for it: engines that only say their version, runtimes that
# only say their name, and containers that are a process and what a runtime would have written down. So
# what is rare, hostile or hard to bring about can be shown. The real ones are in status.bats.

load made-up

# ---- asking -------------------------------------------------------------------------------

status() { # its answer in $answer, its exit status in $code
  code=0
  answer=$(inside whittlectl status --json) || code=$?
  jq -e '.schema == 1' <<<"$answer" >/dev/null || fail "no answer: $answer"
}
screen() {
  code=0
  answer=$(inside whittlectl status) || code=$?
}
is() { same "$1" "$2" "$(jq -rc "$1" <<<"$answer")"; } # filter, expected
exits() { same "exit status" "$1" "$code"; }
has() { [[ $answer == *"$1"* ]] || fail "it does not say \"$1\":" "$answer"; }
lacks() { [[ $answer != *"$1"* ]] || fail "it says \"$1\":" "$answer"; }

# ---- the whole answer ---------------------------------------------------------------------

@test "nothing is there: no engine found, and that is a finding" {
  inside_sh 'rm /etc/whittle/config.json /usr/sbin/runc'
  screen
  exits 1
  same "screen" "$(cat <<'SCREEN'
Engines
  - no engine found

Policies
  /etc/whittle/config.json  not valid  /etc/whittle/config.json: it does not exist

Running containers
  0: 0 through whittle, 0 not, 0 unknown; 0 beyond the policy

Ways around whittle
  - none found

Findings
  - no engine found: neither Docker, containerd, Podman nor CRI-O is installed in the system's
    folders for programs, and none runs
  - /etc/whittle/config.json: it does not exist

not enforced: 2 findings
SCREEN
)" "$answer"
}

@test "all is enforced: exit status 0, and only then" {
  all_is_well
  CHILD=$bounded held_by_shim web /usr/local/bin/whittle
  status
  exits 0
  is .enforced true
  is '[.findings, .ways, .unseen]' '[[],[],[]]'
  screen
  exits 0
  same "screen" "$(cat <<'SCREEN'
Engines
  Docker  20.10.24+dfsg1  stopped  default whittle  /usr/local/bin/whittle with
                                                    /etc/whittle/config.json

Policies
  /etc/whittle/config.json  valid  enforce  in front of /usr/sbin/runc, runc 1.2.3

Running containers
  1: 1 through whittle, 0 not, 0 unknown; 0 beyond the policy

Ways around whittle
  - none found

enforced: every engine starts its containers through whittle, and all that run are held to the
  policy
SCREEN
)" "$answer"
}

@test "all that can be wrong, as text" {
  pretend_docker
  pretend /usr/bin/podman 'podman version 4.3.1'
  pretend /usr/bin/crun 'crun version 1.8.1'
  echo '{ "runtimes": { "other": { "path": "/usr/bin/crun" } } }' | inside_sh 'cat >/etc/docker/daemon.json'
  held_by_shim web runc
  screen
  exits 1
  same "screen" "$(cat <<'SCREEN'
Engines
  Docker  20.10.24+dfsg1  stopped    default runc  /usr/sbin/runc, not whittle
  Podman  4.3.1           no daemon  default crun  /usr/bin/crun, not whittle

Policies
  /etc/whittle/config.json  valid  enforce  in front of /usr/sbin/runc, runc 1.2.3

Running containers
  1: 0 through whittle, 1 not, 0 unknown; 1 beyond the policy
  not  docker  web  containerd calls /usr/sbin/runc for it; has CAP_DAC_OVERRIDE,
                    CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID and N more, and no noNewPrivileges
                    (process N)

Ways around whittle
  - docker run --runtime runc and --runtime io.containerd.runc.v2 run /usr/sbin/runc
    whittlectl configure docker --cover-runc
  - docker build (BuildKit) runs /usr/sbin/runc, whatever the default runtime is
    whittlectl configure docker --cover-runc
  - docker run --runtime other runs /usr/bin/crun
    take it out of /etc/docker/daemon.json (line 1)

Good to know
  - podman --runtime takes any program; whoever may do that as root is root, and a user's own
    containers are the user's

Findings
  - Docker's default runtime runc is not whittle: whittlectl configure docker --default
  - Podman's default runtime crun is not whittle: whittlectl configure podman --default
  - 1 running container was not started through whittle: create it anew
  - 1 running container holds more than the policy allows

not enforced: 7 findings
SCREEN
)" "$(sed -E 's/and [0-9]+ more/and N more/; s/process [0-9]+/process N/' <<<"$answer")"
}

@test "the same as JSON" {
  all_is_well
  CHILD=$bounded held_by_shim web /usr/local/bin/whittle
  status
  same "answer" "$(jq -S . <<'JSON'
{
  "schema": 1, "version": "V", "enforced": true, "complete": true,
  "whittle": ["/usr/local/bin/whittle"],
  "engines": [{
    "name": "docker", "program": "/usr/sbin/dockerd", "version": "20.10.24+dfsg1", "pid": null,
    "files": ["/etc/docker/daemon.json"], "error": null, "stale": null,
    "default": { "runtime": "whittle", "program": "/usr/local/bin/whittle", "whittle": true,
      "policy": "/etc/whittle/config.json", "file": "/etc/docker/daemon.json", "line": 1 },
    "runtimes": ["runc", "io.containerd.runc.v2", "whittle"]
  }],
  "policies": [{
    "file": "/etc/whittle/config.json", "valid": true, "error": null, "mode": "enforce", "auditRules": [],
    "runtime": { "path": "/usr/sbin/runc", "kind": "runc", "version": "1.2.3", "recognised": true },
    "runtimeError": null
  }],
  "containers": {
    "running": 1, "throughWhittle": 1, "notThroughWhittle": 0, "unknown": 0, "beyondPolicy": 0, "watched": 0,
    "list": [{
      "id": "web", "engine": "docker", "kind": "runc", "state": "/run/docker/runtime-runc/moby/web",
      "bundle": "/run/containerd/io.containerd.runtime.v2.task/moby/web", "pid": 1,
      "throughWhittle": "yes", "why": "containerd calls /usr/local/bin/whittle for it",
      "policy": "/etc/whittle/config.json", "rule": "default", "judged": true, "watched": false, "beyond": null
    }]
  },
  "ways": [], "notes": [], "findings": [], "unseen": []
}
JSON
)" "$(jq -S '.version = "V" | .containers.list[0].pid = 1' <<<"$answer")"
}

# ---- one thing wrong at a time ------------------------------------------------------------

# The finding is there, the exit status says so, and it is the only one.
finds() { # sentence
  status
  exits 1
  is '[.findings[], .ways[].what]' "$(jq -nc --arg text "$1" '[$text]')"
}

@test "a policy that only watches, as a whole or in a rule" {
  all_is_well
  edit_policy config '.mode = "audit"'
  finds '/etc/whittle/config.json only watches: "mode" is "audit"'
  edit_policy config '.mode = "enforce" | .rules = [{ name: "cluster", match: { bundle: "/x/*" }, mode: "audit" }]'
  status
  exits 0 # as long as nothing runs that it matches
  is '.policies[0].auditRules' '["cluster"]'
  is '.notes' '["the rule \"cluster\" of /etc/whittle/config.json only watches the containers that it matches"]'
  CHILD=$bounded held_by_shim web /usr/local/bin/whittle
  status
  exits 0
  edit_policy config '.rules[0].match.bundle = "*"'
  finds '1 running container is only watched, by a rule with "mode": "audit"'
  is '.containers.list[0].watched' true
}

@test "a policy that is not valid, or not only root's" {
  all_is_well
  echo '{ "default": { "capabilities": ["CHOWNED"] } }' | policy config
  status
  exits 1
  is '.policies[0].valid' false
  [[ $(jq -r '.findings[0]' <<<"$answer") == '/etc/whittle/config.json:1:33: unknown capability '* ]] || fail "$answer"
  echo '{}' | policy config
  inside chmod 666 /etc/whittle/config.json
  status
  exits 1
  is '.findings | length' 1
  has 'can be written by others than its owner'
}

@test "a runtime behind that is missing, says nothing, hangs, or is another kind" {
  all_is_well
  inside rm /usr/sbin/runc
  status
  exits 1
  has 'no runtime is behind /etc/whittle/config.json'
  pretend /usr/sbin/runc 'hello'
  finds 'what is behind /etc/whittle/config.json cannot be told: /usr/sbin/runc: it does not say what it is'
  printf '#!/bin/sh\nsleep 1000\n' | inside_sh 'cat >/usr/sbin/runc; chmod 755 /usr/sbin/runc'
  finds 'what is behind /etc/whittle/config.json cannot be told: /usr/sbin/runc: /usr/sbin/runc did not answer within 5 seconds'
  pretend /usr/sbin/runc 'crun version 1.8.1'
  finds '/etc/whittle/config.json takes /usr/sbin/runc for runc, and it says it is crun 1.8.1'
  is '.policies[0].runtime.recognised' false
}

@test "a configuration that cannot be read: file, line and column" {
  all_is_well
  printf '{\n  "default-runtime": whittle\n}\n' | inside_sh 'cat >/etc/docker/daemon.json'
  status
  exits 1
  is '.engines[0].error | test("^/etc/docker/daemon.json:? ?(line )?2[,:]( column )? ?22")' true
  is '.engines[0].default' null
  screen
  has '/etc/docker/daemon.json'
}

@test "a default runtime that is not whittle, not there, or not known" {
  all_is_well
  pretend /usr/bin/crun 'crun version 1.8.1'
  edit_daemon '.["default-runtime"] = "crun" | .runtimes.crun = { path: "/usr/bin/crun" }'
  finds "Docker's default runtime crun is not whittle: whittlectl configure docker --default"
  edit_daemon '.runtimes.crun.path = "/usr/bin/nothing"'
  finds "Docker's default runtime crun calls /usr/bin/nothing, which is not there"
  edit_daemon 'del(.runtimes.crun)'
  status
  exits 1
  has "Docker's default runtime crun is none of those it knows"
}
edit_daemon() {
  local edited
  edited=$(jq "$@" "$ROOT/etc/docker/daemon.json")
  inside_sh 'cat >/etc/docker/daemon.json' <<<"$edited"
}

@test "whittle under another name, with words of its own, behind links" {
  all_is_well
  strict_policy /usr/sbin/runc | policy ci
  inside_sh 'ln -s ../bin/whittle /usr/local/bin/whittle-ci'
  edit_daemon '.runtimes.whittle.path = "/usr/local/bin/whittle-ci"'
  status
  exits 0
  is '.engines[0].default.policy' /etc/whittle/ci.json
  edit_daemon '.runtimes.whittle = { path: "/usr/local/bin/whittle", runtimeArgs: ["--policy", "/etc/whittle/ci.json"] }'
  status
  exits 0
  is '.engines[0].default.policy' /etc/whittle/ci.json
  inside_sh 'mkdir -p /opt; ln -sf /usr/local/bin/whittle /opt/safe-runc'
  edit_daemon '.runtimes.whittle = { path: "/opt/safe-runc" }'
  status
  exits 0
  is '.engines[0].default.policy' /etc/whittle/config.json
  edit_daemon '.runtimes.whittle = { path: "/usr/local/bin/whittle", runtimeArgs: ["--debug", "--policy", "/x"] }'
  status
  is '.engines[0].default.policy' /etc/whittle/config.json
}

@test "ways around: runc uncovered, another runtime, another shim" {
  all_is_well
  inside rm /usr/local/sbin/runc
  status
  exits 1
  is '[.ways[].kind]' '["runc","buildkit"]'
  inside_sh 'ln -s ../bin/whittle /usr/local/sbin/runc; cp /usr/bin/true /usr/bin/containerd-shim-runsc-v1'
  finds 'the runtime io.containerd.runsc.v1 uses the shim /usr/bin/containerd-shim-runsc-v1, which calls no whittle'
  inside_sh 'rm /usr/bin/containerd-shim-runsc-v1; cp /usr/bin/true /usr/bin/containerd-shim-runc-v2'
  status
  exits 0
  pretend /usr/bin/crun 'crun version 1.8.1'
  edit_daemon '.runtimes.crun = { path: "/usr/bin/crun" }'
  finds 'docker run --runtime crun runs /usr/bin/crun'
  is '.ways[0].do | test("^take it out of /etc/docker/daemon.json .line [0-9]+.$")' true
}

@test "check finds what whittle would become: never whittle under the name runc, never past one that is not trusted" {
  all_is_well
  same "check" "/etc/whittle/config.json: valid, in front of /usr/sbin/runc" "$(inside whittlectl check)"
  pretend /usr/bin/crun 'crun version 1.8.1'
  edit_policy config '.runtimes = ["runc", "crun"]'
  inside chmod 777 /usr/sbin/runc
  code=0
  answer=$(inside whittlectl check 2>&1) || code=$?
  exits 1
  has '/usr/sbin/runc can be written by others than its owner'
}

# ---- containers ---------------------------------------------------------------------------

@test "who started it: containerd's note, conmon's words, nobody" {
  all_is_well
  held_by_shim one /usr/local/bin/whittle
  held_by_shim two runc
  held_by_shim three /usr/sbin/runc
  held_by_conmon four /usr/local/bin/whittle
  held_by_conmon five /usr/sbin/runc
  hold_below sleeper
  write_state /run/runc six
  status
  exits 1
  is '[.containers.list[] | { (.id): .throughWhittle }] | add | [.one, .two, .three, .four, .five, .six]' \
    '["yes","yes","no","yes","no","unknown"]'
  is '[.containers.list[] | { (.id): .engine }] | add | [.one, .four, .six]' '["docker","podman",null]'
  is '.containers | [.running, .throughWhittle, .notThroughWhittle, .unknown]' '[6,3,2,1]'
}

@test "made before runc was covered: not through whittle" {
  all_is_well
  inside rm /usr/local/sbin/runc
  held_by_shim before runc
  status
  is '.containers.list[0].throughWhittle' no
  eventually later_than "$PID" # the start of a process is known to the second
  inside ln -s ../bin/whittle /usr/local/sbin/runc
  held_by_shim after runc
  status
  is '[.containers.list[] | { (.id): .throughWhittle }] | add | [.before, .after]' '["no","yes"]'
  has 'it was started before /usr/local/sbin/runc became whittle'
}
later_than() { # pid: five seconds have gone since it was started
  local up ticks
  read -r up _ </proc/uptime
  ticks=$(start_of "$1")
  [ $((${up%.*} * 100 - ticks)) -gt 500 ]
}

@test "the shim's own PATH counts" {
  all_is_well
  SEARCH=/usr/sbin:/usr/bin:/sbin:/bin held_by_shim bare runc
  status
  is '.containers.list[0] | [.throughWhittle, .why]' '["no","containerd calls /usr/sbin/runc for it"]'
}

@test "a record of whittle's counts where nobody stands over it" {
  all_is_well
  edit_policy config '.log = { file: "/run/machine/records" }'
  hold_below sleeper
  write_state /run/runc web
  status
  is '.containers.list[0].throughWhittle' unknown
  record() { # time, command, id, bundle, result
    jq -nc --arg time "$1" --arg command "$2" --arg id "$3" --arg bundle "$4" --arg result "${5:-changed}" \
      '{ time: $time, whittle: "0", result: $result, command: $command, id: $id, bundle: $bundle }' >>"$MACHINE/records"
  }
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  record "$now" exec web /run/bundles/web
  record "$now" create other /run/bundles/web
  record "$now" create web /run/bundles/other
  record "$now" create web /run/bundles/web refused
  record 2026-01-01T00:00:00Z create web /run/bundles/web
  echo '{ "broken' >>"$MACHINE/records"
  status
  is '.containers.list[0].throughWhittle' unknown
  record "$now" create web /run/bundles/web
  status
  is '.containers.list[0] | [.throughWhittle, .why]' '["yes","whittle has a record of it"]'
}

@test "what a user's own processes say is not known" {
  all_is_well
  USER_ID=1000 hold_below conmon -c mine -u mine -r /usr/local/bin/whittle --exit-command /usr/bin/podman
  write_state /run/user/1000/crun mine
  inside chown -R 1000 /run/user/1000
  status
  exits 1
  is '.containers.list[0] | [.throughWhittle, .why]' '["unknown","only processes of user 1000 say so"]'
}

@test "only what runs: ended, another process since, a zombie" {
  all_is_well
  held_by_shim alive /usr/local/bin/whittle
  write_state /run/docker/runtime-runc/moby ended 999999 7
  write_state /run/docker/runtime-runc/moby reused "$PID" 7
  write_state /run/docker/runtime-runc/moby stopped 0 0
  background zombie inside_sh 'sleep 0 & echo $! >/run/machine/zombie.out; echo $$ >/run/machine/told/zombie
    exec sleep infinity'
  eventually [ -s "$MACHINE/zombie.out" ]
  zombie=$(cat "$MACHINE/zombie.out")
  eventually grep -q 'State:.Z' "$ROOT/proc/$zombie/status"
  write_state /run/docker/runtime-runc/moby zombie "$zombie"
  status
  is '[.containers.list[].id]' '["alive"]'
  is '.findings' '["1 running container holds more than the policy allows"]'
}

@test "what the processes hold: within the policy, beyond it, in a later exec" {
  all_is_well
  CHILD="unshare --pid --fork --kill-child setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+chown,+kill sleep infinity" \
    hold_below containerd-shim-runc-v2 -namespace moby -id web
  eventually child_of "$PID"
  PID=$(child_of "$PID")
  eventually grep -q 'NoNewPrivs:.1' "$ROOT/proc/$PID/status"
  tasks=/run/containerd/io.containerd.runtime.v2.task/moby
  inside_sh 'mkdir -p "$1/web"; printf /usr/local/bin/whittle >"$1/web/runtime"' $tasks
  write_state /run/docker/runtime-runc/moby web "$PID" "$(start_of "$PID")" $tasks/web
  status
  exits 0
  is '.containers.list[0] | [.judged, .beyond]' '[true,null]'
  background exec inside_sh 'echo $$ >/run/machine/told/exec; exec nsenter --pid --target "$@"' "$PID" setpriv --bounding-set=-all,+chown,+net_raw --inh-caps=-all sleep infinity
  eventually another_sees
  exits 1
  is '.containers.list[0].beyond | [.capabilities, .noNewPrivilegesMissing]' '[["CAP_NET_RAW"],true]'
  edit_policy config '.default.capabilities += ["CAP_NET_RAW"] | .default.noNewPrivileges = false'
  status
  exits 0
}
child_of() { # pid in the machine: its first child
  local child
  child=$(inside pgrep -P "$1" | head -n 1)
  [ -n "$child" ] && echo "$child"
}
another_sees() {
  status
  [ "$(jq -r '.containers.beyondPolicy' <<<"$answer")" = 1 ] &&
    [ "$(jq -c '.containers.list[0].beyond.capabilities' <<<"$answer")" = '["CAP_NET_RAW"]' ]
}

@test "names cannot forge the screen" {
  all_is_well
  id=$'x\e[2J\nenforced: everything\r'
  hold_below sleeper
  write_state /run/runc "$id"
  screen
  exits 1
  same "control characters" "" "$(tr -d '\n -~' <<<"$answer")"
  same "lines" 0 "$(grep -c '^enforced' <<<"$answer")"
  has 'x\x1b[2J\x0aenforced: everything\x0d'
  status
  is '.containers.list[0].id' "$id"
}

@test "state that is no state: FIFO, link, huge, cut off, a folder" {
  all_is_well
  inside_sh 'mkdir -p /run/runc/{fifo,link,huge,cut,folder,empty,other}; cd /run/runc
    mkfifo fifo/state.json; ln -s /etc/shadow link/state.json; truncate -s 17M huge/state.json
    printf "{ \"id\": \"cut" >cut/state.json; mkdir folder/state.json; ln -s /etc aside; : >other/state.json
    touch file; mkfifo pipe'
  status
  exits 1
  is '.containers.running' 0
  is '[.findings[] | capture("/run/runc/(?<name>[a-z]+), cannot be read").name] | sort' \
    '["cut","fifo","folder","huge","link","other"]'
}

@test "a thousand containers' states" {
  all_is_well
  held_by_shim alive /usr/local/bin/whittle
  copy_states 1000 7
  status
  is '.containers.running' 1
  copy_states 300 "$(start_of "$PID")"
  status
  is '.containers.running' 301
  screen
  has 'and 293 more; --json has all of them'
}
copy_states() { # how many, when their process was started
  inside python3 - "$@" <<'PYTHON'
import json, os, sys
root = "/run/docker/runtime-runc/moby/"
state = json.load(open(root + "alive/state.json"))
state["init_process_start"] = int(sys.argv[2])
for n in range(int(sys.argv[1])):
    state["id"] = "x%d" % n
    os.makedirs(root + state["id"], exist_ok=True)
    json.dump(state, open(root + state["id"] + "/state.json", "w"))
PYTHON
}

@test "containers that come and go while they are looked at" {
  all_is_well
  held_by_shim alive /usr/local/bin/whittle
  background churn inside_sh 'cd /run/docker/runtime-runc/moby; touch /run/machine/churning
    while [ -e /run/machine/churning ]; do cp -r alive a; cp -r alive b; rm -rf a b; done'
  eventually [ -e "$MACHINE/churning" ]
  for _ in {1..20}; do
    code=0
    answer=$(inside whittlectl status --json) || code=$?
    jq -e '[.containers.list[].id] | index("alive")' <<<"$answer" >/dev/null || fail "$answer"
    is .unseen '[]'
  done
  rm "$MACHINE/churning"
}

# ---- who asks, and how --------------------------------------------------------------------

@test "not root: says what it could not see, exit status 2" {
  all_is_well
  code=0
  answer=$(inside setpriv --reuid 1000 --clear-groups whittlectl status) || code=$?
  exits 2
  has 'run it as root'
  has 'not everything could be seen'
  inside mount -o remount,hidepid=2 /proc
  code=0
  answer=$(inside setpriv --reuid 1000 --clear-groups whittlectl status --json) || code=$?
  inside mount -o remount,hidepid=0 /proc
  exits 2
  is '[.complete, .enforced]' '[false,false]'
}

@test "no /proc: no answer, exit status 2" {
  code=0
  answer=$(inside unshare --mount sh -c 'umount -l /proc; whittlectl status' 2>&1) || code=$?
  exits 2
  has 'cannot see the processes of this host in /proc'
}

@test "colour only on a terminal, and never where NO_COLOR says so" {
  all_is_well
  on_terminal() { inside "$@" TERM=xterm script -qec 'whittlectl status' /dev/null; }
  answer=$(on_terminal env | cat)
  has $'\e[32m'
  answer=$(on_terminal env NO_COLOR=1 | cat)
  lacks $'\e['
  screen
  lacks $'\e['
  same "without colour" "$(inside env NO_COLOR=1 whittlectl status)" "$answer"
}

@test "the screen's width" {
  all_is_well
  for width in 40 60 80 200; do
    answer=$(inside env NO_COLOR=1 script -qec "stty cols $width; whittlectl status" /dev/null | tr -d '\r')
    [ "$(awk '{ print length }' <<<"$answer" | sort -n | tail -n 1)" -le $((width < 60 ? 90 : width < 80 ? 90 : width)) ] \
      || fail "too wide for $width:" "$answer"
  done
}

@test "an answer that cannot be written: exit status 2" {
  all_is_well
  code=0
  inside_sh 'whittlectl status >/dev/full' 2>"$MACHINE/said" || code=$?
  exits 2
  grep -q 'could not be written' "$MACHINE/said"
}
