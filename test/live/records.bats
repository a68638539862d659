#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# One record for each decision, where the policy says or else in the journal or in syslog; the
# sockets of these two are the tests' own, in a mount namespace of their own.

load lib

setup_file() { need_live; }
teardown() { end_cases; }

record() { sed -n "$1p" "$RECORDS"; } # number of the line

recorded() { # number of records there should be
  same "records" "$1" "$(wc -l <"$RECORDS")"
  while read -r line; do
    jq -e 'type == "object" and (.time | test("^[0-9-]{10}T[0-9:]{8}Z$"))' <<<"$line" >/dev/null \
      || fail "no record: $line"
  done <"$RECORDS"
}

says_record() { # number, jq filter, expected
  same "$2 of record $1" "$3" "$(record "$1" | jq -r "$2")"
}

each_decision() {
  edit_policy '.default.tmpfs = ["/tmp"] | .rules = [
    { name: "every", match: { bundle: "*" }, capabilities: { CHOWN: "to give files away" } } ]'
  hold whittle
  recorded 1
  says_record 1 .result changed
  says_record 1 .command run
  says_record 1 .id "$ID"
  says_record 1 .bundle "$BUNDLE"
  says_record 1 .runtime "$RUNTIME_PATH"
  says_record 1 .policy "$POLICY"
  says_record 1 .rule every
  says_record 1 .error null
  says_record 1 '[.changes[] | select(.kind == "capabilities")] | length' 13 # each once, though in three sets
  says_record 1 '.changes[] | select(.what == "CAP_NET_RAW" and .pointer == "/process/capabilities/bounding") | .action' removed
  says_record 1 '.changes[] | select(.kind == "tmpfs") | .action + " " + .what' "added /tmp"
  says_record 1 '.changes[] | select(.kind == "readonlyRootfs") | .action + " " + .what' "set true"
  succeeds whittle exec --cap CAP_NET_ADMIN "$ID" /bin/true
  recorded 2
  says_record 2 '.result + " " + .command + " " + .id + " " + .rule' "changed exec $ID every"
  says_record 2 '.changes[] | select(.what == "CAP_NET_ADMIN") | .action' removed
  succeeds whittle state "$ID"
  succeeds whittle list
  succeeds whittle kill "$ID" KILL
  eventually has_ended "$PID"
  succeeds whittle delete --force "$ID"
  recorded 2
  detached again whittle run --bundle "$BUNDLE" --detach "$ID"
  recorded 3
  says_record 3 '.result' unchanged
  says_record 3 '.changes | length' 0
  is_refused run --bundle "$CASE/nowhere" "$ID"
  recorded 4
  says_record 4 '.result + " " + .command + " " + .id' "refused run $ID"
  same "error of the record" "$sentence" "whittle: $(record 4 | jq -r .error)"
  same "owner and mode of the records" "0:0 600" "$(stat -c '%u:%g %a' "$RECORDS")"
}
@test "each decision is one line of JSON in the policy's file, and what is passed on is none" {
  each_runtime each_decision
}

not_writable() { # what, command that makes it so...
  local what=$1
  shift
  rm -rf "$RECORDS" "$CASE/folder"
  edit_policy '.log.required = false'
  "$@"
  make_bundle
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  holds "records are not required, $what" "$(root_with "$allowed")" "$stdout"
  edit_policy '.log.required = true'
  make_bundle
  is_refused run --bundle "$BUNDLE" "$ID"
  says "the policy requires a record of this decision"
  is_refused exec "$ID" /bin/true
}
a_folder() { mkdir "$RECORDS"; }
a_link() { ln -s "$CASE/elsewhere" "$RECORDS"; }
full() { ln -s /dev/full "$RECORDS"; }
a_strangers() { install -m 600 -o 1000 /dev/null "$RECORDS"; }
no_folder() { edit_policy --arg file "$CASE/folder/records" '.log.file = $file'; }
strangers_folder() { install -d -o 1000 "$CASE/folder"; }
records_fail() {
  not_writable "the file is a folder" a_folder
  not_writable "the file is a link" a_link
  [ ! -e "$CASE/elsewhere" ] || fail "the record went through a link"
  not_writable "the file is a device" full
  not_writable "the file is another user's" a_strangers
  no_folder
  not_writable "there is no such folder" true
  not_writable "the folder is another user's" strangers_folder
}
@test "a record that cannot be written stops a container only when the policy requires records" {
  each_runtime records_fail
}

required_and_written() {
  edit_policy '.log.required = true'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  holds "records are required" "$(root_with "$allowed")" "$stdout"
  recorded 1
  # Nothing starts before it is recorded, in audit mode neither.
  edit_policy '.mode = "audit" | .log.file = "/proc/records"'
  is_refused run --bundle "$BUNDLE" "$ID"
}
@test "required records that can be written let the container start" {
  each_runtime required_and_written
}

many_at_once() {
  local pids=() i
  hold whittle
  for i in {1..12}; do
    background "many.$i" become_whittle exec "$ID" /bin/true
    pids+=("$LAST")
  done
  for i in "${pids[@]}"; do wait "$i"; done
  recorded 13
}
@test "records of decisions made at once do not mix" {
  each_runtime many_at_once
}

forging() {
  run_program /bin/facts
  edit_config --arg name $'org.criu.x\n{"result":"forged"}\u001b[2J' '.annotations = { ($name): "x" }'
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  recorded 1
  says_record 1 .result changed
  ! grep -q $'\033' "$RECORDS" || fail "an escape character is in the records"
}
@test "names with line breaks and escapes stay within their record" {
  each_runtime forging
}

# ---- the journal and syslog ---------------------------------------------------------------

listen() { # name: a socket and what comes in through it
  background "$1" become "$(helper datagrams)" "$CASE/$1.socket"
  eventually is_socket "$CASE/$1.socket"
}

# /run/systemd/journal/socket and /dev/log, each if it is asked for; nothing of the host's.
sockets() { # journal, syslog: yes or no
  local script="mkdir -p $CASE/dev && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs $CASE/dev &&
    for node in null zero full random urandom tty pts ptmx fd; do
      if [ -d /dev/\$node ]; then mkdir $CASE/dev/\$node; mount --bind /dev/\$node $CASE/dev/\$node
      else touch $CASE/dev/\$node; mount --bind /dev/\$node $CASE/dev/\$node; fi
    done"
  [ "$1" = no ] || script+=" && mkdir -p /run/systemd/journal && touch /run/systemd/journal/socket &&
    mount --bind $CASE/journal.socket /run/systemd/journal/socket"
  [ "$2" = no ] || script+=" && touch $CASE/dev/log && mount --bind $CASE/syslog.socket $CASE/dev/log"
  private_namespace "{ $script && mount --rbind $CASE/dev /dev; } || exit 99"
}

to_sockets() {
  edit_policy 'del(.log.file)'
  listen journal
  listen syslog
  sockets yes yes
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  eventually has_text "$CASE/journal.out"
  same "the journal's record" "changed $ID" \
    "$(sed -n 's/^MESSAGE=//p' "$CASE/journal.out" | jq -r '.result + " " + .id')"
  same "the journal's fields" $'PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=whittle' \
    "$(grep -E '^(PRIORITY|SYSLOG_)' "$CASE/journal.out" | sort)"
  same "the journal's datagrams" 1 "$(grep -cx -- -- "$CASE/journal.out")"
  same "syslog's datagrams beside the journal" "" "$(cat "$CASE/syslog.out")"
  make_bundle
  sockets no yes
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  eventually has_text "$CASE/syslog.out"
  same "syslog's record" "changed $ID" \
    "$(sed -n 's/^<86>whittle\[[0-9]*\]: //p' "$CASE/syslog.out" | jq -r '.result + " " + .id')"
  same "syslog's datagrams" 1 "$(grep -cx -- -- "$CASE/syslog.out")"
  same "the journal's datagrams afterwards" 1 "$(grep -cx -- -- "$CASE/journal.out")"
  make_bundle
  sockets no no
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  edit_policy '.log.required = true'
  make_bundle
  is_refused run --bundle "$BUNDLE" "$ID"
  says "neither a journal nor a syslog"
}
@test "without a file records go to the journal, else to syslog, else nowhere" {
  each_runtime to_sockets
}

stuck_journal() {
  edit_policy 'del(.log.file)'
  # A listener that never reads: its queue fills up.
  background journal become python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
c = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
c.setblocking(False)
c.connect(sys.argv[1])
try:
    while True: c.send(b"x" * 1000)
except BlockingIOError: pass
print("full", flush=True)
time.sleep(600)' "$CASE/journal.socket"
  eventually has_text "$CASE/journal.out"
  sockets yes no
  in_time() { (become timeout 120 "${PRIVATE[@]}" "$WHITTLE" --policy "$POLICY" --root "$STATE" "$@"); }
  succeeds in_time run --bundle "$BUNDLE" "$ID"
  edit_policy '.log.required = true'
  make_bundle
  is_refused run --bundle "$BUNDLE" "$ID"
  says "the policy requires a record"
}
@test "a journal that does not read does not hold a container up" {
  each_runtime stuck_journal
}
