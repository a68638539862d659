#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Faults while a file is being replaced. strace kills the process, or makes the call fail, at each
# system call from the first look at the folder to the end; after each the file must hold exactly
# the old or exactly the new content, with owner, mode and attribute, and one more run must leave
# nothing else in the folder. Then: a full disk, a read-only one, many runs at once, runs that are
# killed at random, and things planted under the temporary file's name.
#
# usage: replace.sh [REPLACE-ONCE]      prints TAP; needs root (mounts, owners) and strace
set -u

once=$(realpath "${1:-${WHITTLE_BUILD:?the build folder, or the program as an argument}/test/fault/replace-once}")
export ASAN_OPTIONS=detect_leaks=0 # it can't look for leaks in a traced process
export LC_ALL=C

cannot_run() {
	if [ "${WHITTLE_TEST_STRICT:-0}" = 1 ]; then
		echo "Bail out! $1"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

[ "$(id -u)" = 0 ] || cannot_run "needs root"
command -v strace >/dev/null || cannot_run "needs strace"

# All mounts are made in a namespace of our own, and go with it.
if [ -z "${REPLACE_SH_INSIDE:-}" ]; then
	unshare -m --propagation private true 2>/dev/null ||
		cannot_run "needs the right to unshare mounts"
	REPLACE_SH_INSIDE=1 exec unshare -m --propagation private "$0" "$@"
fi

umask 022
work=$(mktemp -d /tmp/whittle-fault-XXXXXX)
chmod 755 "$work"
trap 'umount -R "$work"/* 2>/dev/null; rm -rf "$work"' EXIT

points=0
failures=0
point() { # RESULT NAME [DIAGNOSIS]
	points=$((points + 1))
	if [ "$1" = 0 ]; then
		echo "ok $points - $2"
	else
		failures=$((failures + 1))
		echo "not ok $points - $2"
		echo "# ${3:-}"
	fi
}

# ---- one folder and what is in it ---------------------------------------------------------

old_size=5000
new_size=200000
old="o $old_size"
new="n $new_size"

prepare() { # FOLDER: with the old content
	rm -rf "$1"
	mkdir "$1"
	: >"$1/config.json"
	"$once" "$1" config.json o $old_size || return 1
	chown 0:4321 "$1/config.json"
	chmod 0640 "$1/config.json"
	"$once" --mark "$1/config.json"
	attribute=$("$once" --check "$1/config.json" | cut -d' ' -f3)
}

# What is wrong with the folder: nothing, when the file is one of the contents given.
whole() { # FOLDER CONTENT…
	local folder=$1 found want rights
	shift
	found=$("$once" --check "$folder/config.json") || {
		echo "the content is not whole"
		return
	}
	rights=$(stat -c '%u:%g %a %h' "$folder/config.json")
	[ "$rights" = "0:4321 640 1" ] || echo "owner, mode or names are $rights"
	for want in "$@"; do
		[ "$found" = "$want $attribute" ] && return
	done
	echo "the content is $found, not $*"
}

others() { # FOLDER: names beside the file
	find "$1" -mindepth 1 ! -name config.json -printf '%f '
}

# One undisturbed run must put everything right.
recovers() { # FOLDER
	local message
	message=$("$once" "$1" config.json r 7000 2>&1) || echo "the next run failed: $message"
	whole "$1" "r 7000"
	[ -z "$(others "$1")" ] || echo "left over: $(others "$1")"
}

# ---- at each system call ------------------------------------------------------------------

# "NAME NUMBER ESSENTIAL" for each call from the first look on: the NUMBER-th of that NAME, and whether
# there is no new file without it, or not the right one.
list_calls() { # FOLDER
	prepare "$1"
	strace -f -o "$work/trace" "$once" "$1" config.json n $new_size || return 1
	sed -E 's/^[0-9]+ +//' "$work/trace" | awk '
		match($0, /^[a-z0-9_]+\(/) {
			name = substr($0, 1, RLENGTH - 1)
			count[name]++
			essential = name ~ /^(write|renameat|fchmod|fchown|fsetxattr|fdatasync)$/ ||
				(name == "openat" && /O_CREAT/) || /^getrandom\(.*, 16, 0\)/
			if (/AT_SYMLINK_NOFOLLOW/) begun = 1
			if (begun) print name, count[name], essential ? "yes" : "no"
		}'
}

kill_at() { # FOLDER NAME NUMBER EXPECTED
	local wrong status
	prepare "$1"
	{
		strace -f -o /dev/null -e trace="$2" -e inject="$2:signal=KILL:when=$3" \
			"$once" "$1" config.json n $new_size
		status=$?
	} >/dev/null 2>&1 # also the word of the shell that it was killed
	wrong=$(
		[ $status = 137 ] || echo "the run ended with $status, not by the signal"
		whole "$1" "$4"
		recovers "$1"
	)
	[ -z "$wrong" ]
	point $? "killed at $2 $3: $4" "$wrong"
}

fail_at() { # FOLDER NAME NUMBER ESSENTIAL
	local wrong="" status error message
	for error in ENOSPC EIO ENOMEM EDQUOT; do
		prepare "$1"
		message=$(strace -f -o /dev/null -e trace="$2" -e inject="$2:error=$error:when=$3" \
			"$once" "$1" config.json n $new_size 2>&1)
		status=$?
		wrong+=$(
			case "$2:$status" in
			mmap:* | munmap:* | brk:* | m*:[!01]*) # the allocator's: it may give up
				whole "$1" "$old" "$new" ;;
			*:0)
				whole "$1" "$new"
				[ -z "$(others "$1")" ] || echo "left over: $(others "$1")" ;;
			*:1)
				whole "$1" "$old"
				[ -z "$(others "$1")" ] || echo "left over: $(others "$1")"
				[ "$(wc -l <<<"$message")" = 1 ] && [ -n "$message" ] ||
					echo "the message is not a line: $message" ;;
			*) echo "the run ended with $status" ;;
			esac
			[ "$4" = no ] || [ $status = 1 ] || echo "$error passed unnoticed"
			recovers "$1"
		)
	done
	[ -z "$wrong" ]
	point $? "error at $2 $3" "$wrong"
}

at_each_call() { # FOLDER
	local calls name number essential expected=$old
	calls=$(list_calls "$1") || {
		point 1 "an undisturbed run under strace"
		return
	}
	while read -r name number essential; do
		kill_at "$1" "$name" "$number" "$expected"
		[ "$name" = exit_group ] || fail_at "$1" "$name" "$number" "$essential"
		[ "$name" = renameat ] && expected=$new
	done <<<"$calls"
	[ "$expected" = "$new" ]
	point $? "the list of calls has the rename in it" "$calls"
	for name in openat getrandom write fchmod renameat; do
		grep -q "^$name [0-9]* yes" <<<"$calls"
		point $? "the list of calls has $name in it" "$calls"
	done
}

mkdir "$work/plain"
at_each_call "$work/plain/bundle"

# A file system that does not order data before a rename: there it is flushed.
mkdir "$work/flushed" "$work/layers"
mount -t tmpfs whittle-fault "$work/layers"
mkdir "$work/layers/lower" "$work/layers/upper" "$work/layers/work"
if mount -t overlay -o "lowerdir=$work/layers/lower,upperdir=$work/layers/upper,workdir=$work/layers/work" \
	whittle-fault "$work/flushed"; then
	calls=$(list_calls "$work/flushed/bundle")
	number=$(awk '/^fdatasync / { print $2 }' <<<"$calls")
	[ "$number" = 1 ]
	point $? "data is flushed where a rename does not order it" "$calls"
	kill_at "$work/flushed/bundle" fdatasync 1 "$old"
	fail_at "$work/flushed/bundle" fdatasync 1 yes
else
	point 0 "data is flushed where a rename does not order it # SKIP no overlay here"
fi

# ---- disks --------------------------------------------------------------------------------

mkdir "$work/small"
mount -t tmpfs -o size=64k,mode=755 whittle-fault "$work/small"
prepare "$work/small/bundle"
message=$("$once" "$work/small/bundle" config.json n $new_size 2>&1)
status=$?
wrong=$(
	[ $status = 1 ] || echo "the run ended with $status"
	[ "$message" = "cannot write the new config.json: the disk is full" ] ||
		echo "the message is: $message"
	whole "$work/small/bundle" "$old"
	[ -z "$(others "$work/small/bundle")" ] || echo "left over: $(others "$work/small/bundle")"
	recovers "$work/small/bundle"
)
[ -z "$wrong" ]
point $? "a full disk is an error, and the old file stays" "$wrong"

prepare "$work/small/bundle"
mount -o remount,ro "$work/small"
message=$("$once" "$work/small/bundle" config.json n 10 2>&1)
status=$?
wrong=$(
	[ $status = 1 ] || echo "the run ended with $status"
	want="cannot create a temporary file beside config.json: the file system is read-only"
	[ "$message" = "$want" ] || echo "the message is: $message"
	whole "$work/small/bundle" "$old"
)
[ -z "$wrong" ]
point $? "a read-only disk is an error, and the old file stays" "$wrong"
mount -o remount,rw "$work/small"

# ---- many at once -------------------------------------------------------------------------

letters=abcdefghijklmnopqrstuvwxyz
many=$work/plain/many

# Looks at the file again and again while the runs last; writes what was wrong.
watch_whole() { # FILE-TO-STOP-AT
	local looks=0
	while [ ! -e "$1" ]; do
		"$once" --check "$many/config.json" >/dev/null || echo "half a file was seen"
		looks=$((looks + 1))
	done
	[ $looks -gt 0 ] || echo "nobody looked"
}

prepare "$many"
watch_whole "$work/stop" >"$work/seen" &
watcher=$!
pids=()
for i in $(seq 1 200); do
	"$once" "$many" config.json "${letters:i%26:1}" $((i * 997)) 2>>"$work/errors" &
	pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
	wait "$pid" || failed=$((failed + 1))
done
touch "$work/stop"
wait $watcher
wrong=$(
	[ $failed = 0 ] || echo "$failed of 200 failed: $(sort "$work/errors" | uniq -c)"
	cat "$work/seen"
	"$once" --check "$many/config.json" >/dev/null || echo "the content is not whole"
	[ -z "$(others "$many")" ] || echo "left over: $(others "$many")"
	recovers "$many"
)
[ -z "$wrong" ]
point $? "of two hundred runs at once each leaves a whole file and nothing else" "$wrong"

rm -f "$work/stop"
prepare "$many"
watch_whole "$work/stop" >"$work/seen" &
watcher=$!
for _ in $(seq 1 20); do
	pids=()
	for i in 1 2 3 4 5; do
		"$once" "$many" config.json "${letters:i:1}" $((i * 1000000)) 2>/dev/null &
		pids+=($!)
	done
	sleep "0.00$((RANDOM % 10))"
	kill -KILL "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
done
touch "$work/stop"
wait $watcher
wrong=$(
	cat "$work/seen"
	"$once" --check "$many/config.json" >/dev/null || echo "the content is not whole"
	recovers "$many"
)
[ -z "$wrong" ]
point $? "a hundred runs killed at random leave a whole file, the next run nothing else" "$wrong"

# ---- planted ------------------------------------------------------------------------------

prepare "$work/plain/bundle"
echo "root's own" >"$work/victim"
planted=$work/plain/bundle/.config.json.whittle-
ln -s "$work/victim" "${planted}00000000000000000000000000000000"
mkfifo "${planted}11111111111111111111111111111111"
mkdir "${planted}22222222222222222222222222222222"
mknod "${planted}33333333333333333333333333333333" c 1 3
echo half >"${planted}44444444444444444444444444444444"
timeout 120 "$once" "$work/plain/bundle" config.json n $new_size
status=$?
wrong=$(
	[ $status = 0 ] || echo "the run ended with $status"
	whole "$work/plain/bundle" "$new"
	[ "$(cat "$work/victim")" = "root's own" ] || echo "the victim was written to"
	[ -L "${planted}00000000000000000000000000000000" ] || echo "the link is gone"
	[ -p "${planted}11111111111111111111111111111111" ] || echo "the FIFO is gone"
	[ -d "${planted}22222222222222222222222222222222" ] || echo "the folder is gone"
	[ -c "${planted}33333333333333333333333333333333" ] || echo "the device is gone"
	[ ! -e "${planted}44444444444444444444444444444444" ] || echo "the left-over is there"
)
[ -z "$wrong" ]
point $? "what is planted under the temporary file's name is not touched" "$wrong"

echo "1..$points"
[ $failures = 0 ]
