#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# guide.sh [PAGE]...: docs/guide/ENGINE.md from top to bottom, as its reader would type it, in a machine
# where that engine runs. What each `sh` block prints is compared with the `text` block behind it; see
# "Documents" in test/README.md. All pages when none is named.
#
# The machine is what a page begins with: whittle as ./quickstart leaves it, the engine as Debian
# starts it, and an image "busybox" that came from no registry.
#
# shellcheck disable=SC2016 # scripts for the machine
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/page.bash
. test/page.bash
# shellcheck source=test/engine/lib.bash
. test/engine/lib.bash

work=$(mktemp -d)
end() {
  machine_stop
  rm -rf --one-file-system "$work"
}
trap end EXIT

image=docker.io/library/busybox:latest
image_command='["sh"]'

begin_docker() { start_dockerd && busybox_image docker; }
# A system of Debian's with Python in it, made from the host's own files.
begin_worked-example() {
  image=docker.io/library/python:3-slim
  image_tree >/dev/null && inside_sh 'cd /run/machine/tree
    add() { for file; do cp --parents --dereference --no-clobber "$file" .; { ldd "$file" 2>/dev/null || true; } | { grep -o "/[^ ]*" || true; } | while read -r library; do cp --parents --dereference --no-clobber "$library" .; done; done; }
    add /usr/bin/python3 /usr/lib/python3*/lib-dynload/*.so
    cp --recursive --parents --no-clobber /usr/lib/python3.*/ .
    ln -sf ../usr/bin/python3 bin/python3' && start_dockerd && busybox_image docker
}
# Debian's nginx, from the host's own files. Recording wants the cgroups that tell containers apart.
begin_learn() {
  "$WHITTLE_SOURCE/test/learn/image" "$MACHINE/learn" && start_dockerd &&
    inside_sh 'tar -C /run/machine/learn --numeric-owner -c . |
      docker import --change "CMD [\"nginx\", \"-g\", \"daemon off;\"]" --change "EXPOSE 80" - nginx:latest'
}
begin_containerd() { start_containerd && busybox_image ctr; }
begin_podman() { busybox_image podman; }
begin_kubernetes() { prepare_node && start_containerd && image_command='["sleep", "1000000"]' node_images; }
begin_crio() { inside mkdir -p /etc/crio/crio.conf.d && inside ln -s /bin/true /usr/local/bin/crio; } # Debian 12 has no CRI-O: a name is all there can be

begin() { # page: its machine
  local engine
  engine=$(basename "$1" .md)
  declare -F "begin_$engine" >/dev/null || { echo "no engine is known as $engine"; return 1; }
  BATS_FILE_TMPDIR=$work/$engine
  mkdir "$BATS_FILE_TMPDIR" "$BATS_FILE_TMPDIR/blocks"
  export MACHINE_UNIFIED=
  [ "$engine" != learn ] || MACHINE_UNIFIED=yes
  machine_start && install_programs || return
  inside install -m 644 /run/source/config.json.example /etc/whittle/config.json && "begin_$engine"
}

# The page as one script; it starts in an empty folder.
run_page() { # blocks
  mkdir "$MACHINE/page"
  page_script "$1" /run/machine/page >"$MACHINE/script"
  inside_sh 'cd "$(mktemp -d)"; exec timeout 300 bash /run/machine/script' </dev/null >"$MACHINE/page.log" 2>&1
}

follow() { # page
  local blocks block bad=$failures
  begin "$1" >"$work/said" 2>&1 && : >"$work/said" || echo "it failed" >>"$work/said"
  report_none "$(cat "$work/said")" "$1: there is a machine for it"
  blocks=$BATS_FILE_TMPDIR/blocks
  cut_blocks "$1" "$blocks"
  run_page "$blocks"
  for block in "$blocks"/*.sh; do
    judge_block "$1" "$block" "$MACHINE/page"
  done
  [ "$failures" -eq "$bad" ] || comment "$(BATS_TEST_COMPLETED='' show_logs)"
  machine_stop >"$work/said" 2>&1 || echo "it does not" >>"$work/said"
  report_none "$(cat "$work/said")" "$1: the machine ends"
}

need_engines dockerd containerd podman || exit 1
[ $# -gt 0 ] || set -- docs/guide/*.md
for page; do
  follow "$page"
done
echo "1..$n"
