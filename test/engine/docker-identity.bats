#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# Rules by what Docker itself recorded of a container, and by what its user chose: the first kind may
# allow more than the default, the second never.

load docker

setup_file() {
  docker_machine
  # Another image, which differs in a label; and the first one under a second name.
  inside_sh 'printf "FROM %s\nLABEL other=yes\n" "$1" | docker build --quiet --tag other:1 - >/dev/null' "$image"
  docker tag "$image" registry.example:5000/team/agent:2
}
teardown_file() { machine_stop; }
teardown() {
  show_logs
  end_containers
  strict_policy | policy config
}

bounded=$(root_with "$allowed")
more="$allowed NET_RAW KILL"
widened=$(root_with "$more")

rules() { # JSON of rules; "more" and "fewer" stand for capabilities
  edit_policy config --arg more "$more" '.rules = ('"$1"' | map(.name = (.name // "it")
    | if .capabilities == "more" then .capabilities = ($more | split(" ")) else . end))'
}
gets() { # what, expected, options and image...
  up "${@:3}"
  container_holds "$1" "$2"
  holds "$1: exec" "$2" <(docker exec --privileged "$ID" facts)
  docker rm --force "$ID" >/dev/null
}

@test "image: the reference in full, as typed and as a pattern, can allow more" {
  rules '[{ match: { image: "docker.io/library/busybox:1.35" }, capabilities: "more" }]'
  gets "short name" "$widened" busybox:1.35
  gets "full name" "$widened" docker.io/library/busybox:1.35
  gets "another image" "$bounded" other:1
  gets "the same image under another name" "$bounded" registry.example:5000/team/agent:2
  rules '[{ match: { engine: "docker", image: ["*/team/*"] }, capabilities: "more" }]'
  gets "pattern" "$widened" registry.example:5000/team/agent:2
  gets "not the pattern" "$bounded" busybox:1.35
}

@test "image: by the image's id there is no name, so a rule on names does not match" {
  rules '[{ match: { image: "docker.io/library/busybox:1.35" }, capabilities: "more" }]'
  gets "by id" "$bounded" "$(docker image inspect --format '{{.Id}}' "$image")"
}

@test "imageId: whatever the image is called; a tag that was moved does not count" {
  local id
  id=$(docker image inspect --format '{{.Id}}' "$image")
  rules '[{ match: { imageId: "'"$id"'" }, capabilities: "more" }]'
  gets "its name" "$widened" "$image"
  gets "another name" "$widened" registry.example:5000/team/agent:2
  gets "its id" "$widened" "$id"
  docker tag other:1 registry.example:5000/team/agent:2
  gets "the name moved to another image" "$bounded" registry.example:5000/team/agent:2
  docker tag "$image" registry.example:5000/team/agent:2
}

@test "label: only takes away, however much its rule allows" {
  rules '[{ match: { label: { role: "db*" } }, capabilities: "more" }]'
  gets "more" "$bounded" --label role=db1 "$image"
  rules '[{ match: { label: { role: "db*" } }, capabilities: [] }]'
  gets "fewer" "$(root_with "")" --label role=db1 "$image"
  gets "another value" "$bounded" --label role=web "$image"
  gets "none" "$bounded" "$image"
}

@test "label of the image: takes away as well" {
  rules '[{ match: { label: { other: "yes" } }, capabilities: ["CAP_CHOWN"] }]'
  gets "with it" "$(root_with CHOWN)" other:1
  gets "without it" "$bounded" "$image"
}

@test "container: the name only takes away" {
  rules '[{ match: { container: "db-*" }, capabilities: "more" }]'
  gets "more" "$bounded" --name db-1 "$image"
  rules '[{ match: { container: "ci-*" }, capabilities: [] }]'
  gets "fewer" "$(root_with "")" --name ci-1 "$image"
  gets "another name" "$bounded" --name web-1 "$image"
}

@test "a rule on what the user chose does not shield from the image's, nor lift what it takes away" {
  rules '[{ name: "label", match: { label: { untrusted: "*" } }, capabilities: ["CAP_CHOWN", "CAP_NET_RAW"] },
    { name: "image", match: { image: "*/busybox:*" }, capabilities: "more" }]'
  gets "without the label" "$widened" "$image"
  gets "with it" "$(root_with CHOWN)" --label untrusted=1 "$image"
  rules '[{ name: "label", match: { label: { trusted: "*" } }, capabilities: "more" },
    { name: "image", match: { image: "*/busybox:*" }, capabilities: ["CAP_SETUID"] }]'
  gets "a label that would allow more" "$(root_with SETUID)" --label trusted=1 "$image"
}

@test "labels, names and environment do not make a Docker container one of Kubernetes'" {
  rules '[{ name: "a", match: { namespace: "kube-system" }, capabilities: "more" },
    { name: "b", match: { engine: ["cri-containerd", "cri-o", "podman", "buildkit", "containerd"] }, capabilities: "more" },
    { name: "c", match: { pod: "*" }, capabilities: [] },
    { name: "d", match: { sandbox: true }, capabilities: "more" }]'
  gets "posing" "$bounded" --name k8s_POD_coredns --label io.kubernetes.pod.namespace=kube-system \
    --label io.kubernetes.cri.sandbox-namespace=kube-system --label io.kubernetes.cri.container-type=sandbox \
    --label io.kubernetes.cri-o.ContainerType=sandbox --label io.kubernetes.cri.image-name="$image" \
    --env io.kubernetes.cri.sandbox-namespace=kube-system --hostname buildkitsandbox "$image"
}

@test "command and user: exec and other users can be held shorter" {
  rules '[{ match: { image: "*/busybox:*", command: "exec" }, capabilities: ["CAP_CHOWN"] }]'
  up "$image"
  container_holds "create" "$bounded"
  holds "exec" "$(root_with CHOWN)" <(docker exec --privileged "$ID" facts)
  rules '[{ match: { user: "1000-65535" }, capabilities: [] }]'
  gets "root" "$bounded" "$image"
  up --user 1000 "$image"
  container_holds "a user of the range" "$(privileges "" "" "" "" "" 1)"
}

@test "the record names engine, image and rule" {
  rules '[{ name: "by-image", match: { image: "*/busybox:*" }, capabilities: "more" }]'
  rm -f "$MACHINE/records"
  up "$image"
  jq -se 'last | .rule == "by-image" and .engine == "docker" and .privileged == false' "$MACHINE/records" ||
    fail "$(tail -n 1 "$MACHINE/records")"
  up --privileged "$image"
  container_holds "--privileged" "$widened"
  jq -se 'last | .privileged' "$MACHINE/records" || fail "$(tail -n 1 "$MACHINE/records")"
}

@test "without Docker's record of the container the image is unknown, and the record says why" {
  rules '[{ match: { image: "*/busybox:*" }, capabilities: "more" }]'
  up "$image"
  container_holds "with its record" "$widened"
  inside mount -t tmpfs none /var/lib/docker/containers
  rm -f "$MACHINE/records"
  holds "exec without it" "$bounded" <(docker exec --privileged "$ID" facts)
  inside umount /var/lib/docker/containers
  jq -e --arg id "$ID" '.unknown.image | contains("/var/lib/docker/containers/" + $id)' "$MACHINE/records"
  holds "exec with it again" "$widened" <(docker exec --privileged "$ID" facts)
}

@test "a record that is another container's, broken or others' to write does not count" {
  local record
  rules '[{ match: { image: "*/busybox:*" }, capabilities: "more" }]'
  up other:1
  record=/var/lib/docker/containers/$ID/config.v2.json
  inside cp -p "$record" /tmp/kept
  docker run --detach --name model "$image" >/dev/null
  inside cp "/var/lib/docker/containers/$(docker inspect --format '{{.Id}}' model)/config.v2.json" "$record"
  holds "another's" "$bounded" <(docker exec --privileged "$ID" facts)
  inside_sh 'head -c 100 /tmp/kept >"$1"' "$record"
  holds "half of it" "$bounded" <(docker exec --privileged "$ID" facts)
  inside_sh 'sed "s/other:1/busybox:1.35/" /tmp/kept >"$1"; chmod 666 "$1"' "$record"
  holds "anybody's to write" "$bounded" <(docker exec --privileged "$ID" facts)
  inside cp -p /tmp/kept "$record"
}

@test "with user namespaces the record is found as well" {
  inside_sh 'useradd --system --no-create-home dockremap
    for file in /etc/subuid /etc/subgid; do echo dockremap:300000:65536 >>$file; done'
  docker_runtimes '."userns-remap" = "default"'
  restart_dockerd
  busybox_image docker
  rules '[{ match: { image: "*/busybox:*" }, capabilities: "more" }]'
  gets "userns-remap" "$widened" "$image"
}
