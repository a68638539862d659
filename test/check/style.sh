#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a tool can say about the looks of the sources.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

n=0
comment() { echo "# ${1//$'\n'/$'\n'# }"; }
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
mapfile -t sources < <(find lib cmd test \( -name '*.[ch]' -o -name '*.cpp' \) | sort)
mapfile -t scripts < <(grep -rlE '^#!/(usr/bin/env bash|bin/sh)' quickstart test .ci | sort)

clang-format --dry-run -Werror "${sources[@]}"; report $? "clang-format"
shellcheck -x "${scripts[@]}"; report $? "shellcheck"

unlabelled=$(grep -L 'SPDX-License-Identifier: Apache-2.0' "${sources[@]}" "${scripts[@]}")
[ -z "$unlabelled" ] || comment "$unlabelled"
[ -z "$unlabelled" ]; report $? "every source names its licence"

# A function is from its opening brace in column 1 to its closing one.
long=$(awk 'FNR == 1 { open = 0 }
  /^\{/ { open = FNR }
  /^\}/ && open { if (FNR - open > 100) print "# " FILENAME ":" open; open = 0 }' "${sources[@]}")
[ -z "$long" ] || echo "$long"
[ -z "$long" ]; report $? "no function over 100 lines"

left=$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b|[Nn]ot (yet )?implemented' -r lib cmd docs README.md quickstart | sed 's/^/# /')
[ -z "$left" ] || echo "$left"
[ -z "$left" ]; report $? "nothing left for others"
echo "1..$n"
