#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # jq and containers expand; lib.bash sets, and reads
#
# Who is this container? Engines' places and records, laid out as the engines do and by root, with
# real runtimes behind; and everything by which somebody could try to be taken for somebody else.
# T76, T77, T104 and T109 of docs/security.md.
#
# What is trusted gets CAP_KILL, everybody else nothing: so who is taken for whom shows in the
# kernel's view, at create and in each exec.

load lib

setup_file() { need_hostile; }
teardown() {
  local case
  for case in "$BATS_TEST_TMPDIR"/case.*/; do # their state lies where an engine would have it
    [ -f "$case/engine-state" ] || continue
    RUNTIME=$(cat "$case/runtime") STATE=$(cat "$case/engine-state")
    RUNTIME_PATH=$(command -v "$RUNTIME")
    choose_namespace
    for name in "$STATE"/*; do
      [ ! -e "$name" ] || remove_container "${name##*/}"
    done
  done
  end_cases
}

image=docker.io/library/trusted:1
image_id=aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd
digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

# What an impostor says: every key that some engine sets, with what pays.
posing='{
  "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-namespace": "kube-system",
  "io.kubernetes.cri.sandbox-name": "pod", "io.kubernetes.cri.container-name": "trusted",
  "io.kubernetes.cri.image-name": "'$image'", "io.kubernetes.cri.podsandbox.image-name": "'$image'",
  "io.kubernetes.cri-o.ContainerType": "sandbox", "io.kubernetes.cri-o.Namespace": "kube-system",
  "io.kubernetes.cri-o.ImageName": "'$image'", "io.kubernetes.pod.namespace": "kube-system",
  "io.container.manager": "cri-o", "org.opencontainers.image.ref.name": "'$image'" }'

# ---- engines' places ------------------------------------------------------------------------

place() { # bundle, state, root file system
  BUNDLE=$1 STATE=$2 GLOBALS=(--root "$2")
  mkdir -p "$1" "$2" "$3"
  printf '%s\n' "$2" >"$CASE/engine-state"
  [ -e "$3/bin" ] || cp -a "$BATS_FILE_TMPDIR/rootfs/." "$3"
  fresh
  edit_config --arg rootfs "$3" '.root.path = $rootfs'
}
new_id() { ID=$(printf '%s' "$CASE" | sha256sum | cut -c 1-64); }
annotate() { edit_config --argjson annotations "$1" '.annotations += $annotations'; } # JSON object

at_containerd() { # namespace, id
  ID=$2
  place "$CASE/io.containerd.runtime.v2.task/$1/$ID" "$CASE/runc/$1" "$CASE/io.containerd.runtime.v2.task/$1/$ID/rootfs"
}
at_cri() { # as the plugin annotates a container of the namespace
  new_id
  at_containerd k8s.io "$ID"
  annotate '{ "io.kubernetes.cri.container-type": "'"${1:-container}"'",
    "io.kubernetes.cri.sandbox-namespace": "'"${2:-shop}"'", "io.kubernetes.cri.sandbox-name": "web-0",
    "io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.image-name": "docker.io/library/other:1" }'
}

at_docker() {
  new_id
  place "$CASE/io.containerd.runtime.v2.task/moby/$ID" "$CASE/runtime-runc/moby" "$CASE/docker/overlay2/layer/merged"
  RECORD=$CASE/docker/containers/$ID/config.v2.json
  mkdir -p "${RECORD%/*}"
}
docker_record() { # image as typed, name, id
  jq -nc --arg image "$1" --arg name "${2:-web}" --arg id "${3:-$ID}" --arg digits "$image_id" '{ ID: $id,
    State: { Running: false }, Image: ("sha256:" + $digits), Name: ("/" + $name),
    Config: { Image: $image, Labels: { tier: "gold" } } }' >"$RECORD"
}

at_podman() {
  new_id
  place "$CASE/storage/overlay-containers/$ID/userdata" "$CASE/crun" "$CASE/storage/overlay/layer/merged"
  RECORD=$CASE/storage/overlay-containers/containers.json
}
at_crio() { # what does not outlive a boot lies apart from the record
  at_podman
  place "$CASE/run/overlay-containers/$ID/userdata" "$CASE/crun" "$CASE/storage/overlay/layer/merged"
  RECORD=$CASE/storage/overlay-containers/volatile-containers.json
}
entry() { # id, jq object of the metadata
  jq -nc --arg id "$1" --arg image "$image_id" "{ id: \$id, names: [\"x\"], image: \$image, layer: \"layer\",
    metadata: ({ \"image-id\": \$image, name: \"web\", \"created-at\": 1 } + $2 | tojson) }"
}
podman_record() { # image
  jq -sc . <(entry "$image_id" '{ "image-name": "localhost/other:1" }') \
    <(entry "${2:-$ID}" "{ \"image-name\": \"$1\" }") >"$RECORD"
}
crio_record() { # image, namespace of the pod
  local pod=${3:-$image_id}
  jq -sc . \
    <(entry "$ID" "{ \"image-name\": \"$1\", \"pod-name\": \"k8s_x\", \"pod-id\": \"$pod\", \"metadata-name\": \"app\",
      namespace: \"kube-system\" }") \
    <(entry "$image_id" "{ \"image-name\": \"pause\", \"pod-name\": \"k8s_x\", \"pod-id\": \"$image_id\",
      \"metadata-name\": \"web-0\", namespace: \"$2\", pod: true }") >"$RECORD"
}

at_buildkit() { # root of dockerd or of buildkitd
  ID=kry2crxwe4u9urcr4xdhpef2i
  place "$CASE/$1/executor/$ID" "$CASE/runc" "$CASE/$1/executor/$ID/rootfs"
}

# ---- judging --------------------------------------------------------------------------------

trust() { # JSON object of conditions, each a rule of its own, called by its key, that gives CAP_KILL
  edit_policy --argjson conditions "$1" '.default.capabilities = [] | .rules = ($conditions | to_entries
    | map({ name: .key, match: { (.key): .value }, capabilities: ["CAP_KILL"] }))'
}
anything='{ "namespace": "kube-system", "sandbox": true, "image": "docker.io/library/trusted:*",
  "imageId": "'$image_id'", "engine": ["cri-containerd", "cri-o"] }'

record() { tail -n 1 "$RECORDS" | jq -r "$1"; } # jq filter on the last decision
gets() { # rule, file of a status
  local expected=0000000000000020
  [ "$1" != default ] || expected=0000000000000000
  grep -qx "CapBnd:.$expected" "$2" || fail "not under $1 but: $(grep CapBnd "$2") $(tail -n 1 "$RECORDS")" || return
  [ "$(record .rule)" = "$1" ] || fail "not $1 but: $(tail -n 1 "$RECORDS")"
}
falls_under() { # rule
  hold
  gets "$1" "/proc/$PID/status"
  request_with
  whittle exec --process "$CASE/process.json" "$ID"
  ran_bounded "exec"
  gets "$1" "$CASE/out"
  let_go
}
unknown() { # fact, word of the reason
  [[ $(record ".unknown.$1") == *"$2"* ]] || fail "$1 is not unknown for \"$2\": $(tail -n 1 "$RECORDS")"
}

# ---- T76 ------------------------------------------------------------------------------------

impostor() { # place and its arguments
  trust "$anything"
  "$@"
  annotate "$posing"
  falls_under default
  [ "$(record '.namespace // .pod // .image // ""')" = "${NAMESPACE:-}" ] || fail "$(tail -n 1 "$RECORDS")"
}
recorded() { # place, record and its arguments
  local at=$1
  shift
  trust "$anything"
  "$at"
  "$@"
  annotate "$posing"
  falls_under default
}
known() { # rule, place and its arguments
  local rule=$1
  shift
  trust "$anything"
  "$@"
  falls_under "$rule"
}
by_hand() { annotate '{}'; }
nerdctl() {
  new_id
  at_containerd k8s.io "$ID"
  annotate '{ "nerdctl/name": "web", "nerdctl/namespace": "k8s.io" }'
}
@test "T76 no words make a container of Docker, Podman, ctr, nerdctl, BuildKit or a person Kubernetes'" {
  image_id=1${image_id#?} each "runc crun" recorded at_docker docker_record other:1
  image_id=1${image_id#?} each "runc crun" recorded at_podman podman_record localhost/other:1
  each "runc crun" impostor by_hand
  each "runc crun" impostor at_buildkit docker/buildkit
  NAMESPACE=default each "runc crun" impostor at_containerd default web
  NAMESPACE=k8s.io each "runc crun" impostor at_containerd k8s.io web
  NAMESPACE=k8s.io each "runc crun" impostor nerdctl
  # the same rules do apply to those whom they mean
  each "runc crun" known engine at_cri
  each "runc crun" known namespace at_cri container kube-system
  each "runc crun" known namespace at_cri sandbox kube-system
  each "runc crun" known sandbox at_cri sandbox
}

# A place that fits in part is none.
not_quite() { # bundle below the case, state below the case
  trust '{ "engine": ["docker", "podman", "containerd", "cri-containerd", "cri-o", "buildkit"] }'
  ID=${1##*/}
  [ "$ID" != userdata ] || ID=$(basename "${1%/*}")
  place "$CASE/$1" "$CASE/$2" "$CASE/$1/rootfs"
  annotate "$posing"
  falls_under "$3"
}
@test "T76 an engine is told by the whole of its places" {
  local tasks=io.containerd.runtime.v2.task
  each "runc crun" not_quite $tasks/default/web runc/default engine
  each "runc crun" not_quite $tasks/moby/web state/moby engine
  each "runc crun" not_quite $tasks/default/web runc/moby default
  each "runc crun" not_quite $tasks/moby/web runc/default default
  each "runc crun" not_quite task/moby/web state/moby default
  each "runc crun" not_quite moby/web state/moby default
  each "runc crun" not_quite a/b/executor/web state default
  each "runc crun" not_quite buildkit/x/y/executor/web state default
  each "runc crun" not_quite containers/web/userdata state default
}

spoilt() { # place, record and image, what is done to the record, word of the reason
  local at=$1 write=$2 image=$3 spoil=$4 word=$5
  trust '{ "image": "docker.io/library/trusted:*" }'
  "$at"
  "$write" "$image"
  "$spoil"
  falls_under default
  unknown image "$word"
}
nothing() { :; }
foreign() { chown "$NOBODY" "$RECORD"; }
shared() { chmod g+w "$RECORD"; }
shared_folder() { chmod o+w "${RECORD%/*}"; }
foreign_folder() { chown "$NOBODY" "${RECORD%/*}"; }
linked() { mv "$RECORD" "$CASE/elsewhere" && ln -s "$CASE/elsewhere" "$RECORD"; }
named_twice() { ln "$RECORD" "$CASE/second"; }
cut_short() { truncate -s -2 "$RECORD"; }
emptied() { : >"$RECORD"; }
huge() { truncate -s 100M "$RECORD"; }
with_nul() { sed -i 's/web/w\\u0000b/' "$RECORD"; }
with_bytes() { printf '\0' >>"$RECORD"; }
deep() { sed -i '1s/^/'"$(printf '[%.0s' {1..1000})"'/' "$RECORD"; }
said_twice() { sed -i 's/^\[*{/&"ID":"x","id":"x","Id":"x","id":"x",/' "$RECORD"; }
fifo() { rm "$RECORD" && mkfifo "$RECORD"; }
folder() { rm "$RECORD" && mkdir "$RECORD"; }
gone() { rm "$RECORD"; }
of_another() { sed -i "s/$ID/${image_id}/g" "$RECORD"; }
@test "T76 a record that is not the engine's own, whole and about this container says nothing" {
  local at write spoil
  declare -A word=([foreign]="belongs to user" [shared]="can be written by others" [shared_folder]="can be written by"
    [foreign_folder]="belongs to user" [linked]="symbolic link" [named_twice]="names" [cut_short]="line 1"
    [emptied]="" [huge]="larger" [with_bytes]="line" [deep]="line 1" [said_twice]="twice"
    [fifo]="FIFO" [folder]="a folder" [gone]="" [of_another]="")
  for at in docker podman; do
    for spoil in "${!word[@]}"; do
      # Podman's bundles lie below the folder of the record, and would be refused themselves
      [[ $at$spoil != podman*_folder ]] || continue
      each runc spoilt at_$at ${at}_record $image $spoil "${word[$spoil]}"
    done
    each crun spoilt at_$at ${at}_record $image foreign "belongs to user"
    each crun spoilt at_$at ${at}_record $image of_another ""
  done
  each runc spoilt at_docker docker_record $image with_nul "is not allowed"
}

# One and the same container, seen by the sanitized program: no record makes it stumble.
sanitized() {
  local WHITTLE=$WHITTLE_SANITIZED
  spoilt "$@"
}
@test "T76 the program with sanitizers reads spoilt records as well" {
  local spoil
  for spoil in cut_short emptied huge with_bytes deep said_twice of_another; do
    each runc sanitized at_docker docker_record $image $spoil ""
    each runc sanitized at_podman podman_record $image $spoil ""
  done
}

# ---- T77 ------------------------------------------------------------------------------------

typed() { # condition, image as it was typed, rule
  trust "$1"
  at_docker
  docker_record "$2"
  falls_under "$3"
}
stored() { # condition, image as Podman keeps it, rule
  trust "$1"
  at_podman
  podman_record "$2"
  falls_under "$3"
}
named() { # no name of a container's makes it more
  trust '{ "container": "trusted", "label": { "tier": "gold" }, "pod": "*", "user": "0", "id": "*" }'
  at_docker
  docker_record "$image" trusted
  hold
  grep -qx 'CapBnd:.0000000000000000' "/proc/$PID/status" || fail "a name widened: $(tail -n 1 "$RECORDS")"
  [ "$(record .rule)" = container ]
  let_go
}
@test "T77 an image is what its engine recorded, a digest means one image, and names of containers give nothing" {
  local tag='{ "image": "docker.io/library/trusted:*" }' pinned="{ \"image\": \"docker.io/library/trusted@$digest\" }"
  local id='{ "imageId": "'$image_id'" }'
  each "runc crun" typed "$tag" trusted:1 image
  each "runc crun" typed "$tag" trusted image
  each "runc crun" typed "$tag" other/trusted:1 default
  each "runc crun" typed "$tag" localhost:5000/library/trusted:1 default
  each "runc crun" typed "$tag" "trusted:1@$digest" default
  each "runc crun" typed "$tag" "sha256:$image_id" default
  each "runc crun" typed "$tag" "${image_id:0:12}" default
  each "runc crun" typed "$tag" 'docker.io/library/trusted:1
x' default
  each "runc crun" typed "$pinned" "trusted@$digest" image
  each "runc crun" typed "$pinned" "trusted:any@$digest" image
  each "runc crun" typed "$pinned" "trusted@${digest%?}0" default
  each "runc crun" typed "$pinned" trusted:1 default
  each "runc crun" typed "$id" whatever imageId
  each "runc crun" stored "$tag" $image image
  each "runc crun" stored "$tag" trusted:1 default # Podman may have found a short name anywhere
  each "runc crun" stored "$id" localhost/whatever:1 imageId
  each "runc crun" named
}

# ---- T109 -----------------------------------------------------------------------------------

crio() { # condition, image, namespace of the pod, rule
  trust "$1"
  at_crio
  crio_record "$2" "$3"
  annotate "$posing"
  falls_under "$4"
}
crio_without_pod() { # the namespace in a container's own entry is none of CRI-O's
  trust '{ "namespace": "*", "pod": "*" }'
  at_crio
  crio_record quay.io/a/b:1 kube-system "${image_id%?}0"
  annotate "$posing"
  falls_under default
  unknown namespace "record of the pod is missing"
}
crio_sandbox() {
  trust '{ "sandbox": true }'
  at_crio
  jq -sc . <(entry "$ID" "{ \"image-name\": \"pause\", \"pod-name\": \"k8s_x\", \"pod-id\": \"$ID\",
    \"metadata-name\": \"web-0\", namespace: \"shop\", pod: true }") >"$RECORD"
  annotate '{ "io.kubernetes.cri-o.ContainerType": "container", "io.kubernetes.cri-o.Namespace": "kube-system" }'
  falls_under sandbox
  [ "$(record .namespace)" = shop ]
}
podman_in_crio_place() { # what Podman's callers could lead to, by --rootfs
  trust "$anything"
  at_crio
  podman_record $image
  falls_under default
  unknown image "neither Podman's nor CRI-O's"
}
@test "T109 what a pod's sandbox is, and whose, CRI-O's storage says and no annotation" {
  each "runc crun" crio '{ "sandbox": true, "namespace": "kube-system" }' quay.io/a/b:1 shop default
  each "runc crun" crio '{ "namespace": "kube-system" }' quay.io/a/b:1 kube-system namespace
  each "runc crun" crio '{ "engine": "cri-o" }' quay.io/a/b:1 shop engine
  each "runc crun" crio '{ "engine": ["podman", "docker"] }' quay.io/a/b:1 shop default
  each "runc crun" crio '{ "image": "*/a/b:1" }' quay.io/a/b:1 shop image
  each "runc crun" crio '{ "image": "*" }' $image_id shop default
  each "runc crun" crio_without_pod
  each "runc crun" crio_sandbox
  each "runc crun" podman_in_crio_place
}

# ---- T104 -----------------------------------------------------------------------------------

build() { # root of the builder, rule
  trust '{ "engine": "buildkit" }'
  at_buildkit "$1"
  falls_under "$2"
}
@test "T104 a step of BuildKit is known by its place, in dockerd and in buildkitd" {
  each "runc crun" build docker/buildkit engine
  each "runc crun" build buildkit/runc-overlayfs engine
  each "runc crun" build docker/build default
}

# ---- what is not asked for ------------------------------------------------------------------

# Which files whittle looks at, with a runtime behind it that does nothing.
looks_at() { # place, conditions
  trust "$2"
  edit_policy '.runtimes = [{ path: "/usr/bin/true", kind: "runc" }]'
  "$1"
  strace -f -e trace=file -o "$CASE/trace" "$WHITTLE" --policy "$POLICY" "${GLOBALS[@]}" create --bundle "$BUNDLE" \
    "$ID" >"$CASE/out" 2>&1 </dev/zero || fail "$(cat "$CASE/out")"
  grep -qF "$BUNDLE" "$CASE/trace" || fail "nothing was traced"
}
leaves_alone() {
  looks_at "$@"
  ! grep -qF "${RECORD##*/}" "$CASE/trace" || fail "the record was looked at: $(grep -F "${RECORD##*/}" "$CASE/trace")"
}
looks_for() {
  looks_at "$@"
  grep -qF "${RECORD%/*}" "$CASE/trace" || fail "the record was not looked for"
}
@test "no record is looked at that no rule asks for" {
  each runc leaves_alone at_docker '{ "engine": "docker", "id": "x", "annotations": { "a": "b" }, "user": "0" }'
  each runc leaves_alone at_docker '{ "namespace": "x", "pod": "x", "sandbox": true }'
  each runc leaves_alone at_podman '{ "engine": ["docker", "buildkit"], "id": "x", "command": "exec" }'
  each runc leaves_alone at_podman '{ "label": { "tier": "gold" } }'
  each runc looks_for at_docker '{ "image": "*" }'
  each runc looks_for at_podman '{ "engine": "podman" }'
}
