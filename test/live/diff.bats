#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# whittlectl diff: what one of two policies, or of two config.json, allows and the other does not, whole,
# as people see it and as programs do; and what hostile files come to.

load lib

setup_file() {
  need_live
  [ -x "${WHITTLECTL:-}" ] || fail "WHITTLECTL must be the path of the whittlectl to test"
}
setup() {
  CASE=$BATS_TEST_TMPDIR
  # What reads documents of anybody's is under test with sanitizers.
  CTL=$(helper ../../cmd/whittlectl/whittlectl)
  GOLDEN=$WHITTLE_SOURCE/test/golden
  cd "$CASE"
}

differ() { outcome "$CTL" diff "$@"; }
screen() { # expected status, arguments...; the expected text on standard input
  local wanted=$1
  shift
  cat >expected
  differ "$@"
  same "standard error of: $*" "" "$(cat "$stderr")"
  same_bytes "standard output of: $*" expected "$stdout"
  same "status of: $*" "$wanted" "$status"
}
scopes() { # arguments...: of --json, the scopes in brief
  differ --json "$@"
  same "standard error of: $*" "" "$(cat "$stderr")"
  same "lines" 1 "$(wc -l <"$stdout")"
  jq -c '[.scopes[] | [.scope, .remark, (.onlyInA | map("\(.kind) \(.what)")), (.onlyInB | map("\(.kind) \(.what)"))]]' "$stdout"
}
fails_with() { # what the sentence says, arguments...
  local says=$1
  shift
  outcome timeout 60 "$CTL" diff "$@"
  one_sentence "$says" "$@"
}
one_sentence() { # what it says, arguments...
  local says=$1
  shift
  same "status of: $*" 2 "$status"
  same "standard output of: $*" "" "$(cat "$stdout")"
  same "lines of: $*" 1 "$(wc -l <"$stderr")"
  grep -qF -- "$says" "$stderr" || fail "no \"$says\" for: $*" "$(cat "$stderr")"
  grep -q '^whittlectl diff: ' "$stderr" || fail "who speaks? $(cat "$stderr")"
  fails grep -q '[^ -~]' "$stderr"
}

two_policies() {
  cat >a.json <<'JSON'
{ "default": { "capabilities": ["CAP_CHOWN", "CAP_KILL"], "mounts": { "allow": ["/srv/*"] }, "tmpfs": ["/tmp"] },
  "rules": [
    { "name": "same", "match": { "image": "docker.io/library/nginx:*" }, "capabilities": ["CAP_NET_RAW"] },
    { "name": "moved", "match": { "bundle": "/a" } },
    { "name": "gone", "match": { "bundle": "/gone" }, "capabilities": ["CAP_SYS_TIME"] },
    { "name": "watched", "match": { "bundle": "/w" }, "mode": "audit" },
    { "name": "both", "match": { "bundle": "/x" }, "mode": "audit" } ] }
JSON
  cat >b.json <<'JSON'
// with a comment, and written otherwise
{ "default": { "tmpfs": ["/tmp", "/run"], "mounts": { "allow": ["/srv/*", "/data"] },
    "capabilities": ["CAP_KILL", "CAP_SETUID"], "sysctl": "keep" },
  "rules": [
    { "name": "same", "match": { "image": "docker.io/library/nginx:*" }, "capabilities": { "CAP_NET_RAW": "pings" },
      "mounts": { "allow": ["/srv/*"] }, "sysctl": "strip", "tmpfs": ["/tmp"] },
    { "name": "moved", "match": { "bundle": "/b" } },
    { "name": "watched", "match": { "bundle": "/w" } },
    { "name": "both", "match": { "bundle": "/y" } },
    { "name": "new", "match": { "bundle": "/new" }, "readonlyRootfs": false, "mode": "audit" } ] }
JSON
}

@test "two policies, as people see them" {
  two_policies
  differ a.json b.json
  same "status" 1 "$status"
  same "standard error" "" "$(cat "$stderr")"
  [ -z "${WHITTLE_UPDATE:-}" ] || cp "$stdout" "$GOLDEN/whittlectl/diff-policies.txt"
  same_bytes "standard output" "$GOLDEN/whittlectl/diff-policies.txt" "$stdout"
}

@test "two policies, as programs do: rules of one, conditions, modes, capabilities and kinds" {
  local brief
  two_policies
  brief=$(scopes a.json b.json)
  same "scopes" '["default","moved","gone","watched","both","new"]' "$(jq -c 'map(.[0])' <<<"$brief")"
  same "default" '[null,["capabilities CAP_CHOWN"],["capabilities CAP_SETUID"]]' \
    "$(jq -c '.[0] | [.[1], (.[2] | map(select(startswith("cap")))), (.[3] | map(select(startswith("cap"))))]' <<<"$brief")"
  jq -e 'any(.[0][3][]; . == "sysctl whatever is asked for") and any(.[0][3][]; contains("/data"))
    and any(.[0][3][]; contains("tmpfs /run"))' <<<"$brief" >/dev/null || fail "$brief"
  same "remarks" '[null,"its conditions differ","only the first has this rule; the second has \"default\" there","the first only watches","its conditions differ; the first only watches","only the second has this rule; the first has \"default\" there; the second only watches"]' \
    "$(jq -c 'map(.[1])' <<<"$brief")"
  jq -e '.[2][2] | index("capabilities CAP_SYS_TIME")' <<<"$brief" >/dev/null || fail "$brief"
  jq -e '.[5][3] | any(startswith("readonlyRootfs"))' <<<"$brief" >/dev/null || fail "$brief"
  # Turned round, it is the same with the sides changed.
  same "turned round" "$(jq -c 'map([.[0], .[2], .[3]]) | sort' <<<"$brief")" \
    "$(scopes b.json a.json | jq -c 'map([.[0], .[3], .[2]]) | sort')"
  differ --json a.json b.json
  same "status" 1 "$status"
  same "the head" '{"schema":1,"a":"a.json","b":"b.json","kind":"policy"}' "$(jq -c 'del(.version, .scopes)' "$stdout")"
  grep -q '^{"schema":1,"version":"[^"]' "$stdout" || fail "$(head -c 100 "$stdout")"
  python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$stdout"
}

@test "the same is no difference: comments, order of keys, spelling, reasons" {
  local file
  two_policies
  screen 0 a.json a.json <<<"no difference in what they allow"
  same "scopes" '[]' "$(scopes b.json b.json)"
  cat >c.json <<'JSON'
{ "default": { "capabilities": { "NET_RAW": "pings" } }, "rules": [ { "name": "r", "match": { "bundle": "/x", "user": "0" } } ] }
JSON
  cat >d.json <<'JSON'
{ /* other words for it */ "rules": [ { "match": {"user":["0"],   "bundle":"/x"}, "name": "r" } ], "default": { "capabilities": ["CAP_NET_RAW"] } }
JSON
  screen 0 c.json d.json <<<"no difference in what they allow"
  for file in "$GOLDEN"/policy/*.json "$WHITTLE_SOURCE/config.json.example" "$GOLDEN"/input/docker-*.json; do
    case $file in *.process.json | *.resources.json) continue ;; esac
    screen 0 "$file" "$file" <<<"no difference in what they allow"
  done
}

@test "conditions that differ in anything that matters" {
  local one
  printf '{"rules":[{"name":"r","match":{"label":{"a":"x","b":"y"}}}]}' >a.json
  for one in '{"label":{"a":"y","b":"x"}}' '{"annotations":{"a":"x","b":"y"}}' '{"label":{"a":"x"}}' \
    '{"label":{"a":"x","b":"y"},"id":["p","q"]}' '{"label":{"a":"x","b":"y"},"user":"0"}' '{"label":{"a\" = \"x":"x","b":"y"}}' \
    '{"label":{"a b":"x","b":"y"}}'; do
    printf '{"rules":[{"name":"r","match":%s}]}' "$one" >b.json
    same "$one" '[["r","its conditions differ",[],[]]]' "$(scopes a.json b.json)"
  done
}

@test "what is denied, the size of scratch space, restoring and verifying are told" {
  printf '{"default":{"mounts":{"allow":["/srv/*"],"deny":["/srv/secret"]},"tmpfs":["/tmp"]},"restore":"allow","verify":true}' >a.json
  printf '{"default":{"mounts":{"allow":["/srv/*"]},"tmpfs":[{"path":"/tmp","size":"8m"}]}}' >b.json
  same "scopes" '[["default","the first lets checkpoints be restored; the second does not verify what was started",["readonlyRootfs tmpfs /tmp, 67108864 bytes","mounts deny /srv/secret"],["readonlyRootfs tmpfs /tmp, 8388608 bytes"]]]' \
    "$(scopes a.json b.json)"
}

@test "two config.json" {
  jq -n '{ ociVersion: "1.0.2", process: { user: { uid: 0 }, args: ["x"], cwd: "/",
    capabilities: { bounding: ["CAP_KILL", "CAP_CHOWN"] } }, root: { path: "r" },
    mounts: [{ destination: "/proc", type: "proc", source: "proc" }],
    linux: { namespaces: [{ type: "pid" }, { type: "mount" }] } }' >a.json
  jq '.process.capabilities.bounding = ["CAP_CHOWN", "CAP_SYS_ADMIN"] | .process.user.uid = 7
    | .mounts += [{ destination: "/h", type: "bind", source: "/", options: ["rbind", "ro"] }]
    | .linux.namespaces = [{ type: "mount" }, { type: "pid", path: "/proc/1/ns/pid" }]' a.json >b.json
  screen 1 a.json b.json <<'EOF'
config.json
  - capabilities: CAP_KILL
  - runAsNonRoot: runs as root (uid 0)
  + capabilities: CAP_SYS_ADMIN
  + hostNamespaces: joins the pid namespace /proc/1/ns/pid
  + mounts: / on /h (read-only)
EOF
  same "for programs" '[[null,null,["capabilities CAP_KILL","runAsNonRoot runs as root (uid 0)"],["capabilities CAP_SYS_ADMIN","hostNamespaces joins the pid namespace /proc/1/ns/pid","mounts / on /h (read-only)"]]]' \
    "$(scopes a.json b.json)"
  differ --json a.json b.json
  same "kind" config "$(jq -r .kind "$stdout")"
}

@test "standard input is one of the two, and not both" {
  two_policies
  outcome "$CTL" diff a.json b.json
  cp "$stdout" named
  outcome sh -c 'cat b.json | "$0" diff a.json -' "$CTL"
  same_bytes "the second" named "$stdout"
  outcome sh -c '"$0" diff - b.json <a.json' "$CTL"
  same_bytes "the first" named "$stdout"
  outcome sh -c '"$0" diff - - <a.json' "$CTL"
  one_sentence 'cannot be both' - -
  outcome sh -c '"$0" diff a.json - <&-' "$CTL"
  one_sentence 'standard input' a.json -
  outcome sh -c '"$0" diff a.json - <.' "$CTL"
  one_sentence 'folder' a.json -
  outcome sh -c '"$0" diff a.json - </dev/null' "$CTL"
  one_sentence 'the text is empty' a.json -
  outcome timeout 60 sh -c '"$0" diff a.json - </dev/zero' "$CTL"
  one_sentence '16777216' a.json -
  outcome sh -c '"$0" diff a.json b.json >/dev/full' "$WHITTLECTL"
  same "nowhere to print to" 2 "$status"
}

@test "what cannot be compared is refused in a sentence, soon" {
  two_policies
  mkfifo fifo
  mkdir folder
  : >empty
  head -c 300 a.json >cut.json
  head -c 17825792 /dev/zero | tr '\0' ' ' >big.json
  printf '\0\0\0' >nul.json
  printf '[]' >array.json
  head -c 200000 /dev/zero | tr '\0' '[' >deep.json
  printf '{"ociVersion":"1.0.2","process":{"capabilities":[]}}' >typed.json
  printf '{"default":{"capabilities":["CAP_NONE"]}}' >unknown.json
  printf '{"default":{},"default":{"capabilities":["CAP_KILL"]}}' >twice.json
  fails_with 'one of the two is a policy' a.json "$GOLDEN/input/docker-default.json"
  fails_with 'one of the two is a policy' "$GOLDEN/input/docker-default.json" a.json
  fails_with 'no regular file' a.json fifo
  fails_with 'no regular file' fifo a.json
  fails_with 'no regular file' /dev/zero /dev/zero
  fails_with 'is a folder' a.json folder
  fails_with 'nowhere: it does not exist' nowhere a.json
  fails_with 'the text is empty' a.json empty
  fails_with 'cut.json' a.json cut.json
  fails_with '16777216' a.json big.json
  fails_with 'nul.json' a.json nul.json
  fails_with 'array.json' a.json array.json
  fails_with 'deep.json' a.json deep.json
  fails_with 'typed.json' typed.json typed.json
  fails_with 'CAP_NONE' unknown.json a.json
  fails_with 'twice.json' a.json twice.json
  fails_with 'A B' a.json
  fails_with 'a word too many' a.json b.json a.json
  fails_with '\x1b[31m' $'no\e[31m\nwhere' a.json
  chmod 600 b.json
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* "$CASE"
  outcome setpriv --reuid 65534 --regid 65534 --clear-groups "$WHITTLECTL" diff a.json b.json
  one_sentence 'access refused' b.json
}

@test "control characters, escapes and tags do not reach the terminal" {
  local option
  # What a name of a rule and a reason may be, the policy's reader says.
  jq -n --arg name $'rule\e[2J<script>\u202e' --arg path $'/srv/\e]0;title\a<script>*' '{
    default: { mounts: { allow: [$path] } }, rules: [{ name: "<script>", match: { annotations: { ($name): $path } } }] }' >a.json
  printf '{"default":{}}' >b.json
  jq --arg name $'/x\e]0;title\a\n  + capabilities: CAP_SYS_ADMIN<script>' '
    .mounts += [{ destination: $name, type: $name, source: $name }] | .linux.sysctl[$name] = $name
    | .hooks.poststop = [{ path: $name }]' "$GOLDEN/input/docker-default.json" >c.json
  for option in '' --json; do
    # shellcheck disable=SC2086  # an option or nothing
    differ $option a.json b.json
    same "status" 1 "$status"
    fails grep -qP '[^\x20-\x7e]' "$stdout"
    # shellcheck disable=SC2086  # an option or nothing
    differ $option "$GOLDEN/input/docker-default.json" c.json
    same "status" 1 "$status"
    fails grep -qP '[^\x20-\x7e]' "$stdout"
    fails grep -q '^  + capabilities' "$stdout"
  done
}

@test "ten thousand rules and a hundred thousand groups take a few seconds" {
  python3 - <<'PY'
import json
rules = [{"name": "r%d" % i, "match": {"bundle": "/b%d" % i}} for i in range(10000)]
json.dump({"default": {"capabilities": ["CAP_KILL"]}, "rules": rules}, open("a.json", "w"))
json.dump({"default": {"capabilities": ["CAP_CHOWN"]}, "rules": rules[::-1]}, open("b.json", "w"))
config = {"ociVersion": "1", "process": {"user": {"uid": 1, "additionalGids": list(range(100000))}}}
json.dump(config, open("c.json", "w"))
config["process"]["user"]["additionalGids"] = list(range(200000, 100000, -1))
json.dump(config, open("d.json", "w"))
PY
  outcome timeout 20 "$WHITTLECTL" diff --json a.json b.json
  same "status" 1 "$status"
  same "scopes" 10001 "$(jq '.scopes | length' "$stdout")"
  outcome timeout 20 "$WHITTLECTL" diff --json c.json d.json
  same "status" 1 "$status"
  same "differences" '[100000,100000]' "$(jq -c '.scopes[0] | [(.onlyInA | length), (.onlyInB | length)]' "$stdout")"
}

@test "it changes nothing" {
  local before
  two_policies
  before=$(find . -name '*.json' -printf '%p %i %m %u %s %T@ %C@\n' -exec sha256sum {} +)
  differ a.json b.json
  differ --json b.json a.json
  same "the files" "$before" "$(find . -name '*.json' -printf '%p %i %m %u %s %T@ %C@\n' -exec sha256sum {} +)"
}
