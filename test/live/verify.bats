#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# "verify": the hook that looks at the container once it runs. What nobody cheats about runs as it
# would without; a runtime that gives more than was decided loses the container, and the caller is
# told what it was.

load lib

setup_file() {
  need_live
  [ -x "${WHITTLE_HOOKS:-}/whittle-verify" ] || fail "WHITTLE_HOOKS must be the folder with whittle-verify"
  export OWN=$BATS_FILE_TMPDIR/own # whittle finds the hook beside itself
  install_own "$OWN"
}
setup() { WHITTLE=$OWN/whittle VERIFY=$OWN/whittle-verify; }
teardown() { end_cases; }

install_own() { # folder
  mkdir "$1"
  cp "$WHITTLE" "$1/whittle"
  cp "$WHITTLE_HOOKS/whittle-verify" "$1/whittle-verify"
  chmod 755 "$1" "$1"/*
}

verified() { edit_policy '.verify = true'; }

# ---- nobody cheats ------------------------------------------------------------------------

has_hooks() { # what, number at each point
  local point
  for point in createRuntime poststart; do
    same "$1: whittle's hooks at $point" "$2" "$(jq --arg path "$VERIFY" \
      "[.hooks.$point[]? | select(.path == \$path)] | length" "$BUNDLE/config.json")"
  done
}

# What a program says of itself, but for what is another's each time.
view() { grep -vE '^(fd|Pid|NSpid|Tgid|NStgid|voluntary|nonvoluntary)' "$1"; }

same_verified() {
  local plain
  make_bundle
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  plain=$stdout
  verified
  make_bundle
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  same "what facts says" "$(view "$plain")" "$(view "$stdout")"
  same "standard error" "" "$(cat "$stderr")"
  has_hooks "run" 1
  run_script 'echo out; echo err >&2; exit 37'
  outcome whittle run --bundle "$BUNDLE" "$ID"
  same "exit status" 37 "$status"
  same "standard output" out "$(cat "$stdout")"
  same "standard error" err "$(cat "$stderr")"
  has_hooks "the second run" 1
}
@test "a container is the same, verified or not" {
  each_runtime same_verified
}

short_lived() {
  local i
  verified
  run_program /bin/true
  for i in 1 2 3 4 5; do
    succeeds whittle run --bundle "$BUNDLE" "$ID"
    same "output" "" "$(cat "$stdout" "$stderr")"
  done
  has_hooks "five runs" 1
}
@test "a program that ends at once has not been caught" {
  each_runtime short_lived
}

held_ways() {
  local way
  verified
  for way in create run run_detached; do
    make_bundle
    hold whittle "$way"
    has_hooks "$way" 1
    container_holds "$way" "$(root_with "$allowed")"
    let_go
  done
}
@test "create and start, run, run detached: it goes on" {
  each_runtime held_ways
}

# ---- somebody cheats ----------------------------------------------------------------------

# A runtime that changes config.json, after whittle has written it, with a jq filter.
cheating_runtime() { # filter
  cat >"$CASE/cheat" <<CHEAT
#!/bin/bash
while [ \$# -gt 0 ]; do
  case \$1 in --bundle) bundle=\$2 ;; create | run) starts=yes ;; esac
  words+=("\$1")
  shift
done
if [ "\${starts:-}" = yes ]; then
  edited=\$(jq '$1' "\$bundle/config.json") && printf '%s\n' "\$edited" >"\$bundle/config.json" || exit 99
fi
exec $RUNTIME_PATH "\${words[@]}"
CHEAT
  chmod 755 "$CASE/cheat"
  edit_policy --arg path "$CASE/cheat" '.runtimes[0].path = $path'
}

own_rootfs() {
  make_rootfs "$CASE/rootfs"
  edit_config --arg path "$CASE/rootfs" '.root = { path: $path, readonly: true } |
    .mounts += [{ destination: "/tmp", type: "bind", source: ($path + "-tmp"), options: ["bind", "rw"] }]'
  mkdir -p "$CASE/rootfs-tmp"
  rm -f "$CASE/rootfs-tmp/marker"
}

# Would write the marker after a second; must be dead, or never there, by then.
late='trap "" HUP INT TERM; sleep 1; echo late >/tmp/marker; sleep 20'

was_ended() { # sentence, file with what the caller was told
  grep -q "whittle-verify: the container was ended, for it has more than was decided: $1" "$2" \
    || fail "nobody says \"$1\" ($RUNTIME):" "$(cat "$2")"
}
nothing_late() {
  sleep 1.5
  [ ! -e "$CASE/rootfs-tmp/marker" ] || fail "the container went on ($RUNTIME)"
}

cheated() { # filter, sentence, [filter for config.json]
  verified
  edit_policy '.default.seccomp = null | del(.default.seccomp)'
  cheating_runtime "$1"
  own_rootfs
  run_script "$late"
  edit_config "${3:-.}"
  outcome whittle run --bundle "$BUNDLE" "$ID"
  [ "$status" -ne 0 ] || fail "run: status 0 ($RUNTIME)" "$(cat "$stderr")"
  was_ended "$2" "$stderr"
  bare delete --force "$ID" >/dev/null 2>&1 || true
  own_rootfs
  make_bundle
  own_rootfs
  run_script "$late"
  edit_config "${3:-.}"
  set +e
  whittle create --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID" </dev/null >"$CASE/told" 2>&1 \
    && whittle start "$ID" </dev/null >>"$CASE/told" 2>&1
  echo "RUNTIME $RUNTIME create/start status $?" >&3
  set -e
  was_ended "$2" "$CASE/told"
  nothing_late
  [ ! -s "$CASE/pid" ] || eventually has_ended "$(cat "$CASE/pid")"
}

add_capability='.process.capabilities |= map_values(. + ["CAP_SYS_CHROOT"])'
@test "a runtime that adds a capability" {
  each_runtime cheated "$add_capability" 'it holds capabilities that it should not, CAP_SYS_CHROOT among them'
}
@test "a runtime that adds a capability to the bounding set alone" {
  each_runtime cheated '.process.capabilities.bounding += ["CAP_SYS_CHROOT"]' \
    'it holds capabilities that it should not, CAP_SYS_CHROOT among them'
}
@test "a runtime that takes noNewPrivileges away" {
  each_runtime cheated '.process.noNewPrivileges = false' 'it may gain new privileges' \
    '.process.noNewPrivileges = true'
}
@test "a runtime that takes the filter of system calls away" {
  each_runtime cheated 'del(.linux.seccomp)' 'no filter of system calls is in force' \
    '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["swapoff"], action: "SCMP_ACT_ERRNO" }] }'
}
@test "a runtime that makes the root writable" {
  each_runtime cheated '.root.readonly = false' 'its root file system can be written'
}
@test "a runtime that leaves a container in the host's network, or its processes" {
  each_runtime cheated '.linux.namespaces |= map(select(.type != "network"))' "it is in the host's net namespace"
}
