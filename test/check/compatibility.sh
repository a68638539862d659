#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tables of docs/compatibility.md are those that test/compat/page makes of the kept results: nobody
# has edited them by hand, and no failure is left out.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

page=docs/compatibility.md results=test/compat/results.tsv
made=$(mktemp)
trap 'rm -f "$made"' EXIT

n=0
comment() { echo "# ${1//$'\n'/$'\n'# }"; }
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

cp $page "$made" && test/compat/page $results "$made" && difference=$(diff -u $page "$made")
status=$?
[ $status -eq 0 ] || comment "${difference-}"
report $status "$page has the tables of $results"

# shellcheck disable=SC2016  # awk's
wrong=$(awk -F '\t' '$1 != "#" && (NF != 11 || ($8 == "skip") != ($10 ~ /^bare fails too: ./) ||
  $8 !~ /^(ok|not ok|skip)$/) { print NR ": " $0 }' $results)
[ -z "$wrong" ] || comment "$wrong"
[ -z "$wrong" ]
report $? "each line of $results is a whole verdict; what was left out failed without whittle too"

! grep -q $'\tnot ok\t' $results
report $? "nothing failed"

echo "1..$n"
