# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
#
# What the tests on made-up machines share: engines that only say their version, runtimes that only say
# their name, and containers that are a process and what a runtime would have written down.

load lib

setup_file() {
  need_engines python3 script setpriv
  machine_start
  cat >"$MACHINE/hold.py" <<'PYTHON'
# The process above a container's: starts it, and waits.
import os, subprocess
child = subprocess.Popen(["/bin/sh", "-c", "exec " + os.environ["CHILD"]])
with open(os.environ["TOLD"] + ".new", "w") as file:
    file.write(str(child.pid))
os.rename(os.environ["TOLD"] + ".new", os.environ["TOLD"])
child.wait()
PYTHON
  inside_sh 'rm -f /usr/{s,}bin/{dockerd,podman,crio,conmon,runc,crun,runsc,containerd*}'
}
teardown_file() { machine_stop; }

# Each test begins with nothing but whittle, a policy and a runtime.
setup() {
  inside_sh 'rm -rf /etc/whittle /var/lib/whittle /etc/docker /etc/containerd /etc/containers /usr/local/* /run/runc /run/crun /run/runsc
    rm -rf /run/containerd /run/docker /run/user /run/bundles /run/machine/{told,records,*.out}
    rm -f /usr/bin/containerd-shim-* /usr/bin/conmon
    mkdir -p /etc/{whittle,docker,containerd} /usr/local/{bin,sbin,lib} /run/bundles
    mkdir -m 1777 /run/machine/told; chmod 755 /run/machine'
  install_programs
  pretend /usr/sbin/runc 'runc version 1.2.3'
  policy config <<'JSON'
{ "runtimes": ["runc"], "default": { "capabilities": ["CAP_CHOWN", "CAP_KILL"] } }
JSON
}
teardown() {
  show_logs
  end_held
  inside_sh 'rm -f /usr/{s,}bin/{dockerd,podman,crio,runc,crun,containerd}'
}

# A program that says this, whatever it is asked.
pretend() { # path, line
  printf '#!/bin/sh\necho "%s"\n' "$2" | inside_sh 'cat >"$1"; chmod 755 "$1"' "$1"
}
pretend_docker() { pretend /usr/sbin/dockerd 'Docker version 20.10.24+dfsg1, build 297e128'; }

# One engine, whittle its default, and no way around: what there is to spoil.
all_is_well() {
  pretend_docker
  echo '{ "default-runtime": "whittle", "runtimes": { "whittle": { "path": "/usr/local/bin/whittle" } } }' |
    inside_sh 'cat >/etc/docker/daemon.json; ln -s ../bin/whittle /usr/local/sbin/runc'
}

# ---- made-up containers -------------------------------------------------------------------

# Starts a process below another with this name and these words. PID is the process; its state is for
# write_state.
hold_below() { # program, words...
  TOLD=told.$((++held))
  [ -e "$ROOT/usr/bin/$1" ] || inside cp /usr/bin/python3 "/usr/bin/$1"
  background "$TOLD" inside ${USER_ID:+setpriv --reuid "$USER_ID" --clear-groups} \
    env "TOLD=/run/machine/told/$TOLD" "CHILD=${CHILD:-sleep infinity}" ${SEARCH:+"PATH=$SEARCH"} \
    "/usr/bin/$1" /run/machine/hold.py "${@:2}"
  eventually [ -s "$MACHINE/told/$TOLD" ]
  PID=$(cat "$MACHINE/told/$TOLD")
}
held=0
start_of() { sed 's/.*) //' "$ROOT/proc/$1/stat" | cut -d ' ' -f 20; }
# The machine ends when nobody holds its input open any more, and bats when nobody holds its own.
background() { # name, command...
  (exec {MACHINE_INPUT}>&- 3>&-; "${@:2}") >"$MACHINE/$1.out" 2>&1 </dev/null &
  disown
}
end_held() {
  local file
  for file in "$MACHINE"/told/*; do
    [ -s "$file" ] || continue
    inside kill -KILL "$(cat "$file")" 2>/dev/null || true
  done
}

write_state() { # folder, id, [pid, [start, [bundle]]]
  local pid=${3:-$PID}
  jq -nc --arg id "$2" --argjson pid "$pid" --argjson start "${4:-$(start_of "$pid")}" \
    --arg bundle "bundle=${5:-/run/bundles/$2}" '{ id: $id, init_process_pid: $pid,
      init_process_start: $start, config: { labels: [$bundle] } }' |
    inside_sh 'mkdir -p "$1/$2"; cat >"$1/$2/state.json"' "$1" "$2"
}

# A container of containerd's: the shim above it and its bundle, in which the shim noted the runtime.
held_by_shim() { # id, runtime
  local tasks=/run/containerd/io.containerd.runtime.v2.task/moby
  hold_below containerd-shim-runc-v2 -namespace moby -id "$1"
  inside_sh 'mkdir -p "$1/$2"; printf "%s" "$3" >"$1/$2/runtime"' "$tasks" "$1" "$2"
  write_state /run/docker/runtime-runc/moby "$1" "$PID" "$(start_of "$PID")" "$tasks/$1"
}
held_by_conmon() { # id, runtime
  hold_below conmon -c "$1" -u "$1" -r "$2" --exit-command /usr/bin/podman
  write_state /run/runc "$1"
}

# What the policy allows, and nothing else: as whittle leaves a process.
bounded='setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+chown,+kill sleep infinity'
