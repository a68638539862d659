#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What real engines handed over, judged under a few policies, compared byte for byte with what is
# kept in output/. Speaks TAP. See README.md; `golden.sh --update` writes output/ anew, to be
# reviewed as a change of code is.
set -uo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
source=$(cd "$here/../.." && pwd)
once=${WHITTLE_BUILD:-$source/build-test}/test/golden/trim-once
input=$here/input
output=$here/output
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

update=no
case ${1-} in
  '') ;;
  --update) update=yes ;;
  *) echo "usage: golden.sh [--update]" >&2; exit 2 ;;
esac
[ -x "$once" ] || { echo "golden.sh: $once is not built" >&2; exit 2; }

policies=(example everything restricted tight)

policy_file() {
  case $1 in
    example) echo "$source/config.json.example" ;;
    *) echo "$here/policy/$1.json" ;;
  esac
}

# In whose container an exec took place: KIND ID STATE CONFIG.
state_of() {
  local folder=$input/state
  case $1 in
    docker-hardened-exec*) runc_state "$folder/runc-docker-hardened/state.json" ;;
    docker-runsc-exec*)
      local file
      file=$(find "$folder/runsc-docker-runsc" -name '*.state')
      local id=${file##*/}
      echo "runsc ${id%%_sandbox:*} $file -"
      ;;
    docker-*) runc_state "$folder/runc-docker-default/state.json" ;;
    ctr-*) runc_state "$folder/runc-ctr-default/state.json" ;;
    cri-*) runc_state "$folder/runc-plain/state.json" ;;
    podman-*)
      echo "crun podman $folder/crun-podman-default/status $folder/crun-podman-default/config.json"
      ;;
  esac
}

runc_state() {
  echo "runc $(sed -n 's/^{"id":"\([^"]*\)".*/\1/p' "$1") $1 -"
}

count=0 failures=0

result() { # ok or not, name
  count=$((count + 1))
  if [ "$1" = ok ]; then
    echo "ok $count - $2"
  else
    failures=$((failures + 1))
    echo "not ok $count - $2"
    sed 's/^/# /' "$work/difference"
  fi
}

# Compares (or keeps) one piece of output.
same() { # got, expected
  if [ $update = yes ]; then
    mkdir -p "${2%/*}" && cp "$1" "$2"
    return
  fi
  if [ ! -f "$2" ]; then
    echo "$2 is not there" >>"$work/difference"
    return 1
  fi
  cmp -s "$1" "$2" && return
  { echo "${2#"$source/"}:"; diff <(sed 's/[{},]/&\n/g' "$2") <(sed 's/[{},]/&\n/g' "$1"); } \
    | head -n 40 >>"$work/difference"
  return 1
}

# Judges, and compares the document and the list of changes.
check() { # policy, name, words of trim-once behind the policy
  local policy=$1 name=$2 file verdict=ok status
  shift 2
  file=$(policy_file "$policy")
  [ "$policy" != none ] || file=-
  : >"$work/difference"
  "$once" "$file" "$@" >"$work/document" 2>"$work/changes"
  status=$?
  if [ $status -gt 1 ]; then
    { echo "status $status"; cat "$work/changes"; } >>"$work/difference"
    verdict=bad
  fi
  # A refused document has no output, whatever was printed before.
  if [ $status -eq 0 ]; then
    same "$work/document" "$output/$policy/$name.json" || verdict=bad
  fi
  same "$work/changes" "$output/$policy/$name.changes" || verdict=bad
  result "$verdict" "$policy: $name"
}

check_all() {
  local policy file name words
  for policy in "${policies[@]}"; do
    for file in "$input"/*.json; do
      name=${file##*/}
      name=${name%.json}
      case $name in
        *.resources) ;;
        *.process)
          read -ra words <<<"$(state_of "$name")"
          check "$policy" "$name" process "${words[@]}" "$file"
          ;;
        *) check "$policy" "$name" config "$file" ;;
      esac
    done
  done
  for file in "$input"/*.resources.json; do
    name=${file##*/}
    check none "${name%.json}" resources "$file"
  done
}

# What is kept must have been made by something above.
check_strays() {
  local file name policy
  : >"$work/difference"
  while read -r file; do
    name=${file##*/}
    name=${name%.*}
    policy=${file%/*}
    case " ${policies[*]} none " in
      *" $policy "*) [ -f "$input/$name.json" ] || echo "$file has no input" ;;
      *) echo "$file is of no policy" ;;
    esac
  done < <(cd "$output" && find . -type f | sed 's,^\./,,') >>"$work/difference"
  if [ -s "$work/difference" ]; then
    result bad "every kept output has an input"
  else
    result ok "every kept output has an input"
  fi
}

[ $update = no ] || rm -rf "$output"
check_all
check_strays
echo "1..$count"
[ $failures -eq 0 ]
