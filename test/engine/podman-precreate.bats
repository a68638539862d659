#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2086,SC2154
#
# whittle-precreate as a hook of the real Podman's, whose runtime is crun itself: the first process is
# bounded, an exec is not, and what is refused does not start.

load lib

setup_file() {
  need_engines podman conmon crun
  [ -x "${WHITTLE_HOOKS:-}/whittle-precreate" ] || fail "WHITTLE_HOOKS must be the folder with whittle-precreate"
  machine_start
  install_whittle
  install_hooks
  busybox_image podman
}
teardown_file() { machine_stop; }
setup() { hook_policy; }
teardown() {
  show_logs
  inside_sh 'podman rm --all --force --time 0' >/dev/null
}

folder=/usr/local/libexec/whittle # where the build installs them
install_hooks() { # where whoever wants the hook puts it
  inside install -D -m 644 -t /etc/whittle/hooks.d /usr/local/share/whittle/whittle-precreate.json
}
hook_policy() { # jq arguments... (the filter last)
  strict_policy "$(PATH=/usr/sbin:/usr/bin command -v crun)" | policy config
  [ $# -eq 0 ] || edit_policy config "$@"
  inside_sh ': >/run/machine/records'
}

hooked() { inside podman --runtime crun --hooks-dir /etc/whittle/hooks.d "$@"; }
bare() { inside podman --runtime crun "$@"; }
run_held() { # options of podman run...
  hooked run --detach --network none --name held "$@" $image >/dev/null
  pid=$(inside podman inspect --format '{{.State.Pid}}' held)
  eventually logs_end
}
logs_end() { inside podman logs held | grep -q '^end'; }
record() { jq -r "$1" "$MACHINE/records" | tail -n 1; }

@test "the hook's JSON is valid, and names the program where it is installed" {
  same "path" "$folder/whittle-precreate" "$(jq -r .hook.path "$WHITTLE_HOOKS/whittle-precreate.json")"
  same "stages" '["precreate"]' "$(jq -c .stages "$WHITTLE_HOOKS/whittle-precreate.json")"
}

first_process() { # what, expected, options...
  run_held "${@:3}"
  process_holds "$1" "$2" "$pid"
  inside podman rm --force --time 0 held >/dev/null
}
@test "the first process is bounded though the runtime is crun itself" {
  first_process "run" "$(root_with "$allowed")"
  same "result" changed "$(record .result)"
  same "runtime" "podman precreate hook" "$(record .runtime)"
  first_process "run --privileged" "$(root_with "$allowed")" --privileged
  first_process "run --cap-add ALL" "$(root_with "$allowed")" --cap-add ALL
  first_process "run --cap-drop ALL" "$(root_with "")" --cap-drop ALL
  first_process "run --user" "$(privileges "" "" "" "$allowed" "" 1)" --user app
  first_process "run --init" "$(root_with "$allowed")" --init
}

@test "a container that is started again, and one made with create and start, are bounded too" {
  run_held --privileged
  inside podman stop --time 0 held >/dev/null
  hooked start held >/dev/null
  process_holds "start" "$(root_with "$allowed")" "$(inside podman inspect --format '{{.State.Pid}}' held)"
  hooked create --privileged --network none --name made $image >/dev/null
  hooked start made >/dev/null
  process_holds "create and start" "$(root_with "$allowed")" "$(inside podman inspect --format '{{.State.Pid}}' made)"
}

# ---- who it is ----------------------------------------------------------------------------

by_image() { hook_policy '.rules = [{ name: "known", match: { image: "docker.io/library/busybox:*" },
  capabilities: ["CAP_CHOWN", "CAP_KILL"] }]'; }

@test "Podman has written its record by then: a rule on the image may allow more" {
  by_image
  first_process "known" "$(root_with "CHOWN KILL")"
  same "rule" known "$(record .rule)"
  same "image" $image "$(record .image)"
  same "engine" podman "$(record .engine)"
  first_process "known, in another group" "$(root_with "CHOWN KILL")" --cgroup-parent /elsewhere
}

# None of what a caller can choose makes a container another one.
@test "a caller cannot pass his container off as another" {
  local id layer
  by_image
  run_held
  id=$(inside podman inspect --format '{{.Id}}' held)
  layer=$(inside podman inspect --format '{{.GraphDriver.Data.MergedDir}}' held)
  inside_sh 'mkdir -p /srv/root /srv/storage/overlay/x/merged "/srv/overlay-containers/$1/userdata" && cp -a /run/machine/tree/. /srv/root/
    cp -a /run/machine/tree/. /srv/storage/overlay/x/merged/
    cp -a /var/lib/containers/storage/overlay-containers /srv/storage/
    touch "/srv/overlay-containers/$1/userdata/x"' "$id"
  unknown_as "a mount" -v "/srv/overlay-containers/$id/userdata/x:/run/.containerenv" --rootfs /srv/root
  unknown_as "a group" --cgroup-parent "/x/libpod-$id" --rootfs /srv/root
  unknown_as "no group" --cgroups disabled --rootfs /srv/root
  unknown_as "a root" --rootfs "$layer"
  unknown_as "a root in a storage of his" --rootfs /srv/storage/overlay/x/merged
  unknown_as "a name, a hostname and annotations" --hostname "$id" --annotation "io.container.name=held" \
    --annotation "io.kubernetes.cri.image-name=$image" --rootfs /srv/root
}
unknown_as() { # what, options...
  hooked run --rm --network none "${@:2}" /bin/cat /proc/self/status >"$BATS_TEST_TMPDIR/status"
  holds "passed off by $1" "$(root_with "$allowed")" "$BATS_TEST_TMPDIR/status"
  same "the rule for one passed off by $1" default "$(record .rule)"
}

@test "without a record who it is stays unknown, and it is bounded by the default" {
  by_image
  first_process "without a group" "$(root_with "$allowed")" --cgroups disabled
  same "image" null "$(record .image)"
}

# ---- refused, and watched -----------------------------------------------------------------

refuses() { # part of the sentence, options...
  ! hooked run --rm --network none "${@:2}" $image echo started >"$BATS_TEST_TMPDIR/out" 2>&1 || fail "podman run ${*:2} runs"
  grep -qF "$1" "$BATS_TEST_TMPDIR/out" || fail "podman run ${*:2}: another sentence" "$(cat "$BATS_TEST_TMPDIR/out")"
  ! grep -q started "$BATS_TEST_TMPDIR/out" || fail "podman run ${*:2}: it started"
}
@test "what is refused does not start, and Podman shows the sentence" {
  refuses "the host's pid namespace" --pid host
  refuses "brings / of the host" -v /:/host
  same "result" refused "$(record .result)"
  refuses "names an unknown capability" --annotation org.whittle.capabilities=CAP_TYPO
  inside_sh 'echo "{" >/etc/whittle/config.json'
  refuses "whittle-precreate: /etc/whittle/config.json"
  inside_sh 'rm /etc/whittle/config.json'
  refuses "the policy /etc/whittle/config.json cannot be used"
  hook_policy
  inside_sh 'chmod o+w /etc/whittle/config.json'
  refuses "the policy /etc/whittle/config.json cannot be used"
  inside_sh 'chmod o-w /etc/whittle/config.json'
}

@test "audit mode changes nothing, and records what it would change" {
  hook_policy '.mode = "audit"'
  bare run --rm --network none --privileged $image cat /proc/self/status >"$BATS_TEST_TMPDIR/bare"
  hooked run --rm --network none --privileged $image cat /proc/self/status >"$BATS_TEST_TMPDIR/watched"
  holds "watched" "$(kernel_view "$BATS_TEST_TMPDIR/bare")" "$BATS_TEST_TMPDIR/watched"
  same "result" would-change "$(record .result)"
  hooked run --rm --network none --pid host $image true
  same "result of what would be refused" would-refuse "$(record .result)"
}

# ---- what it cannot see -------------------------------------------------------------------

@test "podman exec is not covered" {
  run_held
  process_holds "the first process" "$(root_with "$allowed")" "$pid"
  inside podman exec --privileged held cat /proc/self/status >"$BATS_TEST_TMPDIR/exec"
  ! holds "exec" "$(root_with "$allowed")" "$BATS_TEST_TMPDIR/exec" 2>/dev/null || fail "the guide says that exec is not bounded"
  [ $((16#$(sed -n 's/^CapEff:\t//p' "$BATS_TEST_TMPDIR/exec") & 1 << capability_number[NET_RAW])) -ne 0 ] || fail "no CAP_NET_RAW"
}

@test "a podman without --hooks-dir is not covered either" {
  bare run --rm --network none --cap-add NET_ADMIN $image cat /proc/self/status >"$BATS_TEST_TMPDIR/bare"
  ! holds "bare" "$(root_with "$allowed")" "$BATS_TEST_TMPDIR/bare" 2>/dev/null || fail "bounded by nobody"
}

# ---- together with verify -----------------------------------------------------------------

@test "with \"verify\" the hooks are there, and the container runs" {
  hook_policy '.verify = true'
  first_process "verified" "$(root_with "$allowed")" --privileged
  hooked run --rm --network none $image true
  hooked create --network none --name kept $image true >/dev/null
  hooked start --attach kept
  hooked start --attach kept
}

# ---- by hand ------------------------------------------------------------------------------

by_hand() { # sentence, standard input, words...
  ! inside_sh 'printf "%s" "$1" | "$2" "${@:3}"' "$2" $folder/whittle-precreate "${@:3}" \
    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || fail "accepted: ${*:2}"
  same "output" "" "$(cat "$BATS_TEST_TMPDIR/out")"
  same "lines" 1 "$(wc -l <"$BATS_TEST_TMPDIR/err")"
  grep -qF "whittle-precreate: $1" "$BATS_TEST_TMPDIR/err" || fail "another sentence for ${*:2}" "$(cat "$BATS_TEST_TMPDIR/err")"
}
@test "by hand with rubbish: one sentence, and nothing that a runtime could start" {
  by_hand "its options are" "{}" --policy
  by_hand "there is no option" "{}" --polic x
  by_hand "there is no option" "{}" --runtime sh
  by_hand "there is no option" "{}" --storage relative
  by_hand "config.json" ""
  by_hand "config.json" "no JSON"
  by_hand "" "[]"
  by_hand "" "{}"
  by_hand "" '{"process":{},"root":{"path":7}}'
  by_hand "" '{"process":7}'
}
