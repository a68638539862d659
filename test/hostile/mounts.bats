#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # jq and containers expand; lib.bash sets, and reads
#
# Ways to the host by mounts: its folders and sockets under any name, its kernel's file systems in
# odd places, a bind mount that does not say so. T55 to T60 and T65 of docs/security.md. Each way is
# first gone with the bare runtime where the machine allows it, so that what is refused is known to
# be one.

load lib

setup_file() { need_hostile; }
teardown() { end_cases; }

# Its own /run, with the socket of an engine that nobody listens on, and other places it is seen at.
with_engine() {
  PRIVATE+=(sh -c 'mount -t tmpfs tmpfs /run && mkdir /run/user /run/elsewhere && python3 -c "
import socket
socket.socket(socket.AF_UNIX).bind(\"/run/docker.sock\")
" && ln /run/docker.sock /run/user/hard && ln -s /run/docker.sock /run/user/soft && touch /run/elsewhere/bound \
    && mount --bind /run/docker.sock /run/elsewhere/bound && exec "$@"' sh)
}

AT=/x # the root file system is the same for all, and so is what the runtime makes in it
mounting() { # source, type or "", options...
  local source=$1 type=$2
  shift 2
  fresh
  edit_config --arg at "$AT" --arg source "$source" --arg type "$type" '.mounts += [{ destination: $at, source: $source,
      options: $ARGS.positional } + (if $type == "" then {} else { type: $type } end)]' --args "$@"
}
works_bare() { # command in the container: what the mount is good for
  cp "$BUNDLE/config.json" "$CASE/asked"
  edit_config --arg script "$1" '.process.args = ["/bin/busybox", "sh", "-c", $script]'
  bare run --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 0 ] || fail "bare, this does nothing: $(shown)" || return
  mv "$CASE/asked" "$BUNDLE/config.json"
}

engine_socket() {
  local source AT=/socket
  with_engine
  for source in /run/docker.sock /var/run/docker.sock /run/user/hard /run/user/soft /run/elsewhere/bound; do
    mounting "$source" bind bind ro
    works_bare '[ -S /socket ]'
    config_refused "brings /run/docker.sock of the host"
  done
  for source in /run /run/elsewhere /run/user; do
    AT=/x mounting "$source" bind rbind ro
    works_bare '[ -d /x ]'
    config_refused "of the host into the container"
  done
  # a policy that names it lets it in, by the path it leads to
  mounting /var/run/docker.sock bind bind
  edit_policy '.default.mounts = ["/run/docker.sock"]'
  runs_bounded --bundle "$BUNDLE" "$ID"
}
@test "T55 an engine's socket is found by every name, read-only or not" {
  each "runc crun" engine_socket
}

host_root() {
  mounting / bind rbind ro
  works_bare '[ -e /x/proc/sys/kernel/core_pattern ]'
  config_refused "brings / of the host"
  mkdir "$CASE/volume" && PRIVATE+=(sh -c 'mount --rbind / "$0/volume" && exec "$@"' "$CASE")
  mounting "$CASE/volume" bind rbind
  works_bare '[ -e /x/proc/sys/kernel/core_pattern ]'
  config_refused "brings / of the host"
  mounting "$CASE/volume/etc/ssl" bind rbind
  config_refused "brings /etc of the host"
  mounting "$CASE" bind rbind
  config_refused "of the host into the container"
  # whoever allows volumes has not allowed the host
  edit_policy --arg case "$CASE" '.default.mounts = [$case + "/*"]'
  mounting "$CASE/volume" bind rbind
  config_refused "brings / of the host"
}
@test "T56 the host's root is found under a volume's name as well" {
  each "runc crun" host_root
}

second_proc() {
  local type
  fresh
  edit_config '.mounts += [{ destination: "/x", type: "proc", source: "proc" }]'
  works_bare '[ -e /x/sys/kernel/core_pattern ]'
  config_refused "unusual place"
  mounting /proc bind rbind
  works_bare '[ -e /x/sys/kernel/core_pattern ]'
  config_refused "brings /proc of the host"
  for type in sysfs cgroup cgroup2; do
    mounting "$type" "$type"
    config_refused "unusual place"
  done
  fresh
  edit_config '.mounts += [{ destination: "/proc/sys", type: "bind", source: "/proc/sys", options: ["rbind"] }]'
  config_refused "a mount on /proc"
}
@test "T57 proc and sysfs are only where their masks are" {
  each "runc crun" second_proc
}

disguises() {
  local type option up
  for type in none tmpfs proc "" ext4; do
    for option in bind rbind; do
      mounting /etc "$type" "$option"
      config_refused "brings /etc of the host"
    done
  done
  mounting /etc none rbind
  works_bare '[ -e /x/passwd ]'
  up=$(realpath --relative-to "$BUNDLE" /etc)
  for option in "$up" /var/../etc /etc/. //etc /etc/ /./etc; do
    mounting "$option" bind rbind
    works_bare '[ -e /x/passwd ]'
    config_refused "brings /etc of the host"
  done
  ln -s /etc "$BUNDLE/link"
  mounting link bind rbind
  works_bare '[ -e /x/passwd ]'
  config_refused "brings /etc of the host"
  rm "$BUNDLE/link"
  mounting /proc/self/root/etc bind rbind
  works_bare '[ -e /x/passwd ]'
  config_refused "cannot be told"
  mounting overlay overlay lowerdir=/etc:/root
  works_bare '[ -e /x/passwd ]'
  config_refused "brings /etc of the host"
  mounting overlay overlay "ro,lowerdir=/root:/etc"
  config_refused "of the host"
  for type in ext4 devtmpfs debugfs tracefs securityfs bpf binfmt_misc configfs fuse Proc; do
    mounting /dev/whatever "$type"
    config_refused "a mount of this file system type"
  done
}
@test "T58 a bind mount that does not say so, and file systems that are the kernel's" {
  each "runc crun" disguises
}

destinations() {
  local place
  for place in / // /. /../../mnt mnt '' /a/../b ..; do
    fresh
    mkdir -p "$CASE/data"
    edit_config --arg place "$place" --arg data "$CASE/data" \
      '.mounts += [{ destination: $place, type: "bind", source: $data, options: ["bind"] }]'
    config_refused "a mount whose destination is"
  done
  for place in /proc /proc/ //proc /./proc /proc/kcore /proc/sys/kernel; do
    fresh
    edit_config --arg place "$place" --arg data "$CASE/data" \
      '.mounts += [{ destination: $place, type: "bind", source: $data, options: ["bind"] }]'
    config_refused "a mount on /proc"
  done
}
@test "T59 destinations that are no clean path, or lie in /proc" {
  each "runc crun" destinations
}

propagation() {
  local word
  mkdir "$CASE/data"
  for word in shared rshared; do
    mounting "$CASE/data" bind rbind "$word"
    # with crun 1.8 it stays private all the same
    [ "$RUNTIME" = crun ] || works_bare 'grep -q " /x .* shared:" /proc/self/mountinfo'
    config_refused propagation
    fresh
    edit_config --arg word "$word" '.linux.rootfsPropagation = $word'
    config_refused propagation
  done
  mounting "$CASE/data" bind rbind rprivate
  runs_bounded --bundle "$BUNDLE" "$ID"
}
@test "T60 mounts that would show on the host" {
  each "runc crun" propagation
}

odd_roots() {
  local path
  ln -s / "$BUNDLE/slash"
  ln -s rooted "$BUNDLE/chain" && ln -s /etc "$BUNDLE/rooted"
  for path in / /../ "$BUNDLE/slash" slash chain /usr /etc /proc/1; do
    fresh
    edit_config --arg path "$path" '.root.path = $path'
    config_refused "a root file system that is"
  done
  for path in /proc/self/root /proc/self/cwd; do
    fresh
    edit_config --arg path "$path" '.root.path = $path'
    config_refused "cannot be told which folder"
  done
  edit_policy '.default.mounts = "strip"'
  fresh
  edit_config '.root.path = "/"'
  config_refused "a root file system that is"
}
@test "T65 a root file system that is the host's" {
  each "runc crun" odd_roots
}
