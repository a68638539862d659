#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The built file as it is shipped: one static position-independent executable, hardened.
set -uo pipefail

file=${WHITTLE:?the program under test}
n=0
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
headers=$(readelf -W -l -d -h "$file")
has() { grep -qE "$1" <<<"$headers"; }
lacks() { ! grep -qE "$1" <<<"$headers"; }

has 'Type: +DYN'; report $? "position independent"
lacks 'INTERP'; report $? "no interpreter: static"
lacks 'NEEDED'; report $? "no shared library: LD_PRELOAD has nothing to bend"
has 'GNU_RELRO'; report $? "relocations read-only"
has 'BIND_NOW|FLAGS.*NOW'; report $? "bound at start"
has 'GNU_STACK +[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ RW '; report $? "stack not executable"
lacks 'RWE'; report $? "no segment writable and executable"
lacks 'RPATH|RUNPATH'; report $? "no library path"
symbols=$(nm "$file")
grep -q '__stack_chk_fail' <<<"$symbols"; report $? "stack protector"
grep -qE '__[a-z_]+_chk$' <<<"$symbols"; report $? "fortified calls"
echo "1..$n"
