#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# The everyday ways once more, with the whittle that looks after its own memory: it may report
# nothing, and do the same.

load lib

setup_file() {
  need_live
  [ -x "${WHITTLE_SANITIZED:-}" ] || fail "WHITTLE_SANITIZED must be the path of a whittle built with sanitizers"
}
setup() { WHITTLE=$WHITTLE_SANITIZED; }
teardown() { end_cases; }

quiet() { # arguments of whittle...
  succeeds whittle "$@"
  same "standard error of: $*" "" "$(cat "$stderr")"
}

everyday() {
  edit_policy '.default.tmpfs = ["/tmp", "/var/tmp"] | .rules = [
    { name: "annotated", match: { annotations: { "org.example": "*" } }, capabilities: ["CHOWN"] },
    { name: "bundled", match: { bundle: "*" } } ]'
  edit_config '.annotations = { "org.example": "x", "run.oci.handler": "wasm" }'
  hold whittle create
  same "standard error of create" "" "$(cat "$CASE/held.err")"
  container_holds "sanitized" "$(root_with CHOWN)"
  quiet exec --env A=b --user 5 --cwd / "$ID" /bin/facts
  jq '.process | .args = ["/bin/facts"]' "$BUNDLE/config.json" >"$CASE/process.json"
  quiet exec --process "$CASE/process.json" "$ID"
  holds "sanitized exec --process" "$(root_with CHOWN)" "$stdout"
  printf '{ "pids": { "limit": 99 }, "devices": [] }' >"$CASE/resources.json"
  quiet update --resources "$CASE/resources.json" "$ID"
  quiet state "$ID"
  quiet list
  let_go
  edit_policy '.mode = "audit"'
  make_bundle
  quiet run --bundle "$BUNDLE" "$ID"
  holds "sanitized audit" "$(root_with "$docker_capabilities" 0)" "$stdout"
}
@test "sanitized: create, start, exec, update, audit" {
  each_runtime everyday
}

refusals() {
  is_refused run --bundle "$CASE/nowhere" "$ID"
  is_refused exec not-there /bin/true
  is_refused run --bundel "$BUNDLE" "$ID"
  edit_config '.process.capabilities.bounding = "all"'
  is_refused run --bundle "$BUNDLE" "$ID"
  printf '{' >"$BUNDLE/config.json"
  is_refused create --bundle "$BUNDLE" "$ID"
  edit_policy '.rules = [{ name: "x", match: { image: "y" } }]'
  is_refused create --bundle "$BUNDLE" "$ID"
  rm "$POLICY"
  is_refused create --bundle "$BUNDLE" "$ID"
  printf '{ "runtimes": ["/nowhere/runc"] }' >"$POLICY"
  is_refused state "$ID"
}
@test "sanitized: refusals" {
  each_runtime refusals
}
