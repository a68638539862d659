#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The documents say what is so. Commands in them are run and their output compared, links lead somewhere,
# look-up tables are held against the tables of the sources, man pages are linted.
#
# Fences in README.md and docs/*.md, all of one page in order and in one shell:
#   ```sh       is run, in a copy of the sources; must succeed, unless a ```text follows at once
#   ```text     behind a ```sh is what that prints; "…" stands for anything
#   ```jsonc    is a whole policy: whittlectl check accepts it
#   ```json     is valid JSON
#   ```yaml     is valid YAML
#   ```console, ```toml, ```ini, or none: only shown
#
# A page runs in namespaces of its own: what it writes to /etc, /usr/local, /run, its temporary and its home
# folder is gone afterwards, and so are its processes. WHITTLE and WHITTLECTL are the programs under test.
# Needs root.
#
# shellcheck disable=SC2016 # Markdown is full of backticks
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source=$PWD
# shellcheck source=test/page.bash
. test/page.bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/out" "$work/blocks"
ln -s "${WHITTLE:?the program under test}" "$work/bin/whittle"
ln -s "${WHITTLECTL:?the program under test}" "$work/bin/whittlectl"

pages=(README.md docs/*.md docs/guide/*.md docs/reference/audit.md)
prose=("${pages[@]}" CONTRIBUTING.md test/README.md)
mapfile -t man_pages < <(find docs/man -name '*.[158]' | sort)

# ---- what is run ------------------------------------------------------------------------------

# The sources as somebody would have them who just got them. test/run, which runs this very file, only
# says so there.
copy_source() { # folder
  mkdir "$1"
  tar -C "$source" --exclude=./.git --exclude='./build*' -cf - . | tar -C "$1" -xf -
  cat >"$1/test/run" <<'STUB'
#!/bin/sh
echo "every suite runs here; this page is one of its tests"
STUB
}

# What runs in the namespaces. All changes go to one tmpfs that ends with them.
cat >"$work/sandbox" <<'SANDBOX'
set -e
work=$1 script=$2 log=$3 changes=$1/changes
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs "$changes"
mkdir "$changes/"{home,tmp,bin}
for folder in /etc /usr/local "$work/source"; do
  mkdir -p "$changes/upper$folder" "$changes/scratch$folder"
  mount -t overlay -o "lowerdir=$folder,upperdir=$changes/upper$folder,workdir=$changes/scratch$folder" docs "$folder"
done
mount -t tmpfs -o mode=0755 tmpfs /run
rm -rf /etc/whittle
# Packages are the business of whoever runs the tests.
printf '#!/bin/sh\necho "the documents may not install packages here: $*" >&2\nexit 1\n' >"$changes/bin/apt-get"
chmod 755 "$changes/bin/apt-get"
export PATH="$work/bin:$changes/bin:$PATH" HOME="$changes/home" TMPDIR="$changes/tmp"
unset XDG_RUNTIME_DIR
cd "$work/source"
bash "$script" </dev/null >"$log" 2>&1 || true
for id in $(runc list --quiet); do
  runc delete --force "$id" || true
done
SANDBOX

run_page() { # script, log
  timeout 3600 unshare --mount --pid --fork --kill-child --propagation private \
    bash "$work/sandbox" "$work" "$1" "$2"
}

copy_source "$work/source"
mkdir "$work/changes"
traces() { ls -A /etc/whittle /usr/local/bin /usr/local/share/man "$source" 2>&1; }
before=$(traces)

for page in "${pages[@]}"; do
  blocks=$work/blocks/${page//\//_}
  output=$work/out/${page//\//_}
  mkdir "$blocks" "$output"
  judge_fences "$page" "$blocks"
  [[ $page != docs/guide/* ]] || continue # those need engines: test/engine/guide.sh
  compgen -G "$blocks/*.sh" >/dev/null || continue
  page_script "$blocks" "$output" >"$output/script"
  run_page "$output/script" "$output/log"
  for block in "$blocks"/*.sh; do
    judge_block "$page" "$block" "$output"
  done
done
left=$(diff <(echo "$before") <(traces) | grep '^[<>]')
report_none "$left" "nothing is left behind on this host"

# ---- links ------------------------------------------------------------------------------------

# As GitHub makes them of headings.
anchors_of() { # page
  sed -nE 's/^#+ +//p' "$1" | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

broken=''
for page in "${prose[@]}"; do
  [ -e "$page" ] || { broken+="$page is not there"$'\n'; continue; }
  while IFS= read -r link; do
    target=${link%%#*} anchor=''
    [[ $link != *#* ]] || anchor=${link#*#}
    file=$(dirname "$page")/$target
    [ -n "$target" ] || file=$page
    if [ ! -e "$file" ]; then
      broken+="$page: $link"$'\n'
    elif [ -n "$anchor" ] && ! anchors_of "$file" | grep -qxF -e "$anchor"; then
      broken+="$page: $link has no such heading"$'\n'
    fi
  done < <(grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(//; s/\)$//' | grep -vE '^(https?|mailto):')
done
report_none "${broken%$'\n'}" "links between the documents lead somewhere"

# A path in a document is one that every host has, or the pointer to a member of config.json.
common='bin|dev|etc|opt|proc|root|run|sbin|srv|sys|tmp|usr|var'
pointers='annotations|capabilities|devices|mounts|noNewPrivileges|process'
strange=$(grep -noE '(^|[ "`(=])/[A-Za-z][A-Za-z0-9_.-]*/?[^ ]*' "${prose[@]}" "${man_pages[@]}" |
  grep -vE "[ \"\`(=:]/($common|$pointers)([^A-Za-z]|\$)" | grep -vE '[`"(]/(path|a|lib)[/"]')
report_none "$strange" "no path of somebody's own machine"

# ---- the tables -------------------------------------------------------------------------------

# The lines of the reference between a heading and the next one of its level or above.
section() { # heading
  awk -v heading="$1" '
    /^#/ { match($0, /^#+/); here = RLENGTH }
    $0 == heading { inside = 1; level = RLENGTH; next }
    inside && /^#/ && here <= level { exit }
    inside' docs/reference.md
}

# The names of all keys: those of keys.c, and the kinds of privilege.
keys=$({
  grep -hoE '^	(KEY|CONDITION)\("[A-Za-z]+"' lib/policy/keys.c
  grep -hoE '(\.key = |SECTION\()"[A-Za-z]+"' lib/policy/kinds.c
} | grep -oE '"[A-Za-z]+"' | tr -d '"' | sort -u)
[ "$(wc -l <<<"$keys")" -gt 50 ]
report $? "the keys of the policy can be read"

# Which of the names on standard input are not in $text, written as the pattern says.
missing() { # pattern with %s
  local name
  while IFS= read -r name; do
    # shellcheck disable=SC2059 # the pattern is the caller's
    grep -qwF -e "$(printf "$1" "$name")" <<<"$text" || echo "$name"
  done
}

# lib/oci/subject.c as rows of the reference: fact, what a rule on it can do, where it comes from.
fact_rows() {
  python3 - lib/oci/subject.c <<'PYTHON'
import re, sys

can = {"ENGINE": "allow more or less than `default`", "SETTABLE": "only tighten"}
for name, trust, source in re.findall(
        r'\{\s*"(\w+)",\s*(ENGINE|SETTABLE),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', open(sys.argv[1]).read()):
    print(f"| `{name}` | {can[trust]} | " + "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', source)) + " |")
PYTHON
}

facts=$(fact_rows)
[ "$(wc -l <<<"$facts")" -eq "$(grep -c '^	\[WH_FACT_' lib/oci/subject.c)" ]
report $? "the facts of lib/oci/subject.c can be read"
wrong=$(diff <(sort <<<"$facts") <(section '### match' | grep -E '^\| `[A-Za-z]+` \| (allow more|only tighten)' | sort) |
  sed -n 's/^< /missing: /p; s/^> /not so in subject.c: /p')
report_none "$wrong" "the reference has every fact, as lib/oci/subject.c describes it"
text=$(section '### match')
wrong=$(sed -nE '/^static const char \*const engines/,/^\}/s/.*= "([a-z-]+)".*/\1/p' lib/oci/subject.c | missing '| `%s`')
report_none "$wrong" "the reference has every engine"

text=$(cat docs/man/whittle.json.5)
wrong=$(missing '.It Va %s' <<<"$keys")
report_none "$wrong" "whittle.json(5) has every key"

text=$(section '## Records')
wrong=$(grep -oE 'add_(text|member)\([^,]+, "[a-zA-Z]+"|\\"[a-zA-Z]+\\":' cmd/common/record.c |
  sed -E 's/.*"([a-zA-Z]+)\\?":?$/\1/' | sort -u | missing '| `%s` |')
report_none "$wrong" "the reference has every field of a record"

for runtime in runc crun runsc; do
  grammar=lib/oci/grammar-$runtime.c
  text=$(section "### $runtime")
  wrong=$(sed -nE 's/^\t\{ "([a-z-]+)", WH_ACTION_.*/\1/p' "$grammar" | missing '`%s`')
  report_none "$wrong" "the reference has every command of $runtime"
  wrong=$(awk '/WH_OPTION_REFUSE/' "$grammar" | sed -nE 's/^\t\{ "([A-Za-z-]+)".*/\1/p' | sort -u | missing '`--%s`')
  report_none "$wrong" "the reference has every option of $runtime that is refused"
done

text=$(section '### Dropped annotations')
wrong=$(sed -nE '/dangers\[\]/,/^\}/s/^\t\{ "([^"]+)".*/\1/p; /engine_properties\[\]/,/^\}/s/^\t\{ "([^"]+)".*/\1/p' \
  lib/oci/annotation.c | missing '`%s')
report_none "$wrong" "the reference has every annotation that is dropped, and the exceptions"

text=$(section '## Environment')
wrong=$(grep -rhoE '\b(secure_)?getenv\("[A-Z_]+"\)' lib cmd/common cmd/whittle --include='*.c' |
  sed -E 's/.*"(.*)".*/\1/' | sort -u | missing '| `%s` |')
report_none "$wrong" "the reference has every environment variable that is read"

help=$("$WHITTLECTL" --help)
verbs=$(sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p' <<<"$help")
text=$(sed -n '/^\.\\" By hand/,$p' docs/man/whittlectl.8)
wrong=$(missing '.It Cm %s' <<<"$verbs")
[ -n "$verbs" ] || wrong='the help names no verb'
report_none "$wrong" "whittlectl(8) tells of every verb of the help"
text=$(section '## whittlectl')
wrong=$(missing '| `%s' <<<"$verbs")
report_none "$wrong" "the reference has every verb of the help"

# What is printed from the table (test/check/reference.sh) has the options anyway; the reference is by hand.
wrong=''
for verb in $verbs; do
  options=$("$WHITTLECTL" "$verb" --help | sed -nE 's/^  --([a-z-]+).*/\1/p' | sort)
  text=$(section "### $verb")
  [ -z "$options" ] || wrong+=$(missing '| `--%s' <<<"$options")
done
report_none "$wrong" "the reference has every option of every verb's help"

# Findings as rows of the page: severity and kind, in the order of the table.
text=$(cat docs/reference/audit.md)
findings=$(awk '
  /^#define [A-Z_]+ "[A-Za-z]+"$/ { words[$2] = $3 }
  match($0, /^\t\{ WH_SEVERITY_[A-Z]+, [A-Za-z_"]+, find_/) {
    split(substr($0, 3), part, /, /)
    kind = part[2] in words ? words[part[2]] : part[2]
    gsub(/"/, "`", kind)
    print "| " tolower(substr(part[1], length(" WH_SEVERITY_") + 1)) " | " kind " |"
  }' cmd/whittlectl/audit/judge.c)
[ "$(wc -l <<<"$findings")" -eq "$(grep -cE '^static void find_' cmd/whittlectl/audit/judge.c)" ]
report $? "the findings of cmd/whittlectl/audit/judge.c can be read"
wrong=$(diff <(echo "$findings") <(grep -oE '^\| (critical|high|medium|low) \| `[A-Za-z]+` \|' docs/reference/audit.md) |
  sed -n 's/^< /missing: /p; s/^> /not so in audit-judge.c: /p')
report_none "$wrong" "the reference of audit has every kind of finding, as grave as it is"

# Keys are arguments of the functions of put.h; those of the sets of a process stand in a table.
members=$({
  grep -oE '(wh_put_[a-z]+|put_known)\([a-z]+, "[A-Za-z]+"' cmd/whittlectl/audit/json.c
  grep -E '\[WH_PROCESS_[A-Z]+\] = ' cmd/whittlectl/audit/json.c
} | grep -oE '"[A-Za-z]+"' | tr -d '"' | sort -u)
[ "$(wc -l <<<"$members")" -gt 40 ]
report $? "the members of cmd/whittlectl/audit/json.c can be read"
text=$(grep -E '^\| `' docs/reference/audit.md | cut -d '|' -f 2,3 | sed 's/\[\]`/`/g')
wrong=$({ echo schema && echo "$members"; } | missing '`%s`')
report_none "$wrong" "the reference of audit has every member of its JSON"

# T1, or T15 to T19
threats=$(grep -E '^\|' docs/security.md | grep -oE 'T[0-9]+( to T[0-9]+)?' | awk '
  { first = substr($1, 2) + 0; last = NF == 3 ? substr($3, 2) + 0 : first
    for (i = first; i <= last; i++) print "T" i }' | sort -uV)
wrong=''
for threat in $threats; do
  grep -rqE "\b$threat\b" test/hostile test/live test/unit 2>/dev/null || wrong+="$threat "
done
[ -n "$threats" ] || wrong='no threat is named'
report_none "${wrong% }" "every threat that docs/security.md names has a test of its name"

# ---- man pages --------------------------------------------------------------------------------

for page in "${man_pages[@]}"; do
  complaint=$(mandoc -T lint -W warning "$page" 2>&1)
  report_none "$complaint" "$page: mandoc has no complaint"
  grep -qF "'$(basename "$page")'" docs/man/meson.build
  report $? "$page is installed"
done

echo "1..$n"
