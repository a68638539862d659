#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# replay-argv.sh [PRINT-ARGV]
#
# Shows that whittle's grammars and the runtimes of this machine read a command line alike. Each form
# is given to the real runtime twice, in its own words and in the canonical ones; a createRuntime
# hook tells which bundle, id and state folder the runtime chose, and ends the container before it
# starts. exec is replayed in a running container, by what its process prints. Each refused form is
# shown refused, and every option in a runtime's help is shown known, with its arity.
#
# Needs root and busybox (static); prints TAP; leaves nothing behind. What a machine lacks is skipped,
# unless WHITTLE_TEST_STRICT=1 makes a skip a failure.

set -u

print_argv=$(realpath "${1:-${WHITTLE_BUILD:?the build folder, or the program as an argument}/test/live/print-argv}")

if [ "$(id -u)" != 0 ]; then
	[ "${WHITTLE_TEST_STRICT:-0}" = 1 ] && { echo "Bail out! needs root"; exit 1; }
	echo "1..0 # SKIP needs root"
	exit 0
fi

# crun refuses a cgroup version 2 mount beside version 1 ones: go where there is none.
if [ "${REPLAY_ARGV_INSIDE:-0}" != 1 ]; then
	REPLAY_ARGV_INSIDE=1 exec unshare -m --propagation private -- "$0" "$print_argv"
fi
if mountpoint -q /sys/fs/cgroup/unified; then
	umount /sys/fs/cgroup/unified
fi

top=$(mktemp -d /tmp/replay-argv.XXXXXX)
id=replay$$
made=()
for root in /run/runc /run/crun; do
	[ -e $root ] || made+=("$root")
done
failures=0
count=0

cleanup()
{
	local rt
	for rt in runc crun; do
		if [ -e "$top/R-exec-$rt/$id-exec" ]; then
			"$rt" --root "$top/R-exec-$rt" delete --force "$id-exec" >/dev/null 2>&1
		fi
	done
	rm -rf "$top"
	[ ${#made[@]} = 0 ] || rmdir --ignore-fail-on-non-empty "${made[@]}" 2>/dev/null
}
trap cleanup EXIT

ok()
{
	count=$((count + 1))
	echo "ok $count - $1"
}

not_ok()
{
	count=$((count + 1))
	failures=$((failures + 1))
	echo "not ok $count - $1"
	printf '# %s\n' "${2//$'\n'/$'\n# '}"
}

skip()
{
	if [ "${WHITTLE_TEST_STRICT:-0}" = 1 ]; then
		not_ok "$1" "strict: no skips"
	else
		count=$((count + 1))
		echo "ok $count - $1 # SKIP"
	fi
}

# ---- bundles and what tells them apart ---------------------------------------------------

cat >"$top/hook" <<EOF
#!/bin/sh
state=\$(tr -d ' \n' | sed 's,\\\\/,/,g') # crun from 1.28 on breaks lines and escapes slashes
bundle=\$(printf %s "\$state" | sed 's/.*"bundle":"\([^"]*\)".*/\1/')
id=\$(printf %s "\$state" | sed 's/.*"id":"\([^"]*\)".*/\1/')
for root in $top/R1 $top/R2 /run/runc /run/crun; do
	[ -e "\$root/\$id" ] && break
done
echo "root=\$root bundle=\$bundle id=\$id" >$top/seen
exit 1
EOF
chmod +x "$top/hook"

make_bundle()
{
	mkdir -p "$1/rootfs/dev" "$1/rootfs/proc"
	cat >"$1/config.json" <<-EOF
	{"ociVersion":"1.0.2",
	 "process":{"cwd":"/","args":["/true"],"user":{"uid":0,"gid":0}},
	 "root":{"path":"rootfs"},
	 "mounts":[{"destination":"/proc","type":"proc","source":"proc"},
	  {"destination":"/dev","type":"tmpfs","source":"tmpfs"}],
	 "linux":{"namespaces":[{"type":"mount"},{"type":"pid"}]},
	 "hooks":{"createRuntime":[{"path":"$top/hook"}]}}
	EOF
}

here=$top/here
for bundle in . A B =A A=B undle --keep; do
	make_bundle "$here/$bundle"
done
cd "$here" || exit 1

# What the runtime chose for these words; "nothing" when it made no container.
chosen()
{
	rm -f "$top/seen"
	timeout 300 "$@" </dev/null >"$top/output" 2>&1 3</dev/null 4</dev/null
	if [ -e "$top/seen" ]; then
		cat "$top/seen"
	else
		echo nothing
	fi
	local root
	for root in "$top/R1" "$top/R2" "/run/${1##*/}"; do
		if [ -e "$root/$id" ]; then
			"$1" --root "$root" delete --force "$id" >/dev/null 2>&1
		fi
	done
}

# The canonical words into the array `canonical`; false when refused, the reason in $top/refusal.
canonical()
{
	"$print_argv" "$1" "$(command -v "$1")" "${@:2}" >"$top/words" 2>"$top/refusal" || return
	mapfile -d '' canonical <"$top/words"
}

# reads KIND ROOT BUNDLE WORD…: both forms choose this bundle (below the working folder) and this
# state folder ("-" for the default one), and the id.
reads()
{
	local kind=$1 root=$top/$2 bundle=$here/$3 name first second expected
	shift 3
	name="$kind: $*"
	[ "$root" = "$top/-" ] && root=/run/$kind
	expected="root=$root bundle=$(realpath "$bundle") id=$id"
	if ! canonical "$kind" "$@"; then
		not_ok "$name" "refused: $(cat "$top/refusal")"
		return
	fi
	first=$(chosen "$kind" "$@")
	second=$(chosen "${canonical[@]}")
	if [ "$first" = "$expected" ] && [ "$second" = "$expected" ]; then
		ok "$name"
	else
		not_ok "$name" "expected $expected
its own words: $first
canonical: $second (${canonical[*]})
$(cat "$top/output")"
	fi
}

# refused KIND REASON WORD…: whittle refuses it, and says why.
refused()
{
	local kind=$1 reason=$2
	shift 2
	if canonical "$kind" "$@"; then
		not_ok "$kind refused: $*" "accepted as ${canonical[*]}"
	elif ! grep -qF -e "$reason" "$top/refusal"; then
		not_ok "$kind refused: $*" "$(cat "$top/refusal")"
	else
		ok "$kind refused: $*"
	fi
}

# passed KIND WORD…: the words stay as they are.
passed()
{
	local kind=$1
	shift
	if canonical "$kind" "$@" && [ "${canonical[*]:1}" = "$*" ] &&
		[ $((${#canonical[@]} - 1)) = $# ]; then
		ok "$kind passed on: $*"
	else
		not_ok "$kind passed on: $*" "$(cat "$top/refusal")"
	fi
}

# ---- create and run ----------------------------------------------------------------------

replay_runc()
{
	local r1=$top/R1 r2=$top/R2 command
	for command in run create; do
		reads runc - . $command $id
		reads runc - A $command -b A $id
		reads runc - A $command -b=A $id
		reads runc - A $command --b A $id
		reads runc - A $command --b=A $id
		reads runc - A $command -bundle A $id
		reads runc - A $command -bundle=A $id
		reads runc - A $command --bundle A $id
		reads runc - A $command --bundle=A $id
		reads runc - A=B $command --bundle=A=B $id
		reads runc - =A $command --bundle==A $id
		reads runc - A $command $id -b A
		reads runc - A $command $id --bundle=A
		reads runc - A $command --no-new-keyring=true $id -b A
		reads runc - A $command -b A -- $id
		reads runc - . $command -- $id
		reads runc - . $command --pid-file --bundle $id
		reads runc - . $command --pid-file -- $id
		reads runc - A $command --pid-file -b -b A $id
		reads runc - --keep $command --bundle --keep $id
		reads runc - A $command --preserve-fds 0x2 -b A $id
		reads runc - A $command --preserve-fds=0_0 -b A $id
		reads runc - A $command --pid-file= -b A $id
		reads runc - A $command --no-pivot=F --no-new-keyring -b A $id
		reads runc - A $command -b A --pid-file p $id --no-new-keyring
	done
	reads runc - A run --keep=false -b A $id
	reads runc - A run -d --no-subreaper -b A $id
	reads runc - A run -detach -b A $id
	reads runc R1 A --root "$r1" run -b A $id
	reads runc R1 A --root="$r1" run -b A $id
	reads runc R1 A -root "$r1" run -b A $id
	reads runc R1 A -root="$r1" -- run -b A $id
	reads runc R2 A --log exec --root "$r2" run -b A $id
	reads runc R2 A --log --root --root "$r2" run -b A $id
	reads runc R2 A --log "$top/l" --log "$top/m" --debug --root "$r2" run -b A $id
	reads runc R1 A --root "$r1" --log "$here/log.json" --log-format json create \
		--bundle "$here/A" --pid-file "$here/A/init.pid" --no-new-keyring $id
	reads runc R1 A --log "$here/runc-log.json" --log-format json --root "$r1" run \
		--bundle "$here/A" --keep $id
	reads runc R1 A --log-format=json --log "$here/oci-log" --root="$r1" create --bundle \
		"$here/A" --pid-file "$here/p" --no-pivot=false --preserve-fds 2 $id

	refused runc '"--" is read differently' run $id --
	refused runc 'word too many' run --no-new-keyring $id -b A
	refused runc 'is given twice' run -b A -b B $id
	refused runc 'another name' run --bundle A -b B $id
	refused runc 'another name' run -b B $id --bundle A
	refused runc 'not one that' run -bA $id
	refused runc 'not one that' run -db A $id
	refused runc 'not one that' run --bundl A $id
	refused runc 'not one that' run --root "$r1" $id
	refused runc 'empty value' run --bundle= $id
	refused runc 'empty value' run -b '' $id
	refused runc 'with a blank' run '--bundle=A ' $id
	refused runc 'with a blank' run ' --bundle=A' $id
	refused runc 'with a blank' run " $id"
	refused runc 'empty word' run ''
	refused runc 'too many' run $id ''
	refused runc 'container id' run -b A - $id
	refused runc 'container id' run ..
	refused runc 'container id' run help
	refused runc '"--criu" of "runc" is refused' --criu /x run $id
	refused runc '"init" of "runc" is refused' init
	refused runc 'not a command' bogus
	refused runc 'last word' --version=false run $id
	refused runc 'last word' --version run $id
	refused runc 'last word' run --help $id
	passed runc
	passed runc --version
	passed runc -v
	passed runc --root "$r1" state $id
	passed runc kill --all $id 9
	passed runc run --help
	passed runc help
}

replay_crun()
{
	local r1=$top/R1 r2=$top/R2 command
	for command in run create; do
		reads crun - . $command $id
		reads crun - A $command -b A $id
		reads crun - A $command -bA $id
		reads crun - =A $command -b=A $id
		reads crun - A $command --bundle A $id
		reads crun - A $command --bundle=A $id
		reads crun - A=B $command --bundle=A=B $id
		reads crun - undle $command -bundle $id
		reads crun - A $command -b A -- $id
		reads crun - . $command -- $id
		reads crun - . $command --pid-file --bundle $id
		reads crun - . $command --pid-file -- $id
		reads crun - --keep $command --bundle --keep $id
		reads crun - A $command --no-pivot --no-pivot --no-new-keyring -bA $id
		reads crun - A $command --preserve-fds 2 --no-subreaper -b A $id
	done
	reads crun - A run -d -b A $id
	reads crun - A run -db A $id
	reads crun - A run -dbA $id
	reads crun R1 A --root "$r1" run -b A $id
	reads crun R1 A --root="$r1" -- run -b A $id
	reads crun R2 A --log exec --root "$r2" run -b A $id
	reads crun R2 A --log --root --root "$r2" run -b A $id
	reads crun R1 A --cgroup-manager=disabled --cgroup-manager cgroupfs --root "$r1" run -bA $id
	reads crun R1 A --log-format=json --log "$here/oci-log" --root "$r1" create --bundle \
		"$here/A" --pid-file "$here/p" --no-new-keyring --preserve-fds 2 $id
	reads crun R1 A --cgroup-manager disabled --root "$r1" create --bundle "$here/A" \
		--pid-file "$here/p" $id

	refused crun '"--config" of "crun run" is refused' run --config F $id
	refused crun '"--config" of "crun run" is refused' run --config=F $id
	refused crun '"-f" of "crun create" is refused' create -f F $id
	refused crun '"-f" of "crun run" is refused' run -fF $id
	refused crun '"-f" of "crun run" is refused' run -dfF $id
	refused crun 'abbreviation' run --conf F $id
	refused crun 'abbreviation' run --bun A $id
	refused crun 'abbreviation' --roo "$r1" run $id
	refused crun '"--rootless" of "crun" is refused' --rootless "$r1" run $id
	refused crun 'is given twice' run -bA -bB $id
	refused crun 'another name' run -bA --bundle B $id
	refused crun 'too many' run $id -b A
	refused crun 'too many' run $id --
	refused crun 'takes no value' run --detach=true $id
	refused crun 'empty value' run --bundle= $id
	refused crun 'container id' run -b A - $id
	refused crun 'container id' run 'a b'
	refused crun 'whole number' run --preserve-fds 0x1 $id
	refused crun '"mounts" of "crun" is refused' mounts add $id
	refused crun 'not a command' -- --debug run $id
	refused crun 'last word' -vV
	refused crun '"--HANG" of "crun" is refused' --HANG run $id
	passed crun --version
	passed crun -V
	passed crun '-?'
	passed crun --root "$r1" state $id
	passed crun run --usage
}

# ---- exec --------------------------------------------------------------------------------

start_container()
{
	local rt=$1 bundle=$top/exec-$1
	mkdir -p "$bundle/rootfs/bin" "$bundle/rootfs/dev" "$bundle/rootfs/proc" "$bundle/rootfs/tmp"
	cp "$(command -v busybox)" "$bundle/rootfs/bin/busybox"
	ln -sf busybox "$bundle/rootfs/bin/sh"
	cat >"$bundle/config.json" <<-EOF
	{"ociVersion":"1.0.2",
	 "process":{"cwd":"/","args":["/bin/busybox","sleep","600"],
	  "env":["FROM=config"],"user":{"uid":0,"gid":0},
	  "capabilities":{"bounding":["CAP_KILL","CAP_CHOWN"],"effective":["CAP_KILL"],
	   "permitted":["CAP_KILL"]}},
	 "root":{"path":"rootfs"},
	 "mounts":[{"destination":"/proc","type":"proc","source":"proc"},
	  {"destination":"/dev","type":"tmpfs","source":"tmpfs"}],
	 "linux":{"namespaces":[{"type":"mount"},{"type":"pid"}]}}
	EOF
	timeout 300 "$rt" --root "$top/R-exec-$rt" run -d --bundle "$bundle" "$id-exec" \
		</dev/null >"$top/output" 2>&1
}

for name in P Q; do
	cat >"$here/$name" <<-EOF
	{"cwd":"/","args":["/bin/busybox","echo","process-$name"],"user":{"uid":0,"gid":0}}
	EOF
done

printed()
{
	timeout 300 "$@" </dev/null 2>&1 | sed 's/^time="[^"]*" //'
	echo "status ${PIPESTATUS[0]}"
}

# runs KIND PATTERN WORD… (behind "exec"): both forms print the same, with this in it.
runs()
{
	local kind=$1 pattern=$2 first second
	shift 2
	if ! canonical "$kind" --root "$top/R-exec-$kind" exec "$@"; then
		not_ok "$kind: exec $*" "refused: $(cat "$top/refusal")"
		return
	fi
	first=$(printed "$kind" --root "$top/R-exec-$kind" exec "$@")
	second=$(printed "${canonical[@]}")
	if [ "$first" = "$second" ] && grep -q -e "$pattern" <<<"$first"; then
		ok "$kind: exec $*"
	else
		not_ok "$kind: exec $*" "its own words: $first
canonical: $second (${canonical[*]})"
	fi
}

# Prints what exec's options change.
# shellcheck disable=SC2016 # for the container's shell
report='b=/bin/busybox; echo "uid=$($b id -u) gids=$($b id -G) cwd=$($b pwd) X=$X"; '
# shellcheck disable=SC2016
report+='$b grep -e Cap -e NoNew /proc/self/status'

replay_exec()
{
	local kind=$1 e=$id-exec
	if ! start_container "$kind"; then
		not_ok "$kind: a container to exec in" "$(cat "$top/output")"
		return
	fi
	runs "$kind" process-P -p P $e
	runs "$kind" process-P --process P $e
	runs "$kind" process-P --process=P $e
	runs "$kind" process-P -p P -- $e
	runs "$kind" process-P --process P --pid-file --process $e
	runs "$kind" process-P -p P $e -p Q
	runs "$kind" process-P -p P --tty $e
	runs "$kind" 'uid=1 ' -u 1:2 $e /bin/sh -c "$report"
	runs "$kind" 'X=1=2' -e X=1=2 $e /bin/sh -c "$report"
	runs "$kind" 'cwd=/tmp' --cwd /proc --cwd /tmp $e /bin/sh -c "$report"
	runs "$kind" 'NoNewPrivs:.1' --no-new-privs $e /bin/sh -c "$report"
	runs "$kind" 'CapBnd:.000000000000002' -c CAP_KILL -c CAP_KILL $e /bin/sh -c "$report"
	runs "$kind" '^-p Q$' $e /bin/busybox echo -p Q
	runs "$kind" '^--cap X$' -- $e /bin/busybox echo --cap X
	runs "$kind" 'status' $e -- /bin/busybox echo swallowed
	runs "$kind" 'status' $e --cap X
	runs "$kind" '^ -p Q$' $e /bin/busybox echo '' -p Q
	refused "$kind" 'needs a program' exec $e
	refused "$kind" 'is given twice' exec -p P -p Q $e
	refused "$kind" 'another name' exec -p P --process Q $e
	refused "$kind" 'beside "--process"' exec -p P --cap CAP_KILL $e
	refused "$kind" 'empty value' exec --process= $e /bin/sh
}

replay_exec_runc()
{
	local e=$id-exec
	replay_exec runc
	runs runc process-P -p=P $e
	runs runc process-P -process P $e
	runs runc 'gids=0 5 16' -g 5 -g 16 $e /bin/sh -c "$report"
	runs runc 'NoNewPrivs:.0' --no-new-privs=false $e /bin/sh -c "$report"
	runs runc 'status 0' --ignore-paused -t=false $e /bin/busybox true
}

replay_exec_crun()
{
	local e=$id-exec
	replay_exec crun
	runs crun process-P -pP $e
	runs crun process-P -tfalse -pP $e
	runs crun process-P --tty=no -p P $e
	runs crun 'CapBnd:.0000000000000000' -c=CAP_KILL $e /bin/sh -c "$report"
	runs crun 'CapBnd:.0000000000000020' -cCAP_KILL $e /bin/sh -c "$report"
	refused crun 'not one that' exec -g 5 $e /bin/sh
	refused crun 'abbreviation' exec --ca CAP_KILL $e /bin/sh
}

# ---- update, by the file that the runtime cannot find --------------------------------------

replay_update()
{
	local kind=$1 e=$id-exec words first second
	shift
	for words in "$@"; do
		# shellcheck disable=SC2086 # a list of words without blanks
		if ! canonical "$kind" --root "$top/R-exec-$kind" update ${words/ID/$e}; then
			not_ok "$kind: update $words" "refused: $(cat "$top/refusal")"
			continue
		fi
		# shellcheck disable=SC2086
		first=$(printed "$kind" --root "$top/R-exec-$kind" update ${words/ID/$e})
		second=$(printed "${canonical[@]}")
		if [ "$first" = "$second" ] && grep -q absent <<<"$first"; then
			ok "$kind: update $words"
		else
			not_ok "$kind: update $words" "its own words: $first
canonical: $second (${canonical[*]})"
		fi
	done
}

# ---- every option of the installed runtime is known, with its arity --------------------------

# known KIND NAME WORD…: the grammar has the option (refusing it knowingly counts).
known()
{
	local kind=$1 name=$2
	shift 2
	if canonical "$kind" "$@" || ! grep -qE -e 'not one that|not a command|too many|needs a' \
		"$top/refusal"; then
		return 0
	fi
	not_ok "$kind has $name" "$(cat "$top/refusal")"
	return 1
}

# Prints "NAME" or "NAME value" for every option of a help text.
options_of()
{
	case $1 in
	runc) sed -nE 's/^ +--([a-z0-9-]+)( value)?.*/\1\2/p' ;;
	crun) sed -nE 's/^ +(-.,? +)?--([A-Za-z0-9-]+)(\[?=.*\]?)?( .*)?$/\2\3/p' |
		sed -E 's/\[=.*//; s/=.*/ value/' ;;
	runsc) sed -nE 's/^  -([A-Za-z0-9_-]+)( [A-Za-z-]+)?$/\1\2/p; s/^  -([A-Za-z0-9_-]+)( [a-z]+)?\t.*/\1\2/p' ;;
	esac
}

check_help()
{
	local kind=$1 command name value seen=0 missing=0
	for command in '' create run exec restore update; do
		while read -r name value; do
			[ "$name" = help ] || [ "$name" = version ] || [ "$name" = usage ] && continue
			seen=$((seen + 1))
			# shellcheck disable=SC2046,SC2086 # one word or none
			case $command in
			'') known $kind --$name --$name ${value:+1} state x ;;
			exec)
				known $kind "exec --$name" exec --$name ${value:+1} x \
					$([ "$name" = process ] || echo true)
				;;
			*) known $kind "$command --$name" $command --$name ${value:+1} x ;;
			esac || missing=$((missing + 1))
		done < <(
			if [ -z "$command" ] && [ "$kind" = runsc ]; then
				runsc flags 2>&1
			elif [ "$command" = update ] && [ "$kind" = runsc ]; then
				: # no such command in older releases
			else
				# shellcheck disable=SC2086
				$kind $command --help 2>&1
			fi | options_of "$kind"
		)
	done
	if [ $missing = 0 ] && [ $seen -gt 40 ]; then
		ok "$kind: all $seen options of its help are known"
	else
		not_ok "$kind: all options of its help are known" "$missing of $seen are not"
	fi
}

# ---- runsc, by the bundle that it cannot find ----------------------------------------------

# opens BUNDLE WORD…: both forms complain of this bundle's config.json.
opens()
{
	local bundle=$1 first second
	shift
	if ! canonical runsc "$@"; then
		not_ok "runsc: $*" "refused: $(cat "$top/refusal")"
		return
	fi
	first=$(printed runsc "$@")
	second=$(printed "${canonical[@]}")
	if [ "$first" = "$second" ] && grep -qF "\"$bundle/config.json\"" <<<"$first"; then
		ok "runsc: $*"
	else
		not_ok "runsc: $*" "its own words: $first
canonical: $second (${canonical[*]})"
	fi
}

replay_runsc()
{
	mkdir -p nil/{A,--detach}
	opens nil/A run -bundle nil/A $id
	opens nil/A run --bundle nil/A $id
	opens nil/A run -bundle=nil/A $id
	opens nil/A create --bundle=nil/A $id
	opens nil/A -- run --bundle=nil/A -- $id
	opens nil/A --root "$top/R1" -network none -gso=false --debug-log-fd -1 run -bundle nil/A $id
	opens nil/A --log exec --overlay2 none run -detach -bundle nil/A $id
	opens nil/A run --pid-file --bundle --bundle nil/A $id
	cd nil || return
	opens --detach run --bundle --detach $id
	cd ..
	refused runsc 'not one that' run -b A $id
	refused runsc 'too many' run $id -bundle A
	refused runsc 'is given twice' run -bundle A --bundle B $id
	refused runsc '"--gvisor-gro" of "runsc" is refused' --gvisor-gro run $id
	refused runsc '"do" of "runsc" is refused' 'do' sh
	refused runsc '"boot" of "runsc" is refused' boot x
	refused runsc 'too many' exec --process P $id sh
	refused runsc 'not a command' bogus
	passed runsc --version
	passed runsc --network none state $id
	check_help runsc
}

# ---- all of it -----------------------------------------------------------------------------

for kind in runc crun; do
	if ! command -v $kind >/dev/null; then
		skip "$kind is not installed"
		continue
	fi
	replay_$kind
	check_help $kind
	if command -v busybox >/dev/null; then
		replay_exec_$kind
		replay_update $kind '--resources absent ID' '--resources=absent ID' '-r absent ID' \
			'--memory 1 --resources absent ID'
	else
		skip "busybox is not installed"
	fi
done
if command -v runc >/dev/null && command -v busybox >/dev/null; then
	replay_update runc 'ID --resources absent' '-resources=absent ID' 'ID -r=absent --memory=1'
fi
if command -v crun >/dev/null && command -v busybox >/dev/null; then
	replay_update crun '-rabsent ID' '-r absent -- ID'
fi
if command -v runsc >/dev/null; then
	replay_runsc
else
	skip "runsc is not installed"
fi

echo "1..$count"
[ $failures = 0 ]
