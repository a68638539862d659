#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# The bundle's config.json as a file: what of it changes, what stays, and what happens when whittle
# comes to it again or twice at once. Under the real runtimes, so that what whittle leaves is also
# seen to be what they start.

load lib

setup_file() { need_live; }
teardown() { end_cases; }

config() { printf '%s\n' "$BUNDLE/config.json"; }

attributes_of() { # file: owner, group, mode, extended attributes
  stat -c '%u:%g %a' "$1"
  python3 -c 'import os, sys
for name in sorted(os.listxattr(sys.argv[1])): print(name, os.getxattr(sys.argv[1], name))' "$1"
}
identity_of() { stat -c '%i %Y.%y %Z %s' "$1"; }

attributes_stay() {
  local before
  chown 0:1234 "$(config)"
  chmod 640 "$(config)"
  python3 -c 'import os, sys
os.setxattr(sys.argv[1], "user.note", b"\x00kept")
os.setxattr(sys.argv[1], "trusted.note", b"kept")' "$(config)"
  before=$(attributes_of "$(config)")
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  holds "after the rewriting" "$(root_with "$allowed")" "$stdout"
  same "owner, group, mode, attributes" "$before" "$(attributes_of "$(config)")"
  same "files in the bundle" config.json "$(ls -A "$BUNDLE")"
}
@test "owner, group, mode and extended attributes of config.json stay" {
  each_runtime attributes_stay
}

second_time() {
  local before
  edit_policy '.default.tmpfs = ["/tmp", "/run"]'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  holds "the first time" "$(root_with "$allowed")" "$stdout"
  before=$(identity_of "$(config)"; cat "$(config)")
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "config.json after another run" "$before" "$(identity_of "$(config)"; cat "$(config)")"
  detached created whittle create --bundle "$BUNDLE" "$ID"
  same "config.json after a create" "$before" "$(identity_of "$(config)"; cat "$(config)")"
}
@test "the second run of a bundle changes nothing, not even the file's times" {
  each_runtime second_time
}

nothing_to_do() {
  local before
  allow_everything
  edit_config '.process.noNewPrivileges = true | .process.capabilities |= (.inheritable = [] | .ambient = [])'
  printf '%s' "$(jq -c . "$(config)")" >"$(config).compact"
  mv "$(config).compact" "$(config)"
  before=$(identity_of "$(config)"; sha256sum <"$(config)")
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "config.json within the policy" "$before" "$(identity_of "$(config)"; sha256sum <"$(config)")"
}
@test "a config.json within the policy, complete and in one spelling, is not written at all" {
  each_runtime nothing_to_do
}

all_else_stays() {
  local before
  edit_config '.annotations = { "org.example": "ä\u2028\ud83d\ude00" } | .process.rlimits = [
    { type: "RLIMIT_CORE", soft: 0, hard: 0 } ] | .linux.resources = { memory: { limit: 200000000 } }'
  # Numbers beyond a double, unknown keys, and the order of keys; jq would not keep them.
  python3 - "$(config)" <<'P'
import sys
text = open(sys.argv[1]).read()
text = text.replace('"ociVersion"', '"x-unknown": [18446744073709551615, 1.10, -0.0, 1e400], "ociVersion"', 1)
open(sys.argv[1], "w").write(text)
P
  # The kinds that complete what was left out would have to.
  edit_policy '.default += { profile: "privileged", noNewPrivileges: true, readonlyRootfs: true }'
  before=$(everything_but_judged)
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  holds "with more in it" "$(root_with "$allowed")" "$stdout"
  same "all that whittle does not judge" "$before" "$(everything_but_judged)"
}
everything_but_judged() {
  python3 - "$(config)" <<'P'
import json, sys
class Number(str): pass
keep = lambda text: "number " + text
doc = json.load(open(sys.argv[1]), parse_int=keep, parse_float=keep)
del doc["process"]["capabilities"]
doc["process"].pop("noNewPrivileges", None)
doc["root"].pop("readonly", None)
print(json.dumps(doc))
P
}
@test "what whittle does not judge stays: order, numbers to the last digit, unknown keys" {
  RUNTIMES=runc each_runtime all_else_stays
}

# Many at once on one bundle: all get on, and at each moment there is one whole file.
at_once() {
  local good pids=() i
  cp "$(helper facts)" "$CASE/$RUNTIME"
  edit_policy --arg path "$CASE/$RUNTIME" '.runtimes = [$path]'
  FACTS_OUT=/dev/null whittle create --bundle "$BUNDLE" "$ID"
  good=$(cat "$(config)")
  jq -e '.root.readonly' "$(config)" >/dev/null || fail "config.json was not rewritten"
  for _ in 1 2 3; do
    make_bundle
    cp "$(config)" "$CASE/original"
    background reader become python3 -c '
import json, sys
seen = 0
while True:
    json.load(open(sys.argv[1]))
    seen += 1
    if seen == 100: print("many", flush=True)' "$(config)"
    reader=$LAST pids=()
    for i in {1..8}; do
      FACTS_OUT=/dev/null background "at-once.$i" become_whittle create --bundle "$BUNDLE" "$ID-$i"
      pids+=("$LAST")
    done
    for i in "${pids[@]}"; do
      wait "$i" || fail "one of those at once failed" "$(cat "$CASE"/at-once.*.err)"
    done
    eventually has_text "$CASE/reader.out"
    kill -0 "$reader" || fail "the file was not whole at some moment" "$(cat "$CASE/reader.err")"
    kill "$reader"
    wait "$reader" || true
    same "config.json in the end" "$good" "$(cat "$(config)")"
    same "files in the bundle" config.json "$(ls -A "$BUNDLE")"
  done
}
@test "many whittles at once on one bundle leave one whole file and nothing else" {
  RUNTIMES=runc each_runtime at_once
}

two_containers() {
  local pids=()
  for i in 1 2 3; do
    rm -f "$CASE/pid.$i"
    background "two.$i" become_whittle run --pid-file "$CASE/pid.$i" --bundle "$BUNDLE" "$ID-$i"
    pids+=("$LAST")
  done
  for i in "${pids[@]}"; do wait "$i"; done
  for i in 1 2 3; do
    holds "container $i of three started at once" "$(root_with "$allowed")" "$CASE/two.$i.out"
  done
}
@test "containers started at once from one bundle are all bounded" {
  each_runtime two_containers
}

as_created() {
  # Between create and start nothing that is in the file counts any more.
  run_program /bin/facts hold
  detached held whittle create --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  make_bundle
  whittle start "$ID"
  PID=$(cat "$CASE/pid")
  eventually is_facts "$PID"
  eventually grep -q '^end$' "$CASE/held.out"
  container_holds "config.json written anew between create and start" "$(root_with "$allowed")"
}
@test "a config.json written anew between create and start changes nothing" {
  each_runtime as_created
}

restarted() {
  # Engines make the bundle anew for a restart, with the original in it.
  for _ in 1 2; do
    make_bundle
    hold whittle create
    container_holds "restarted" "$(root_with "$allowed")"
    let_go
  done
}
@test "a container started again from its original config.json is bounded again" {
  each_runtime restarted
}

refused_untouched() {
  local before
  edit_config '.process.capabilities.bounding += [7]'
  before=$(identity_of "$(config)"; sha256sum <"$(config)")
  is_refused run --bundle "$BUNDLE" "$ID"
  says "/process/capabilities/bounding"
  is_refused create --bundle "$BUNDLE" "$ID"
  same "a config.json that was refused" "$before" "$(identity_of "$(config)"; sha256sum <"$(config)")"
  same "files in the bundle" config.json "$(ls -A "$BUNDLE")"
  same "containers" "" "$(ls "$STATE")"
}
@test "a config.json that is refused is left as it was, and nothing starts" {
  each_runtime refused_untouched
}
