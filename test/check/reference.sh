#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The reference of the policy and its JSON Schema are what the program's tables say; the example and
# every policy of the tests are valid under the schema, and what the program refuses for its shape is not.
# The synopsis and the list of options in whittlectl(8) are what the table of its verbs says.
# With --update these are written anew.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
generate=${WHITTLE_BUILD:-build-test}/docs/reference/generate-reference
whittlectl=${WHITTLECTL:-${WHITTLE_BUILD:-build-test}/cmd/whittlectl/whittlectl}
man=docs/man/whittlectl.8

# The man page with what the program prints between the two comments that mark it.
man_page() {
  sed '/^\.\\" Printed by/q' "$man" && "$whittlectl" completion man && sed -n '/^\.\\" By hand/,$p' "$man"
}

if [ "${1:-}" = --update ]; then
  new=$(man_page) || exit
  printf '%s\n' "$new" >"$man"
  "$generate" page >docs/reference/policy.md && "$generate" schema >docs/reference/policy.schema.json
  exit
fi

n=0
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}
same() { # file, command...
  local difference file=$1
  shift
  difference=$(diff "$file" <("$@")) || echo "# ${difference//$'\n'/$'\n'# }"
  [ -z "$difference" ]
  report $? "$file is what the program's tables say"
}
same docs/reference/policy.md "$generate" page
same docs/reference/policy.schema.json "$generate" schema
same "$man" man_page

valid() { # of a policy on standard input
  python3 -c '
import json, re, sys
from jsonschema import Draft7Validator
text = re.sub(r"(?m)(^|(?<=[\s,\[{]))//.*$", "", sys.stdin.read())
schema = json.load(open("docs/reference/policy.schema.json"))
Draft7Validator.check_schema(schema)
errors = list(Draft7Validator(schema).iter_errors(json.loads(text)))
for error in errors: print("#", list(error.path), error.message[:200])
sys.exit(1 if errors else 0)'
}
for policy in config.json.example test/golden/policy/*.json; do
  valid <"$policy"
  report $? "$policy is valid under the schema"
done
for policy in '{"defaults":{}}' '{"default":{"sysctl":"maybe"}}' '{"default":{"hooks":"strip"}}' \
  '{"default":{"hostNamespaces":["net"]}}' '{"default":{"mounts":{"allowed":[]}}}' \
  '{"rules":[{"name":"x"}]}' '{"default":{"oomScoreAdj":2000}}'; do
  ! valid <<<"$policy" >/dev/null
  report $? "the schema refuses $policy"
done

echo "1..$n"
