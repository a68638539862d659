#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
#
# whittlectl caps: what is printed for people and for programs, masks into names and back, and words that
# are neither. Names and numbers are those of judge.bash, and of capsh where that is installed.

load lib

setup() {
  [ -x "${WHITTLECTL:-}" ] || fail "WHITTLECTL must be the path of the whittlectl to test"
}

caps() { "$WHITTLECTL" caps "$@"; }

docker=00000000a80425fb all=000001ffffffffff

# As decode prints them.
names_of() { # mask without 0x
  local number names=()
  for number in "${!capability_names[@]}"; do
    [ $((16#$1 >> number & 1)) -eq 0 ] || names+=("CAP_${capability_names[number]}")
  done
  (IFS=, && echo "${names[*]}")
}

# Refused: status 2, nothing on standard output, one line of printable ASCII on standard error.
refused() { # text in the sentence, arguments...
  local code=0 text=$1
  shift
  caps "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || code=$?
  same "status of: $*" 2 "$code"
  same "standard output of: $*" "" "$(cat "$BATS_TEST_TMPDIR/out")"
  same "lines on standard error of: $*" 1 "$(wc -l <"$BATS_TEST_TMPDIR/err")"
  fails grep -q '[^ -~]' "$BATS_TEST_TMPDIR/err"
  grep -qF -e "$text" "$BATS_TEST_TMPDIR/err" || fail "it does not say \"$text\":" "$(cat "$BATS_TEST_TMPDIR/err")"
  grep -q '^whittlectl caps: ' "$BATS_TEST_TMPDIR/err"
}

# A Python expression about the printed object; "it" is the object.
holds_in_json() { # expression, arguments...
  local expression=$1 text
  shift
  text=$(caps --json "$@")
  same "lines of JSON" 1 "$(wc -l <<<"$text")"
  python3 -c '
import json, sys
it = json.loads(sys.argv[2])
assert list(it)[:2] == ["schema", "version"] and it["schema"] == 1
sys.exit(0 if eval(sys.argv[1]) else 1)' "$expression" "$text" || fail "not so: $expression" "$text"
}

@test "what is printed of a capability" {
  same "caps SYS_MODULE cap_kill" 'CAP_KILL (5), low: no further than the container and its volumes
  allows:     send signals to processes of every user
  attacker:   kill or freeze any process in sight, the neighbours'"'"' too in a shared PID namespace
  needed by:  supervisors run as root whose workers run as other users
  instead:    run the supervisor as the user of its workers, or stop it by the engine
  in sets:    docker, containerd, podman, cri-o, baseline
CAP_SYS_MODULE (16), host: owns the host, with no further bug
  allows:     load and unload kernel modules
  attacker:   own the host at once: load a rootkit into its kernel
  needed by:  installers of drivers, and plugins for storage or networks that fetch a module
  instead:    load the module on the host when it boots (modules-load.d)
  in sets:    none' "$(caps SYS_MODULE cap_kill)"
  same "caps NET_RAW" 'CAP_NET_RAW (13), medium: harms or watches others, or takes down a defence
  allows:     use raw and packet sockets, and bind to any address
  attacker:   sniff and spoof traffic of neighbours on the same network (ARP, DNS)
  needed by:  tcpdump, arping, keepalived, DHCP, and ping of older images
  instead:    for ping, set net.ipv4.ping_group_range; capture packets from the host
  in sets:    docker, containerd' "$(caps NET_RAW)"
}

@test "all of them without words, in the kernel's order and within 100 columns" {
  caps >"$BATS_TEST_TMPDIR/all"
  same "names" "$(printf 'CAP_%s\n' "${capability_names[@]}")" \
    "$(sed -n 's/^\(CAP_[A-Z_]*\) .*/\1/p' "$BATS_TEST_TMPDIR/all")"
  same "numbers" "$(seq 0 40)" "$(sed -n 's/^CAP_[A-Z_]* (\([0-9]*\)), .*/\1/p' "$BATS_TEST_TMPDIR/all")"
  same "lines" $((41 * 6)) "$(wc -l <"$BATS_TEST_TMPDIR/all")"
  fails grep -nE '.{101}' "$BATS_TEST_TMPDIR/all"
  same "caps all" "$(cat "$BATS_TEST_TMPDIR/all")" "$(caps all)"
}

@test "names in any spelling, masks of /proc, sets, all at once" {
  local one
  one=$(caps CAP_NET_RAW)
  for word in net_raw NET_RAW Cap_Net_Raw 0000000000002000 0x2000 0X2000 NET_RAW,net_raw; do
    same "caps $word" "$one" "$(caps "$word")"
  done
  same "Docker's by mask" "$(caps docker)" "$(caps "$docker")"
  same "Docker's in two parts" "$(caps docker)" "$(caps baseline NET_RAW 0x0)"
  same "none" "" "$(caps 0000000000000000)"
}

@test "known masks into names" {
  same "Docker's" "$docker=$(names_of "$docker")" "$(caps decode "$docker")"
  same "all" "$all=$(names_of "$all")" "$(caps decode "$all")"
  same "none" "0000000000000000=" "$(caps decode 0)"
  same "several, one a line" "$(printf '%s\n' 0000000000000001=CAP_CHOWN 0000000000000020=CAP_KILL)" "$(caps decode 1 0x20)"
  for word in a80425fb A80425FB 0xa80425fb 0XA80425FB 0000000000000000000000000a80425fb; do
    same "caps decode $word" "$docker=$(names_of "$docker")" "$(caps decode "$word")"
  done
}

@test "bits that have no name are their number" {
  same "41" "0000020000000000=41" "$(caps decode 20000000000)"
  same "all of 64" "ffffffffffffffff=$(names_of "$all"),$(seq -s, 41 63)" "$(caps decode ffffffffffffffff)"
  holds_in_json 'it["masks"][0]["capabilities"] == ["CAP_CHOWN", "63"]' decode 8000000000000001
  refused "newer than this version" 0000020000000000
}

@test "names into masks" {
  same "docker" "$docker" "$(caps encode docker)"
  same "containerd" "$docker" "$(caps encode containerd)"
  same "all" "$all" "$(caps encode all)"
  same "ALL" "$all" "$(caps encode ALL)"
  same "one" 0000000000000020 "$(caps encode kill)"
  same "commas and words" "$(mask KILL CHOWN NET_RAW)" "$(caps encode KILL,chown Cap_Net_Raw)"
  same "a set and more" "$docker" "$(caps encode baseline,net_raw)"
  same "Docker's by names" "$docker" "$(tr -s ' \n' '\n' <<<"$docker_capabilities" | xargs "$WHITTLECTL" caps encode)"
  same "Podman's" "$(mask CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT)" \
    "$(caps encode podman)"
  same "restricted" "$(mask NET_BIND_SERVICE)" "$(caps encode restricted)"
}

@test "there and back, for each capability and some sets" {
  local number mask line
  for number in "${!capability_names[@]}"; do
    mask=$(printf '%016x' $((1 << number)))
    line=$(caps decode "$mask")
    same "number $number" "$mask=CAP_${capability_names[number]}" "$line"
    same "number $number, back" "$mask" "$(caps encode "${line#*=}")"
  done
  for mask in "$docker" "$all" 0000015555555555 000000aaaaaaaaaa; do
    line=$(caps decode "$mask")
    same "$mask, back" "$mask" "$(caps encode "${line#*=}")"
  done
}

@test "as capsh has it, where there is one" {
  local mask number
  if ! command -v capsh >/dev/null; then # which tests that cannot skip have to do without
    echo "capsh is not installed"
    return
  fi
  {
    for number in "${!capability_names[@]}"; do printf '%016x\n' $((1 << number)); done
    printf '%s\n' "$docker" "$all" 0000000000000000 0000015555555555 ffffffffffffffff
  } >"$BATS_TEST_TMPDIR/masks"
  while read -r mask; do
    same "$mask" "$(capsh --decode="$mask" | sed 's/^0x//' | tr '[:lower:]' '[:upper:]')" \
      "$(caps decode "$mask" | tr '[:lower:]' '[:upper:]')"
  done <"$BATS_TEST_TMPDIR/masks"
}

@test "one object for programs" {
  holds_in_json 'list(it) == ["schema", "version", "capabilities"] and len(it["capabilities"]) == 41'
  holds_in_json '[c["number"] for c in it["capabilities"]] == list(range(41))'
  holds_in_json 'all(set(c) == {"name", "number", "grade", "allows", "attacker", "neededBy", "instead", "source", "sets"} for c in it["capabilities"])'
  holds_in_json '{c["grade"] for c in it["capabilities"]} == {"low", "medium", "high", "host"}'
  holds_in_json 'it["capabilities"][0]["sets"] == ["docker", "containerd"] and it["capabilities"][0]["number"] == 13' NET_RAW
  holds_in_json 'it["capabilities"] == []' 0x0
  holds_in_json 'it["masks"][0]["mask"] == "00000000a80425fb" and it["masks"][0]["sameAs"] == ["docker", "containerd"] and len(it["masks"][0]["capabilities"]) == 14' decode a80425fb
  holds_in_json 'len(it["masks"]) == 2 and it["masks"][1]["sameAs"] == ["cri-o"]' decode 0 5fb
  holds_in_json 'it["mask"] == "00000000a80405fb" and it["sameAs"] == ["baseline"] and len(it["capabilities"]) == 13' encode baseline
  holds_in_json 'it["mask"] == "000001ffffffffff"' encode all
}

@test "words that are nothing, with the nearest that is" {
  refused 'did you mean "CAP_SYS_ADMIN"?' SYS_ADMN
  refused 'did you mean "CAP_SYS_ADMIN"?' encode cap_sys_amdin
  refused 'did you mean "docker"?' encode dokcer
  refused 'did you mean "CAP_KILL"?' CHOWN,KIL
  refused "is no capability; give a name" zzzzzzzzzz
  refused "is no capability" 21
  refused "is no capability" encode "$docker"
  refused '"" is no capability' ""
  refused '"" is no capability' encode KILL,
  refused "is no mask" decode NET_RAW
  refused "is no mask" decode ""
  refused "is no mask" decode 0x
  refused "is no mask" decode 0x0x1
  refused "is no mask" decode -- -1
  refused "is no mask" decode 1ffffffffffffffff
  refused "is no mask" decode "$docker" " 1"
  refused "is no mask" 0x11111111111111111
  refused "what is missing behind decode is a mask" decode
  refused "what is missing behind encode is a name" encode
  refused "takes no value" --json=yes
  refused 'no option "--all"' --all
}

@test "hostile words stay words" {
  local long
  long=$(printf '%*s' 100000 '' | tr ' ' A)
  refused '\x1b[31m' $'\e[31mKILL'
  refused '\x0a' $'KILL\nwhittlectl caps: all is well'
  refused 'is no mask' decode $'1\r'
  refused "<script>" '<script>alert(1)</script>'
  refused "is no capability" "$long"
  refused "is no mask" decode "$long"
  refused "is no capability" encode "$(printf 'KILL,%.0s' {1..20000})"
  same "a name twenty thousand times" "$(mask KILL)" "$(caps encode "$(printf 'KILL,%.0s' {1..20000})kill")"
  refused "is no capability" $'\xff\xfe'
}

@test "colour on a terminal, and nowhere else" {
  local plain
  plain=$(caps NET_RAW SYS_ADMIN && caps decode "$docker")
  on_terminal() { # variables...
    TERM=xterm script -qec "env $* '$WHITTLECTL' caps NET_RAW SYS_ADMIN; env $* '$WHITTLECTL' caps decode $docker" /dev/null |
      tr -d '\r'
  }
  case $plain in *$'\e'*) fail "colour in a pipe" ;; esac
  local coloured
  coloured=$(on_terminal)
  case $coloured in *$'\e[33mmedium'*$'\e[31mhost'*$'\e[33mCAP_NET_RAW'*) ;; *) fail "no colour on a terminal" "$coloured" ;; esac
  same "without the colour" "$plain" "$(printf '%s\n' "$coloured" | sed 's/\x1b\[[0-9]*m//g')"
  same "NO_COLOR" "$plain" "$(on_terminal NO_COLOR=1)"
  same "TERM=dumb" "$plain" "$(on_terminal TERM=dumb)"
}

@test "an answer that cannot be written is a failure" {
  local code=0
  caps >/dev/full 2>"$BATS_TEST_TMPDIR/err" || code=$?
  same "status" 2 "$code"
  same "sentence" "whittlectl caps: the answer could not be written" "$(cat "$BATS_TEST_TMPDIR/err")"
}
