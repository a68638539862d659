#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# What the shells offer behind "whittlectl", asked of the shells themselves: bash by the function that it
# would call, fish by its own `complete -C`, zsh at a terminal of its own, where what is given to compadd
# is written down.

# shellcheck source=test/judge.bash
. "$BATS_TEST_DIRNAME/../judge.bash"

setup_file() {
  local shell
  [ -x "${WHITTLECTL:-}" ] || fail "WHITTLECTL must be the path of the whittlectl to test"
  for shell in zsh fish; do
    command -v "$shell" >/dev/null || fail "$shell is not installed"
  done
  mkdir -p "$BATS_FILE_TMPDIR/folder/below" "$BATS_FILE_TMPDIR/fpath"
  touch "$BATS_FILE_TMPDIR/folder/"{policy.json,'a b.json'}
  for shell in bash zsh fish; do
    "$WHITTLECTL" completion "$shell" >"$BATS_FILE_TMPDIR/$shell"
  done
  cp "$BATS_FILE_TMPDIR/zsh" "$BATS_FILE_TMPDIR/fpath/_whittlectl"
}
setup() {
  cd "$BATS_FILE_TMPDIR/folder" || return
  # Neither this machine's settings nor its history.
  export HOME=$BATS_TEST_TMPDIR ZDOTDIR=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR XDG_DATA_HOME=$BATS_TEST_TMPDIR
}

# ---- what each shell offers, one a line, in the order of the alphabet ---------------------------

# The words are those that bash makes of a line: at "=" as well.
bash_offers() { # words...
  bash --norc -uc '. "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _whittlectl
    [ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' bash "$BATS_FILE_TMPDIR/bash" whittlectl "$@" | sort
}

fish_says() { # line: with the help behind a tab
  fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$BATS_FILE_TMPDIR/fish" "whittlectl $1"
}
fish_offers() { fish_says "$1" | cut -f 1 | sort; }

# A terminal in which Tab only lists; "END" tells that it has.
zsh_script='
zmodload zsh/zpty zsh/zselect
typeset offered=$2/offered
await() {
  local -i n=0
  until [[ $(tail -n 1 $offered) == $1 ]]; do
    zpty -rt terminal >/dev/null
    zselect -t 2
    (( ++n < 1500 )) || { print "zsh never said $1"; exit 1 }
  done
}
: >$offered
zpty -b terminal zsh -f -i
zpty -w terminal "PROMPT=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -D -u
compadd() {
  local -a hits shown
  if [[ \${@[1,(i)(-|--)]} != *-[OAD]\ * ]]; then
    builtin compadd -O hits \"\$@\"
    [[ \${@[(i)-d]} -gt \$# ]] || shown=(\${(P)@[\${@[(i)-d]} + 1]})
    print -rl -- \$hits >>$offered
    print -rl -- \$shown >>$offered.shown
  fi
  builtin compadd \"\$@\"
}
list() { zle list-choices; print END >>$offered }
zle -N list; bindkey \"^I\" list
print READY >>$offered"
await READY
: >$offered
zpty -w -n terminal "whittlectl $3"$'"'\t'"'
await END
grep -vxE "END|" $offered
exit 0
'
zsh_offers() { # line
  rm -f "$BATS_TEST_TMPDIR/offered.shown"
  zsh -f -c "$zsh_script" zsh "$BATS_FILE_TMPDIR/fpath" "$BATS_TEST_TMPDIR" "$1" | sort
}

lines() { [ $# -eq 0 ] || printf '%s\n' "$@" | sort; }

# All three, for a line without quotes or "=".
all_offer() { # line, expected...
  local line=$1 words
  shift
  read -ra words <<<"$line"
  [[ $line != *' ' && $line ]] || words+=('')
  same "bash, $line" "$(lines "$@")" "$(bash_offers "${words[@]}")"
  same "fish, $line" "$(lines "$@")" "$(fish_offers "$line")"
  same "zsh, $line" "$(lines "$@")" "$(zsh_offers "$line")"
}

verbs() { "$WHITTLECTL" --help | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p'; }
options_of() { "$WHITTLECTL" "$1" --help | sed -nE 's/^  (--[a-z-]+).*/\1/p'; }

# ---- the tests ----------------------------------------------------------------------------------

@test "each script is one of its shell, and complains of nothing when it is loaded" {
  bash -n "$BATS_FILE_TMPDIR/bash"
  shellcheck "$BATS_FILE_TMPDIR/bash"
  zsh -n "$BATS_FILE_TMPDIR/zsh"
  fish -n "$BATS_FILE_TMPDIR/fish"
  same "bash" "complete -F _whittlectl whittlectl" "$(bash --norc -c '. "$1"; complete -p whittlectl' bash "$BATS_FILE_TMPDIR/bash" 2>&1)"
  same "fish" "" "$(fish --no-config "$BATS_FILE_TMPDIR/fish" 2>&1)"
  same "zsh, loaded by hand" _whittlectl \
    "$(zsh -f -c 'autoload -Uz compinit; compinit -D -u; source $1; print $_comps[whittlectl]' zsh "$BATS_FILE_TMPDIR/zsh" 2>&1)"
  same "zsh, from its path" _whittlectl \
    "$(zsh -f -c 'fpath=($1 $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[whittlectl]' zsh "$BATS_FILE_TMPDIR/fpath" 2>&1)"
}

@test "every verb is offered, and of each verb every option" {
  local verb
  mapfile -t names < <(verbs)
  [ ${#names[@]} -ge 5 ]
  all_offer '' "${names[@]}"
  all_offer '--' --help --version
  for verb in "${names[@]}"; do
    mapfile -t options < <(options_of "$verb")
    all_offer "$verb --" "${options[@]}" --help
  done
}

@test "verbs and options come with their help, whatever stands in it" {
  local verb option help
  for verb in $(verbs); do
    help=$("$WHITTLECTL" "$verb" --help | sed -n 3p)
    fish_says '' | grep -qxF -e "$verb"$'\t'"$help" || fail "fish: $verb" "$(fish_says '')"
    for option in $(options_of "$verb"); do
      help=$("$WHITTLECTL" "$verb" --help | sed -nE "s/^  $option( [A-Z]+)? +(.*)/\2/p")
      fish_says "$verb --" | grep -qxF -e "$option"$'\t'"$help" || fail "fish: $verb $option"
    done
  done
  zsh_offers '' >"$BATS_TEST_TMPDIR/verbs"
  for verb in $(verbs); do # cut where the line of the terminal ends
    help=$("$WHITTLECTL" "$verb" --help | sed -n 3p)
    grep -E "^$verb +-- " "$BATS_TEST_TMPDIR/offered.shown" | grep -qF -e "${help:0:40}" \
      || fail "zsh: $verb" "$(cat "$BATS_TEST_TMPDIR/offered.shown")"
  done
  zsh_offers 'configure --' >"$BATS_TEST_TMPDIR/options"
  grep -qF -- "-- the engine's configuration file, when it is another" "$BATS_TEST_TMPDIR/offered.shown"
}

@test "arguments: engines, shells and files, and no more of them than there can be" {
  all_offer 'configure ' containerd crio docker podman
  all_offer 'configure c' containerd crio
  all_offer 'completion ' bash fish man zsh
  all_offer 'nothing '
  same "bash" "$(lines policy.json below 'a b.json')" "$(bash_offers check '')"
  same "fish" "$(lines policy.json below/ 'a b.json')" "$(fish_offers 'check ')"
  same "zsh" "$(lines policy.json below 'a\ b.json')" "$(zsh_offers 'check ')"
  all_offer 'check po' policy.json
  same "bash, a name with a blank in it" 'a b.json' "$(bash_offers check 'a\ ')"
  same "bash, in quotes" 'a b.json' "$(bash_offers check "'a ")"
  same "bash, behind two dashes" policy.json "$(bash_offers check -- po)"
  same "fish, one is enough" "" "$(fish_offers 'check policy.json ')"
  same "fish, one is enough" "" "$(fish_offers 'configure --json docker ')"
  same "bash, one is enough" "$(lines --help $(options_of check))" "$(bash_offers check policy.json '')"
  same "bash, what looks like a verb" --help "$(bash_offers check configure --he)"
}

@test "no option is offered twice, however it was given" {
  local engine=docker rest
  mapfile -t rest < <(options_of configure | grep -vxE -e '--(json|file|policy)')
  all_offer "configure $engine --json --file policy.json --policy x --" "${rest[@]}" --help
  mapfile -t rest < <(options_of configure | grep -vx -e --file)
  same "fish" "$(lines "${rest[@]}" --help)" "$(fish_offers 'configure --file=x --')"
  same "zsh" "$(lines "${rest[@]}" --help)" "$(zsh_offers 'configure --file=x --')"
  same "bash" "$(lines "${rest[@]}" --help)" "$(bash_offers configure --file = x --)"
  same "bash, where = divides nothing" "$(lines "${rest[@]}" --help)" "$(bash_offers configure --file=x --)"
}

@test "what an option takes: files where it is one, else nothing; then the arguments again" {
  all_offer 'configure --file po' policy.json
  all_offer 'configure --policy '
  all_offer 'configure --policy docker ' containerd crio docker podman
  same "bash" policy.json "$(bash_offers configure --file = po)"
  same "bash, all" "$(lines policy.json below 'a b.json')" "$(bash_offers configure --file =)"
  same "bash, where = divides nothing" --file=policy.json "$(bash_offers configure --file=po)"
  same "fish" --file=policy.json "$(fish_offers 'configure --file=po')"
  same "zsh" policy.json "$(zsh_offers 'configure --file=po')"
}

@test "nothing that was typed is run, and no file's name either" {
  # shellcheck disable=SC2154
  touch -- '$(touch ran)' '`touch ran`' $'a\nline' '-rf'
  bash_offers check '$(touch ran)' >/dev/null
  bash_offers check '`touch ran`' >/dev/null
  bash_offers configure --file '$(touch ran)' >/dev/null
  bash_offers '$(touch ran)' '' >/dev/null
  bash_offers configure '$(touch ran)' --re >/dev/null
  bash_offers check '' >/dev/null
  fish_offers 'check ' >/dev/null
  fish_offers 'check \$' >/dev/null
  zsh_offers 'check ' >/dev/null
  [ ! -e ran ]
  rm -f -- '$(touch ran)' '`touch ran`' $'a\nline' './-rf'
}

@test "another word than a shell is an error, shown with nothing that could move a cursor" {
  local code=0 answer
  answer=$("$WHITTLECTL" completion $'\e[2Jksh' 2>&1) || code=$?
  same "status" 2 "$code"
  same "sentence" 'whittlectl completion: there is nothing for "\x1b[2Jksh": say bash, zsh, fish or man' "$answer"
  code=0
  "$WHITTLECTL" completion bash >/dev/full 2>"$BATS_TEST_TMPDIR/error" || code=$?
  same "status where the disk is full" 2 "$code"
  grep -q 'could not be written' "$BATS_TEST_TMPDIR/error"
}

@test "the build installs what the program prints, where each shell looks for it" {
  local built=$WHITTLE_BUILD/docs/completion
  cmp "$BATS_FILE_TMPDIR/bash" "$built/whittlectl"
  cmp "$BATS_FILE_TMPDIR/zsh" "$built/_whittlectl"
  cmp "$BATS_FILE_TMPDIR/fish" "$built/whittlectl.fish"
  meson introspect --installed "$WHITTLE_BUILD" >"$BATS_TEST_TMPDIR/installed"
  for place in bash-completion/completions/whittlectl zsh/site-functions/_whittlectl \
    fish/vendor_completions.d/whittlectl.fish; do
    jq -e --arg place "/share/$place" 'any(.[]; endswith($place))' "$BATS_TEST_TMPDIR/installed" >/dev/null \
      || fail "$place is not installed"
  done
}
