#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Every way of recording that this kernel has, on processes whose doings are known (transport.c): what they do
# is told, what others do is not, what is lost is told too, and nothing is left behind.

load lib

setup_file() { need_live; }

# By the kernel's version these must work; the others may be missing.
must_work() { # transport
  local major minor
  IFS=.- read -r major minor _ < <(uname -r)
  if [ $((major * 1000 + minor)) -ge 6014 ]; then [ "$1" != kprobe ]; else [ "$1" = kprobe ]; fi
}

each_transport() { # case
  local transport status
  for transport in perf tracefs kprobe; do
    status=0
    "$(helper transport)" "$transport" "$1" >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
    sed "s/^/# /" "$BATS_TEST_TMPDIR/out"
    if [ "$status" -eq 3 ] && ! must_work "$transport"; then continue; fi
    [ "$status" -eq 0 ] || fail "$transport: status $status"
    grep -q '^ok 1 - ' "$BATS_TEST_TMPDIR/out" || fail "$transport: nothing was tried"
  done
}

@test "all that a process does is told, with stacks, in order" { each_transport events; }
@test "the ports of its sockets are told" { each_transport ports; }
@test "many recorders leave room for others" { each_transport many; }
@test "what others forbid stays forbidden" { each_transport strangers; }
@test "nothing of any other process is told" { each_transport others; }
@test "a process that joins is told of, from then on" { each_transport join; }
@test "a process in a cgroup below is told of" { each_transport below; }
@test "a check that was answered with no is not told" { each_transport refused; }
@test "what need not be told again is not" { each_transport enough; }
@test "of a burst all is told, or that some of it is lost" { each_transport burst; }
@test "what nobody reads in time is told to be lost" { each_transport lost; }
@test "closing takes down what opening made" { each_transport leaves-nothing; }
@test "what a killed recorder left is removed by the next" { each_transport killed; }
@test "many recorders at once are told the same" { each_transport crowd; }
@test "where a program cannot be attached the same is told" { each_transport no-link; }
@test "without bpf(2) the same is told" { each_transport no-bpf; }
