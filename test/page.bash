# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016 # Markdown is full of backticks
#
# Pages of the documentation as tests, in TAP: their fenced blocks are cut out, the shell's are made one
# script, and what that printed is compared with what the page says. test/README.md has the fences.

n=0
failures=0
comment() { echo "# ${1//$'\n'/$'\n'# }"; }
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failures=$((failures + 1)); fi
}
# Passes when there is nothing to complain about.
report_none() { # complaints, name
  [ -z "$1" ] || comment "$1"
  [ -z "$1" ]
  report $? "$2"
}

# Cuts a page into FOLDER/NUMBER.LANGUAGE, without the indentation of lists; the first line of each
# says where it was.
cut_blocks() { # page, folder
  awk -v folder="$2" '
    function strip(line,   i) {
      for (i = 0; i < indent && substr(line, 1, 1) == " "; i++) line = substr(line, 2)
      return line
    }
    !open && /^ *```/ {
      indent = match($0, /`/) - 1
      language = substr($0, indent + 4)
      if (language == "") language = "none"
      file = sprintf("%s/%03d.%s", folder, ++count, language)
      print FNR (FNR == last + 1 || (FNR == last + 2 && blank) ? " follows" : "") > file
      open = 1
      next
    }
    open && /^ *```$/ { open = 0; last = FNR; close(file); next }
    open { print strip($0) > file; next }
    { blank = $0 == "" }
    END { if (open) { print FILENAME ": a fence is not closed"; exit 1 } }' "$1"
}

# The block that says what a block prints, if there is one.
expected_of() { # block
  local next
  next=$(find "$(dirname "$1")" -name "$(printf '%03d' $((10#$(basename "${1%.*}") + 1))).text")
  [ -n "$next" ] && grep -q follows <(head -n 1 "$next") && echo "$next"
}

# One shell script of a page; what each block prints goes to a file, and a file tells that it ended.
page_script() { # folder, output folder
  local block number
  for block in "$1"/*.sh; do
    number=$(basename "${block%.*}")
    printf 'exec >"%s/%s" 2>&1\n' "$2" "$number"
    if [ -n "$(expected_of "$block")" ]; then echo 'set +e'; else echo 'set -e'; fi
    tail -n +2 "$block"
    printf 'touch "%s/%s.ended"\n' "$2" "$number"
  done
}

matches() { # output, expected
  local pattern
  pattern=$(sed 's/[][*?\\]/\\&/g; s/…/*/g' <<<"$2")
  # shellcheck disable=SC2053 # a pattern is what it is
  [[ $1 == $pattern ]]
}

judge_block() { # page, block, output folder
  local page=$1 block=$2 number expected output name complaint=''
  number=$(basename "${block%.*}")
  name="$page:$(awk 'NR == 1 { print $1 }' "$block") runs"
  expected=$(expected_of "$block")
  output=$(cat "$3/$number" 2>/dev/null)
  if [ ! -e "$3/$number" ]; then
    complaint='a block before it failed, so it was not reached'
  elif [ ! -e "$3/$number.ended" ]; then
    complaint="it failed; it printed:"$'\n'$(tail -n 20 <<<"$output")
  elif [ -n "$expected" ]; then
    name+=" and prints what it says"
    matches "$output" "$(tail -n +2 "$expected")" || complaint="it printed:"$'\n'$output
  fi
  report_none "$complaint" "$name"
}

# What can be said of a page's blocks without running them. Leaves them in the folder.
judge_fences() { # page, folder
  local unknown block complaint
  cut_blocks "$1" "$2"
  report $? "$1: fences are closed"
  unknown=$(find "$2" -type f | sed 's/.*\.//' | grep -vxE 'sh|text|json|jsonc|console|toml|yaml|ini|none')
  report_none "$unknown" "$1: fences say one of the known languages"
  for block in "$2"/*.json; do
    [ -e "$block" ] || continue
    complaint=$(tail -n +2 "$block" | jq empty 2>&1)
    report_none "$complaint" "$1:$(head -n 1 "$block") is JSON"
  done
  for block in "$2"/*.yaml; do
    [ -e "$block" ] || continue
    complaint=$(tail -n +2 "$block" | /usr/bin/python3 -c '
import sys, yaml
assert all(isinstance(one, dict) for one in yaml.safe_load_all(sys.stdin)), "no mapping"' 2>&1 | tail -n 3)
    report_none "$complaint" "$1:$(head -n 1 "$block") is YAML"
  done
  for block in "$2"/*.jsonc; do
    [ -e "$block" ] || continue
    tail -n +2 "$block" >"$block.policy"
    complaint=$("$WHITTLECTL" check "$block.policy" 2>&1) && complaint=''
    report_none "$complaint" "$1:$(awk 'NR == 1 { print $1 }' "$block") is a policy"
  done
}
