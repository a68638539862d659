#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# Which part of the policy counts for a container and for what is executed in it, which file the
# policy is, and what happens without one: nothing starts, and what runs can still be managed.

load lib

setup_file() { need_live; }
teardown() { end_cases; }

inside_too() { # what, expected: the container's first process, and an executed one
  container_holds "$1" "$2"
  succeeds whittle exec "$ID" /bin/facts
  holds "$1: executed" "$2" "$stdout"
}

by_bundle() {
  edit_policy --arg glob "$CASE/trusted/*" --arg names "$docker_capabilities" '.rules = [
    { name: "trusted", match: { bundle: $glob },
      capabilities: ($names | split("\\s+"; "")), noNewPrivileges: false, readonlyRootfs: false } ]'
  hold whittle
  inside_too "a bundle that no rule matches" "$(root_with "$allowed")"
  let_go
  mkdir "$CASE/trusted"
  mv "$BUNDLE" "$CASE/trusted/one"
  BUNDLE=$CASE/trusted/one
  make_bundle
  hold whittle
  inside_too "a bundle that the rule trusts" "$(root_with "$docker_capabilities" 0)"
  let_go
  # The rule looks at where the bundle is, not at how it is called.
  ln -s "$CASE/trusted/one" "$CASE/elsewhere"
  BUNDLE=$CASE/elsewhere
  hold whittle
  inside_too "the same bundle through a link" "$(root_with "$docker_capabilities" 0)"
}
@test "a rule by bundle can allow more than the default, for exec too" {
  each_runtime by_bundle
}

by_settable() { # match object as jq filter, what
  edit_policy --arg id "$ID" ".rules = [{ name: \"rule\", match: $1,
    capabilities: [\"CAP_CHOWN\", \"CAP_NET_RAW\", \"CAP_SYS_CHROOT\"],
    noNewPrivileges: false, readonlyRootfs: false, mode: \"audit\" }]"
  make_bundle
  edit_config '.annotations = { "org.example.trust": "full" }'
  hold whittle
  inside_too "a rule by $2" "$(root_with CHOWN)"
  succeeds whittle exec "$ID" /bin/sh -c '(echo x >/etc/written) 2>&1 | grep -o "Read-only file system"'
  same "a write under a rule by $2" "Read-only file system" "$(cat "$stdout")"
  let_go
}
tightening_alone() {
  by_settable '{ id: "live-*" }' id
  by_settable '{ annotations: { "org.example.trust": "f*" } }' annotation
  by_settable '{ id: $id, annotations: { "org.example.trust": "full" }, bundle: "*" }' "all three"
}
@test "a rule by id or annotation can only take away more, for exec too" {
  each_runtime tightening_alone
}

first_rule() {
  edit_policy '.rules = [
    { name: "no match", match: { bundle: "/nowhere/*" }, capabilities: [] },
    { name: "first", match: { bundle: "*" }, capabilities: ["CAP_CHOWN"] },
    { name: "second", match: { bundle: "*" }, capabilities: ["CAP_SETUID"] } ]'
  hold whittle
  inside_too "the first of two rules" "$(root_with CHOWN)"
  same "rules in the records" $'first\nfirst' "$(jq -r .rule "$RECORDS")"
}
@test "the first rule that matches counts" {
  each_runtime first_rule
}

narrowed_to() { # annotation, names
  make_bundle
  edit_config --arg value "$1" '.annotations = { "org.whittle.capabilities": $value }'
  hold whittle
  inside_too "org.whittle.capabilities of \"$1\"" "$(root_with "$2")"
  let_go
}
narrowing() {
  narrowed_to "CAP_CHOWN" CHOWN
  narrowed_to "chown, CAP_SETUID CAP_SYS_ADMIN" "CHOWN SETUID"
  narrowed_to none ""
  narrowed_to "" ""
  make_bundle
  edit_config '.annotations = { "org.whittle.capabilities": "CAP_CHWON" }'
  is_refused run --bundle "$BUNDLE" "$ID"
  says "unknown capability"
}
@test "the container's own org.whittle.capabilities narrows, at the start and at exec" {
  each_runtime narrowing
}

watching() {
  local before
  edit_policy '.mode = "audit" | .default.tmpfs = ["/tmp"]'
  run_program /bin/facts hold
  before=$(stat -c '%i %Y %Z %s' "$BUNDLE/config.json"; sha256sum <"$BUNDLE/config.json")
  hold_as_it_is whittle
  inside_too "audit" "$(root_with "$docker_capabilities" 0)"
  succeeds whittle exec --cap CAP_SYS_CHROOT --cap CAP_NET_ADMIN "$ID" /bin/facts
  case $RUNTIME in
    runc) holds "audited exec --cap" "$(root_with "$docker_capabilities NET_ADMIN" 0)" "$stdout" ;;
    crun) holds "audited exec --cap" "$(root_with "SYS_CHROOT NET_ADMIN" 0)" "$stdout" ;;
  esac
  same "config.json after a run in audit mode" "$before" \
    "$(stat -c '%i %Y %Z %s' "$BUNDLE/config.json"; sha256sum <"$BUNDLE/config.json")"
  same "records" $'would-change run\nwould-change exec\nwould-change exec' \
    "$(jq -r '.result + " " + .command' "$RECORDS")"
  same "names that enforcing would remove" "$(tr ' ' '\n' <<<"$docker_capabilities" | grep . |
    grep -vwE 'CHOWN|NET_BIND_SERVICE|SETUID' | sed 's/^/CAP_/' | sort)" \
    "$(head -n 1 "$RECORDS" | jq -r '.changes[] | select(.action == "removed") | .what' | sort -u)"
  same "other changes that enforcing would make" $'devices\nmaskedPaths\nnoNewPrivileges\nreadonlyPaths\nreadonlyRootfs\nseccomp\ntmpfs' \
    "$(head -n 1 "$RECORDS" | jq -r '.changes[] | select(.action != "removed") | .kind' | sort -u)"
}
@test "audit mode changes nothing, neither file nor process, and records what it would change" {
  each_runtime watching
}

audit_refusal() {
  edit_policy '.mode = "audit"'
  edit_config '.annotations = { "org.whittle.capabilities": "CAP_CHWON" }'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  holds "audit of what would be refused" "$(root_with "$docker_capabilities" 0)" "$stdout"
  same "record" would-refuse "$(jq -r .result "$RECORDS")"
}
@test "audit mode starts what enforcing would refuse, and records it" {
  each_runtime audit_refusal
}

# ---- which file ---------------------------------------------------------------------------

named_policy() {
  cp "$POLICY" "$CASE/named.json"
  edit_json "$CASE/named.json" '.default.capabilities = ["CAP_CHOWN"]'
  edit_policy '.default.capabilities = ["CAP_SETUID"]'
  ln -s "$WHITTLE" "$CASE/whittle-ci.node_1"
  private_namespace "mount -t tmpfs tmpfs /etc && mkdir /etc/whittle &&
    cp $CASE/named.json /etc/whittle/ci.node_1.json && cp $POLICY /etc/whittle/config.json &&
    chmod 644 /etc/whittle/*.json"
  by_link() { (become "${PRIVATE[@]}" "$CASE/whittle-ci.node_1" --root "$STATE" "$@"); }
  by_default() { (become "${PRIVATE[@]}" "$WHITTLE" --root "$STATE" "$@"); }
  succeeds by_link run --bundle "$BUNDLE" "$ID"
  holds "called as whittle-ci.node_1" "$(root_with CHOWN)" "$stdout"
  make_bundle
  succeeds by_default run --bundle "$BUNDLE" "$ID"
  holds "called as whittle" "$(root_with SETUID)" "$stdout"
  make_bundle
  edit_policy '.default.capabilities = ["CAP_NET_BIND_SERVICE"]'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  holds "called with --policy" "$(root_with NET_BIND_SERVICE)" "$stdout"
  same "policies in the records" "/etc/whittle/ci.node_1.json /etc/whittle/config.json $POLICY" \
    "$(jq -r .policy "$RECORDS" | paste -sd ' ')"
  ln -s "$WHITTLE" "$CASE/whittle-.."
  by_bad_link() { (become "${PRIVATE[@]}" "$CASE/whittle-.." --root "$STATE" "$@"); }
  outcome by_bad_link run --bundle "$BUNDLE" "$ID"
  same "status of whittle-.." 1 "$status"
  [ ! -e /etc/whittle/ci.node_1.json ] || fail "the test has left its policy on the host"
}
@test "a link named whittle-NAME uses /etc/whittle/NAME.json, whittle /etc/whittle/config.json" {
  each_runtime named_policy
}

no_variable() {
  edit_json "$POLICY" '.default.capabilities = []'
  export WHITTLE_POLICY=$CASE/other.json XDG_CONFIG_HOME=$CASE PATH=$CASE/bin:$PATH
  mkdir "$CASE/bin"
  printf '#!/bin/sh\necho hijacked\n' >"$CASE/bin/$RUNTIME"
  chmod +x "$CASE/bin/$RUNTIME"
  edit_policy --arg name "$RUNTIME" '.runtimes = [$name]'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  holds "with variables set" "$(root_with "")" "$stdout"
}
@test "no variable of the environment chooses the policy or the runtime" {
  each_runtime no_variable
}

# ---- without a policy ---------------------------------------------------------------------

manageable() { # a container that runs can be seen, stopped and deleted, whatever the policy
  same "state" running "$(whittle state "$ID" | jq -r .status)"
  same "list" "$ID" "$(whittle list | awk 'NR > 1 { print $1 }')"
  succeeds whittle ps "$ID"
  grep -q "$PID" "$stdout" || fail "ps does not show the container's process: $(cat "$stdout")"
  if [ "$RUNTIME" = runc ]; then
    succeeds whittle events --stats "$ID"
    same "events" stats "$(jq -r .type "$stdout")"
  fi
  succeeds whittle pause "$ID"
  same "state of the paused" paused "$(whittle state "$ID" | jq -r .status)"
  succeeds whittle resume "$ID"
  succeeds whittle --version
  succeeds whittle kill "$ID" KILL
  eventually has_ended "$PID"
  eventually is_stopped
  succeeds whittle delete "$ID"
  same "containers after delete" "" "$(ls "$STATE")"
}
is_stopped() { [ "$(bare state "$ID" | jq -r .status)" = stopped ]; }

nothing_starts() { # text of the refusal
  make_bundle
  is_refused run --bundle "$BUNDLE" "$ID-2"
  says "$1"
  is_refused create --bundle "$BUNDLE" "$ID-2"
  says "$1"
  is_refused exec "$ID" /bin/facts
  says "$1"
}

with_policy() { # text of the refusal, command that spoils the policy...
  local good text=$1
  shift
  good=$(cat "$POLICY")
  hold whittle
  "$@"
  nothing_starts "$text"
  manageable
  rm -rf "$POLICY" "$CASE/pid"
  printf '%s\n' "$good" >"$POLICY"
}
add_key() { edit_policy '.defualt = {}'; }
cut_off() { truncate -s -3 "$POLICY"; }
unknown_name() { edit_policy '.default.capabilities += ["CAP_NET_RAWW"]'; }
everybodys() { chmod 666 "$POLICY"; }
strangers() { chown 1000 "$POLICY"; }
bad_policies() {
  with_policy "defualt" add_key
  with_policy "$POLICY:" cut_off
  with_policy "CAP_NET_RAWW" unknown_name
}
@test "with an error in the policy nothing starts, and what runs can be managed" {
  each_runtime bad_policies
}

# Then nothing says which runtime it was: the first of the built-in list is asked, which is runc.
missing_policies() {
  with_policy "the policy $POLICY cannot be used: $POLICY" rm "$POLICY"
  with_policy "the policy $POLICY cannot be used: $POLICY" everybodys
  with_policy "the policy $POLICY cannot be used: $POLICY" strangers
  with_policy "$POLICY" truncate -s 0 "$POLICY"
}
@test "without a policy, or with one that others can write, nothing starts, and what runs can be managed" {
  RUNTIMES=runc each_runtime missing_policies
}

# ---- never itself -------------------------------------------------------------------------

itself() { # path of a whittle in the place of the runtime, arguments of whittle...
  edit_policy --arg path "$1" --arg kind "$RUNTIME" '.runtimes = [{ path: $path, kind: $kind }]'
  shift
  is_refused "$@"
  says "is whittle itself"
}
never_itself() {
  cp "$WHITTLE" "$CASE/whittle"
  ln "$CASE/whittle" "$CASE/hard"
  ln -s "$CASE/whittle" "$CASE/soft"
  WHITTLE=$CASE/whittle
  for path in "$CASE/whittle" "$CASE/hard" "$CASE/soft"; do
    itself "$path" run --bundle "$BUNDLE" "$ID"
    itself "$path" state "$ID"
    itself "$path" --version
  done
}
@test "whittle named as its own runtime, by path or by link, is refused" {
  each_runtime never_itself
}

passed_over() {
  private_namespace "mount -t tmpfs tmpfs /usr/local/sbin && cp $WHITTLE /usr/local/sbin/$RUNTIME &&
    mount -t tmpfs tmpfs /etc && mkdir /etc/whittle && cp $POLICY /etc/whittle/config.json"
  edit_policy --arg name "$RUNTIME" '.runtimes = [$name]'
  installed() { (become "${PRIVATE[@]}" "/usr/local/sbin/$RUNTIME" --root "$STATE" "$@"); }
  succeeds installed run --bundle "$BUNDLE" "$ID"
  holds "installed in the runtime's place" "$(root_with "$allowed")" "$stdout"
  [ ! -e "/usr/local/sbin/$RUNTIME" ] || ! cmp -s "$WHITTLE" "/usr/local/sbin/$RUNTIME" \
    || fail "the test has left whittle on the host"
}
@test "whittle installed under the runtime's name finds the runtime behind it" {
  each_runtime passed_over
}
