#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2086,SC2154,SC2206
#
# Containers that the real containerd starts with whittle, for ctr and, by the runtime handlers of
# its CRI plugin, for a client of the Container Runtime Interface such as Kubernetes' kubelet.

load cri

setup_file() {
  need_engines containerd ctr crun
  /usr/bin/python3 -c 'import grpc, google.protobuf' || fail "python3-grpcio or python3-protobuf is not installed"
  machine_start
  install_whittle
  strict_policy /usr/bin/crun | policy crun
  strict_policy | jq '.default.capabilities = ["KILL"]' | policy kill
  inside ln -s whittle /usr/local/bin/whittle-crun
  inside ln -s whittle /usr/local/bin/whittle-kill
  strict_policy | jq '.rules = [
    { name: "pause", match: { engine: "cri-containerd", sandbox: true }, capabilities: [] },
    { name: "database", match: { namespace: "db", image: "docker.io/library/postgres:*" }, capabilities: ["KILL"] },
    { name: "jobs", match: { namespace: "db", pod: "job-*" }, capabilities: ["CHOWN", "KILL"] }]' | policy rules
  inside ln -s whittle /usr/local/bin/whittle-rules
  prepare_node
  handlers whittle whittle-everything whittle-kill whittle-rules
  start_containerd
  busybox_image ctr
  node_images
  # Another image also by its content: of two names for one, the CRI plugin tells the runtime but the first.
  image=docker.io/library/postgres:16 image_command='["/bin/facts", "hold", "postgres"]' busybox_image ctr --namespace k8s.io
}
teardown_file() { machine_stop; }
teardown() {
  show_logs
  inside_sh 'for pod in $(crictl pods --quiet); do crictl rmp --force "$pod"; done
    ctr task ls --quiet | xargs -r ctr task rm --force >/dev/null; ctr container ls --quiet | xargs -r ctr container rm'
}

# ---- ctr ----------------------------------------------------------------------------------

ctr_run() { # whittle, options...
  inside ctr run --detach --runc-binary "/usr/local/bin/$1" "${@:2}" $image held >/dev/null
  pid=$(inside ctr task ls | awk '$1 == "held" { print $2 }')
}
ctr_gone() {
  inside ctr task rm --force held >/dev/null
  inside ctr container rm held
}
ctr_exec_holds() { # what, expected, options...
  inside ctr task exec --exec-id shell "${@:3}" held cat /proc/self/status >"$(file exec)"
  holds "$1" "$2" "$(file exec)"
}
ctr_bounded() { # whittle
  ctr_run "$1"
  process_holds "ctr run with $1" "$(root_with "$allowed")" "$pid"
  ctr_exec_holds "ctr task exec with $1" "$(root_with "$allowed")"
  ctr_exec_holds "ctr task exec --user with $1" "$(privileges "" "" "" "$allowed" "" 1)" --user 1000
  ctr_gone
  ctr_run "$1" --privileged
  process_holds "ctr run --privileged with $1" "$(root_with "$allowed")" "$pid"
  ctr_exec_holds "ctr task exec, privileged, with $1" "$(root_with "$allowed")"
  ctr_gone
}
@test "ctr run --runc-binary and ctr task exec are bounded, behind runc and behind crun" {
  ctr_bounded whittle
  ctr_bounded whittle-crun
}

ctr_facts() { # whittle or runc
  local status=0
  inside ctr run --rm --runc-binary "$1" --env COLOUR=blue --cwd /tmp $image same facts >"$(file facts)" 2>&1 || status=$?
  inside ctr run --rm --runc-binary "$1" $image same sh -c 'exit 7' || status=$status,$?
  without_times "$(file facts)"
  echo "status $status"
}
@test "ctr run: a program finds the same, and its status is passed on, under a policy that allows everything" {
  ctr_facts /usr/sbin/runc >"$(file bare)"
  grep -qx 'status 0,7' "$(file bare)"
  ctr_facts /usr/local/bin/whittle-everything >"$(file whittle)"
  same_bytes "ctr run" "$(file bare)" "$(file whittle)"
}

@test "ctr run prints why whittle refuses" {
  run inside ctr run --rm --runc-binary /usr/local/bin/whittle --annotation org.whittle.capabilities=NOPE $image refused true
  same status 1 "$status"
  [[ $output == *'OCI runtime create failed: whittle: '*org.whittle.capabilities* ]] || fail "$output"
}

# ---- CRI ----------------------------------------------------------------------------------

privileged='.linux.security_context.privileged = true'

cri_holds() { # what, expected
  process_holds "$1, from outside" "$2" "$pid"
  written
  holds "$1, from inside" "$2" "$(file written)"
}
cri_exec_holds() { # what, expected
  inside crictl exec --sync "$container" cat /proc/self/status >"$(file exec)"
  holds "exec at once (as probes do), $1" "$2" "$(file exec)"
  inside crictl exec "$container" cat /proc/self/status >"$(file exec)"
  holds "exec by the streaming server, $1" "$2" "$(file exec)"
}

@test "CRI: the pod's own process, its containers and every exec are bounded" {
  pod_up whittle
  process_holds "the pod's own" "$(root_with "$allowed")" "$(pause_of "$pod")"
  container_up
  cri_holds "a container" "$(root_with "$allowed")"
  cri_exec_holds "in a container" "$(root_with "$allowed")"
}

@test "CRI: a privileged pod and its privileged container are bounded" {
  pod_up whittle "$privileged"
  process_holds "the privileged pod's own" "$(root_with "$allowed")" "$(pause_of "$pod")"
  container_up "$privileged"
  cri_holds "a privileged container" "$(root_with "$allowed")"
  cri_exec_holds "in a privileged container" "$(root_with "$allowed")"
}

@test "CRI: what a container asks for is cut, and nothing is added to it" {
  pod_up whittle
  container_up '.linux.security_context += { capabilities: { add_capabilities: ["CHOWN"], drop_capabilities: ["ALL"] } }'
  cri_holds "all dropped, one added" "$(root_with CHOWN)"
  inside crictl rm --force "$container"
  container_up '.linux.security_context += { capabilities: { add_capabilities: ["SYS_ADMIN", "NET_ADMIN"] }, run_as_user: { value: 1000 } }'
  process_holds "more added, another user" "$(privileges "" "" "" "$allowed" "" 1)" "$pid"
}

@test "CRI: the root folder cannot be written, scratch folders and volumes can" {
  inside mkdir -p /srv/data
  pod_up whittle
  container_up '.mounts = [{ container_path: "/data", host_path: "/srv/data" }]'
  run inside crictl exec --sync "$container" sh -c 'for place in / /bin /tmp /run /data; do
    if touch $place/x 2>/dev/null; then echo $place writable; else echo $place no; fi; done'
  same "what can be written" "$(printf '%s\n' '/ no' '/bin no' '/tmp writable' '/run writable' '/data writable')" "$output"
  [ -e "$ROOT/srv/data/x" ]
}

@test "CRI: each handler has the policy of its name" {
  local handler expected
  while read -r handler expected; do
    pod_up "$handler"
    container_up
    process_holds "by the handler $handler" "$(root_with "$expected")" "$pid"
    inside crictl rmp --force "$pod"
  done <<<"whittle $allowed
whittle-kill KILL"
}

# The whole of a life, by a handler; ids and times differ between any two runs.
cri_life() { # handler
  local word
  pod_up "$1"
  container_up '.envs = [{ key: "COLOUR", value: "blue" }] | .working_dir = "/tmp"'
  written
  without_times "$(file written)"
  for word in --sync ''; do
    # shellcheck disable=SC2086 # no word at all
    inside crictl exec $word "$container" facts | without_times /dev/stdin
    inside crictl exec $word "$container" sh -c 'echo out; echo err >&2; exit 7' 2>"$(file stderr)" || echo "status $?"
    cat "$(file stderr)"
    inside crictl exec $word "$container" /no/such/program 2>&1 || echo "status $?"
  done
  inside crictl ps
  inside crictl pods
  inside crictl stop "$container"
  inside crictl inspect "$container" | jq .status
  inside crictl rm "$container"
  inside crictl stopp "$pod"
  inside crictl rmp "$pod"
  inside crictl pods
}
@test "CRI: a pod's life is the same under a policy that allows everything" {
  local handler
  for handler in runc whittle-everything; do
    cri_life $handler >"$(file raw)"
    sed -E 's/[0-9a-f]{64}/ID/g; s/[0-9a-f]{32}/ID/g; s/whittle-everything/runc              /g; s/ +/ /g' "$(file raw)" >"$(file $handler)"
  done
  grep -q '^status 7$' "$(file runc)"
  same_bytes "a pod's life" "$(file runc)" "$(file whittle-everything)"
}

@test "CRI: why whittle refuses a container is told by the engine, and it can be removed" {
  pod_up whittle
  write_container '.annotations = { "org.whittle.capabilities": "NOPE" }'
  container=$(inside crictl create "$pod" /run/machine/container.json /run/machine/pod.json)
  run inside crictl start "$container"
  same status 1 "$status"
  [[ $output == *'OCI runtime create failed: whittle: '*org.whittle.capabilities* ]] || fail "$output"
  inside crictl rm "$container"
  same "containers" "" "$(inside crictl ps --quiet)"
}

@test "CRI: under a broken policy every exec is refused, and pods can be stopped and removed" {
  local word
  pod_up whittle
  container_up
  edit_policy config '.unknown = true'
  for word in --sync ''; do
    # shellcheck disable=SC2086 # no word at all
    run inside crictl exec $word "$container" id
    same status 1 "$status"
    [[ $output == *'OCI runtime exec failed: whittle: '*'"unknown"'* ]] || fail "$output"
  done
  jq '.metadata.name = "web-1"' "$MACHINE/pod.json" >"$MACHINE/another.json"
  run inside crictl runp --runtime whittle /run/machine/another.json
  [[ $status == 1 && $output == *'OCI runtime create failed: whittle: '*'"unknown"'* ]] || fail "$output"
  inside crictl stop "$container"
  inside crictl rmp --force "$pod"
  edit_policy config 'del(.unknown)'
  same "pods" "" "$(inside crictl pods --quiet)"
  eventually has_ended "$pid"
}
has_ended() { [ ! -e "$ROOT/proc/$1" ]; }

# ---- who it is ----------------------------------------------------------------------------

# The rule that the last record of a container names.
rule_of() { jq -rs --arg id "$1" 'map(select(.id == $id)) | last | .rule' "$MACHINE/records"; }

by_rules() { # rule, expected, namespace, image, pod
  pod_up whittle-rules ".metadata.namespace = \"$3\" | .metadata.name = \"${5:-web-0}\""
  process_holds "the pod's own, in $3" "$(root_with "")" "$(pause_of "$pod")"
  same "its rule" pause "$(rule_of "$pod")"
  image=$4 container_up
  process_holds "$4 in $3" "$(root_with "$2")" "$pid"
  same "its rule" "$1" "$(rule_of "$container")"
  cri_exec_holds "$4 in $3" "$(root_with "$2")"
  inside crictl rmp --force "$pod"
}
@test "CRI: rules by namespace and image widen, by a pod's name only tighten; the pod's own has one of its own" {
  by_rules database KILL db docker.io/library/postgres:16
  by_rules default "$allowed" shop docker.io/library/postgres:16
  by_rules default "$allowed" db docker.io/library/busybox:1.35
  by_rules jobs CHOWN db docker.io/library/busybox:1.35 job-1
}

@test "a container of ctr cannot pose as one of Kubernetes' by annotations" {
  ctr_run whittle-rules --annotation io.kubernetes.cri.sandbox-namespace=db --annotation io.kubernetes.cri.container-type=container \
    --annotation io.kubernetes.cri.image-name=docker.io/library/postgres:16 --annotation io.container.manager=cri-o
  process_holds "ctr run with CRI's annotations" "$(root_with "$allowed")" "$pid"
  same "its rule" default "$(rule_of held)"
  ctr_exec_holds "ctr task exec with CRI's annotations" "$(root_with "$allowed")"
  ctr_gone
}
