# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# The runtimes without an engine: the live tests of this tree, with this release's runtimes.

# Whether the runtime can start the tests' plain container here at all.
can_run() {
  mkdir -p "$disk/plain"
  jq -n --arg rootfs "$disk/rootfs" '{
    ociVersion: "1.0.2", root: { path: $rootfs },
    process: { cwd: "/", args: ["/bin/true"], user: { uid: 0, gid: 0 },
      capabilities: { bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"] } },
    mounts: [{ destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs" }],
    linux: { namespaces: [{ type: "pid" }, { type: "mount" }, { type: "uts" }, { type: "ipc" }] }
  }' >"$disk/plain/config.json"
  # shellcheck disable=SC2046  # two words or none
  "$runtime" $([ "$runtime" != runsc ] || echo --network=none --platform="$RUNSC_PLATFORM" --ignore-cgroups) \
    run --bundle "$disk/plain" plain </dev/null >"$disk/said" 2>&1
}

# What newer versions of the specification brought, one at a time: name, and jq's words for it.
newer_fields() {
  cat <<'END'
process.scheduler|.process.scheduler = { policy: "SCHED_BATCH", nice: 5, priority: 0, flags: [] }
process.ioPriority|.process.ioPriority = { class: "IOPRIO_CLASS_BE", priority: 4 }
process.execCPUAffinity|.process.execCPUAffinity = { initial: "0", final: "0" }
process.consoleSize|.process.consoleSize = { height: 24, width: 80 }
domainname|.domainname = "example.org"
linux.personality|.linux.personality = { domain: "LINUX" }
linux.timeOffsets|.linux.namespaces += [{ type: "time" }] | .linux.timeOffsets = { monotonic: { secs: 7, nanosecs: 1 } }
linux.netDevices|.linux.netDevices = {}
linux.memoryPolicy|.linux.memoryPolicy = { mode: "MPOL_LOCAL", nodes: "", flags: [] }
mounts with uidMappings|.mounts += [{ destination: "/mnt", type: "bind", source: "/compat/disk/plain", options: ["rbind"], uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }], gidMappings: [{ containerID: 0, hostID: 1000, size: 10 }] }]
mounts that are read-only recursively|.mounts += [{ destination: "/mnt", type: "bind", source: "/compat/disk/plain", options: ["rbind", "rro"] }]
a cgroup namespace|.linux.namespaces += [{ type: "cgroup" }]
fields that nobody knows yet|.linux.future = { a: [1, { b: null }] } | .process.tomorrow = "x"
END
}
hand_field() { # jq's words
  jq "$1"' | .process.args = ["/bin/look"] | .process.env = ["PATH=/bin"]
    | .process.capabilities = (["CAP_CHOWN", "CAP_SETUID", "CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN"]
      | { bounding: ., effective: ., permitted: . })' "$disk/plain/config.json" >"$disk/fields/config.json" || return
  "$bin/whittle-$runtime-$flavour" run --bundle "$disk/fields" field </dev/null >"$disk/looked" || return
  looks <"$disk/looked"
}
check_each_field() {
  local name words
  mkdir -p "$disk/fields"
  while IFS='|' read -r name words; do
    probe "starts" "$name" as_root hand_field "$words"
  done < <(newer_fields)
}

# The outcomes of one program that speaks TAP, as verdicts of a group.
count_tap() { # group, output, pattern
  local line name
  while read -r line; do
    name=$(sed -E 's/^(not )?ok [0-9]+ (- )?//; s/replay-argv\.[A-Za-z0-9]+/replay-argv/g; s/replay[0-9]+/ID/g' <<<"$line")
    case $line in
      *'# SKIP'* | *'# skip'*) verdict "not ok" "$1" "$name" "a test was left out" ;;
      "not ok "*)
        verdict "not ok" "$1" "$name" ""
        [ -z "$COMPAT_DEBUG" ] || sed -n "/^$(printf '%s' "${line%% -*}" | head -c 12)/,/^ok/p" "$2" | grep '^#'
        ;;
      *) verdict ok "$1" "$name" "" ;;
    esac
  done < <(grep -E '^(not )?ok [0-9]+ ' "$2" | grep -E -- "$3")
}

live() { # group, file
  local out=$disk/tap
  RUNTIMES=$runtime timeout 900 bats --tap "$source/test/live/$2" >"$out" 2>&1 </dev/null
  grep -qE '^(not )?ok ' "$out" || verdict "not ok" "$1" "$2" "$(complaint "$out")"
  count_tap "$1" "$out" .
  grep -q '^not ok' "$out" && grep '^#' "$out"
}

# PART's function for each runtime that starts anything at all here.
by_hand() { # function
  engine=none engine_version=""
  for runtime in $(wanted runc crun runsc); do
    runtime_version=$(runtime_version)
    if can_run; then
      "$1"
    else
      verdict skip "starts" "the tests' plain container" "bare fails too: $(complaint "$disk/said")"
    fi
  done
}

fields() {
  [ "$runtime" != runsc ] || return 0 # its own small set, and its containers' facts are not the kernel's
  check_each_field
}
check_fields() { by_hand fields; }

arguments() { count_tap "arguments" "$disk/replay" "^(not )?ok [0-9]+ - $runtime\b"; }
check_arguments() {
  WHITTLE_BUILD=$build WHITTLE_TEST_STRICT=1 bash "$source/test/live/replay-argv.sh" >"$disk/replay" 2>&1 </dev/null
  by_hand arguments
}

live_files() {
  if [ "$runtime" = runsc ]; then
    live "starts" runsc.bats
    return
  fi
  live "starts" privileges.bats
  live "starts" rootfs.bats
  live "starts" bundle.bats
  live "exec" exec.bats
  live "errors" policy.bats
  live "as bare" faithful.bats
}
check_live() {
  local -x WHITTLE=$bin/whittle WHITTLECTL=$bin/whittlectl WHITTLE_BUILD=$build \
    WHITTLE_SOURCE=$source WHITTLE_TEST_STRICT=1
  by_hand live_files
}
