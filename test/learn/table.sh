#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What learning is worth: each workload is recorded once in a bundle, run with exactly what was learnt,
# and run without each of these capabilities. The sets must be those of the table in docs/learning.md;
# with UPDATE_TABLE=1 the table is written anew.
#
# usage: test/learn/table.sh [WORKLOAD]...
set -uo pipefail
umask 022
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
page=$PWD/docs/learning.md

# Mounts and recordings are not the host's.
if [ "${1:-}" != --inside ]; then
  exec unshare --mount --propagation private bash "$0" --inside "$@"
fi
shift
# shellcheck source=test/learn/trial.bash
. test/learn/trial.bash
# shellcheck source=test/learn/bundle.bash
. test/learn/bundle.bash
# shellcheck source=test/learn/naive.bash
. test/learn/naive.bash

asked=("${@:-${workloads[@]}}")
work=$(mktemp -d) tree=$work/tree
trap 'end_of_bundles; rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"
own_folders
test/learn/image "$tree"

# ---- one workload ---------------------------------------------------------------------------

words_of() { xargs -n 1 <<<"$*" | sed '/^$/d' | sort -u; }
line_of() { words_of "$*" | paste -sd ' '; }
without() { comm -23 <(words_of "$1") <(words_of "$2") | paste -sd ' '; } # sets

record() {
  recording=yes
  works "$1" "$docker_capabilities" record || complain "does not work while it is recorded"
  recording=
  kept=$(recording_of "$1")
  [ -n "$kept" ] || { complain "there is no recording"; return 1; }
  used=$(jq -r '[.uses[] | select(.use == "used") | .capability | sub("^CAP_"; "")] | join(" ")' <<<"$kept")
  speculative=$(jq -r '[.uses[] | select(.use == "speculative") | .capability | sub("^CAP_"; "")] | join(" ")' <<<"$kept")
  jq -e '.complete and .lost == 0' >/dev/null <<<"$kept" || complain "the recording is not complete: $(jq -c '[.lost, .incomplete]' <<<"$kept")"
}

complain() { printf '%s\n' "$1${why:+: $(paste -sd ' ' "$why" 2>/dev/null)}" "$(tail -n 3 "$output" 2>/dev/null)" >>"$result/failed"; }

# Leaves out what it also does without, one after the other. What it did without once has to be seen twice.
eliminate() { # workload, set
  local one rest set=$2
  for one in $set; do
    rest=$(without "$set" "$one")
    if works "$1" "$rest" enforce && works "$1" "$rest" enforce; then set=$rest; else
      printf '%s: %s\n' "$one" "$(cat "$why" "$output" 2>/dev/null | tail -n 3 | paste -sd ' ')" >>"$result/breaks"
    fi
  done
  minimum=$set
}

measure() { # workload
  result=$work/result/$1 why="" output="" used="" speculative="" minimum="" naive=""
  mkdir -p "$result"
  record "$1" || return
  minimum=$(line_of "$used $speculative")
  works "$1" "$minimum" enforce || { complain "does not work with exactly what was learnt ($minimum)"; minimum=$(line_of "$docker_capabilities"); }
  eliminate "$1" "$minimum"
  printf '%s\n' "$naive" >"$result/naive"
  line_of "$used" >"$result/used"
  line_of "$speculative" >"$result/speculative"
  line_of "$minimum" >"$result/minimum"
  without "$used" "$minimum" >"$result/excess"
  without "$minimum" "$used $speculative" >"$result/missed"
}

for workload in "${asked[@]}"; do
  while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do wait -n; done
  measure "$workload" 2>"$work/errors-$workload" &
done
wait

# ---- what came of it ------------------------------------------------------------------------

n=0
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
comment() { sed 's/^/# /' "$@"; }
count() { wc -w <"$1"; }
total() { (cd "$work/result" && printf "%s/$1\0" "${asked[@]}" | xargs -0 cat | wc -w); } # name of files

row() { # workload
  local title=${1}_title folder=$work/result/$1 cell
  printf '| %s | %d | %d ' "${!title}" "$(wc -w <<<"$docker_capabilities")" "$(count "$folder/naive")"
  for cell in used speculative minimum excess missed; do
    printf '| %s ' "$(sed 's/^$/–/' "$folder/$cell")"
  done
  echo '|'
}
share() { awk -v part="$1" -v whole="$2" 'BEGIN { printf "%.2f", whole ? part / whole : 1 }'; }
totals() {
  local cell
  printf '| **all** | %d ' $((${#asked[@]} * $(wc -w <<<"$docker_capabilities")))
  for cell in naive used speculative minimum excess missed; do printf '| %d ' "$(total $cell)"; done
  echo '|'
}
table() {
  local workload
  echo '| workload | granted | naive trace | used | speculative | proven minimum | false positives | false negatives |'
  echo '| --- | ---: | ---: | --- | --- | --- | --- | --- |'
  for workload in "${asked[@]}"; do row "$workload"; done
  totals
  printf '\nPrecision of "used": %s. Recall of "used" and "speculative": %s.\n' "$precision" "$recall"
}

for workload in "${asked[@]}"; do
  folder=$work/result/$workload
  [ -e "$folder/missed" ] && [ ! -e "$folder/failed" ]
  status=$?
  [ $status -eq 0 ] || comment "$folder/failed" "$work/errors-$workload"
  report $status "$workload: recorded, run with what was learnt, and without each"
  [ -z "${VERBOSE:-}" ] || comment "$folder/breaks"
done

used=$(total used) needed=$(total minimum)
precision=$(share $((used - $(total excess))) "$used")
recall=$(share $((needed - $(total missed))) "$needed")
[ "$used" -gt 0 ] && awk -v p="$precision" 'BEGIN { exit p < 0.95 }'
report $? "of what counts as used at least 95 of 100 are needed: $precision"
[ "$needed" -gt 0 ] && [ "$recall" = 1.00 ]
report $? "nothing that is needed is missed: $recall"

# How much a naive tracer sees depends on the host too: that column is of the last update.
begin='<!-- written by test/learn/table.sh -->' end='<!-- until here -->'
kept_table() { sed -n "\\#^$begin#,\\#^$end#{//d;p}" "$page"; }
sets() { awk -F '|' -v OFS='|' 'NF > 4 { $4 = "" } { print }'; }
if [ ${#asked[@]} -eq ${#workloads[@]} ]; then
  table >"$work/table"
  if [ -n "${UPDATE_TABLE:-}" ]; then
    sed -i -e "\\#^$begin#r $work/table" -e "\\#^$begin#,\\#^$end#{\\#^<!--#!d}" "$page"
  fi
  difference=$(diff <(kept_table | sets) <(sets <"$work/table"))
  status=$?
  [ $status -eq 0 ] || comment <<<"$difference"
  report $status "docs/learning.md has this table"
else
  table | comment
fi
echo "1..$n"
