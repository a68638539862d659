#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# whittlectl check: what it says of a policy and of what is behind it, to people and as JSON. Which advice a
# policy gets is a matter of test/unit/test-review.c.

# shellcheck source=test/judge.bash
. "$BATS_TEST_DIRNAME/../judge.bash"

setup_file() {
  [ "$(id -u)" -eq 0 ] || fail "a policy has to be root's"
  [ -x "${WHITTLECTL:-}" ] || fail "WHITTLECTL must be the path of the whittlectl to test"
}
setup() {
  umask 022
  cd "$BATS_TEST_TMPDIR" || return
  behind runc 'runc version 1.2.3'
}

# A program that says this when it is asked for its version, in the place of a runtime.
behind() { # name, line
  printf '#!/bin/sh\n[ "$*" = --version ] && echo "%s"\n' "$2" >"$BATS_TEST_TMPDIR/$1"
  chmod 755 "$BATS_TEST_TMPDIR/$1"
}
policy() { # kind of the runtime, jq filter
  jq -n --arg path "$BATS_TEST_TMPDIR/runc" --arg kind "$1" '{ runtimes: [{ path: $path, kind: $kind }] }'" | ${2:-.}" >policy.json
}
check() { # arguments...
  code=0
  "$WHITTLECTL" check "$@" >stdout 2>stderr || code=$?
}
# One object on one line, nothing beside it; $answer is it.
check_json() { # arguments...
  check --json "$@"
  same "lines" 1 "$(wc -l <stdout)"
  same "standard error" "" "$(cat stderr)"
  answer=$(cat stdout)
  same "schema first, then version" '["schema","version"]' "$(jq -c 'keys_unsorted[:2]' <<<"$answer")"
  same "members" '["error","file","notes","runtime","schema","valid","version"]' "$(jq -c keys <<<"$answer")"
  same "valid" "$([ "$code" -ne 0 ] || echo yes)" "$(jq -r 'if .valid then "yes" else "" end' <<<"$answer")"
  same "an error, or valid" true "$(jq '.valid == (.error == null)' <<<"$answer")"
}
is() { same "$1" "$2" "$(jq -c "$1" <<<"$answer")"; } # filter, expected
exits() { same "exit status" "$1" "$code"; }

@test "a good policy: one line, or one object" {
  policy runc
  check policy.json
  exits 0
  same "standard output" "policy.json: valid, in front of $BATS_TEST_TMPDIR/runc" "$(cat stdout)"
  same "standard error" "" "$(cat stderr)"
  check_json policy.json
  exits 0
  is .schema 1
  is .file '"policy.json"'
  is .notes '[]'
  is .runtime "{\"path\":\"$BATS_TEST_TMPDIR/runc\",\"kind\":\"runc\",\"version\":\"1.2.3\",\"recognised\":true}"
}

@test "notes have their places, and change no exit status" {
  policy runc '.default = { capabilities: ["KILL"] }'
  line=$(grep -n '"capabilities"' policy.json | cut -d : -f 1)
  check policy.json
  exits 0
  same "lines of notes" 1 "$(wc -l <stderr)"
  grep -qE "^policy\.json:$line:[0-9]+: note: \"default\" does not say why it keeps CAP_KILL" stderr || fail "$(cat stderr)"
  check_json policy.json
  exits 0
  is '.notes | length' 1
  is '.notes[0] | keys_unsorted' '["line","column","sentence"]'
  is '.notes[0].line' "$line"
  is '.notes[0].sentence | test("^\"default\" does not say why")' true
}

@test "an error has its place where it is in the file, and none where it is not" {
  printf '{\n  "default": { "capabilites": [] } }\n' >policy.json
  check policy.json
  exits 1
  grep -q '^policy\.json:2:16: error: unknown key "capabilites"' stderr || fail "$(cat stderr)"
  check_json policy.json
  exits 1
  is '.error | [.line, .column]' '[2,16]'
  is '.error.sentence | startswith("unknown key")' true
  is .runtime null
  check_json missing.json
  exits 1
  is '.error | [.line, .column]' '[null,null]'
  is '.error.sentence | test("it does not exist$")' true
  check missing.json
  grep -q '^missing\.json: error: .*it does not exist$' stderr || fail "$(cat stderr)"
  policy runc
  chmod 666 policy.json
  check_json policy.json
  exits 1
  is '.error.sentence | test("others")' true
}

@test "text that is cut off anywhere is an error with a place" {
  policy runc '.default = { capabilities: { KILL: "stops what it started" } }'
  jq -c . policy.json >whole
  size=$(($(wc -c <whole) - 1))
  for ((cut = 0; cut < size; cut += 3)); do
    head -c "$cut" whole >policy.json
    check_json policy.json
    exits 1
    is '.error.line' 1
  done
}

@test "the runtime behind is asked: another kind, no answer and no program are errors" {
  policy runc
  behind runc 'crun version 1.8.1'
  check policy.json
  exits 1
  grep -q "^policy\.json: error: the policy takes $BATS_TEST_TMPDIR/runc for runc, and it says it is crun 1\.8\.1" stderr || fail "$(cat stderr)"
  check_json policy.json
  exits 1
  is '.runtime | [.kind, .version, .recognised]' '["runc","crun 1.8.1",false]'
  policy crun
  check policy.json
  exits 0
  behind runc 'youki version 0.3.0'
  check_json policy.json
  exits 1
  is '.runtime.version' '"youki 0.3.0"'
  behind runc 'hello'
  check_json policy.json
  exits 1
  is '.runtime | [.version, .recognised]' '[null,false]'
  is '.error.sentence | test("cannot be told: .*it does not say what it is")' true
  printf '#!/bin/sh\nexit 3\n' >runc
  check_json policy.json
  exits 1
  is '.error.sentence | test("cannot be told: ")' true
  rm runc
  check_json policy.json
  exits 1
  is .runtime null
}

@test "a runtime that prints without end, or nothing that could be shown, does no harm" {
  policy runc
  printf '#!/bin/sh\nyes "runc version 1.2.3"\n' >runc
  check_json policy.json
  [ "$code" -le 1 ]
  printf '#!/bin/sh\nprintf "runc version \\033[2J<script>\\n"\n' >runc
  check policy.json
  same "control characters" "" "$(cat stdout stderr | tr -d '\n -~')"
  check_json policy.json
  same "control characters" "" "$(tr -d '\n -~' <stdout)"
}

@test "names of files are whatever somebody chose" {
  name=$'a\e[2J\n<script>"'
  policy runc '.default = { capabilities: ["KILL"] }'
  cp policy.json "$name"
  check "$name"
  exits 0
  same "control characters" "" "$(cat stdout stderr | tr -d '\n -~')"
  same "lines" '1 1' "$(wc -l <stdout) $(wc -l <stderr)"
  check_json "$name"
  same "the name" "$name" "$(jq -r .file <<<"$answer")"
  echo '{ "x": 1 }' >"$name"
  check "$name"
  exits 1
  grep -qF 'a\x1b[2J\x0a<script>":1:3: error: unknown key' stderr || fail "$(cat stderr)"
  check_json "$name"
  is '.error.column' 3
}

@test "colour on terminals, for the two words alone; NO_COLOR says no" {
  policy runc '.default = { capabilities: ["KILL"] } | .runtimes[0].kind = "crun"'
  on_terminal() { script -qec "$* $WHITTLECTL check policy.json" /dev/null | tr -d '\r'; }
  on_terminal env TERM=xterm >coloured
  grep -qF $': \e[33mnote\e[0m: ' coloured
  grep -qF $': \e[31merror\e[0m: ' coloured
  same "without it" "$(sed $'s/\e\\[[0-9]*m//g' coloured)" "$(on_terminal env TERM=xterm NO_COLOR=1)"
  check policy.json
  same "in a file" "$(sed $'s/\e\\[[0-9]*m//g' coloured)" "$(cat stderr)"
}

@test "an answer that cannot be written is no answer" {
  policy runc
  code=0
  "$WHITTLECTL" check --json policy.json >/dev/full 2>stderr || code=$?
  exits 2
  grep -q '^whittlectl check: the answer could not be written$' stderr
  code=0
  "$WHITTLECTL" check policy.json >/dev/full 2>/dev/null || code=$?
  exits 2
}

@test "the starting policy gets no advice but on what its rules can do" {
  sed -E 's#(^|[[:space:]])//.*$##' "$WHITTLE_SOURCE/config.json.example" |
    jq --arg path "$BATS_TEST_TMPDIR/runc" '.runtimes = [{ path: $path, kind: "runc" }]' >policy.json
  check_json policy.json
  exits 0
  is '[.notes[].sentence | select(test("can only tighten") | not)]' '[]'
}
