#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# What a container holds in the end, by the kernel's account: /proc/PID/status of its first process
# from outside, /proc/self/status from inside. For each way of starting one, under each runtime.

load lib

setup_file() { need_live; }
teardown() { end_cases; }

# Each way (of $ways) of starting a container that asks for these capabilities gives it those.
ask() { # what, the object "capabilities", the expected privileges
  local way
  edit_config --argjson sets "$2" '.process.capabilities = $sets'
  for way in ${ways:-create}; do
    hold whittle "$way"
    container_holds "$1, started by $way" "$3"
    let_go
  done
}

dockers() {
  hold bare
  container_holds "bare, for comparison" "$(root_with "$docker_capabilities" 0)"
  let_go
  ways="create run run_detached" ask "Docker's fourteen" "$(usual_sets "$docker_capabilities")" "$(root_with "$allowed")"
}
@test "of Docker's fourteen capabilities those remain that the policy allows" {
  each_runtime dockers
}

everything() {
  local all sets
  all=$(host_capabilities)
  sets=$(sets bounding="$all" effective="$all" permitted="$all" inheritable="$all" ambient="$all")
  edit_config --argjson sets "$sets" '.process.capabilities = $sets'
  hold bare
  container_holds "bare, for comparison" "$(privileges "$all" "$all" "$all" "$all" "$all" 0)"
  let_go
  ways="run_detached run" ask "all that the host has, in all five sets" "$sets" \
    "$(privileges "$allowed" "$allowed" "$allowed" "$allowed" "$allowed" 1)"
}
@test "of everything in all five sets those remain that the policy allows" {
  each_runtime everything
}

nothing_allowed() {
  local all
  all=$(host_capabilities)
  edit_policy '.default.capabilities = []'
  ask "a policy that allows none" \
    "$(sets bounding="$all" effective="$all" permitted="$all" inheritable="$all" ambient="$all")" \
    "$(root_with "")"
}
@test "a policy that allows no capability leaves none" {
  each_runtime nothing_allowed
}

not_asked_for() {
  local none
  none=$(root_with "")
  ask "an empty object" '{}' "$none"
  ask "null" 'null' "$none"
  ask "five empty sets" "$(sets bounding= effective= permitted= inheritable= ambient=)" "$none"
  edit_config 'del(.process.capabilities)'
  hold whittle
  container_holds "absent" "$none"
  let_go
  ask "one of the three allowed" "$(usual_sets CHOWN)" "$(root_with CHOWN)"
}
@test "what is not asked for is not given: absent, null, empty, fewer than allowed" {
  each_runtime not_asked_for
}

bounding_alone() {
  edit_policy '.default.noNewPrivileges = false'
  # With new privileges execve(2) gives root its whole bounding set.
  ask "the bounding set alone" "$(sets bounding="$docker_capabilities")" "$(root_with "$allowed" 0)"
  edit_policy '.default.noNewPrivileges = true'
  ask "the bounding set alone, no new privileges" "$(sets bounding="$docker_capabilities")" \
    "$(privileges "" "" "" "$allowed" "" 1)"
}
@test "a bounding set asked for alone is bounded" {
  each_runtime bounding_alone
}

another_user() {
  local some="NET_BIND_SERVICE NET_RAW"
  edit_config '.process.user = { uid: 1000, gid: 1001, additionalGids: [1002] }'
  ask "uid 1000" "$(usual_sets "$docker_capabilities")" "$(privileges "" "" "" "$allowed" "" 1)"
  ask "uid 1000 with ambient capabilities" \
    "$(sets bounding="$some" effective="$some" permitted="$some" inheritable="$some" ambient="$some")" \
    "$(privileges NET_BIND_SERVICE NET_BIND_SERVICE NET_BIND_SERVICE NET_BIND_SERVICE NET_BIND_SERVICE 1)"
  hold whittle
  same "uid" $'Uid:\t1000\t1000\t1000\t1000' "$(fact Uid: "/proc/$PID/status")"
  same "gid" $'Gid:\t1001\t1001\t1001\t1001' "$(fact Gid: "/proc/$PID/status")"
  same "groups" "1002" "$(fact Groups: "/proc/$PID/status" | grep -o 1002)"
}
@test "a user other than root keeps its ids, and of its ambient capabilities what is allowed" {
  each_runtime another_user
}

setuid_program() {
  ROOTFS=$CASE/rootfs
  make_rootfs "$ROOTFS"
  chmod 4755 "$ROOTFS/bin/facts"
  edit_config --arg rootfs "$ROOTFS" '.root.path = $rootfs | .process.user = { uid: 1000, gid: 1000 }'
  hold bare
  same "bare: a setuid program makes root" $'Uid:\t1000\t0\t0\t0' "$(fact Uid: "/proc/$PID/status")"
  let_go
  hold whittle
  container_holds "setuid" "$(privileges "" "" "" "$allowed" "" 1)"
  same "a setuid program" $'Uid:\t1000\t1000\t1000\t1000' "$(fact Uid: "/proc/$PID/status")"
}
@test "a setuid program of the image gains nothing" {
  each_runtime setuid_program
}

nothing_taken() {
  local all
  all=$(host_capabilities)
  allow_everything
  ask "all, all allowed" "$(usual_sets "$all")" "$(root_with "$all" 0)"
  edit_config '.process.noNewPrivileges = true'
  ask "no new privileges asked for" "$(usual_sets "$all")" "$(root_with "$all" 1)"
}
@test "a policy that allows everything takes nothing" {
  each_runtime nothing_taken
}

odd_names() {
  # crun reads each of these as a capability that the policy does not allow, runc none of them.
  ask "names that runtimes read differently" \
    '{ "bounding": ["cap_net_raw", "13", "CAP_NET_RAW,CAP_CHOWN", "CAP_CHOWN"],
       "effective": ["cap_net_raw", "CAP_CHOWN"], "permitted": ["CAP_CHOWN", "0xd"] }' \
    "$(root_with CHOWN)"
}
@test "names that runtimes read differently count for nothing" {
  each_runtime odd_names
}

state_says() {
  hold whittle
  same "pid in the state" "$PID" "$(whittle state "$ID" | jq .pid)"
  same "status" running "$(whittle state "$ID" | jq -r .status)"
  same "the pid's cgroup is the container's" yes \
    "$(grep -q "$ID" "/proc/$PID/cgroup" && echo yes || echo no)"
}
@test "the pid file and the state name the container's first process" {
  each_runtime state_says
}
