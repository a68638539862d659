#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# gVisor's runsc. Its containers have no process of their own in the host's /proc, and no line about
# new privileges in theirs, so all that is judged here is judged from inside. It changes the owner
# of its standard streams: it only ever gets pipes.

load lib

setup_file() { need_live runsc; }
teardown() { end_cases; }

from_pipe() { "$@" < <(:); }

sandbox_sets() { grep -E '^Cap(Inh|Prm|Eff|Bnd):' "$1"; } # gVisor shows no ambient set
sandbox_holds() { # what, inheritable, permitted, bounding (names), file
  # shellcheck disable=SC2086  # names divided by spaces
  same "capabilities, $1" "$(printf 'CapInh:\t%s\nCapPrm:\t%s\nCapEff:\t%s\nCapBnd:\t%s' \
    "$(mask $2)" "$(mask $3)" "$(mask $3)" "$(mask $4)")" "$(sandbox_sets "$5")"
}

hold_sandbox() {
  run_program /bin/facts hold
  whittle create --bundle "$BUNDLE" --pid-file "$CASE/pid" "$ID" < <(:) \
    > >(become cat >"$CASE/held.out") 2> >(become cat >"$CASE/held.err")
  whittle start "$ID"
  eventually grep -q '^end$' "$CASE/held.out"
}

in_runsc() {
  new_case runsc
  set +T
  "$@"
}

started() {
  succeeds from_pipe whittle run --bundle "$BUNDLE" "$ID"
  sandbox_holds "run" "" "$allowed" "$allowed" "$stdout"
  make_bundle
  edit_policy '.default.capabilities = []'
  succeeds from_pipe whittle run -bundle "$BUNDLE" "$ID"
  sandbox_holds "run under a policy without capabilities" "" "" "" "$stdout"
  make_bundle
  edit_config 'del(.process.capabilities)'
  succeeds from_pipe whittle run --bundle="$BUNDLE" "$ID"
  sandbox_holds "run without capabilities" "" "" "" "$stdout"
}
@test "runsc: a container holds what it asks for and the policy allows" {
  in_runsc started
}

executed() {
  hold_sandbox
  sandbox_holds "create" "" "$allowed" "$allowed" "$CASE/held.out"
  succeeds from_pipe whittle exec "$ID" /bin/facts
  sandbox_holds "exec" "" "$allowed" "$allowed" "$stdout"
  succeeds from_pipe whittle exec -cap CAP_CHOWN -cap CAP_SYS_ADMIN "$ID" /bin/facts
  sandbox_holds "exec -cap" CHOWN CHOWN CHOWN "$stdout"
  succeeds from_pipe whittle exec -cap CAP_SYS_ADMIN "$ID" /bin/facts
  sandbox_holds "exec -cap of what is not allowed" "" "" "" "$stdout"
  succeeds from_pipe whittle exec -user 1000:1001 -cwd /home -env A=b "$ID" /bin/facts
  same "uid" $'Uid:\t1000\t1000\t1000\t1000' "$(fact Uid: "$stdout")"
  same "gid" $'Gid:\t1001\t1001\t1001\t1001' "$(fact Gid: "$stdout")"
  same "cwd" "cwd /home" "$(fact cwd "$stdout")"
  same "environment" "env A=b" "$(fact "env A" "$stdout")"
  jq -n --argjson sets "$(usual_sets "$docker_capabilities")" '{
    args: ["/bin/facts"], env: ["FROM=file"], cwd: "/", user: { uid: 0, gid: 0 }, capabilities: $sets
  }' >"$CASE/process.json"
  succeeds from_pipe whittle exec --process "$CASE/process.json" "$ID"
  sandbox_holds "exec --process" "" "$allowed" "$allowed" "$stdout"
  same "environment of --process" "env FROM=file" "$(fact "env FROM" "$stdout")"
  succeeds from_pipe whittle exec -process="$CASE/process.json" "$ID"
  sandbox_holds "exec -process=" "" "$allowed" "$allowed" "$stdout"
}
@test "runsc: an executed program holds no more than its container may" {
  in_runsc executed
}

relative() {
  cd "$CASE"
  BUNDLE=bundle
  hold_sandbox
  succeeds from_pipe whittle exec "$ID" /bin/facts
  sandbox_holds "exec" "" "$allowed" "$allowed" "$stdout"
}
@test "runsc: exec finds a container whose bundle was given by a relative path" {
  in_runsc relative
}

written() {
  edit_policy '.default.tmpfs = ["/run"]'
  run_script '(echo x >/etc/written) 2>&1 | grep -o "Read-only file system"
    echo scratch >/run/file && cat /run/file'
  succeeds from_pipe whittle run --bundle "$BUNDLE" "$ID"
  same "writes" $'Read-only file system\nscratch' "$(cat "$stdout")"
}
@test "runsc: the root is read-only, the scratch is not" {
  in_runsc written
}

managed() {
  hold_sandbox
  same "state" running "$(from_pipe whittle state "$ID" | jq -r .status)"
  rm "$POLICY"
  edit_policy_of_runsc '{ defualt: {} }'
  is_refused exec "$ID" /bin/true
  says defualt
  succeeds from_pipe whittle kill "$ID" KILL
  eventually is_stopped
  succeeds from_pipe whittle delete "$ID"
  same "state files" "" "$(find "$STATE" -name '*.state')"
}
edit_policy_of_runsc() {
  jq -n --arg path "$RUNTIME_PATH" "{ runtimes: [\$path] } + $1" >"$POLICY"
}
is_stopped() { [ "$(from_pipe bare state "$ID" | jq -r .status)" = stopped ]; }
@test "runsc: with an error in the policy nothing is executed, and what runs can be managed" {
  in_runsc managed
}

statuses() {
  for expected in 0 1 42 255; do
    run_program /bin/facts exit "$expected"
    outcome from_pipe whittle run --bundle "$BUNDLE" "$ID"
    same "exit status" "$expected" "$status"
  done
  from_pipe bare --version >"$CASE/bare" 2>&1
  from_pipe whittle --version >"$CASE/whittle" 2>&1
  same_bytes "--version" "$CASE/bare" "$CASE/whittle"
}
@test "runsc: exit statuses and --version are its own" {
  in_runsc statuses
}
