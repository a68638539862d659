#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# whittlectl log: what was recorded is read back, from files that are made up, hostile, growing or cut off,
# from whittle's own, and from a journalctl that is laid over the host's.

load lib

setup_file() {
  need_live
  [ -x "${WHITTLECTL:-}" ] || fail "WHITTLECTL must be the path of the whittlectl to test"
}
setup() {
  CASE=$BATS_TEST_TMPDIR
  # What reads lines of anybody's is under test with sanitizers.
  CTL=$(helper ../../cmd/whittlectl/whittlectl)
  made_up >"$CASE/records"
}
teardown() { end_cases; }

readonly LONG=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

made_up() {
  cat <<RECORDS
{"time":"2026-01-30T10:00:00Z","whittle":"0.1.0","result":"changed","command":"run","id":"$LONG","engine":"docker","container":"web","image":"docker.io/library/nginx:1.25","rule":"default","changes":[{"kind":"capabilities","action":"removed","what":"CAP_NET_RAW","pointer":"/a","why":"w"},{"kind":"capabilities","action":"removed","what":"CAP_MKNOD","pointer":"/a","why":"w"},{"kind":"capabilities","action":"removed","what":"CAP_MKNOD","pointer":"/b","why":"other"},{"kind":"devices","action":"removed","what":"/dev/kmsg","pointer":"/c","why":"w"},{"kind":"devices","action":"removed","what":"/dev/mem","pointer":"/c","why":"w"},{"kind":"unknownFields","action":"kept","what":"newer","pointer":"/d","why":"w"}],"changesOmitted":7}
{"time":"2026-01-31T11:00:00Z","result":"would-change","command":"run","id":"abcdef-1","engine":"podman","container":"db","image":"docker.io/library/redis:7","rule":"watched","changes":[{"kind":"capabilities","action":"removed","what":"CAP_NET_RAW"},{"kind":"tmpfs","action":"added","what":"/tmp"}]}
{"time":"2026-01-31T11:30:00Z","result":"would-change","command":"run","id":"abcdef-2","engine":"podman","image":"quay.io/app:1","rule":"watched","changes":[{"kind":"capabilities","action":"removed","what":"CAP_NET_RAW"}]}
{"time":"2026-01-31T11:40:00Z","result":"would-change","command":"exec","id":"abcdef-3","engine":"podman","image":"quay.io/app:1","rule":"default","changes":[{"kind":"capabilities","action":"removed","what":"CAP_NET_RAW"},{"kind":"capabilities","action":"removed","what":"CAP_NEWER"}]}
{"time":"2026-02-01T00:00:00Z","result":"unchanged","command":"exec","id":"web","image":"docker.io/library/nginx:1.25","rule":"default","changes":[]}
{"time":"2026-02-01T12:00:00Z","result":"refused","command":"run","id":"bad","error":"the bundle: /x: it does not exist"}
{"time":"2026-02-01T13:00:00Z","result":"refused","command":"run","id":"bad","error":"the bundle: /x: it does not exist"}
{"time":"2026-02-01T14:00:00Z","result":"would-refuse","command":"run","id":"bad","rule":"default","error":"no root"}
RECORDS
}

ctl_log() { # arguments: as whittlectl log, with what a terminal could take amiss looked for
  outcome "$CTL" log "$@"
  ! LC_ALL=C grep -aq '[^ -~]' "$stdout" "$stderr" || fail "not ASCII: $*" "$(cat -v "$stdout" "$stderr")"
}
answers() { # arguments
  ctl_log "$@"
  same "status of: $*" 0 "$status"
  same "standard error of: $*" "" "$(cat "$stderr")"
}
told() { grep -qxF -- "$1" "$stdout" || fail "this line is missing: $1" "$(cat "$stdout")"; }
stopped() { # words of the sentence, arguments
  local words=$1
  shift
  ctl_log "$@"
  same "status of: $*" 2 "$status"
  same "lines on standard error of: $*" 1 "$(wc -l <"$stderr")"
  grep -q '^whittlectl log: ' "$stderr" || fail "who says that? $(cat "$stderr")"
  grep -qF -- "$words" "$stderr" || fail "not \"$words\" but: $(cat "$stderr")"
}
times() { # expected times, arguments
  local expected=$1
  shift
  answers "$@" "$CASE/records"
  same "times of: $*" "$expected" "$(grep -oE '^2026-[0-9-]{5}T[0-9:]{5}' "$stdout" | sed 's/^2026-//' | xargs)"
  outcome "$CTL" log --json "$@" "$CASE/records"
  same "times of: $* --json" "$expected" "$(python3 -c '
import json, sys
print(*[record["time"][5:16] for record in json.load(sys.stdin)["records"]])' <"$stdout")"
}

# ---- what is shown ------------------------------------------------------------------------

@test "a line says who, and the lines below it what was taken" {
  answers "$CASE/records"
  told "2026-01-30T10:00:00Z  changed       docker      0123456789ab  docker.io/library/nginx:1.25  default"
  told "    CAP_NET_RAW, CAP_MKNOD, CAP_MKNOD; devices: /dev/kmsg, /dev/mem; unknownFields: newer (kept);"
  told "    and 7 more"
  told "2026-01-31T11:00:00Z  would-change  podman      abcdef-1      docker.io/library/redis:7  watched"
  told "    CAP_NET_RAW; tmpfs: /tmp"
  told "2026-02-01T12:00:00Z  refused       -           bad           -  -"
  told "    the bundle: /x: it does not exist"
}

@test "a screen gets colours, and nothing else does" {
  script -qec "stty cols 120; TERM=xterm '$CTL' log '$CASE/records'" /dev/null >"$CASE/screen"
  grep -qF $'\033[31mrefused\033[0m' "$CASE/screen" || fail "$(cat -v "$CASE/screen")"
  grep -qF $'\033[32mchanged\033[0m' "$CASE/screen" || fail "$(cat -v "$CASE/screen")"
  NO_COLOR=1 script -qec "'$CTL' log '$CASE/records'" /dev/null >"$CASE/screen"
  ! grep -q $'\033' "$CASE/screen" || fail "$(cat -v "$CASE/screen")"
}

@test "--json has the records as they were written, in order" {
  answers --json "$CASE/records"
  same "lines" 1 "$(wc -l <"$stdout")"
  python3 - "$stdout" "$CASE/records" <<'PYTHON'
import json, sys
text = open(sys.argv[1]).read()
found = json.loads(text)
assert text.startswith('{"schema":1,"version":"'), text[:40]
assert list(found) == ["schema", "version", "records", "skipped"], list(found)
assert found["records"] == [json.loads(line) for line in open(sys.argv[2])]
assert found["skipped"] == 0
PYTHON
}

# ---- which are shown ----------------------------------------------------------------------

@test "each option lets its own pass" {
  all="01-30T10:00 01-31T11:00 01-31T11:30 01-31T11:40 02-01T00:00 02-01T12:00 02-01T13:00 02-01T14:00"
  times "$all"
  times "01-31T11:00" --container db
  times "01-30T10:00 02-01T00:00" --container web # a name, and an id
  times "01-30T10:00" --container 012345
  times "01-30T10:00" --container "$LONG"
  times "" --container 01234
  times "01-31T11:00 01-31T11:30 01-31T11:40" --container abcdef
  times "" --container "${LONG}0"
  times "01-31T11:00 01-31T11:30" --rule watched
  times "" --rule watch
  times "02-01T12:00 02-01T13:00" --result refused
  times "01-31T11:00 01-31T11:30 01-31T11:40" --result would-change
  times "01-30T10:00" --removed CAP_MKNOD
  for cap in CAP_NET_RAW cap_net_raw net_raw Net_Raw; do
    times "01-30T10:00 01-31T11:00 01-31T11:30 01-31T11:40" --removed $cap
  done
  times "" --removed SYS_ADMIN
  times "01-30T10:00 02-01T00:00" --image '*/nginx:*'
  times "01-31T11:30 01-31T11:40" --image 'quay.io/app:1'
  times "" --image nginx
  times "01-31T11:40" --image 'quay.io/*' --rule default --since 2026-01-31 --removed net_raw --result would-change
}

@test "--since takes a moment, a day, a day with its time, and an age" {
  times "02-01T00:00 02-01T12:00 02-01T13:00 02-01T14:00" --since 2026-02-01
  times "02-01T12:00 02-01T13:00 02-01T14:00" --since "2026-02-01 00:00:01"
  times "02-01T13:00 02-01T14:00" --since 2026-02-01T13:00:00Z
  times "02-01T14:00" --since 2026-02-01T15:00:00+01:00
  times "" --since 2026-02-01T15:00:00.5Z
  for ages in "10 30s" "0 30s" "800 15m" "7000 2h" "600000 7d"; do
    printf '{"time":"%s","id":"young"}\n{"time":"%s","id":"old"}\n{"id":"timeless"}\n{"time":"soon","id":"timeless"}\n' \
      "$(date -u -d "-${ages% *} seconds" +%FT%TZ)" "$(date -u -d "-8 days" +%FT%TZ)" >"$CASE/ages"
    answers --json --since "${ages#* }" "$CASE/ages"
    same "since $ages" young "$(jq -r '.records[].id' "$stdout")"
  done
  for wrong in yesterday 5 5w 7D 2026-02-30 2026-2-1 "2026-02-01 25:00:00" 2026-02-01T00:00:00 -1d 1234567890d "" " 1d"; do
    stopped "--since" --since "$wrong" "$CASE/records"
  done
}

@test "options that mean nothing are refused" {
  stopped "--removed CAP_NONE is no capability" --removed CAP_NONE "$CASE/records"
  stopped "--result change is none; give changed, unchanged" --result change "$CASE/records"
  stopped "--result other is none" --result other "$CASE/records"
  stopped 'no option "--follow"' --follow "$CASE/records"
  stopped "a word too many" "$CASE/records" "$CASE/records"
  stopped "do not go together" --policy x "$CASE/records"
  stopped '--result \x1b[2J is none' --result $'\033[2J' "$CASE/records"
}

@test "when nothing is meant it is said, and no fault" {
  answers --rule none "$CASE/records"
  same "what is said" "none of 8 records in $CASE/records is what was asked for" "$(cat "$stdout")"
  answers --summary --rule none "$CASE/records"
  same "what is said" "none of 8 records in $CASE/records is what was asked for" "$(cat "$stdout")"
  : >"$CASE/empty"
  answers "$CASE/empty"
  same "of an empty file" "no records in $CASE/empty" "$(cat "$stdout")"
  answers --json "$CASE/empty"
  same "of an empty file" '[]' "$(jq -c .records "$stdout")"
  answers --json --summary "$CASE/empty"
  same "of an empty file" '[0,null,[]]' "$(jq -c '[.total, .first, .rules]' "$stdout")"
}

# ---- the summary --------------------------------------------------------------------------

@test "--summary says how many lost what, and what they would have lost" {
  answers --summary "$CASE/records"
  told "  - 8 records, from 2026-01-30T10:00:00Z to 2026-02-01T14:00:00Z"
  for line in "changed: 1" "unchanged: 1" "refused: 2" "would-change: 3" "would-refuse: 1"; do told "  - $line"; done
  grep -qE '^  default +docker.io/library/nginx:1.25 +2 records +lost CAP_NET_RAW 1, CAP_MKNOD 1$' "$stdout"
  grep -qE '^  watched +quay.io/app:1 +1 record +would have lost CAP_NET_RAW 1$' "$stdout"
  grep -qE '^  default +quay.io/app:1 +1 record +would have lost CAP_NET_RAW 1, others 1$' "$stdout"
  told "  - this image lost CAP_MKNOD: docker.io/library/nginx:1.25"
  told "  - in audit mode these 2 images would have lost CAP_NET_RAW: quay.io/app:1,"
  told "  - in audit mode this image would have lost others: quay.io/app:1"
  told "  - devices: 1 record"
  told "  - tmpfs: 1 in audit mode"
  fails grep -q unknownFields "$stdout"
  told "  - the bundle: /x: it does not exist: 2 records"
  told "  - no root: 1 in audit mode"
}

@test "--summary --json has the same counts" {
  answers --summary --json "$CASE/records"
  same "the counts" '{"schema":1,"total":8,"first":"2026-01-30T10:00:00Z","last":"2026-02-01T14:00:00Z","results":{"changed":1,"unchanged":1,"refused":2,"would-change":3,"would-refuse":1,"other":0},"kinds":[{"kind":"devices","enforced":1,"audit":0},{"kind":"tmpfs","enforced":0,"audit":1}],"refusals":[{"error":"the bundle: /x: it does not exist","enforced":2,"audit":0},{"error":"no root","enforced":0,"audit":1}],"skipped":0}' \
    "$(jq -c 'del(.version, .rules)' "$stdout")"
  same "the rules" '[{"rule":"default","image":"docker.io/library/nginx:1.25","total":2,"changed":1,"wouldChange":0,"removed":{"CAP_NET_RAW":1,"CAP_MKNOD":1},"wouldRemove":{}},{"rule":"watched","image":"quay.io/app:1","total":1,"changed":0,"wouldChange":1,"removed":{},"wouldRemove":{"CAP_NET_RAW":1}}]' \
    "$(jq -c '[.rules[] | select((.rule == "default" and .total == 2) or (.rule == "watched" and .image == "quay.io/app:1"))]' "$stdout")"
  answers --summary --json --image 'quay.io/*' "$CASE/records"
  same "filtered" 2 "$(jq .total "$stdout")"
}

@test "containers whose image is not known are told apart in the summary" {
  jq -c 'del(.image)' "$CASE/records" >"$CASE/imageless"
  answers --summary "$CASE/imageless"
  told "  - in audit mode containers whose image is not known would have lost CAP_NET_RAW (3 records)"
  told "Images that are not known"
}

@test "200,000 records are counted right" {
  python3 - "$CASE" <<'PYTHON'
import collections, json, random, sys
rng = random.Random(7)
caps = ["CAP_NET_RAW", "CAP_MKNOD", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE", "CAP_CHOWN"]
kinds = ["devices", "mounts", "seccomp"]
words = ["changed", "unchanged", "refused", "would-change", "would-refuse", "strange"]
results, groups = collections.Counter(), {}
with open(sys.argv[1] + "/many", "w") as file:
    for number in range(200000):
        if number % 1000 == 500:
            file.write("no record\n")
        result, image, rule = rng.choice(words), f"registry/i{rng.randrange(3000)}:1", rng.choice("abc")
        taken = rng.sample(caps, rng.randrange(4))
        record = {"time": "2026-01-31T12:00:00Z", "result": result, "id": "%064x" % number, "image": image, "rule": rule}
        if result.endswith("change") or result.endswith("changed"):
            record["changes"] = [{"kind": "capabilities", "action": "removed", "what": cap} for cap in taken]
            record["changes"] += [{"kind": kind, "action": "set", "what": "x"} for kind in rng.sample(kinds, 1)]
        elif result.startswith("refuse"):
            record["error"] = f"sentence {number}" # each another one: they must not fill the memory
        file.write(json.dumps(record) + "\n")
        results[result if result != "strange" else "other"] += 1
        group = groups.setdefault((rule, image), {"total": 0, "removed": collections.Counter(), "wouldRemove": collections.Counter()})
        group["total"] += 1
        if result in ("changed", "would-change"):
            group["removed" if result == "changed" else "wouldRemove"].update(taken)
json.dump({"results": results, "groups": [[*key, value] for key, value in sorted(groups.items())]}, open(sys.argv[1] + "/expected", "w"))
PYTHON
  answers --summary --json "$CASE/many"
  python3 - "$stdout" "$CASE/expected" <<'PYTHON'
import json, sys
found, expected = (json.load(open(name)) for name in sys.argv[1:])
assert found["total"] == 200000 and found["skipped"] == 200
assert found["results"] == expected["results"], found["results"]
keys = "total", "removed", "wouldRemove"
groups = sorted([rule["rule"], rule["image"], {key: rule[key] for key in keys}] for rule in found["rules"])
assert groups == expected["groups"]
sentences = found["refusals"]
assert sum(one["enforced"] for one in sentences) == expected["results"]["refused"]
assert len(sentences) == 1001 and sentences[-1]["error"] is None, len(sentences)
PYTHON
  answers --summary "$CASE/many"
  told "200 lines are no records"
  grep -qE '^  - in audit mode these [0-9]{4} images would have lost CAP_SYS_ADMIN: ' "$stdout"
  grep -qE 'and [0-9]+ more of rule and image; --json has all$' "$stdout"
  answers --json "$CASE/many"
  same "records as JSON" 200000 "$(jq '.records | length' "$stdout")"
  same "the last one" "$(tail -n 1 "$CASE/many" | jq -c .)" "$(jq -c '.records[-1]' "$stdout")"
}

# ---- files --------------------------------------------------------------------------------

@test "what is no record is counted, whatever it is, and stops nothing" {
  {
    sed -n 1p "$CASE/records"
    printf 'text\n[1]\n"x"\n{"a":1}{"b":2}\n\n{"a":\n'
    printf '{"id":"nul\0l"}\n\0\0\0\n'
    printf '{"id":"\xff\xfe"}\n\xef\xbb\xbf{}\n'
    printf '{"id":"\033[2J"}\n'
    printf '{"id":"escaped nul \\u0000"}\n'
    python3 -c 'print("[" * 100000)'
    printf '{"long":"'; head -c 9000000 /dev/zero | tr '\0' x; printf '"}\n'
    sed -n 2p "$CASE/records"
    printf '{"time":"2026-02-02'
  } >"$CASE/odd"
  answers "$CASE/odd"
  same "records" 2 "$(grep -c '^2026' "$stdout")"
  told "15 lines are no records"
  answers --json "$CASE/odd"
  same "records and skipped" "2 15" "$(jq -r '"\(.records | length) \(.skipped)"' "$stdout")"
  answers --summary --json "$CASE/odd"
  same "records and skipped" "2 15" "$(jq -r '"\(.total) \(.skipped)"' "$stdout")"
  echo x >"$CASE/odd"
  answers "$CASE/odd"
  same "a single one" "no records in $CASE/odd"$'\n'"1 line is no record" "$(cat "$stdout")"
}

@test "names cannot reach the terminal, whatever they hold" {
  python3 - "$CASE/hostile" <<'PYTHON'
import json, sys
names = ["\x1b[2J\x1b]0;title\x07", "<script>alert(1)</script>", "\u009b31m\u202e\u2028", "a\nb\r\tc", "\x7f", "\U0001f600",
         "x" * 300000, "%s%n", "'; rm -rf / #", ""]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    for ascii in True, False:
        for name in names:
            file.write(json.dumps({"time": name, "result": name, "engine": name, "id": name, "image": name, "rule": name,
                                   "error": name, "container": name, name: {name: [name]}, "changes": [
                {"kind": name, "action": name, "what": name}, {"kind": "capabilities", "action": "removed", "what": name}]},
                ensure_ascii=ascii) + "\n")
            file.write(json.dumps({"result": "changed", "image": name, "rule": name, "time": name, "changes": [
                {"kind": name, "action": name, "what": name}, {"kind": "capabilities", "action": "removed", "what": name}]},
                ensure_ascii=ascii) + "\n")
            file.write(json.dumps({"result": "refused", "error": name}, ensure_ascii=ascii) + "\n")
PYTHON
  answers "$CASE/hostile" # which looks at every byte
  [ "$(wc -c <"$stdout")" -lt 200000 ] || fail "a long name fills the screen"
  answers --summary "$CASE/hostile"
  [ "$(wc -c <"$stdout")" -lt 100000 ] || fail "a long name fills the screen"
  answers --json --summary "$CASE/hostile"
  jq -e . "$stdout" >/dev/null
  answers --json "$CASE/hostile"
  python3 - "$stdout" "$CASE/hostile" <<'PYTHON'
import json, sys
found = json.load(open(sys.argv[1]))
assert found["records"] == [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
PYTHON
}

@test "members of other types are as if they were not there" {
  printf '%s\n' '{}' '{"time":1,"result":[],"id":{},"image":null,"rule":true,"changes":"x"}' \
    '{"result":"changed","changes":[1,null,{},{"kind":"capabilities"},{"kind":"capabilities","action":"removed"},{"kind":5,"what":6}],"changesOmitted":-1}' \
    '{"result":"refused","error":7}' >"$CASE/types"
  for options in "" --summary --json "--summary --json" "--removed chown" "--since 1d" "--image=?"; do
    # shellcheck disable=SC2086 # words
    answers $options "$CASE/types"
  done
  answers "$CASE/types"
  told "-                     -             -           -             -  -"
}

@test "a file that grows is read as far as it went, a line cut off is told, one that is rotated is left alone" {
  printf '{"id":"whole"}' >"$CASE/cut" # no line break, and all there
  answers --json "$CASE/cut"
  same "a last line without its end" whole "$(jq -r '.records[].id' "$stdout")"
  cp "$CASE/cut" "$CASE/cut.1"
  answers --json "$CASE/cut"
  same "beside a rotated one" 1 "$(jq '.records | length' "$stdout")"
  # Who writes faster than is read does not keep it for ever.
  for _ in {1..2000}; do sed -n 1p "$CASE/records"; done >"$CASE/growing"
  background writer become sh -c 'while :; do head -n 500 "$1" 2>&1; done >>"$2"' sh "$CASE/growing" "$CASE/growing"
  eventually sh -c '[ "$(wc -l <"$1")" -gt 2500 ]' sh "$CASE/growing"
  answers --json "$CASE/growing"
  [ "$(jq '.records | length' "$stdout")" -gt 2000 ] || fail "not all was read"
}

@test "what cannot be read is an error that says why" {
  stopped "it does not exist" "$CASE/nothing"
  stopped "is a folder" "$CASE"
  mkfifo "$CASE/fifo"
  stopped "is no regular file" "$CASE/fifo"
  stopped "is no regular file" /dev/zero
  stopped "a part of the path is not a folder" "$CASE/records/x"
  chmod 600 "$CASE/records"
  chmod 755 "$BATS_RUN_TMPDIR" "$(dirname "$CASE")" "$CASE"
  outcome setpriv --reuid 65534 --regid 65534 --clear-groups "$CTL" log "$CASE/records"
  same "status without rights" 2 "$status"
  grep -q "run it as root" "$stderr" || fail "$(cat "$stderr")"
  outcome sh -c '"$1" log --json "$2" >/dev/full' sh "$CTL" "$CASE/records"
  same "status with a full disk" 2 "$status"
  grep -q "could not be written" "$stderr" || fail "$(cat "$stderr")"
}

@test "standard input is read for -" {
  outcome sh -c 'cat "$2" | "$1" log --json -' sh "$CTL" "$CASE/records"
  same "through a pipe" 8 "$(jq '.records | length' "$stdout")"
  outcome sh -c '"$1" log --json - <"$2"' sh "$CTL" "$CASE/records"
  same "from a file" 8 "$(jq '.records | length' "$stdout")"
}

# ---- whittle's own ------------------------------------------------------------------------

own_records() {
  edit_policy '.mode = "audit"'
  run_program /bin/facts
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  edit_policy '.mode = "enforce"'
  make_bundle
  run_program /bin/facts
  succeeds whittle run --bundle "$BUNDLE" "$ID"
  is_refused run --bundle "$CASE/nowhere" "$ID"
  answers --policy "$POLICY" --json
  same "results" "would-change changed refused" "$(jq -r '[.records[].result] | join(" ")' "$stdout")"
  same "what was recorded" "$(jq -cs . "$RECORDS")" "$(jq -c .records "$stdout")"
  answers --policy "$POLICY" --container "$ID" --removed net_raw
  same "with CAP_NET_RAW" 2 "$(grep -c '^20' "$stdout")"
  answers --policy "$POLICY" --summary
  told "  - in audit mode containers whose image is not known would have lost CAP_NET_RAW (1 record)"
  told "  - containers whose image is not known lost CAP_NET_RAW (1 record)"
  answers --policy "$POLICY" --since 1h --result refused
  same "refused within the hour" 1 "$(grep -c '^20' "$stdout")"
  chmod 666 "$RECORDS"
  stopped "$RECORDS" --policy "$POLICY"
  rm "$RECORDS"
  stopped "does not exist: whittle makes it with its first record" --policy "$POLICY"
  edit_policy '.nonsense = 1'
  stopped "the policy cannot be read" --policy "$POLICY"
  stopped "the policy cannot be read" --policy "$CASE/none.json"
}
@test "whittle's own records are found by its policy" {
  each_runtime own_records
}

# ---- the journal --------------------------------------------------------------------------

without_journal() {
  edit_policy 'del(.log)'
  # The folders that a journal is in, laid over, and journalctl as it is.
  script='for folder in /run /var/log; do mount -t tmpfs tmpfs $folder; done'
}
in_namespace() { # script, arguments of whittlectl log
  local script=$1
  shift
  outcome unshare -m --propagation private sh -ec "$script"'; exec "$@"' sh "$CTL" log --policy "$POLICY" "$@"
}
none_there() {
  without_journal
  in_namespace "$script"
  same "status without a journal" 2 "$status"
  grep -qF 'this host has no journal' "$stderr" || fail "$(cat "$stderr")"
  grep -qF '"log": { "file": ' "$stderr" || fail "$(cat "$stderr")"
}
@test "where there is neither file nor journal, it says what to do" {
  each_runtime none_there
}

# A journalctl in the system's folder that says what it was asked, as somebody's machine may have one.
laid_over() {
  without_journal
  script+="; mkdir -p /var/log/journal/1; mount --bind $CASE/bin /usr/local/sbin"
  mkdir -p "$CASE/bin"
  cp "$BATS_TEST_TMPDIR/records" "$CASE/made-up"
}
journalctl_is() { # script
  printf '#!/bin/sh\n%s\n' "$1" >"$CASE/bin/journalctl"
  chmod 755 "$CASE/bin/journalctl"
}
from_journalctl() {
  laid_over
  journalctl_is "echo \"\$*\" >$CASE/asked; for i in 1 2 3; do cat $CASE/made-up; done"
  in_namespace "$script" --json
  same "status" "0 " "$status $(cat "$stderr")"
  same "records" 24 "$(jq '.records | length' "$stdout")"
  same "what it was asked" "-q -t whittle -o cat --no-pager _UID=0" "$(cat "$CASE/asked")"
  journalctl_is "cat $CASE/made-up; echo sorry >&2; exit 1"
  in_namespace "$script" --json
  same "status of what failed" 2 "$status"
  grep -q "journalctl failed" "$stderr" || fail "$(cat "$stderr")"
  same "what it said before" 8 "$(jq '.records | length' "$stdout")"
  journalctl_is ""
  in_namespace "$script"
  same "of nothing" "no records in the journal" "$(cat "$stdout")"
  # Not by PATH, and not what others could have put there.
  chmod 777 "$CASE/bin/journalctl"
  in_namespace "$script"
  same "status with one that others can write" 2 "$status"
  rm "$CASE/bin/journalctl"
  PATH=$CASE/bin:$PATH in_namespace "$script; mount --bind /dev/null /usr/bin/journalctl"
  same "status without any" 2 "$status"
  grep -qF 'there is no journalctl' "$stderr" || fail "$(cat "$stderr")"
}
@test "without a file the journal is read through journalctl of the system's folders" {
  [ -e /usr/bin/journalctl ] || skip "no journalctl to lay over"
  each_runtime from_journalctl
}
