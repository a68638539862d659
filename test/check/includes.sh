#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The rooms keep to their place: each includes only base and the rooms before it in the data's way, the
# deciding rooms never the acting one, and each outside library has one owner. Every header compiles alone.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

n=0
comment() { echo "# ${1//$'\n'/$'\n'# }"; }
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

declare -A may=(
  [base]='base'
  [json]='base json'
  [oci]='base json oci'
  [seccomp]='base json oci seccomp'
  [policy]='base json oci policy'
  [trim]='base json oci seccomp policy trim'
  [toml]='base toml'
  [engine]='base json oci toml engine'
  [host]='base trim host'
  [learn]='base json oci learn'
  [record]='base json oci seccomp trim host learn record'
)
for room in base json oci seccomp policy trim toml engine host learn record; do
  breaches=$(grep -nE '^#include "[a-z]+/' lib/$room/*.{c,h,cpp} 2>/dev/null |
    while IFS= read -r line; do
      used=$(sed -E 's/.*#include "([a-z]+)\/.*/\1/' <<<"$line")
      grep -qw "$used" <<<"${may[$room]}" || echo "# $line"
    done)
  [ -z "$breaches" ] || echo "$breaches"
  [ -z "$breaches" ]
  report $? "lib/$room includes only: ${may[$room]}"
done

owner() { # header, folder
  local others
  others=$(grep -rlE "#include <$1>" lib cmd --include='*.[ch]' --include='*.cpp' | grep -v "^$2/")
  [ -z "$others" ] || comment "$others"
  [ -z "$others" ] && grep -rqE "#include <$1>" "$2"
  report $? "<$1> is included in $2 alone"
}
owner 'yajl/[a-z_]+\.h' lib/json
owner 'sys/capability\.h' lib/host
owner 'seccomp\.h' lib/seccomp
owner 'toml\+\+/[a-z_/]+\.h' lib/toml

broken=''
for header in lib/*/*.h cmd/*/*.h cmd/whittlectl/*/*.h; do
  gcc -std=gnu11 -D_GNU_SOURCE -DWH_VERSION='"0"' -Wall -Wextra -Werror -Ilib -Icmd -fsyntax-only \
    -include "$header" -x c /dev/null || broken+=" $header"
done
[ -z "$broken" ] || echo "# not self-contained:$broken"
[ -z "$broken" ]
report $? "every header compiles alone"

banned='\b(strcpy|strcat|sprintf|strtok|atoi|atol|system|popen|gets|alloca)\('
found=$(grep -nE "$banned" -r lib cmd --include='*.[ch]')
[ -z "$found" ] || comment "$found"
[ -z "$found" ]
report $? "no function that invites an overflow or a shell"

found=$(grep -nE '\b(exit|_exit|abort|printf|puts|perror)\(' -r lib --include='*.c' | grep -vE 'snprintf|vsnprintf')
[ -z "$found" ] || comment "$found"
[ -z "$found" ]
report $? "nothing in lib/ prints or exits"

echo "1..$n"
