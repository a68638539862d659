#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# The read-only root and the scratch folders in it, judged from inside: by what the kernel answers to
# a write, and by /proc/self/mountinfo.

load lib

setup_file() { need_live; }
teardown() { end_cases; }

own_rootfs() {
  ROOTFS=$CASE/rootfs
  make_rootfs "$ROOTFS"
  edit_config --arg rootfs "$ROOTFS" '.root.path = $rootfs'
}

scratch() { # the policy's "tmpfs", as JSON
  edit_policy --argjson tmpfs "$1" '.default.tmpfs = $tmpfs'
}

in_container() { # script: $stdout and $stderr are the container's
  run_script "$1"
  succeeds whittle run --bundle "$BUNDLE" "$ID"
}

prints() { # what, expected
  same "$1" "$2" "$(cat "$stdout")"
}

mount_of() { # path, file with mountinfo: the mount's own options and the file system's, in order
  awk -v path="$1" '$5 == path {
    for (i = 7; $i != "-"; i++);
    print $6 " " $(i + 1) " " $(i + 3)
  }' "$2" | tail -n 1
}
has_option() { # path, option, file
  case ",$(mount_of "$1" "$3" | tr ' ' ',')," in
    *",$2,"*) ;;
    *) fail "the mount at $1 is not $2 ($RUNTIME): $(mount_of "$1" "$3")" ;;
  esac
}

read_only() {
  own_rootfs
  run_script 'echo x >/etc/written && echo could write'
  succeeds bare run --bundle "$BUNDLE" "$ID"
  prints "bare, for comparison" "could write"
  rm "$ROOTFS/etc/written"
  in_container '
    for file in /written /etc/written /bin/busybox /home/deeper/written; do
      (echo x >$file) 2>&1 | grep -o "Read-only file system\|nonexistent directory"
    done
    mkdir /new 2>&1 | grep -o "Read-only file system"
    ln -s a /home/b 2>&1 | grep -o "Read-only file system"
    exit 0'
  prints "writes to the root" "Read-only file system
Read-only file system
Read-only file system
nonexistent directory
Read-only file system
Read-only file system"
  in_container 'cat /proc/self/mountinfo'
  has_option / ro "$stdout"
  [ ! -e "$ROOTFS/etc/written" ] || fail "the file was written"
}
@test "the root file system is read-only: writes end in EROFS, mountinfo says ro" {
  each_runtime read_only
}

exec_too() {
  scratch '["/tmp"]'
  hold whittle
  succeeds whittle exec "$ID" /bin/sh -c '
    (echo x >/etc/written) 2>&1 | grep -o "Read-only file system"
    echo fine >/tmp/written && cat /tmp/written'
  prints "writes of an exec" $'Read-only file system\nfine'
  grep -q ' / / ro' "/proc/$PID/mountinfo" || has_option / ro "/proc/$PID/mountinfo"
}
@test "an executed program sees the same read-only root and the same scratch" {
  each_runtime exec_too
}

writable_scratch() {
  own_rootfs
  scratch '["/tmp", { "path": "/run", "size": "1m" }, { "path": "/var/tmp", "size": "65536" }]'
  in_container '
    for folder in /tmp /run /var/tmp; do
      echo kept >$folder/file && cat $folder/file
      cp /bin/busybox $folder/program 2>/dev/null && $folder/program true 2>/dev/null && echo ran
    done
    exit 0'
  prints "scratch" $'kept\nkept\nkept'
  in_container 'cat /proc/self/mountinfo'
  for folder in /tmp /run /var/tmp; do
    same "file system of $folder" tmpfs "$(mount_of $folder "$stdout" | cut -d' ' -f2)"
    for option in rw nosuid nodev noexec; do has_option $folder $option "$stdout"; done
  done
  has_option /tmp size=65536k "$stdout"
  has_option /run size=1024k "$stdout"
  has_option /var/tmp size=64k "$stdout"
}
@test "scratch folders are writable tmpfs: nosuid, nodev, noexec, of the policy's size" {
  each_runtime writable_scratch
}

scratch_modes() {
  own_rootfs
  scratch '["/tmp", "/run", "/srv"]'
  in_container 'stat -c "%n %a %u:%g" /tmp /run /srv'
  # runc up to 1.1.7 gives a tmpfs the mode of the folder that it covers, whatever is asked for.
  case $RUNTIME-$("$RUNTIME_PATH" --version | sed -n '1s/.* //p') in
    runc-1.0.* | runc-1.1.[0-7] | runc-1.1.[0-7][!0-9]*)
      prints "modes of scratch" $'/tmp 1777 0:0\n/run 755 0:0\n/srv 1777 0:0' ;;
    *) prints "modes of scratch" $'/tmp 1777 0:0\n/run 1777 0:0\n/srv 1777 0:0' ;;
  esac
}
@test "scratch folders have mode 1777" {
  each_runtime scratch_modes
}

# An image that has a folder for its user: who could write there still can.
scratch_owners() {
  own_rootfs
  mkdir -m 755 "$ROOTFS/cache" "$ROOTFS/cache/deep"
  chown 1000:1000 "$ROOTFS/cache" "$ROOTFS/cache/deep"
  ln -s ../cache "$ROOTFS/var/link"
  scratch '["/cache", "/var/link/deep"]'
  edit_config '.process.user = { uid: 1000, gid: 1000 }'
  in_container 'stat -c "%n %u:%g" /cache /cache/deep && echo x >/cache/file && echo y >/cache/deep/file && cat /cache/file /cache/deep/file'
  prints "owners of scratch" $'/cache 1000:1000\n/cache/deep 1000:1000\nx\ny'
}
@test "scratch belongs to who owned the folder" {
  each_runtime scratch_owners
}

# Images ship folders in /run that their servers do not make themselves.
run_has_folders() {
  local options
  own_rootfs
  (umask 0 && cd "$ROOTFS/run" && mkdir -m 755 sshd web && mkdir -m 3775 shared && mkdir -m 1777 lock && mkdir -m 700 "odd name" own &&
    chown 33:34 web && chown 999:999 shared && touch file web/file && ln -s /etc link)
  edit_config '.mounts += [{ destination: "/run/own", type: "tmpfs", source: "tmpfs", options: ["mode=711"] }]'
  scratch '["/var/tmp", "/run", "/run/lock"]'
  in_container '
    cd /run && stat -c "%n %a %u:%g" * && ls web && cp /bin/busybox lock/x && lock/x 2>&1 | grep -o "Permission denied"
    cat /proc/self/mountinfo >/run/mounts
    dd if=/dev/zero of=sshd/full bs=65536 count=100 2>&1 | grep -o "No space left on device"; cat /run/mounts'
  prints_first "what the image has there" 'lock 1777 0:0
own 711 0:0
shared 3775 999:999
sshd 755 0:0
web 755 33:34
Permission denied
No space left on device'
  for options in nosuid nodev noexec; do has_option /run/sshd "$options" "$stdout"; done
}
prints_first() { # what, expected
  same "$1" "$2" "$(grep -v ' - ' "$stdout")"
}
run_has_many() {
  own_rootfs
  (cd "$ROOTFS/run" && seq 17 | xargs mkdir)
  scratch '["/run"]'
  in_container 'ls /run'
  prints "too many" ""
}
@test "the image's folders in /run are there" {
  each_runtime run_has_folders
  each_runtime run_has_many
}

# In a user namespace of its own the container counts from other numbers.
scratch_of_users() {
  local folder
  own_rootfs
  mkdir -m 755 "$ROOTFS/cache" "$ROOTFS/run/sshd"
  chown -hR 100000:100000 "$ROOTFS"
  for folder in "$CASE" "$CASE"/../ "$CASE"/../../ "$CASE"/../../../; do chmod o+x "$folder"; done
  scratch '["/cache", "/run"]'
  edit_config '.linux += { uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
    gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }] } | .linux.namespaces += [{ type: "user" }]'
  in_container 'stat -c "%n %u:%g" /cache && echo x >/cache/file && cat /cache/file'
  prints "scratch in a user namespace" $'/cache 0:0\nx'
}
@test "scratch in a user namespace" {
  each_runtime scratch_of_users
}

size_counts() {
  scratch '[{ "path": "/tmp", "size": "1m" }]'
  in_container '
    dd if=/dev/zero of=/tmp/file bs=65536 count=64 2>&1 | grep -o "No space left on device"
    stat -c %s /tmp/file'
  prints "a full scratch folder" $'No space left on device\n1048576'
}
@test "a scratch folder holds what the policy says and no more" {
  each_runtime size_counts
}

as_user() {
  scratch '["/tmp"]'
  edit_config '.process.user = { uid: 1000, gid: 1000 }'
  in_container 'echo mine >/tmp/file && stat -c "%u:%g" /tmp/file'
  prints "a user's scratch" "1000:1000"
}
@test "a user other than root can use the scratch" {
  each_runtime as_user
}

folder_missing() {
  own_rootfs
  rmdir "$ROOTFS/var" "$ROOTFS/run"
  scratch '["/run", "/var/tmp", "/srv/a/b"]'
  in_container 'for folder in /run /var/tmp /srv/a/b; do echo x >$folder/file && cat $folder/file; done'
  prints "scratch the image has no folder for" $'x\nx\nx'
}
@test "a scratch folder that the image does not have is made" {
  each_runtime folder_missing
}

through_links() {
  own_rootfs
  rm -r "${ROOTFS:?}/var"
  mkdir "$ROOTFS/var"
  ln -s /run "$ROOTFS/var/run"
  ln -s ../tmp "$ROOTFS/var/tmp"
  scratch '["/tmp", "/run", "/var/run", "/var/tmp"]'
  in_container 'echo one >/var/run/a && cat /run/a && echo two >/var/tmp/b && cat /tmp/b && grep -c tmpfs /proc/self/mountinfo'
  # /dev is the third, and what covers masked paths may be more.
  same "scratch through links" $'one\ntwo' "$(head -n 2 "$stdout")"
  in_container 'cat /proc/self/mountinfo'
  same "mounts at /tmp and /run" 2 "$(awk '$5 == "/tmp" || $5 == "/run"' "$stdout" | wc -l)"
  same "mounts below /var" 0 "$(awk '$5 ~ "^/var"' "$stdout" | wc -l)"
}
@test "scratch folders that are links in the image lie where the links lead" {
  each_runtime through_links
}

volumes_stay() {
  mkdir "$CASE/volume" "$CASE/deeper"
  echo "from the host" >"$CASE/volume/file"
  echo "deeper" >"$CASE/deeper/file"
  scratch '["/tmp", "/run"]'
  edit_config --arg volume "$CASE/volume" --arg deeper "$CASE/deeper" '.mounts += [
    { destination: "/tmp", type: "bind", source: $volume, options: ["rbind", "rw"] },
    { destination: "/run/deeper", type: "bind", source: $deeper, options: ["rbind", "rw"] } ]'
  in_container 'cat /tmp/file /run/deeper/file; echo x >/tmp/new; echo x >/run/deeper/new; echo x >/run/scratch'
  prints "volumes" $'from the host\ndeeper'
  [ -f "$CASE/volume/new" ] || fail "the volume was not written to"
  [ -f "$CASE/deeper/new" ] || fail "the volume below scratch was not written to"
  [ ! -e "$CASE/deeper/scratch" ]
}
@test "volumes stay writable, and nothing lies over them" {
  each_runtime volumes_stay
}

read_only_already() {
  edit_config '.root.readonly = true'
  scratch '["/tmp"]'
  in_container 'echo x >/tmp/file && cat /tmp/file; (echo x >/file) 2>&1 | grep -o "Read-only file system"'
  prints "a root that was read-only" $'x\nRead-only file system'
}
@test "a container that asks for a read-only root gets its scratch too" {
  each_runtime read_only_already
}

writable_by_policy() {
  own_rootfs
  edit_policy '.default.readonlyRootfs = false | .default.tmpfs = ["/tmp"]'
  in_container 'echo x >/etc/written && cat /proc/self/mountinfo'
  same "mounts at /tmp" 0 "$(awk '$5 == "/tmp"' "$stdout" | wc -l)"
  has_option / rw "$stdout"
  [ -f "$ROOTFS/etc/written" ]
}
@test "a policy that lets the root be writable leaves it alone" {
  each_runtime writable_by_policy
}

no_mount_namespace() {
  private_namespace : # a runtime that ran it would mount on the host
  edit_policy '.default.hostNamespaces = "keep"' # which would refuse it before
  edit_config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
  is_refused run --bundle "$BUNDLE" "$ID"
  says "read-only root file system"
  is_refused create --bundle "$BUNDLE" "$ID"
  same "containers after the refusal" "" "$(ls "$STATE")"
}
@test "a container without a mount namespace is refused, since its root would stay writable" {
  each_runtime no_mount_namespace
}

without_pivot() {
  scratch '["/tmp"]'
  run_script '(echo x >/etc/written) 2>&1 | grep -o "Read-only file system"; echo x >/tmp/file && echo scratch'
  succeeds whittle run --no-pivot --bundle "$BUNDLE" "$ID"
  prints "--no-pivot" $'Read-only file system\nscratch'
}
@test "the root is read-only with --no-pivot as well" {
  each_runtime without_pivot
}
