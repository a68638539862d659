#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Recording where things go wrong, or where somebody wants them to: what is learnt is right or says that it is not,
# the container goes on, and nothing is left behind.
#
# usage: test/learn/robust.sh [CASE]...
# shellcheck disable=SC2016  # scripts of the containers
set -uo pipefail
umask 022
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1

# Mounts and recordings are not the host's.
if [ "${1:-}" != --inside ]; then
  exec unshare --mount --propagation private bash "$0" --inside "$@"
fi
shift
# shellcheck source=test/judge.bash
. test/judge.bash
# shellcheck source=test/learn/bundle.bash
. test/learn/bundle.bash

work=$(mktemp -d) tree=$work/tree
trap 'end_of_bundles; umount -l "$work"; rmdir "$work"' EXIT
mount -t tmpfs -o mode=755 learn "$work"
own_folders
deny=$WHITTLE_BUILD/test/learn/deny

# A tree of busybox.
mkdir -p "$tree"/{bin,dev,etc,proc,sys,tmp,srv}
chmod 1777 "$tree/tmp"
cp "$(command -v busybox)" "$tree/bin/busybox"
chroot "$tree" /bin/busybox --install -s /bin
echo file >"$tree/srv/file"

# ---- containers -----------------------------------------------------------------------------

# Starts one whose recording is called $workload; the words are its command. In $1: what goes before whittle.
launch() { # command before whittle ("": none), words...
  local before=()
  [ -z "$1" ] || read -ra before <<<"$1"
  words=("${@:2}") uid=0 sysctls='{}'
  trial=$(mktemp -d "$work/$workload.XXXX") output=$trial/output why=$trial/why
  chmod 755 "$trial"
  in_front=("${before[@]}")
  begin "$docker_capabilities" record
}
ends_with() { # exit status
  await_end
  same "exit status of $workload ($(cat "$output"))" "$1" "$ended_with"
  finish
}
run_whole() { # words...: a container from start to end, which succeeds
  launch "" "$@"
  ends_with 0
}
whittle() { "$work/own/whittle" --policy "$trial/policy.json" --root "$trial/state" "$@"; }

uses() { recording_of "$1" | jq -r '[.uses[] | select(.use == "used") | .capability | sub("^CAP_"; "")] | sort | join(" ")'; }
is_complete() { same "complete: $1" "true 0" "$(recording_of "$1" | jq -r '"\(.complete) \(.lost)"')"; }
field() { recording_of "$1" | jq -r "$2"; } # recording, filter
count_of() { find "/var/lib/whittle/learn/$1" -name '*.json' | wc -l; }

recorders() { # process ids of ours
  local exe
  for exe in /proc/[0-9]*/exe; do
    [ "$(readlink "$exe")" != "$work/own/whittle-record" ] || { exe=${exe%/exe}; echo "${exe#/proc/}"; }
  done 2>/dev/null
}
is_alone() { [ -z "$(recorders)" ]; }

# Instances of tracefs are the kernel's, whichever mount shows them, and others' recorders may have some. Ours are
# named after the recorder's process.
orphans() {
  local instance pid
  for instance in $(with_tracefs ls /sys/kernel/tracing/instances); do
    pid=${instance#whittle-}
    [ "$pid" = "$instance" ] || [ -e "/proc/${pid%%-*}" ] || echo "$instance"
  done
}
# shellcheck source=test/learn/naive.bash
. test/learn/naive.bash

nothing_left() {
  eventually is_alone
  same "sockets" "" "$(find /run/whittle -type s 2>/dev/null)"
  same "instances of tracefs" "" "$(orphans)"
  same "files beside recordings" "" "$(find /var/lib/whittle -type f ! -name '*.json' ! -name '*lock*' 2>/dev/null)"
}

# ---- cases ----------------------------------------------------------------------------------

# What is executed in it later is recorded, whoever calls: whittle, or the runtime itself.
case_exec() {
  launch "" sleep 1000
  whittle exec "$id" sh -c 'chown 1:1 /srv/file; chroot / true'
  "$runtime" --root "$trial/state" exec "$id" sh -c 'mknod /tmp/null c 1 3'
  end_by KILL
  ends_with 137
  same "used" "CHOWN MKNOD SYS_CHROOT" "$(uses "$workload")"
  same "speculative" 0 "$(field "$workload" '[.uses[] | select(.use == "speculative")] | length')"
  is_complete "$workload"
}

# Each recorder hears of its own container alone.
case_fifty_at_once() {
  local number trials=() runners=()
  for number in {1..50}; do
    workload=many-$number
    case $((number % 3)) in
      0) launch "" sh -c 'chown 1:1 /srv/file' ;;
      1) launch "" chroot / true ;;
      2) launch "" true ;;
    esac
    trials+=("$trial") runners+=("$runner")
  done
  for number in "${!runners[@]}"; do
    trial=${trials[number]} runner=${runners[number]} id=learn-$$-${trials[number]##*/}
    ends_with 0
  done
  for number in {1..50}; do
    case $((number % 3)) in
      0) same "used by $number" CHOWN "$(uses "many-$number")" ;;
      1) same "used by $number" SYS_CHROOT "$(uses "many-$number")" ;;
      2) same "used by $number" "" "$(uses "many-$number")" ;;
    esac
    is_complete "many-$number"
  done
}

case_ten_thousand_forks() {
  launch "" sh -c 'i=0; while [ $i -lt 10000 ]; do (:) & i=$((i + 1)); [ $((i % 100)) -ne 0 ] || wait; done; (chown 1:1 /srv/file) & wait'
  ends_with 0
  same "used" CHOWN "$(uses "$workload")"
  [ "$(field "$workload" .lost)" = 0 ] || [ "$(field "$workload" .complete)" = false ]
}

# Some 160,000 checks in a moment: all are there, or the result says that they are not.
case_burst() {
  launch "" sh -c 'mkdir /srv/burst; cd /srv/burst; seq 20000 | xargs touch; chown -R 1:1 .; chown -R 2:2 .'
  ends_with 0
  same "used" CHOWN "$(uses "$workload")"
  [ "$(field "$workload" .events)" -gt 50000 ] || fail "this was no burst: $(field "$workload" .events)"
  [ "$(field "$workload" '.uses[] | select(.capability == "CAP_CHOWN") | .count')" -ge 20000 ] || fail "too few were counted"
  same "counted no further" true "$(field "$workload" '.uses[] | select(.capability == "CAP_CHOWN") | .atLeast')"
  same "complete" "$(field "$workload" '.lost == 0')" "$(field "$workload" .complete)"
}

# A recorder that does not get to fetch them loses events: the result says so, and no rule is made of it.
case_lost_events() {
  local pid
  launch "" sh -c 'mkdir /srv/burst; cd /srv/burst; seq 20000 | xargs touch
    trap "chown -R 1:1 .; chown -R 2:2 .; chown -R 3:3 .; exit 0" TERM
    touch /tmp/ready; while :; do sleep 0.1; done'
  eventually is_file "$trial/upper/tmp/ready"
  pid=$(recorders)
  kill -STOP "$pid"
  end_by TERM
  eventually is_dead "$(process)"
  kill -CONT "$pid"
  ends_with 0
  [ "$(field "$workload" .lost)" -gt 0 ] || fail "this shows nothing: no event was lost"
  same "complete" false "$(field "$workload" .complete)"
  [[ "$(field "$workload" .incomplete)" == *lost* ]] || fail "no reason: $(field "$workload" .incomplete)"
  cp "$trial/policy.json" "$work/policy.json"
  fails "$WHITTLECTL" learn policy --file "$work/policy.json" --image some "$workload"
  same_bytes "the policy" "$trial/policy.json" "$work/policy.json"
  "$WHITTLECTL" learn policy --file "$work/policy.json" --image some --incomplete --widen "$workload"
  fails cmp -s "$trial/policy.json" "$work/policy.json"
}
is_dead() { ! grep -q '^State:.[^ZX]' "$1/status"; }

# Names of programs and of threads are the container's to choose: they are text in the result, and decide nothing.
case_forged_names() {
  local name
  name='","use":"used"},{"capability":"CAP_SYS_ADMIN",
"use":"used
'$'\xff\xfe\e[31m'
  launch "" sh -c '
    mkdir /tmp/d
    name=$1
    cp /bin/busybox "/tmp/d/busybox"
    ln -s /bin/busybox "/tmp/d/$name" || exit 3
    for comm in "runc:[2:INIT]" "whittle-record" "x) = cap 21, ret 0"; do printf %s "$comm" >/proc/self/comm || exit 4; done
    (exec -a chown "/tmp/d/$name" 1:1 /srv/file) 2>/dev/null || { cp /bin/busybox "/tmp/d/2$name"; exec 3<"/tmp/d/2$name"; "/tmp/d/2$name" chown 1:1 /srv/file; }
  ' sh "$name"
  ends_with 0
  same "used" CHOWN "$(uses "$workload")"
  same "capabilities" '["CAP_CHOWN"]' "$(field "$workload" '[.uses[].capability] | unique | tostring')"
  [ "$(field "$workload" '.uses[0].program | contains("CAP_SYS_ADMIN")')" = true ] || fail "$(field "$workload" .uses)"
  is_complete "$workload"
}

# The runtime executes itself by such a path; the container's program is none of its.
case_programs_under_proc() {
  local path
  for path in /proc/self/root/bin/busybox /proc/thread-self/root/bin/busybox /proc/self/cwd/bin/busybox; do
    workload=proc-$((${number:-0} + 1)) number=$((${number:-0} + 1))
    launch "" "$path" chown 1:1 /srv/file
    ends_with 0
    same "used by $path" CHOWN "$(uses "$workload")"
  done
  workload=itself
  run_whole start-stop-daemon -S -p /tmp/none -a chown -x /proc/self/exe -- 1:1 /srv/file
  same "used by a program that executes itself" CHOWN "$(uses itself)"
}

# A recorder that is killed: the container does not notice, and nobody takes the result for whole.
case_killed_recorder() {
  local pid
  launch "" sh -c 'trap "chroot / true; exit 0" TERM; chown 1:1 /srv/file; touch /tmp/ready; while :; do sleep 0.1; done'
  eventually is_file "$trial/upper/tmp/ready"
  eventually knows "$workload" CHOWN
  pid=$(recorders)
  same "the recorder in the result" "$pid" "$(field "$workload" .recorder)"
  kill -KILL "$pid"
  eventually is_alone
  has_finished && fail "the container has ended"
  end_by TERM
  ends_with 0
  same "what was known" CHOWN "$(uses "$workload")"
  same "complete, by whittlectl" "[false,\"its recorder ended before the container did\"]" \
    "$("$WHITTLECTL" learn list --json "$workload" | jq -c '.recordings[0] | [.complete, .incomplete]')"
}
is_file() { [ -e "$1" ]; }
knows() { [[ " $(uses "$1") " == *" $2 "* ]]; }

# Where perf is forbidden there is tracefs, also unmounted, and exec through whittle joins it.
case_without_perf() {
  launch "$deny perf_event_open --" sleep 1000
  in_front=()
  "$deny" perf_event_open -- "$work/own/whittle" --policy "$trial/policy.json" --root "$trial/state" exec "$id" sh -c 'chown 1:1 /srv/file; (chroot / true)'
  end_by KILL
  ends_with 137
  same "transport" tracefs "$(field "$workload" .transport)"
  same "used" "CHOWN SYS_CHROOT" "$(uses "$workload")"
  is_complete "$workload"
}

# A recorder that was killed leaves an instance behind, which the next one removes.
case_killed_without_perf() {
  launch "$deny perf_event_open --" sleep 1000
  eventually is_known "$workload"
  kill -KILL "$(recorders)"
  eventually is_alone
  end_by KILL
  ends_with 137
  [ -n "$(orphans)" ] || fail "this shows nothing: there was no instance"
  launch "$deny perf_event_open --" true
  ends_with 0
}
is_known() { [ "$(count_of "$1")" -gt 0 ]; }

# Where nothing can be traced the container starts, and the result has the reason.
case_without_tracing() {
  local mounted
  while mounted=$(findmnt -n -t tracefs,debugfs -o TARGET | tail -n 1) && [ -n "$mounted" ]; do umount -l "$mounted"; done
  launch "$deny perf_event_open fsopen --" sh -c 'chown 1:1 /srv/file'
  ends_with 0
  same "complete" false "$(field "$workload" .complete)"
  same "transport" null "$(field "$workload" .transport)"
  same "used" "" "$(uses "$workload")"
  [[ "$(field "$workload" .incomplete)" == *perf* ]] || fail "no reason: $(field "$workload" .incomplete)"
}

# Two containers of one rule, and somebody else who looks at everything.
case_two_recorders() {
  local tracer first
  mkfifo "$work/control" "$work/answer"
  exec {control}<>"$work/control" {answer}<>"$work/answer"
  with_tracefs perf record -q -a -g -e capability:cap_capable -D -1 --control "fifo:$work/control,$work/answer" -o "$work/perf" >"$work/perf.log" 2>&1 &
  tracer=$!
  trap 'kill $tracer' EXIT
  echo enable >&"$control"
  read -r -t 60 -u "$answer"
  launch "" sh -c 'chown 1:1 /srv/file; mkdir /tmp/a; chmod 2755 /tmp/a; trap "exit 0" TERM; touch /tmp/ready; while :; do sleep 0.1; done'
  eventually is_file "$trial/upper/tmp/ready"
  first=$trial:$runner:$id
  launch "" sh -c 'chroot / true'
  ends_with 0
  IFS=: read -r trial runner id <<<"$first"
  end_by TERM
  ends_with 0
  echo stop >&"$control"
  wait "$tracer"
  trap - EXIT
  exec {control}>&- {answer}>&-
  same "used" "CHOWN SYS_CHROOT" "$(uses "$workload")"
  same "recordings in one file" "1 2" "$(count_of "$workload") $(field "$workload" .recordings)"
  is_complete "$workload"
}

# Without room for the result the container runs all the same, and what was there before is whole.
case_full_disk() {
  run_whole sh -c 'chown 1:1 /srv/file'
  same "used before" CHOWN "$(uses "$workload")"
  mkdir -p "$work/disk"
  mount -t tmpfs -o mode=755,size=64k small "$work/disk"
  mkdir -m 700 "$work/disk/learn"
  cp -a "/var/lib/whittle/learn/$workload" "$work/disk/learn/"
  mount --bind "$work/disk" /var/lib/whittle
  trap 'umount -l /var/lib/whittle "$work/disk"' EXIT
  dd if=/dev/zero of="$work/disk/fill" bs=4k 2>/dev/null || true
  launch "" chroot / true
  ends_with 0
  eventually is_alone
  same "used after" CHOWN "$(uses "$workload")"
  rm "$work/disk/fill"
  run_whole chroot / true
  same "used when there is room again" "CHOWN SYS_CHROOT" "$(uses "$workload")"
}

# However a container ends, or does not begin.
case_every_end() {
  workload="end-exit"
  run_whole true
  workload="end-failing"
  launch "" /no/such/program
  await_end
  [ "$ended_with" != 0 ]
  finish
  workload="end-killed"
  launch "" sleep 1000
  end_by KILL
  ends_with 137
  workload="end-deleted"
  launch "" sleep 1000
  whittle delete --force "$id"
  await_end
  [ "$ended_with" != 0 ]
  finish
  workload="end-created"
  launch "" true
  await_end
  whittle create --bundle "$trial" "$id" </dev/null >/dev/null 2>&1
  whittle delete --force "$id"
  eventually is_alone
  finish
  # A runtime that dies takes nothing along: the recorder ends with the container.
  workload="end-orphan"
  launch "" sleep 1000
  kill -KILL "$runner"
  await_end
  end_by KILL
  eventually is_alone
  finish
  for workload in end-exit end-killed end-deleted end-orphan; do
    same "recordings of $workload" 1 "$(count_of $workload)"
    [ "$(field $workload .ended)" -gt 0 ] || fail "$workload has no end"
  done
}

# ---- all of them ----------------------------------------------------------------------------

cases=("$@")
[ ${#cases[@]} -gt 0 ] || mapfile -t cases < <(declare -F | sed -n 's/^declare -f case_//p')
n=0
for name in "${cases[@]}"; do
  n=$((n + 1))
  (set -e${TRACE:+x}; workload=$name; "case_$name"; nothing_left) >"$work/said" 2>&1
  status=$?
  if [ $status -eq 0 ]; then echo "ok $n - $name"; else sed 's/^/# /' "$work/said"; echo "not ok $n - $name"; end_containers; fi
done
echo "1..$n"
