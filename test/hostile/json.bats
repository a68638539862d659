#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # jq and containers expand; lib.bash sets, and reads
#
# Two readers, two documents: texts that runtimes read differently from each other, and from a
# wrapper that reads them in its own way. T15 to T31 of docs/security.md.

load lib

setup_file() { need_hostile; }
teardown() { end_cases; }

# Lines "PLACE SAYS TEXT": the usual config with the text at that place is refused with these
# words, and then nothing runs. The static binary judges for each kind of runtime, that with
# sanitizers for one, as reading does not depend on the kind.
refused_texts() { # table on standard input
  local place says text
  while read -r place says rest; do
    rest=${rest//FULL/$names} rest=${rest//MARKER/$MARKER}
    config_with "$place" "$rest"
    config_refused "${says//_/ }"
  done
}
# The same for the process of an exec.
refused_requests() {
  local place says rest
  hold
  BINARIES=$WHITTLE
  while read -r place says rest; do
    request_with "$place" "${rest//FULL/$names}"
    exec_refused "${says//_/ }" --process "$CASE/process.json" "$ID"
  done
}

folded_keys() {
  refused_texts <<'EOF'
top_end "process" ,"Process":{"capabilities":{"bounding":[FULL]}}
top_end "process" ,"PROCESS":{"noNewPrivileges":false}
top /Process "Process":{"args":["/bin/report"],"cwd":"/"},
process_end "capabilities" ,"Capabilities":{"bounding":[FULL],"effective":[FULL],"permitted":[FULL]}
process_end "capabilities" ,"CAPABILITIES":null
process "capabilities" "cAPABILITIES":{},
process_end "noNewPrivileges" ,"nonewprivileges":false
process_end "noNewPrivileges" ,"NoNewPrivileges":false
process_end "user" ,"User":{"uid":0}
process_end "args" ,"ARGS":["/bin/touch","MARKER"]
process_end "apparmorProfile" ,"apparmorprofile":"unconfined"
user "uid" "UID":0,
user "additionalGids" "additionalgids":[0],
caps "bounding" "Bounding":[FULL],
caps_end "ambient" ,"AMBIENT":[FULL]
top_end "root" ,"Root":{"readonly":false}
root_end "readonly" ,"ReadOnly":false
root_end "readonly" ,"readOnly":false
root_end "path" ,"Path":"/"
top_end "hooks" ,"Hooks":{"prestart":[{"path":"/bin/touch","args":["touch","MARKER"]}]}
top_end "prestart" ,"hooks":{"Prestart":[{"path":"/bin/touch","args":["touch","MARKER"]}]}
top_end "path" ,"hooks":{"prestart":[{"Path":"/bin/touch"}]}
top_end "linux" ,"Linux":{"namespaces":[]}
linux_end "namespaces" ,"Namespaces":[]
linux_end "seccomp" ,"Seccomp":null
linux_end "defaultAction" ,"seccomp":{"DefaultAction":"SCMP_ACT_ALLOW"}
linux_end "maskedPaths" ,"maskedpaths":[]
ns "type" {"Type":"mount"},
ns "path" {"type":"mount","PATH":"/proc/1/ns/mnt"},
top_end "mounts" ,"Mounts":[]
mounts "destination" {"Destination":"/"},
top_end "annotations" ,"Annotations":{"bundle":"/"}
linux_end "resources" ,"Resources":{"devices":[{"allow":true,"access":"rwm"}]}
linux_end "devices" ,"resources":{"Devices":[{"allow":true,"access":"rwm"}]}
linux_end "allow" ,"resources":{"devices":[{"Allow":true,"access":"rwm"}]}
top_end letter_case ,"futureThing":1,"futurething":2
EOF
}
folded_requests() {
  refused_requests <<'EOF'
top_end "capabilities" ,"Capabilities":{"bounding":[FULL],"effective":[FULL],"permitted":[FULL]}
top_end "noNewPrivileges" ,"nonewprivileges":false
top "user" "User":{"uid":0},
caps "bounding" "BOUNDING":[FULL],
top_end "capabilities" ,"capabilitie\u017f":{"bounding":[FULL]}
top_end "user" ,"u\u017fer":{"uid":0}
EOF
}
@test "T15 a key that only Go takes for another is refused, in config.json and in an exec's process" {
  each "runc crun runsc" folded_keys
  each "runc crun" folded_requests
}

folded_characters() {
  refused_texts <<'EOF'
top_end "process" ,"proceſs":{"capabilities":{"bounding":[FULL]}}
top_end "process" ,"proce\u017fs":{"capabilities":{"bounding":[FULL]}}
top_end "process" ,"proce\u017F\u017f":{"noNewPrivileges":false}
top_end "process" ,"PROCEſS":{}
process_end "capabilities" ,"capabilitie\u017f":{"bounding":[FULL]}
process_end "capabilities" ,"capabilitieſ":null
process_end "noNewPrivileges" ,"noNewPrivilege\u017f":false
top_end "hooks" ,"hoo\u212as":{"prestart":[{"path":"/bin/touch","args":["touch","MARKER"]}]}
top_end "hooks" ,"hooKs":{"poststop":[{"path":"/bin/touch","args":["touch","MARKER"]}]}
top_end "hooks" ,"hoo\u212a\u017f":{"poststop":[{"path":"/bin/touch","args":["touch","MARKER"]}]}
linux_end "namespaces" ,"name\u017fpaces":[]
linux_end "maskedPaths" ,"mas\u212aedPaths":[]
linux_end "maskedPaths" ,"ma\u017f\u212aedPath\u017f":[]
linux_end "seccomp" ,"\u017feccomp":null
process_end "user" ,"u\u017fer":{"uid":0}
user "additionalGids" "additionalGid\u017f":[0],
top_end letter_case ,"future\u212aey":1,"futurekey":2
EOF
}
# What folds into ASCII for no runtime is an unknown key like any other.
harmless_characters() {
  local key
  for key in capabiliti\\u00e9s process_ process- "process " \\u0440rocess process\\u200b dotless\\u0131 \\u00dfeccomp; do
    config_with process_end ",\"$key\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}"
    runs_bounded --bundle "$BUNDLE" "$ID"
    config_with top_end ",\"$key\":{\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}}"
    runs_bounded --bundle "$BUNDLE" "$ID"
  done
}
@test "T16 the two characters outside ASCII that Go folds into it are no way round, raw or escaped" {
  each "runc crun runsc" folded_characters
  each "runc crun" harmless_characters
}

nul_in_keys() {
  refused_texts <<'EOF'
top \u0000 "process\u0000x":{"capabilities":{"bounding":[FULL]}},
top_end \u0000 ,"process\u0000":{}
process \u0000 "capabilities\u0000x":{"bounding":[FULL]},
process \u0000 "noNewPrivileges\u0000":false,
root \u0000 "readonly\u0000":false,
top_end \u0000 ,"hooks\u0000x":{"prestart":[{"path":"/bin/touch","args":["touch","MARKER"]}]}
top_end \u0000 ,"annotations":{"bundle\u0000":"/"}
top_end \u0000 ,"x":{"\u0000":1}
linux_end \u0000 ,"sysctl":{"kernel.core_pattern\u0000x":"x"}
EOF
  [ "$RUNTIME" = runc ] || return 0
  config_with top '"process?x":{},'
  tr '?' '\0' <"$BUNDLE/config.json" >"$CASE/text"
  cp "$CASE/text" "$BUNDLE/config.json"
  config_refused "NUL"
}
nul_requests() {
  refused_requests <<'EOF'
top \u0000 "capabilities\u0000x":{"bounding":[FULL]},
top \u0000 "noNewPrivileges\u0000":false,
top_end \u0000 ,"user\u0000":{"uid":0}
EOF
}
@test "T17 a NUL in a key, where C programs end it, is refused" {
  each "runc crun runsc" nul_in_keys
  each "runc crun" nul_requests
}

nul_in_values() {
  refused_texts <<'EOF'
caps \u0000 "x":["CAP_SYS_ADMIN\u0000x"],
mounts \u0000 {"destination":"/mnt","source":"/run\u0000/ok","options":["bind"]},
mounts \u0000 {"destination":"/\u0000mnt","type":"tmpfs"},
root \u0000 "x":"/\u0000",
process \u0000 "x":["a\u0000b"],
ns \u0000 {"type":"mount\u0000x"},
top_end \u0000 ,"annotations":{"a":"\u0000"}
top_end \u0000 ,"hooks":{"prestart":[{"path":"/bin/touch\u0000x","args":["touch","MARKER"]}]}
linux_end \u0000 ,"cgroupsPath":"/a\u0000b"
EOF
}
@test "T18 a NUL in a value is refused" {
  each "runc crun runsc" nul_in_values
}

duplicate_keys() {
  refused_texts <<'EOF'
top twice "process":{"capabilities":{"bounding":[FULL]}},
top_end twice ,"process":{"capabilities":{"bounding":[FULL]}}
top_end twice ,"process":null
top_end twice ,"process":{}
process twice "capabilities":{"bounding":[FULL],"effective":[FULL],"permitted":[FULL]},
process_end twice ,"capabilities":{"bounding":[null]}
process_end twice ,"capabilities":null
process_end twice ,"\u0063apabilities":{"bounding":[FULL]}
process_end twice ,"noNewPrivileges":true,"noNewPrivileges":false
caps_end twice ,"bounding":[null,null]
caps_end twice ,"boundin\u0067":[FULL]
root_end twice ,"readonly":true,"readonly":false
top_end twice ,"hooks":{},"hooks":{"prestart":[{"path":"/bin/touch","args":["touch","MARKER"]}]}
top_end twice ,"annotations":{"a":"b","a":"c"}
top_end twice ,"annotations":{"a":"b","\u0061":"c"}
top_end twice ,"x":[{"y":{"z":1,"z":2}}]
linux_end twice ,"namespaces":[]
linux_end twice ,"sysctl":{"a":"1","a":"2"}
linux_end twice ,"resources":{"unified":{"a":"1","a":"2"}}
user twice "uid":0,
mounts_end twice ,{"destination":"/a","destination":"/b"}
EOF
  [ "$RUNTIME" = runc ] || return 0
  # Many keys are compared in another way than few.
  config_with top_end ",\"x\":{$(seq 1 5000 | sed 's/.*/"k&":0/' | shuf --random-source=/dev/zero | paste -sd,),\"k77\":1}"
  config_refused "twice"
  config_with top_end ",\"x\":{$(seq 10001 15000 | sed 's/.*/"k&":0/' | paste -sd,),\"k15000\":1}"
  config_refused "twice"
}
duplicate_requests() {
  refused_requests <<'EOF'
top twice "capabilities":{"bounding":[FULL]},
top_end twice ,"capabilities":{"bounding":[null]}
top_end twice ,"noNewPrivileges":true,"noNewPrivileges":false
top_end twice ,"user":null
EOF
}
@test "T19 a key that stands in an object twice is refused, however it is spelled" {
  each "runc crun runsc" duplicate_keys
  each "runc crun" duplicate_requests
}

escaped_spelling() {
  fresh
  sed -i 's/"process"/"\\u0070roc\\u0065ss"/; s/"capabilities"/"capabiliti\\u0065s"/; s/"bounding"/"\\u0062ounding"/;
    s/"CAP_SYS_ADMIN"/"\\u0043AP_SYS\\u005fADMIN"/g; s/"root"/"\\u0072oot"/; s/"linux"/"l\\u0069nux"/;
    s/"CAP_KILL"/"CAP_\\u004bILL"/g' "$BUNDLE/config.json"
  grep -q u0062ounding "$BUNDLE/config.json"
  runs_bounded --bundle "$BUNDLE" "$ID"
  host_has 5 && grep -qx $'CapBnd:\t0000000000000020' "$CASE/out"
  config_with top_end ',"ann\u006ftations":{"bundl\u0065":"/","r\u0075n.oci.x":"y"}'
  runs_bounded --bundle "$BUNDLE" "$ID"
  [ "$(jq -c .annotations "$BUNDLE/config.json")" = '{}' ]
}
@test "T20 escapes in keys and values are decoded before anything is compared" {
  each "runc crun" escaped_spelling
}

whole_text() { # what it says, printf format with %s for the usual config
  base_config ""
  without_places
  # shellcheck disable=SC2059  # the format is the test
  { printf "$2"; printf '%s' "$text"; printf "${3:-}"; } >"$BUNDLE/config.json"
  config_refused "$1"
}
not_json() {
  whole_text "byte order mark" '\xef\xbb\xbf'
  whole_text "" '\xfe\xff'
  whole_text "NUL" '\0'
  whole_text "" '\v'
  whole_text "" '\f'
  whole_text "" '\xc2\xa0'
  refused_texts <<'EOF'
process line_1 "x":NaN,
process line_1 "x":Infinity,
process line_1 "x":-Infinity,
process line_1 "x":.5,
process line_1 "x":5.,
process line_1 "x":+5,
process line_1 "x":01,
process line_1 "x":-,
process line_1 "x":0x10,
process line_1 "x":1e,
process line_1 "x":True,
process line_1 "x":nul,
process line_1 "x":undefined,
process line_1 x:1,
process line_1 "x":'y',
process line_1 'x':"y",
process line_1 "x":"	",
process line_1 "x":"\x41",
process line_1 "x":"\u00g1",
process line_1 "x":[1,],
process line_1 ,
process line_1 "x" "y",
process_end line_1 ,
user /process/user/x "uid":1e3,"x":NaN,
EOF
  edit_numbers uid 0.0
  edit_numbers uid 0e0
  edit_numbers uid -0
  edit_numbers uid 1e3
  edit_numbers uid 1000.0
  edit_numbers uid 4294967296
  edit_numbers uid 4294967295
  edit_numbers uid 18446744073709551616
  edit_numbers uid -1
  edit_numbers gid 4294967295
  edit_numbers gid 1.5
}
edit_numbers() { # key of user, spelling
  fresh
  sed -i "s/\"$1\":0/\"$1\":$2/" "$BUNDLE/config.json"
  config_refused "/process/user/$1"
}
@test "T21 what is no JSON for one runtime is none for any, and an integer is written as one" {
  each runc not_json
}

second_value() {
  whole_text "behind the end" "" '{}'
  whole_text "behind the end" "" '\n{"process":{}}\n'
  whole_text "behind the end" "" 'x'
  whole_text "behind the end" "" ',' 
  whole_text "behind the end" "" '}'
  whole_text "behind the end" "" '//'
  whole_text "behind the end" "" '"'
  whole_text "" "" '\0'
  whole_text "" "" '\0{"process":{}}'
  whole_text "" "" '\n\0\n'
  whole_text "" "" '\xff'
  whole_text "" '{}'
  whole_text "" '[]\n'
}
second_value_request() {
  hold
  request_with
  printf '{"args":["/bin/report"]}' >>"$CASE/process.json"
  exec_refused "behind the end" --process "$CASE/process.json" "$ID"
  request_with
  printf '\0' >>"$CASE/process.json"
  exec_refused "" --process "$CASE/process.json" "$ID"
}
@test "T22 nothing may stand behind the value" {
  each "runc crun" second_value
  each "runc crun" second_value_request
}

comments() {
  refused_texts <<'EOF'
process line_1 /* x */
process line_1 //
process line_1 #
process line_1 "x":/**/1,
top line_1 /*"process":{},*/
EOF
  whole_text "" '// x\n'
  whole_text "" '/* x */'
  whole_text "" '' '/* x */'
  whole_text "" '# x\n'
}
@test "T23 comments are refused" {
  each "runc crun runsc" comments
}

broken_text() {
  local bytes
  for bytes in '\xff' '\xc3' '\xc3(' '\xc0\xaf' '\xe0\x80\xaf' '\xf0\x80\x80\xaf' '\xed\xa0\x80' '\xf4\x90\x80\x80' '\x80' '\xf8\x88\x80\x80\x80'; do
    config_with process '"x?":1,'
    # shellcheck disable=SC2059
    sed -i "s/x?/x$(printf "$bytes")/" "$BUNDLE/config.json"
    config_refused "UTF-8"
    config_with process '"x":"?",'
    # shellcheck disable=SC2059
    sed -i "s/\"?\"/\"$(printf "$bytes")\"/" "$BUNDLE/config.json"
    config_refused "UTF-8"
  done
  refused_texts <<'EOF'
process surrogate "x":"\ud800",
process surrogate "x":"\udc00",
process surrogate "x":"\ud800\ud800",
process surrogate "x":"\ud800x",
process surrogate "x\ud800":1,"x\udbff":2,
process surrogate "\udfff":1,
EOF
}
@test "T24 what is no UTF-8, and halves of surrogate pairs, are refused" {
  each "runc crun" broken_text
}

deep() {
  local opened closed
  for depth in 31 32 1000 200000; do
    opened=$(head -c "$depth" /dev/zero | tr '\0' '[') closed=$(head -c "$depth" /dev/zero | tr '\0' ']')
    printf '{"x":%s%s}' "$opened" "$closed" >"$BUNDLE/config.json"
    config_refused "nested deeper"
    printf '%s' "$opened$opened" >"$BUNDLE/config.json"
    config_refused "nested deeper"
  done
  python3 -c 'print("{\"a\":" * 300000 + "1" + "}" * 300000)' >"$BUNDLE/config.json"
  config_refused "nested deeper"
  python3 -c 'print("[{\"a\":" * 16, end="")' >"$BUNDLE/config.json"
  config_refused "nested deeper"
}
deep_enough() {
  config_with top_end ",\"x\":$(printf '[%.0s' {1..30})$(printf ']%.0s' {1..30})"
  runs_bounded --bundle "$BUNDLE" "$ID"
}
@test "T25 nesting has an end, by a refusal and no signal" {
  each runc deep
  each "runc crun" deep_enough
}

large_numbers() {
  local number=18446744073709551615
  config_with process_end ",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":$number,\"hard\":$number}]"
  runs_bounded --bundle "$BUNDLE" "$ID"
  grep -qF "\"soft\":$number,\"hard\":$number" "$BUNDLE/config.json"
  config_with top_end ',"x":[1.0,1e400,-0,0.10,123456789012345678901234567890,1E+2]'
  runs_bounded --bundle "$BUNDLE" "$ID"
  grep -qF '"x":[1.0,1e400,-0,0.10,123456789012345678901234567890,1E+2]' "$BUNDLE/config.json"
}
@test "T26 numbers stay as they are spelled" {
  each crun large_numbers
}

wrong_types() {
  refused_texts <<'EOF'
linux_end /linux/seccomp ,"seccomp":"x"
linux_end /linux/seccomp ,"seccomp":[]
linux_end /linux/seccomp ,"seccomp":true
linux_end defaultAction ,"seccomp":{"defaultAction":1}
linux_end syscalls ,"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{}}
linux_end names/0 ,"seccomp":{"syscalls":[{"names":[1]}]}
linux_end maskedPaths ,"maskedPaths":{}
linux_end maskedPaths ,"maskedPaths":"/proc"
linux_end maskedPaths/0 ,"maskedPaths":[null]
linux_end readonlyPaths ,"readonlyPaths":true
process_end noNewPrivileges ,"noNewPrivileges":"true"
process_end noNewPrivileges ,"noNewPrivileges":1
process_end noNewPrivileges ,"noNewPrivileges":[]
process_end terminal ,"terminal":0
process_end apparmorProfile ,"apparmorProfile":{}
process_end rlimits ,"rlimits":{}
root_end readonly ,"readonly":"true"
root_end readonly ,"readonly":1
root_end readonly ,"readonly":{}
user additionalGids "additionalGids":{},
user additionalGids "additionalGids":["0"],
user umask "umask":"0",
ns namespaces/0 "mount",
ns namespaces/0 null,
ns type {"type":1},
ns path {"type":"mount","path":[]},
mounts mounts/0 "x",
mounts options {"destination":"/x","options":"ro"},
mounts options/0 {"destination":"/x","options":[1]},
mounts destination {"destination":1},
top_end annotations ,"annotations":[]
top_end annotations/a ,"annotations":{"a":1}
top_end annotations/a ,"annotations":{"a":null}
top_end hooks ,"hooks":[]
top_end prestart ,"hooks":{"prestart":{}}
linux_end resources ,"resources":[]
linux_end devices ,"resources":{"devices":{}}
linux_end allow ,"resources":{"devices":[{"allow":"false"}]}
linux_end sysctl ,"sysctl":[]
linux_end uidMappings ,"uidMappings":{}
EOF
  retyped uid '"uid":0' '"uid":"1000"'
  retyped uid '"uid":0' '"uid":true'
  retyped uid '"uid":0' '"uid":[0]'
  retyped user '"user":{' '"user":[],"x":{'
  retyped args '"args":[' '"args":"/bin/report","x":['
  retyped env '"env":[' '"env":{},"x":['
  retyped env/0 '"PATH=/bin"' 'null'
  retyped cwd '"cwd":"/"' '"cwd":1'
  retyped namespaces '"namespaces":[' '"namespaces":{},"x":['
  retyped linux '"linux":{' '"linux":[],"x":{'
  retyped /root/path '"path":"' '"path":[],"x":"'
}
retyped() { # what it says, from, to
  fresh
  [[ $text == *"$2"* ]]
  printf '%s' "${text/"$2"/"$3"}" >"$BUNDLE/config.json"
  config_refused "$1"
}
@test "T27 a value of the wrong type, which crun would pass over, is refused" {
  each "runc crun" wrong_types
}

empty_documents() {
  local text
  for text in '' ' ' $'\n' '{' '{}' '[]' 'null' '0' '""' 'true' '{"process":{}}' '{"process":null}' '{"ociVersion":"1.0.2"'; do
    printf '%s' "$text" >"$BUNDLE/config.json"
    config_refused ""
    cmp <(printf '%s' "$text") "$BUNDLE/config.json"
  done
  fresh
  for size in 1 100 200 400 600; do
    fresh
    truncate -s "$size" "$BUNDLE/config.json"
    config_refused "line 1"
  done
  : >"$CASE/empty.json"
  rm "$BUNDLE/config.json"
  config_refused "it does not exist"
}
@test "T28 empty, cut off, or without what it is about: refused, and the file stays as it is" {
  each "runc crun" empty_documents
}

# Shapes of three megabytes, each of which is the worst for some way of reading. A way that is not
# linear would need minutes for one of these; and memory has the bound that design and documents give.
huge() {
  local file
  truncate -s 8G "$BUNDLE/config.json"
  SECONDS_MOST=10 MIB_MOST=4 whittle run --bundle "$BUNDLE" "$ID"
  was_refused "larger" "eight gigabytes of nothing"
  rm "$BUNDLE/config.json"
  head -c 16777217 /dev/zero | tr '\0' ' ' >"$BUNDLE/config.json"
  config_refused "larger"
  truncate -s 16777216 "$BUNDLE/config.json"
  BINARIES=$WHITTLE
  config_refused "line 1"
  fresh
  mkdir "$CASE/shapes"
  write_shapes "$CASE/shapes" <"$BUNDLE/config.json"
  tell_only
  for file in "$CASE"/shapes/*; do
    mv "$file" "$BUNDLE/config.json"
    MIB_MOST=$((3 + 8 * 3)) SECONDS_MOST=20 whittle run --bundle "$BUNDLE" "$ID"
    [ "$status" -le 1 ] || fail "${file##*/}: $(cat "$CASE/err.cost") (ms, KiB) $(shown)"
  done
}
tell_only() { edit_policy --arg path "$(helper runtime)" '.runtimes[0].path = $path'; }
write_shapes() { # folder; the usual config on standard input
  python3 -c '
import json, sys
folder, size, base = sys.argv[1], 3000000, json.load(sys.stdin)

def write(name, text):
    with open(folder + "/" + name, "w") as f:
        f.write(text)
def many(unit):
    return ",".join([unit] * (size // (len(unit) + 1)))
def numbered(form, mix=1):
    count = size // (len(form % 0) + 1)
    return ",".join(form % (i * mix % 1000003) for i in range(count))
def put(name, text, *path):
    document = json.loads(json.dumps(base))
    place = document
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = "HERE"
    write(name, json.dumps(document).replace("\"HERE\"", text, 1))
def members(name, text):
    write(name, json.dumps(base)[:-1] + "," + text + "}")

write("deep", "[" * size)
put("objects", "[" + many("{}") + "]", "x")
put("numbers", "[" + many("0") + "]", "x")
put("arrays", "[" + many("[" * 28 + "]" * 28) + "]", "x")
put("keys", "{" + numbered("\"k%07d\":0", 7919) + "}", "x")
members("unknown", numbered("\"k%07d\":0", 7919))
members("escaped", numbered("\"\\u006b%07d\":0", 7919))
members("folded", numbered("\"\u212a\u017f%07d\":0", 7919))
# Equal under every hash that multiplies by 31 and adds.
pairs = ["".join("Aa" if i >> b & 1 else "BB" for b in range(17)) for i in range(size // 40)]
put("colliding", "{" + ",".join("\"%s\":0" % p for p in pairs) + "}", "x")
put("capabilities", "[" + many("\"CAP_KILL\",\"CAP_SYS_ADMIN\"") + "]", "process", "capabilities", "bounding")
put("annotations", "{" + ",".join("\"run.oci.%d\":\"\",\"a%d\":\"\"" % (i, i) for i in range(size // 34)) + "}",
    "annotations")
put("mounts", "[" + numbered("{\"destination\":\"/m%07d\"}") + "]", "mounts")
put("last-mount", "[" + numbered("{\"destination\":\"/m%07d\"}") + ",7]", "mounts")
put("climbing", "[{\"destination\":\"/" + "a/../" * (size // 5) + "b\"}]", "mounts")
put("namespaces", "[" + many("{\"type\":\"mount\"}") + "]", "linux", "namespaces")
put("string", "\"" + "a" * size + "\"", "hostname")
put("backslashes", "\"" + "\\\\" * (size // 2) + "\"", "hostname")
put("quotes", "\"" + "\\\"" * (size // 2) + "\"", "hostname")
put("digits", "1" * size, "process", "user", "uid")
put("narrow", json.dumps({"org.whittle.capabilities": "CAP_KILL," * (size // 9) + "CAP_KILL"}), "annotations")
write("newlines", "{" + "\n" * size + "x")
' "$1"
}
@test "T29 huge and misshapen texts end soon and within their memory" {
  each runc huge
}

unknown_fields() {
  config_with top_end ',"future":{"capabilities":["CAP_SYS_ADMIN"],"a":[1,{"b":null}]},"ociVersion2":"9.9"'
  edit_config '.ociVersion = "1.0.2" | .process.future = true | .linux.future = [] | .root.future = {}'
  runs_bounded --bundle "$BUNDLE" "$ID"
  jq -e '.future.a == [1, {"b": null}] and .process.future and .linux.future == [] and .root.future == {}' \
    "$BUNDLE/config.json"
}
sixth_set() {
  refused_texts <<'EOF'
caps five_capability_sets "everything":[FULL],
caps_end five_capability_sets ,"bounding2":[]
caps_end five_capability_sets ,"":null
EOF
}
sixth_set_request() {
  refused_requests <<'EOF'
caps five_capability_sets "everything":[FULL],
caps_end five_capability_sets ,"inherited":null
EOF
}
@test "T30 unknown fields pass as they are, but a sixth capability set is refused" {
  each "runc crun" unknown_fields
  each "runc crun runsc" sixth_set
  each "runc crun" sixth_set_request
}

# Everything but what is judged comes out as it went in: order, empty arrays, spellings.
untouched() {
  fresh
  python3 -c '
import json, sys
text = sys.stdin.read()
text = text.replace("\"hostname\"", "\"hooks\":{\"poststop\":[{\"path\":\"/bin/true\",\"env\":[],\"args\":[]}]},\"annotations\":{\"z\":\"1\",\"a\":\"\\u00e9\\/\",\"B\":\"\",\"b\":\"\"},\"hostname\"", 1)
text = text.replace("\"linux\":{", "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rwm\"},{\"allow\":false,\"access\":\"rwm\"}]},\"maskedPaths\":[],\"readonlyPaths\":null,\"sysctl\":{},", 1)
sys.stdout.write("  " + text.replace(",", " ,\n\t") + "\n")' <"$BUNDLE/config.json" >"$CASE/asked.json"
  cp "$CASE/asked.json" "$BUNDLE/config.json"
  # The kinds that complete what was left out would have to.
  edit_policy '.default += { profile: "privileged", noNewPrivileges: true, readonlyRootfs: true }'
  tell_only
  whittle run --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 0 ]
  python3 - "$CASE/asked.json" "$BUNDLE/config.json" <<'EOF'
import json, sys
# Pairs keep order and duplicates, numbers their spelling.
def read(path):
    return json.load(open(path), object_pairs_hook=lambda p: ["{"] + [list(x) for x in p], parse_int=str, parse_float=str)
def member(o, key):
    return next(p for p in o[1:] if p[0] == key)
asked, given = read(sys.argv[1]), read(sys.argv[2])
for document in asked, given:
    process, root = member(document, "process")[1], member(document, "root")[1]
    process[1:] = [p for p in process[1:] if p[0] not in ("capabilities", "noNewPrivileges")]
    root[1:] = [p for p in root[1:] if p[0] != "readonly"]
    mounts = member(document, "mounts")
    mounts[1] = [m for m in mounts[1] if ["destination", "/tmp"] not in m]
assert asked == given, (asked, given)
EOF
  grep -qF '"a":"\u00e9\/"' "$BUNDLE/config.json"
  cp "$BUNDLE/config.json" "$CASE/once.json"
  whittle run --bundle "$BUNDLE" "$ID"
  cmp "$CASE/once.json" "$BUNDLE/config.json"
}
@test "T31 what is not judged comes out as it went in, and a second time changes nothing" {
  each "runc crun runsc" untouched
}
