# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# What every suite that starts containers needs: the capabilities as the kernel counts them, the
# root file system that containers get, comparing, and waiting for something to become true.

helper() { printf '%s\n' "${WHITTLE_BUILD:?is the build folder with the tests}/test/live/$1"; }

fail() { # lines...
  printf '%s\n' "$@" >&2
  return 1
}

# ---- capabilities -------------------------------------------------------------------------

# By their numbers, from capabilities(7): an oracle that shares nothing with whittle's own table.
capability_names=(
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
  SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
  SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
  WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
)
docker_capabilities="CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP
  NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"

# The kernel refuses to give away what the caller does not hold, which would look like a refusal of
# whittle's: only what is in our own bounding set can be asked for.
host_capabilities() {
  local bounding number
  bounding=$((16#$(sed -n 's/^CapBnd:\t//p' /proc/self/status)))
  for number in "${!capability_names[@]}"; do
    [ $((bounding >> number & 1)) -eq 0 ] || printf '%s ' "${capability_names[number]}"
  done
}

declare -gA capability_number=()
for number in "${!capability_names[@]}"; do
  capability_number[${capability_names[number]}]=$number
done

mask() { # names, as /proc/PID/status shows the set
  local name bits=0
  for name in "$@"; do
    bits=$((bits | 1 << ${capability_number[$name]}))
  done
  printf '%016x' "$bits"
}

sets() { # SET=NAMES...: the object "capabilities" with these arrays
  printf '%s\n' "${@//$'\n'/ }" | jq -Rnc '[inputs | split("=")
    | { (.[0]): (.[1] | split("\\s+"; "") | map(select(. != "") | "CAP_" + .)) }] | add'
}

usual_sets() { sets bounding="$1" effective="$1" permitted="$1"; } # as engines ask for

# ---- what containers are made of ----------------------------------------------------------

make_rootfs() { # folder
  local name
  mkdir -p "$1"/{bin,dev,etc,home,proc,run,sys,tmp,var}
  chmod 1777 "$1/tmp"
  cp "$(command -v busybox)" "$1/bin/busybox"
  cp "$(helper facts)" "$1/bin/facts"
  chmod 755 "$1/bin/busybox" "$1/bin/facts"
  for name in sh cat cp ls echo grep stat dd true false id ln mkdir readlink sleep; do
    ln -s busybox "$1/bin/$name"
  done
}

# ---- running ------------------------------------------------------------------------------

# Becomes a command; in the background $! is then its own process id. bats's descriptors, and
# whatever else was open around it, are not for containers: only the first three and those named
# in KEEP_FDS go along.
become() { # command...
  local fd
  for fd in /proc/"$BASHPID"/fd/*; do
    fd=${fd##*/}
    case " 0 1 2 ${KEEP_FDS:-} " in *" $fd "*) continue ;; esac
    eval "exec $fd>&-"
  done
  exec "$@"
}

eventually() { # command...
  local end=$((SECONDS + 120))
  until "$@" 2>/dev/null; do
    [ $SECONDS -lt $end ] || fail "in two minutes this never came true: $*" || return
    sleep 0.01
  done
}

# "!" before a command lets a test go on whatever comes of it.
fails() { # command...
  if "$@"; then fail "this should have failed: $*"; fi
}

# ---- judging ------------------------------------------------------------------------------

same() { # what, expected, found
  [ "$2" = "$3" ] || fail "$1${RUNTIME:+ ($RUNTIME)}" "expected: $2" "found:    $3"
}

same_files() { # what, expected, found: but for times and process ids
  same_bytes "$1" <(without_times "$2") <(without_times "$3")
}

same_bytes() { # what, expected, found
  local difference
  difference=$(diff -a -u "$2" "$3") || fail "$1${RUNTIME:+ ($RUNTIME)}" "$difference"
}

# The six lines of /proc/PID/status that this is all about.
privileges() { # inheritable, permitted, effective, bounding, ambient (names), NoNewPrivs
  local name
  for name in CapInh CapPrm CapEff CapBnd CapAmb; do
    # shellcheck disable=SC2086  # names divided by spaces
    printf '%s:\t%s\n' "$name" "$(mask $1)"
    shift
  done
  printf 'NoNewPrivs:\t%s\n' "$1"
}
root_with() { privileges "" "$1" "$1" "$1" "" "${2:-1}"; } # a process of uid 0

kernel_view() { grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):' "$1"; }
holds() { same "privileges, $1" "$2" "$(kernel_view "$3")"; } # what, expected, file

# Times and process ids differ between any two runs.
without_times() { sed -E 's/time="[^"]*"/time=""/; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|\+[0-9:]+)/TIME/g; s/^pid .*/pid/' "$1"; }
