#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The built files as they are shipped: each one static position-independent executable, hardened.
set -uo pipefail

n=0
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
for file in "${WHITTLE:?the program under test}" "${WHITTLECTL:?the program under test}"; do
  name=$(basename "$file")
  headers=$(readelf -W -l -d -h "$file")
  has() { grep -qE "$1" <<<"$headers"; }
  lacks() { ! grep -qE "$1" <<<"$headers"; }

  has 'Type: +DYN'; report $? "$name: position independent"
  lacks 'INTERP'; report $? "$name: no interpreter: static"
  lacks 'NEEDED'; report $? "$name: no shared library: LD_PRELOAD has nothing to bend"
  has 'GNU_RELRO'; report $? "$name: relocations read-only"
  has 'BIND_NOW|FLAGS.*NOW'; report $? "$name: bound at start"
  has 'GNU_STACK +[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ RW '; report $? "$name: stack not executable"
  lacks 'RWE'; report $? "$name: no segment writable and executable"
  lacks 'RPATH|RUNPATH'; report $? "$name: no library path"
  symbols=$(nm "$file")
  grep -q '__stack_chk_fail' <<<"$symbols"; report $? "$name: stack protector"
  grep -qE '__[a-z_]+_chk$' <<<"$symbols"; report $? "$name: fortified calls"
done
echo "1..$n"
