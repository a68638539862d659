#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# whittlectl explain: what it prints, whole, against test/golden/whittlectl (WHITTLE_UPDATE=1 writes these
# anew, to be reviewed as a change of code is); that what it foretells is what whittle then does, for every
# config.json that real engines wrote; that it changes nothing; and what hostile targets come to.

load lib

setup_file() {
  need_live strace
  [ -x "${WHITTLECTL:-}" ] || fail "WHITTLECTL must be the path of the whittlectl to test"
}
setup() {
  CASE=$BATS_TEST_TMPDIR
  # What reads documents of anybody's is under test with sanitizers.
  CTL=$(helper ../../cmd/whittlectl/whittlectl)
  GOLDEN=$WHITTLE_SOURCE/test/golden
  PLACE=$CASE/place
  mkdir -p "$PLACE/web"
  printf '#!/bin/sh\nexit 0\n' >"$PLACE/fake"
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* "$CASE" "$PLACE" "$PLACE/fake" "$PLACE/web"
  cp "$GOLDEN/input/docker-default.json" "$PLACE/web/config.json"
  some_policy /mnt/fake >"$PLACE/policy.json"
}
teardown() { end_cases; }

some_policy() { # the runtime
  jq -n --arg runtime "$1" '{
    runtimes: [{ path: $runtime, kind: "runc" }],
    default: {
      capabilities: { CAP_CHOWN: "files of volumes are given away at the start", CAP_KILL: "the supervisor ends workers" },
      tmpfs: [], hooks: "keep"
    },
    rules: [
      { name: "ci", match: { id: "ci-*", bundle: "/srv/ci/*" } },
      { name: "nginx", match: { image: ["docker.io/library/nginx:*", "quay.io/nginx/*"] }, capabilities: ["CAP_NET_BIND_SERVICE"] },
      { name: "gold", match: { label: { tier: "gold" }, user: ["0", "1000-1999"] } },
      { name: "watched", match: { bundle: "/mnt/watched" }, mode: "audit" },
      { name: "refused", match: { bundle: "/mnt/refused" }, hostNamespaces: "refuse" },
      { name: "last", match: { bundle: "/mnt/*" }, readonlyRootfs: true, noNewPrivileges: true }
    ]
  }'
}

# Everything at one place, whatever folder the tests are in, so that each path and each line is the same.
at_place() { # command...
  unshare -m --propagation private sh -c '
    mount --bind "$0" /mnt && cd /mnt && exec "$@"' "$PLACE" "$@"
}
explains() { # arguments...
  outcome at_place "$CTL" explain "$@"
  [ "$status" -le 1 ] || fail "status $status of: $*" "$(cat "$stdout" "$stderr")"
  same "standard error of: $*" "" "$(cat "$stderr")"
}
fails_with() { # what the sentence says, arguments...
  local says=$1
  shift
  outcome at_place timeout 60 "$CTL" explain "$@"
  one_sentence "$says" "$@"
}
one_sentence() { # what it says, arguments...
  local says=$1
  shift
  same "status of: $*" 2 "$status"
  same "standard output of: $*" "" "$(cat "$stdout")"
  same "lines of: $*" 1 "$(wc -l <"$stderr")"
  grep -qF -- "$says" "$stderr" || fail "no \"$says\" for: $*" "$(cat "$stderr")"
  grep -q '^whittlectl explain: ' "$stderr" || fail "who speaks? $(cat "$stderr")"
  fails grep -q '[^ -~]' "$stderr"
}
would_refuse() { # what the sentence says, arguments...
  local says=$1
  shift
  outcome at_place timeout 60 "$CTL" explain --json --policy policy.json "$@"
  same "status of: $*" 1 "$status"
  same "standard error of: $*" "" "$(cat "$stderr")"
  jq -e --arg says "$says" '(.refused | contains($says)) and .after == null and .removed == [] and .changes == []' \
    "$stdout" >/dev/null || fail "of $*" "$(cat "$stdout")"
}

same_as_golden() { # name
  local kept=$GOLDEN/whittlectl/$1
  sed -E 's/"version":"[^"]*"/"version":""/' "$stdout" >"$CASE/found"
  if [ -n "${WHITTLE_UPDATE:-}" ]; then
    mkdir -p "${kept%/*}"
    cp "$CASE/found" "$kept"
  fi
  same_bytes "$1" "$kept" "$CASE/found"
}

@test "a bundle, as people see it and as programs do" {
  explains --policy policy.json web
  same "status" 0 "$status"
  same_as_golden explain-bundle.txt
  explains --policy policy.json --json web
  same "lines" 1 "$(wc -l <"$stdout")"
  grep -q '^{"schema":1,"version":"[^"]*",' "$stdout" || fail "$(head -c 100 "$stdout")"
  jq . "$stdout" >"$CASE/pretty"
  stdout=$CASE/pretty
  sed -i -E 's/"version": "[^"]*"/"version": ""/' "$stdout"
  same_as_golden explain-bundle.json
}

@test "a bundle under a rule that only watches, and one that is refused" {
  cp -r "$PLACE/web" "$PLACE/watched"
  explains --policy policy.json watched
  same "status" 0 "$status"
  same_as_golden explain-audit.txt
  explains --policy policy.json --json watched
  same "mode" audit "$(jq -r .mode "$stdout")"
  cp -r "$PLACE/web" "$PLACE/refused"
  edit_json "$PLACE/refused/config.json" '.linux.namespaces |= map(select(.type != "pid"))'
  explains --policy policy.json refused
  same "status" 1 "$status"
  same_as_golden explain-refused.txt
  explains --policy policy.json --json refused
  same "status" 1 "$status"
  jq -e '(.refused | contains("pid")) and .after == null and .rule == "refused"
    and (.before.hostNamespaces | index("the host'\''s pid namespace")) != null' "$stdout" >/dev/null \
    || fail "$(cat "$stdout")"
}

@test "a file, standard input, and a bundle are judged alike" {
  local name
  explains --policy policy.json --json web
  cp "$stdout" "$CASE/bundle"
  explains --policy policy.json --json web/config.json
  cp "$stdout" "$CASE/file"
  same "kind" config "$(jq -r .target.kind "$CASE/file")"
  cd "$CASE"
  outcome at_place sh -c 'cd web && exec "$0" explain --policy ../policy.json --json - <config.json' "$CTL"
  cp "$stdout" "$CASE/input"
  same "kind" config "$(jq -r .target.kind "$CASE/input")"
  same "name" - "$(jq -r .target.name "$CASE/input")"
  outcome at_place sh -c 'cd web && cat config.json | "$0" explain --policy ../policy.json --json -' "$CTL"
  same "from a pipe" "$(cat "$CASE/input")" "$(cat "$stdout")"
  for name in file input; do
    same "$name" "$(jq -c 'del(.target.kind, .target.name, .policy)' "$CASE/bundle")" \
      "$(jq -c 'del(.target.kind, .target.name, .policy)' "$CASE/$name")"
  done
}

@test "rules can be named, and one that is not there is said" {
  explains --policy policy.json web nginx default
  same "rules" "  - nginx: does not match: image is not known
  - default: would match, and stands behind the one that decides" "$(grep -E '^  - (nginx|default|ci|gold|last|watched|refused)' "$stdout" | sed 's/ (the places.*//')"
  explains --policy policy.json --json web ci last
  same "rules" '[["ci",false,false],["last",true,true]]' "$(jq -c '.rules | map([.name, .matches, .decides])' "$stdout")"
  # One that asks for an id or a bundle alone is there as well.
  explains --policy policy.json --json web watched
  fails_with 'policy.json has no rule "nobody"' --policy policy.json web ci nobody
  fails_with '\x1b[31m<script>' --policy policy.json web $'\e[31m<script>'
}

@test "--json: before, after, removed, changes and rules fit together" {
  explains --policy policy.json --json web
  python3 - "$stdout" <<'PY'
import json, sys

text = open(sys.argv[1]).read()
assert all(32 <= ord(c) < 127 for c in text[:-1]), "not printable ASCII"
e = json.loads(text)
flat = lambda lists: [(kind, what) for kind, items in lists.items() for what in items]
before, after = flat(e["before"]), flat(e["after"])
removed = [(r["kind"], r["what"]) for r in e["removed"]]
assert removed == [p for p in before if p not in after], removed
assert all(r["meaning"] for r in e["removed"])
assert len(set(before)) == len(before)
named = {c["what"] for c in e["changes"] if c["kind"] == "capabilities"}
assert {what for kind, what in removed if kind == "capabilities"} == named, named
assert set(e["changes"][0]) == {"kind", "action", "what", "pointer", "why"}
assert [r["decides"] for r in e["rules"]].count(True) == 1
assert e["rule"] == [r["name"] for r in e["rules"] if r["decides"]][0] == "last"
assert e["rules"][-1]["name"] == "default" and e["rules"][-1]["matches"]
for r in e["rules"]:
    assert r["matches"] == (r["key"] is None), r
    assert r["matches"] or (r["value"] is None) != (r["unknown"] is None) or r["value"] is None, r
assert e["refused"] is None and e["mode"] == "enforce" and e["notes"] == []
PY
}

# ---- what it foretells ----------------------------------------------------------------------

# Explained, then given to whittle with a runtime that does nothing: the same refusal, or the same
# capabilities in config.json, and an explanation of what whittle wrote has nothing more to take.
foretells() { # policy
  local file name bundle=$PLACE/bundle
  for file in "$GOLDEN"/input/*.json; do
    name=${file##*/}
    case $name in *.process.json | *.resources.json) continue ;; esac
    rm -rf "$bundle"
    mkdir "$bundle"
    cp "$file" "$bundle/config.json"
    outcome "$CTL" explain --policy "$1" --json "$bundle"
    same "standard error: $name" "" "$(cat "$stderr")"
    explained=$stdout expected=$status
    outcome "$WHITTLE" --policy "$1" create --bundle "$bundle" bundle
    same "status: $name" "$expected" "$status"
    if [ "$status" -ne 0 ]; then
      same "refusal: $name" "$(jq -r .refused "$explained")" "$(sed 's/^whittle: //' "$stderr")"
      refused=$((refused + 1))
      continue
    fi
    same "capabilities: $name" "$(jq -c '[.process.capabilities[]?[]?] | unique' "$bundle/config.json")" \
      "$(jq -c '.after.capabilities // [] | unique' "$explained")"
    same "noNewPrivileges: $name" "$(jq -c '.process.noNewPrivileges == true' "$bundle/config.json")" \
      "$(jq -c '.after.noNewPrivileges == null' "$explained")"
    outcome "$CTL" explain --policy "$1" --json "$bundle"
    same "what is left: $name" "$(jq -c .after "$explained")" "$(jq -c .before "$stdout")"
    same "the second time: $name" '[[],[]]' "$(jq -c '[.removed, (.changes | map(select(.action != "kept")))]' "$stdout")"
    started=$((started + 1))
  done
}

@test "what it foretells is what whittle does, for all that engines wrote, under several policies" {
  local started=0 refused=0 policy
  for policy in "$GOLDEN"/policy/*.json "$WHITTLE_SOURCE/config.json.example" "$PLACE/policy.json"; do
    # These allow comments, which jq does not.
    python3 - "$policy" "$PLACE/fake" >"$PLACE/made.json" <<'PY'
import json, re, sys
text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda m: m.group(1) or "", open(sys.argv[1]).read(), flags=re.S)
policy = json.loads(text)
policy["runtimes"] = [{"path": sys.argv[2], "kind": "runc"}]
policy.pop("log", None)
print(json.dumps(policy))
PY
    foretells "$PLACE/made.json"
  done
  # Neither way of it ending may be all that was looked at.
  [ "$started" -ge 60 ] || fail "only $started were started"
  [ "$refused" -ge 10 ] || fail "only $refused were refused"
}

# ---- containers -----------------------------------------------------------------------------

explain_status() { # arguments...: outside of the place, for containers
  outcome "$CTL" explain "$@"
}

@test "a running container, by its id and the beginning of it, and not by what two have in common" {
  local first
  new_case runc
  STATE=/run/runc
  hold bare run_detached
  first=$ID
  explain_status --policy "$POLICY" --json "$ID"
  same "status" 0 "$status"
  jq -e --arg id "$ID" --arg bundle "$BUNDLE" '.target.kind == "container" and .target.id == $id
    and .target.bundle == $bundle and (.removed | map(.what) | index("CAP_NET_RAW")) != null' "$stdout" >/dev/null \
    || fail "$(cat "$stdout" "$stderr")"
  explain_status --policy "$POLICY" --json "${ID:0:-1}"
  same "by its beginning" "$ID" "$(jq -r .target.id "$stdout")"
  explain_status --policy "$POLICY" "liv"
  one_sentence '"liv" is no bundle' liv

  # Another one whose id begins with the whole of the first.
  ID=${first}x
  cp -r "$BUNDLE" "$BUNDLE.x"
  detached other bare run --detach --bundle "$BUNDLE.x" "$ID"
  explain_status --policy "$POLICY" --json "$first"
  same "the whole id of one" "$first" "$(jq -r .target.id "$stdout")"
  explain_status --policy "$POLICY" --json "$ID"
  same "the whole id of the other" "$ID" "$(jq -r .target.id "$stdout")"
  explain_status --policy "$POLICY" "${first:0:-1}"
  one_sentence "of several containers" "${first:0:-1}"
  grep -qF "$first " "$stderr" && grep -qF "$ID " "$stderr" || fail "$(cat "$stderr")"
  bare delete --force "$ID"
  ID=$first
  let_go
}

# ---- images ---------------------------------------------------------------------------------

# An engine that answers with what is in the files "answer" and "code", and keeps what it was asked.
with_engine() { # name, arguments of explain...
  local engine=$1
  shift
  mkdir -p "$PLACE/engines"
  printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>/mnt/asked\ncat /mnt/answer\nexit "$(cat /mnt/code)"\n' >"$PLACE/engines/$engine"
  chmod 755 "$PLACE/engines/$engine"
  outcome unshare -m --propagation private sh -c '
    mount --bind "$0" /mnt && mount --bind "$0/engines" /usr/local/bin && mount -t tmpfs tmpfs /run && cd /mnt && exec "$@"' \
    "$PLACE" timeout 60 "$CTL" explain --policy policy.json "$@"
  rm -r "$PLACE/engines"
}

@test "an image, as its engine would start it without options" {
  local id=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
  echo 0 >"$PLACE/code"
  printf '%s\n1000:1000\n' "$id" >"$PLACE/answer"
  with_engine docker --json nginx:1.25
  same "status" 0 "$status"
  same "asked" "image inspect --format {{.Id}}" "$(head -n 1 "$PLACE/asked")"
  same "target" "[\"image\",\"docker\",\"docker.io/library/nginx:1.25\",\"$id\",\"1000\"]" \
    "$(jq -c '.target | [.kind, .engine, .image, .imageId, .user]' "$stdout")"
  same "rule" nginx "$(jq -r .rule "$stdout")"
  jq -e '.before.runAsNonRoot == null and (.before.capabilities | length) == 14
    and .after.capabilities == ["CAP_NET_BIND_SERVICE"]' "$stdout" >/dev/null || fail "$(cat "$stdout")"
  same "a number is no matter of doubt" 1 "$(jq '.notes | length' "$stdout")"
  printf '%s\n0010\n' "$id" >"$PLACE/answer"
  with_engine docker --json nginx
  same "a number with zeros in front" '"10"' "$(jq -c .target.user "$stdout")"
  # A user by name has a number that only the image knows; no user is root.
  printf '%s\nwww-data\n' "$id" >"$PLACE/answer"
  with_engine docker --json nginx
  jq -e '.notes | any(contains("www-data"))' "$stdout" >/dev/null || fail "$(cat "$stdout")"
  printf '%s\n\n' "$id" >"$PLACE/answer"
  with_engine docker --json nginx
  same "no user" '["runs as root (uid 0)"]' "$(jq -c .before.runAsNonRoot "$stdout")"
}

@test "an engine that answers with anything at all, or not" {
  echo 0 >"$PLACE/code"
  for answer in $'id\n0,"gid":0}},"x":{"y":{' $'id\n\e[31m<script>\n' $'\e]0;x\a\n99999999999999999999\n' $'id\n-1\n' $'id\n000000000\n'; do
    printf '%s' "$answer" >"$PLACE/answer"
    for option in '' --json; do
      # shellcheck disable=SC2086  # an option or nothing
      with_engine docker $option nginx
      same "status with $(printf %q "$answer")" 0 "$status"
      fails grep -qP '[^\x20-\x7e]' "$stdout" "$stderr"
    done
  done
  for answer in '' 'no line' $'\n'; do
    printf '%s' "$answer" >"$PLACE/answer"
    with_engine docker nginx
    [ "$status" -eq 2 ] || [ "$status" -eq 0 ] || fail "status $status" "$(cat "$stderr")"
    fails grep -q Sanitizer "$stderr"
  done
  echo 1 >"$PLACE/code"
  with_engine docker --json nginx
  one_sentence '"nginx" is no bundle' nginx
  : >"$PLACE/asked"
  with_engine docker -- --format
  grep -q -- '-- --format$' "$PLACE/asked" || fail "$(cat "$PLACE/asked")"
}

@test "a policy without a runtime behind it, and one that cannot be started with" {
  some_policy /mnt/nowhere >"$PLACE/policy.json"
  explains --policy policy.json --json web
  same "status" 1 "$status"
  jq -e '.runtime == null and (.refused | contains("nowhere"))' "$stdout" >/dev/null || fail "$(cat "$stdout")"
  explains --policy policy.json web
  grep -q 'whittle would not start it' "$stdout" || fail "$(cat "$stdout")"
  chmod 666 "$PLACE/policy.json"
  fails_with 'policy.json' --policy policy.json web
}

# ---- nothing is changed -----------------------------------------------------------------------

print_state() { # folder
  find "$1" -printf '%p %i %m %u %s %T@ %C@\n' | sort
  find "$1" -type f -exec sha256sum {} +
}

@test "it changes nothing, writes nowhere, and starts nobody" {
  local before way
  before=$(print_state "$PLACE")
  for way in web web/config.json; do
    explains --policy policy.json "$way"
    explains --policy policy.json --json "$way"
  done
  same "the folder" "$before" "$(print_state "$PLACE")"
  outcome at_place strace -f -qq -o /tmp/trace -e trace=all "$WHITTLECTL" explain --policy policy.json web
  mv /tmp/trace "$CASE/trace"
  same "status" 0 "$status"
  same "programs that were started" 1 "$(grep -c 'execve' "$CASE/trace")"
  fails grep -E '^[0-9]+ +(rename|unlink|rmdir|mkdir|mknod|link|symlink|chmod|chown|truncate|utime|mount|setxattr|removexattr|connect|sendto|kill|ptrace|setns|unshare|fork|clone)[a-z0-9]*\(' "$CASE/trace"
  fails grep -E ' open[a-z0-9]*\(.*O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)' "$CASE/trace"
  fails grep -E ' (p?writev?[0-9]*|sendfile|copy_file_range|splice)\((0|[3-9]|[0-9]{2,})' "$CASE/trace"
  grep -q 'write(1, ' "$CASE/trace" || fail "nothing was seen"
}

# ---- hostile ----------------------------------------------------------------------------------

@test "what is no document is refused in a sentence, soon" {
  cd "$PLACE"
  mkfifo fifo
  mkdir empty folder
  mkdir folder/config.json
  head -c 700 web/config.json >cut.json
  head -c 17825792 /dev/zero | tr '\0' ' ' >big.json
  printf '\0\0\0' >nul.json
  printf '[]' >array.json
  head -c 200000 /dev/zero | tr '\0' '[' >deep.json
  jq -c '.process.capabilities.bounding = "CAP_KILL"' web/config.json >typed.json
  jq -c '.Process = {}' web/config.json >folded.json
  fails_with 'no regular file' --policy policy.json fifo
  fails_with 'no regular file' --policy policy.json /dev/zero
  fails_with 'no regular file' --policy policy.json /dev/null
  fails_with 'it does not exist' --policy policy.json ./nowhere
  fails_with '"nowhere" is no bundle' --policy policy.json nowhere
  fails_with '"" is no bundle' --policy policy.json ''
  fails_with 'FIFO' --policy fifo web
  fails_with 'it does not exist' --policy nowhere web
  fails_with 'the text ends here' --policy cut.json web
  would_refuse 'does not exist' empty
  would_refuse 'config.json' folder
  would_refuse 'the text ends here' cut.json
  would_refuse '16777216' big.json
  would_refuse 'line 1' nul.json
  would_refuse 'array.json: line 1' array.json
  would_refuse 'line 1' deep.json
  would_refuse 'bounding' typed.json
  would_refuse 'process' folded.json
  for name in typed.json folded.json; do
    outcome at_place "$CTL" explain --json --policy policy.json "$name"
    same "what was not read is not known" null "$(jq -c .before "$stdout")"
  done
}

@test "standard input that is endless, empty, closed or a folder" {
  outcome at_place timeout 60 sh -c '"$0" explain --policy policy.json - </dev/zero' "$CTL"
  same "endless" 1 "$status"
  outcome at_place sh -c '"$0" explain --policy policy.json - </dev/null' "$CTL"
  same "empty" 1 "$status"
  outcome at_place sh -c '"$0" explain --policy policy.json - <&-' "$CTL"
  one_sentence 'standard input' -
  outcome at_place sh -c '"$0" explain --policy policy.json - <.' "$CTL"
  one_sentence 'folder' -
  outcome at_place sh -c '"$0" explain --policy policy.json web >/dev/full' "$WHITTLECTL"
  same "nowhere to print to" 2 "$status"
}

@test "names with control characters, escapes and tags do not reach the terminal" {
  local name=$'we\e[31mb\n  rule       trusted\t<script>alert(1)\x9b\xff' key
  cp -r "$PLACE/web" "$PLACE/$name"
  edit_json "$PLACE/$name/config.json" --arg name $'/x\e]0;title\a\n<script>\u202e' '
    .mounts += [{ destination: $name, type: $name, source: $name, options: [$name] }]
    | .linux.sysctl[$name] = $name | .annotations = { ($name): $name }
    | .hooks.poststop = [{ path: "/\($name)" }] | .process.apparmorProfile = $name
    | .linux.namespaces += [{ type: "time", path: $name }] | .linux.cgroupsPath = $name'
  edit_json "$PLACE/policy.json" --arg name $'rule\e[2J<script>' '.rules = [{ name: "r", match: { annotations: { ($name): $name } } }] + .rules'
  for key in '' --json; do
    # shellcheck disable=SC2086  # an option or nothing
    outcome at_place "$CTL" explain --policy policy.json $key "$name"
    [ "$status" -le 1 ] || fail "$(cat "$stderr")"
    fails grep -qP '[^\x20-\x7e]' "$stdout" "$stderr"
    fails grep -q '^  rule  *trusted' "$stdout"
  done
  jq -e '.target.name | contains("<script>")' "$stdout" >/dev/null || fail "$(cat "$stdout")"
}

@test "a great many of everything is told in a few seconds" {
  python3 - "$PLACE" <<'PY'
import json, sys
place = sys.argv[1]
config = json.load(open(place + "/web/config.json"))
config["mounts"] += [{"destination": "/m%d" % i, "type": "tmpfs", "source": "tmpfs"} for i in range(20000)]
config["process"]["user"]["additionalGids"] = list(range(100000))
config["process"]["capabilities"]["bounding"] *= 5000
config["linux"]["namespaces"] += [{"type": "time", "path": "/proc/%d/ns/time" % i} for i in range(0)]
config["annotations"] = {"k%d" % i: "v" * 50 for i in range(20000)}
json.dump(config, open(place + "/web/config.json", "w"))
policy = json.load(open(place + "/policy.json"))
policy["rules"] = [{"name": "r%d" % i, "match": {"id": "no%d" % i}} for i in range(3000)] + policy["rules"]
json.dump(policy, open(place + "/policy.json", "w"))
PY
  outcome at_place timeout 20 "$WHITTLECTL" explain --policy policy.json web
  [ "$status" -le 1 ] || fail "status $status" "$(cat "$stderr")"
  [ "$(wc -l <"$stdout")" -lt 500 ] || fail "$(wc -l <"$stdout") lines are not for people"
  outcome at_place timeout 20 "$WHITTLECTL" explain --json --policy policy.json web r2999
  same "rules" 1 "$(jq '.rules | length' "$stdout")"
}

@test "a label or an annotation too long to be judged is a refusal, and told as one" {
  edit_json "$PLACE/policy.json" '.rules = [{ name: "tier", match: { annotations: { tier: "a*z" } } }] + .rules'
  edit_json "$PLACE/web/config.json" '.annotations.tier = ("a" * 70000)'
  explains --policy policy.json --json web
  same "status" 1 "$status"
  jq -e '(.rules[0] | .name == "tier" and .matches == false and .decides == false and .unknown != null)
    and (.rules | map(select(.decides)) == []) and .refused != null' "$stdout" >/dev/null || fail "$(cut -c1-2000 "$stdout")"
  explains --policy policy.json web
  grep -q '^  - tier: cannot be judged' "$stdout" || fail "$(cat "$stdout")"
}

@test "as an ordinary user: what can be read is explained, what cannot is no refusal of whittle's" {
  local nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  chmod -R a+rX "$PLACE"
  outcome at_place "${nobody[@]}" "$WHITTLECTL" explain --policy policy.json --json web
  same "status" 0 "$status"
  jq -e '.notes | any(contains("not run as root"))' "$stdout" >/dev/null || fail "$(cat "$stdout")"
  chmod 600 "$PLACE/web/config.json"
  outcome at_place "${nobody[@]}" "$WHITTLECTL" explain --policy policy.json web
  one_sentence 'run it as root' web
  outcome at_place "${nobody[@]}" "$WHITTLECTL" explain --policy policy.json web/config.json
  one_sentence 'access refused' web/config.json
  outcome at_place "${nobody[@]}" "$WHITTLECTL" explain --policy policy.json nowhere
  one_sentence 'run it as root' nowhere
  chmod 644 "$PLACE/web/config.json"
  chmod 600 "$PLACE/policy.json"
  outcome at_place "${nobody[@]}" "$WHITTLECTL" explain --policy policy.json web
  one_sentence 'policy.json' web
}
