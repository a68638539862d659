#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154
#
# The machine that the other tests here run engines in: nothing of it is the host's, and nothing stays.

load lib

setup_file() { need_engines podman; }
setup() { BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR; }
teardown() { machine_stop; }

# Takes a copy of a machine's file "groups".
groups_left() { xargs -r ls -d <"$1" 2>/dev/null || true; }
all_gone() { [ -z "$(groups_left "$1")" ]; }

@test "what is written in it is not on the host" {
  local folder
  machine_start
  for folder in /etc /usr/bin /usr/local/bin /var/lib /root /run /tmp /dev/shm; do
    inside touch "$folder/whittle-machine-test"
    [ ! -e "$folder/whittle-machine-test" ]
  done
  same "host name" machine "$(inside hostname)"
  fails test "$(hostname)" = machine
  same "network devices with an address" lo "$(inside ip -brief address | awk 'NF > 2 { print $1 }')"
}

@test "it starts without what engines have on the host, and gives them cgroups" {
  machine_start
  same "images" "" "$(inside podman images --quiet)"
  busybox_image podman
  inside podman run --detach --memory 64m "$image"
  cp "$MACHINE/groups" "$BATS_TEST_TMPDIR/groups"
  [ -n "$(groups_left "$BATS_TEST_TMPDIR/groups")" ]
  machine_stop
  all_gone "$BATS_TEST_TMPDIR/groups"
}

@test "it ends with whoever started it, also when that is killed" {
  local starter sleeper
  (
    machine_start
    sleep 1000 {MACHINE_INPUT}>&- &
    echo $! >"$BATS_TEST_TMPDIR/sleeper"
    wait
  ) 3>&- &
  starter=$!
  eventually test -s "$BATS_TEST_TMPDIR/sleeper"
  sleeper=$(cat "$BATS_TEST_TMPDIR/sleeper")
  cp "$BATS_TEST_TMPDIR/machine/groups" "$BATS_TEST_TMPDIR/groups"
  [ -n "$(groups_left "$BATS_TEST_TMPDIR/groups")" ]
  kill -KILL "$starter"
  wait "$starter" || true
  eventually all_gone "$BATS_TEST_TMPDIR/groups"
  kill "$sleeper"
}
