# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034,SC2317,SC2086,SC2013,SC2030,SC2031,SC2119,SC2120,SC2015
#
# A client of the Container Runtime Interface. Debian packages none, and the few messages need none:
# protocol buffers are tag, length, bytes, and gRPC is HTTP/2 with five bytes in front. A message is
# built as text in printf's escapes.

varint() { # number
  local n=$1
  while ((n > 127)); do
    printf '\\x%02x' $((n & 127 | 128))
    ((n >>= 7))
  done
  printf '\\x%02x' "$n"
}
number() { # field, number
  varint $(($1 << 3))
  varint "$2"
}
message() { # field, message or string
  varint $(($1 << 3 | 2))
  varint "$(printf '%b' "$2" | wc -c)"
  printf '%s' "$2"
}

cri() { # method, message: leaves the answer in $disk/answer; a failure's reason goes to stderr
  local length
  length=$(printf '%b' "$2" | wc -c)
  {
    printf '%b' "$(printf '\\x00\\x00\\x00\\x%02x\\x%02x' $((length >> 8)) $((length & 255)))"
    printf '%b' "$2"
  } >"$disk/request"
  curl --silent --show-error --max-time 120 --http2-prior-knowledge \
    --unix-socket /run/containerd/containerd.sock \
    --header 'Content-Type: application/grpc' --header 'TE: trailers' \
    --data-binary "@$disk/request" --dump-header "$disk/headers" --output "$disk/answer" \
    "http://localhost/runtime.v1.RuntimeService/$1" || return
  grep -qi '^grpc-status: 0' "$disk/headers" && return
  echo "$1: $(sed -n 's/^grpc-message: //Ip' "$disk/headers" | sed 's/%22/"/g; s/%25/%/g')" >&2
  return 1
}
answer_id() { grep -ao '[0-9a-f]\{64\}' "$disk/answer" | head -n 1; }

# The node's own network: nothing of CNI is needed.
node_network() { message 1 "$(number 1 2)"; }

pod_config() {
  message 1 "$(message 1 web-0)$(message 2 5f2b3c4d-0000-4000-8000-0123456789ab)$(message 3 shop)"
  message 3 /run/pod-logs
  message 8 "$(message 2 "$(node_network)$(number 6 "${privileged:-0}")")"
}
start_pod() {
  cri RunPodSandbox "$(message 1 "$(pod_config)")$(message 2 "${handler-$runtime-$flavour}")" || return
  pod=$(answer_id)
}
start_container() { # security context, words...
  local security=$1 word config
  shift
  config=$(
    message 1 "$(message 1 app)"
    message 2 "$(message 1 $image)"
    for word; do message 3 "$word"; done
    message 11 app.log
    message 15 "$(message 2 "$(message 3 "$(number 1 2)")$security")"
  )
  cri CreateContainer "$(message 1 "$pod")$(message 2 "$config")$(message 3 "$(pod_config)")" || return
  container=$(answer_id)
  cri StartContainer "$(message 1 "$container")"
}
exec_look() {
  cri ExecSync "$(message 1 "$container")$(message 2 sh)$(message 2 -c)$(
    message 2 'echo; look')$(number 3 20)" || return
  looks <"$disk/answer"
}

cri_look() { # security context
  start_pod && start_container "${1-}" /bin/look hold || return
  eventually grep -q 'look: tmp' /run/pod-logs/app.log || return
  looks </run/pod-logs/app.log
}
cri_privileged() { privileged=1 cri_look "$(number 2 1)"; }
cri_exec() {
  start_pod && start_container "" /bin/look hold && exec_look
}
cri_exec_privileged() { privileged=1 && start_pod && start_container "$(number 2 1)" /bin/look hold && exec_look; }
cri_outside() {
  start_pod && start_container "" /bin/look hold || return
  outside 1000001
}
cri_life() {
  start_pod && start_container "" /bin/look hold || return
  cri ContainerStatus "$(message 1 "$container")" || return
  cri UpdateContainerResources "$(message 1 "$container")$(message 2 "$(number 3 512)")"
  echo "update: $?"
  cri ContainerStats "$(message 1 "$container")"
  echo "stats: $?"
  cri ExecSync "$(message 1 "$container")$(message 2 sh)$(message 2 -c)$(message 2 'exit 42')$(number 3 20)" || return
  tail -c 2 "$disk/answer" | od -An -tu1
  cri StopContainer "$(message 1 "$container")$(number 2 0)" && cri RemoveContainer "$(message 1 "$container")"
  echo "stop, remove: $?"
  cri StopPodSandbox "$(message 1 "$pod")" && cri RemovePodSandbox "$(message 1 "$pod")"
  echo "pod: $?"
}
cri_refused() {
  local said=$disk/refusal
  flavour=broken
  ! start_pod 2>"$said" || return
  is_sentence "$said"
}

cri_identity() {
  flavour=image
  seen=$(cri_look) && [ "$(bounding)" = $image_mask ] || return
  tidy_cri
  seen=$(cri_exec) && [ "$(bounding)" = $image_mask ]
}

tidy_cri() {
  local id
  cri ListPodSandbox ""
  for id in $(grep -ao '[0-9a-f]\{64\}' "$disk/answer" | sort -u); do
    cri StopPodSandbox "$(message 1 "$id")"
    cri RemovePodSandbox "$(message 1 "$id")"
  done
  rm -rf /run/pod-logs
}

cri_checks() {
  probe "starts" "pod and container" as_root cri_look
  probe "starts" "container with runAsUser" as_user cri_look "$(message 5 "$(number 1 1000)")"
  probe "asks for all" "privileged container" as_root cri_privileged
  probe "asks for all" "container that adds ALL" as_root cri_look "$(message 1 "$(message 1 ALL)")"
  probe "exec" "ExecSync, the way of exec probes" as_root cri_exec
  probe "exec" "init, from outside" as_root cri_outside
  probe "asks for all" "ExecSync in a privileged container" as_root cri_exec_privileged
  probe "life" "status, update, stats, exit status, stop, remove" as_bare cri_life
  check "errors" "a refusal is the answer to RunPodSandbox" cri_refused
  check "identity" "a rule by image, for container and ExecSync" cri_identity
}
