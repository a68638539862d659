# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# Workloads in a bundle of runc's, on an overlay over $tree. To be called in a mount namespace of its own,
# in which $work is a folder for everything.

runtime=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v runc)

# whittle with its hooks beside it, and folders of its own for recordings: in this mount namespace alone.
own_folders() {
  local folder
  for folder in /var/lib/whittle /run/whittle; do
    [ -d "$folder" ] || { mkdir -p "$folder"; made+=("$folder"); }
    mount -t tmpfs -o mode=755 learn "$folder"
  done
  mkdir "$work/own"
  cp "$WHITTLE" "$WHITTLE_HOOKS/whittle-record" "$work/own/"
}
made=() in_front=()
end_containers() {
  local id
  for id in "$work"/*/state/*/; do
    [ ! -d "$id" ] || "$runtime" --root "$(dirname "$id")" delete --force "$(basename "$id")" 2>/dev/null || true
  done
}
end_of_bundles() {
  end_containers
  findmnt -rn -o TARGET | sed -n "\\|^$work/|p" | sort -r | xargs -r umount -l
  umount -l /var/lib/whittle /run/whittle
  [ ${#made[@]} -eq 0 ] || rmdir "${made[@]}"
}

recording_of() { cat /var/lib/whittle/learn/"$1"/*.json; } # workload

config() { # standard output: config.json, which grants all that Docker does
  jq -n --argjson seccomp "${seccomp:-null}" --argjson sets "$(usual_sets "$docker_capabilities")" --argjson uid "$uid" --argjson sysctls "$sysctls" \
    --arg cgroup "/whittle-$id" --arg words "$(printf '%s\037' "${words[@]}")" '{
      ociVersion: "1.0.2",
      process: { user: { uid: $uid, gid: $uid }, args: ($words | split("\u001f")[:-1]), cwd: "/", capabilities: $sets,
        env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONUNBUFFERED=1"] },
      root: { path: "rootfs" },
      hostname: "learn",
      mounts: [
        { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
        { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
        { destination: "/dev/pts", type: "devpts", source: "devpts", options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] },
        { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777"] },
        { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] }
      ],
      linux: {
        cgroupsPath: $cgroup,
        sysctl: $sysctls,
        namespaces: [{ type: "pid" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }, { type: "network" }],
        maskedPaths: ["/proc/kcore"], readonlyPaths: ["/proc/sys"]
      }
    } | if $seccomp then .linux.seccomp = $seccomp else . end'
}

# Allows these capabilities and otherwise all that is asked for.
policy() { # capabilities, enforce or record
  printf '%s\n' "$1" | jq -Rs --arg path "$runtime" --arg mode "$2" --arg records "$trial/records" --arg name "$workload" '{
    runtimes: [{ path: $path, kind: "runc" }], log: { file: $records },
    rules: [{ name: $name, match: { bundle: "*" }, profile: "privileged", noNewPrivileges: false,
      capabilities: (split("\\s+"; "") | map(select(. != "") | "CAP_" + .)) }
      + if $mode == "record" then { mode: "audit", learn: true } else {} end]
  }'
}

begin() { # capabilities, enforce or record
  id=learn-$$-${trial##*/}
  mkdir "$trial"/{upper,inner,rootfs,state}
  mount -t overlay -o "lowerdir=$tree,upperdir=$trial/upper,workdir=$trial/inner" learn "$trial/rootfs"
  policy "$1" "$2" >"$trial/policy.json"
  config >"$trial/config.json"
  [ -z "${recording:-}" ] || naive_start "/whittle-$id"
  "${in_front[@]}" "$work/own/whittle" --policy "$trial/policy.json" --root "$trial/state" run --pid-file "$trial/pid" --bundle "$trial" "$id" \
    </dev/null >"$output" 2>&1 &
  runner=$!
  # Its first process is known once there is a container, or there never will be one.
  until [ -s "$trial/pid" ] || has_finished; do sleep 0.01; done
}

has_finished() { ! kill -0 "$runner" 2>/dev/null; }
await_end() { # ended_with: its exit status
  ended_with=0
  wait "$runner" || ended_with=$?
}
process() { echo "/proc/$(cat "$trial/pid" 2>/dev/null)"; }
network() { nsenter --target "$(cat "$trial/pid")" --net "$@"; }
end_by() { "$runtime" --root "$trial/state" kill "$id" "$1" 2>>"$why"; }
layer() { echo "$trial/upper"; }

finish() {
  has_finished || "$runtime" --root "$trial/state" kill "$id" KILL 2>/dev/null || true
  wait "$runner" 2>/dev/null || true
  "$runtime" --root "$trial/state" delete --force "$id" 2>/dev/null || true
  umount -l "$trial/rootfs"
  [ -z "${recording:-}" ] || naive_stop
}
