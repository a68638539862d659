#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# What somebody at a terminal sees of Docker when whittle does not let a container start: the sentence that
# whittle wrote, Docker's exit status for it, and nothing that runs.

load docker

setup_file() { docker_machine; }
teardown_file() { machine_stop; }
teardown() {
  show_logs
  strict_policy | policy config
  end_containers
}

# docker's command fails with that status, and what it prints has the sentence, once and whole.
refused() { # status, sentence, command...
  local status=0 out
  out=$("${@:3}" 2>&1) || status=$?
  same "status" "$1" "$status"
  [[ $out == *"$2"* ]] || fail "docker does not say \"$2\", but:" "$out"
  same "how often it says so" 1 "$(grep -cF "$2" <<<"$out")"
}
nothing_runs() { same "running containers" "" "$(docker ps --quiet)"; }

@test "a policy that is not JSON: docker run prints file, line and column" {
  printf '{\n  "default": {,\n}\n' | policy config
  refused 125 "/etc/whittle/config.json:2:" run --rm "$image" true
  nothing_runs
}

@test "a policy with an unknown key or capability, or none at all" {
  strict_policy | jq '.defaults = {}' | policy config
  refused 125 '"defaults"' run --rm "$image" true
  strict_policy | jq '.default.capabilities = ["CAP_FLY"]' | policy config
  refused 125 'CAP_FLY' run --rm "$image" true
  inside rm /etc/whittle/config.json
  refused 125 "/etc/whittle/config.json" run --rm "$image" true
  nothing_runs
}

@test "a policy that others can write" {
  inside chmod 666 /etc/whittle/config.json
  refused 125 "/etc/whittle/config.json" run --rm "$image" true
  inside chmod 644 /etc/whittle/config.json
  run --rm "$image" true
}

@test "a broken policy refuses exec as well, and the container stays as it is" {
  up "$image"
  echo '{' | policy config
  refused 126 "/etc/whittle/config.json:" docker exec "$ID" true
  state_is "$ID" running
  process_holds "after the refusal" "$(root_with "$allowed")" "$PID"
}

@test "a record that must be written and cannot be; a runtime that is not there, or whittle itself" {
  edit_policy config '.log = { file: "/no/such/folder/records", required: true }'
  refused 125 "the policy requires a record of this decision" run --rm "$image" true
  strict_policy /no/such/runc | policy config
  refused 125 "none of the container runtimes" run --rm "$image" true
  inside ln -sf whittle /usr/local/bin/crun
  strict_policy /usr/local/bin/crun | policy config
  refused 125 "/usr/local/bin/crun" run --rm "$image" true
  nothing_runs
}

@test "docker start of what was refused works once the policy is mended" {
  echo '{' | policy config
  refused 125 "/etc/whittle/config.json:" run --detach --name later "$image"
  strict_policy | policy config
  docker start later
  process_holds "started later" "$(root_with "$allowed")" "$(pid_of later)"
}
