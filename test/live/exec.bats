#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317
#
# Every way of executing a program in a running container: with a process file as the engines write
# it (which asks for what the container once asked for, not for what it got) and with options as
# people give them. What the program holds is asked of the kernel, from inside and from outside.

load lib

setup_file() { need_live; }
teardown() { end_cases; }

# What engines send: the process of the container as it was before whittle.
process_file() { # jq filter on top
  PROCESS=$(mktemp "$CASE/runc-process.XXXX")
  jq -n --argjson sets "$(usual_sets "$docker_capabilities")" '{
    user: { uid: 0, gid: 0, additionalGids: [10] },
    args: ["/bin/facts"],
    env: ["PATH=/bin", "FROM=file"],
    cwd: "/home",
    capabilities: $sets,
    oomScoreAdj: 0
  }' | jq "${1:-.}" >"$PROCESS"
}

# exec in the foreground: $stdout has the facts.
exec_facts() { # arguments of exec...
  succeeds whittle exec "$@"
  same "standard error of: exec $*" "" "$(cat "$stderr")"
}

# exec in the background: EXECUTED is the process id.
exec_detached() { # arguments of exec, without --detach and --pid-file...
  rm -f "$CASE/exec-pid"
  detached executed whittle exec --detach --pid-file "$CASE/exec-pid" "$@"
  EXECUTED=$(cat "$CASE/exec-pid")
  eventually is_facts "$EXECUTED"
  eventually grep -q '^end$' "$CASE/executed.out"
}
end_executed() {
  kill -KILL "$EXECUTED"
  eventually has_ended "$EXECUTED"
}

is_in_container() { # pid: shares the namespaces of the container's first process
  same "pid namespace of the executed" "$(readlink "/proc/$PID/ns/pid")" \
    "$(readlink "/proc/$1/ns/pid")"
  same "mount namespace of the executed" "$(readlink "/proc/$PID/ns/mnt")" \
    "$(readlink "/proc/$1/ns/mnt")"
}

process_spellings() {
  local spelling spellings=("--process $PROCESS" "--process=$PROCESS" "-p $PROCESS")
  case $RUNTIME in
    runc) spellings+=("-p=$PROCESS" "-process $PROCESS" "-process=$PROCESS" "--p $PROCESS") ;;
    crun) spellings+=("-p$PROCESS") ;;
  esac
  for spelling in "${spellings[@]}"; do
    # shellcheck disable=SC2086  # one word or two
    exec_facts $spelling "$ID"
    holds "exec $spelling" "$(root_with "$allowed")" "$stdout"
    same "environment of exec $spelling" "env FROM=file" "$(fact "env FROM" "$stdout")"
    same "cwd of exec $spelling" "cwd /home" "$(fact cwd "$stdout")"
  done
}
by_process_file() {
  hold whittle
  process_file
  process_spellings
  process_file '.args += ["hold"]'
  exec_detached --process "$PROCESS" "$ID"
  is_in_container "$EXECUTED"
  holds "exec --process --detach, seen from outside" "$(root_with "$allowed")" "/proc/$EXECUTED/status"
  holds "exec --process --detach, seen from inside" "$(root_with "$allowed")" "$CASE/executed.out"
  end_executed
}
@test "exec with a process file, in every spelling, attached and detached" {
  each_runtime by_process_file
}

as_engines_do() {
  local log=$CASE/log.json
  hold whittle create
  process_file
  # containerd's shim and Docker; CRI-O; Podman's conmon. All with the options in their order.
  succeeds whittle --log "$log" --log-format json exec --process "$PROCESS" --detach \
    --pid-file "$CASE/1.pid" "$ID"
  succeeds whittle --log="$log" --log-format=json exec --process "$PROCESS" "$ID"
  holds "as CRI-O calls it" "$(root_with "$allowed")" "$stdout"
  succeeds whittle --log-format=json --log "$log" exec --pid-file "$CASE/2.pid" \
    --process "$PROCESS" --detach "$ID"
  same "the log of execs that went well" "" "$(cat "$log" 2>/dev/null)"
  [ -s "$CASE/1.pid" ] && [ -s "$CASE/2.pid" ]
}
@test "exec as containerd, Docker, CRI-O and Podman call it" {
  each_runtime as_engines_do
}

variant() { # jq filter, expected privileges
  process_file "$1"
  exec_facts --process "$PROCESS" "$ID"
  holds "exec of a process with $1" "$2" "$stdout"
}
process_variants() {
  local some ambient
  some=$(sets bounding="NET_BIND_SERVICE NET_RAW" effective="NET_BIND_SERVICE NET_RAW" \
    permitted="NET_BIND_SERVICE NET_RAW" inheritable="NET_BIND_SERVICE NET_RAW" \
    ambient="NET_BIND_SERVICE NET_RAW")
  ambient="NET_BIND_SERVICE"
  hold whittle
  variant '.' "$(root_with "$allowed")"
  variant '.noNewPrivileges = false' "$(root_with "$allowed")"
  variant '.noNewPrivileges = null' "$(root_with "$allowed")"
  # What is left out is the container's, which whittle has cut down.
  variant 'del(.capabilities)' "$(root_with "$allowed")"
  variant '.capabilities = null' "$(root_with "$allowed")"
  variant '.capabilities = {}' "$(root_with "")"
  variant '.user = { uid: 1000, gid: 1000 }' "$(privileges "" "" "" "$allowed" "" 1)"
  same "uid" $'Uid:\t1000\t1000\t1000\t1000' "$(fact Uid: "$stdout")"
  variant ".user = { uid: 1000, gid: 1000 } | .capabilities = $some" \
    "$(privileges "$ambient" "$ambient" "$ambient" "$ambient" "$ambient" 1)"
  variant 'del(.user)' "$(root_with "$allowed")"
  same "uid of a process without user" $'Uid:\t0\t0\t0\t0' "$(fact Uid: "$stdout")"
}
@test "exec with a process file that leaves things out or asks for more" {
  each_runtime process_variants
}

with_no_process() {
  local none
  hold whittle
  none=$(root_with "$allowed")
  exec_facts "$ID" /bin/facts
  holds "exec ID" "$none" "$stdout"
  same "environment" "env COLOUR=blue" "$(fact "env COLOUR" "$stdout")"
  exec_facts --cap CAP_NET_RAW "$ID" /bin/facts
  # runc adds to the container's, crun takes what is given instead.
  case $RUNTIME in
    runc) holds "exec --cap CAP_NET_RAW" "$none" "$stdout" ;;
    crun) holds "exec --cap CAP_NET_RAW" "$(root_with "")" "$stdout" ;;
  esac
  exec_facts --cap CAP_CHOWN --cap CAP_SYS_ADMIN "$ID" /bin/facts
  case $RUNTIME in
    runc) holds "exec --cap CAP_CHOWN" "$none" "$stdout" ;;
    crun) holds "exec --cap CAP_CHOWN" "$(root_with CHOWN)" "$stdout" ;;
  esac
  exec_facts --user 1000 "$ID" /bin/facts
  holds "exec --user 1000" "$(privileges "" "" "" "$allowed" "" 1)" "$stdout"
  same "uid of --user 1000" $'Uid:\t1000\t1000\t1000\t1000' "$(fact Uid: "$stdout")"
  exec_facts -u 1000:1001 "$ID" /bin/facts
  same "uid of -u 1000:1001" $'Uid:\t1000\t1000\t1000\t1000' "$(fact Uid: "$stdout")"
  same "gid of -u 1000:1001" $'Gid:\t1001\t1001\t1001\t1001' "$(fact Gid: "$stdout")"
  exec_facts --env SHADE=dark --env "TEXT=a b" "$ID" /bin/facts
  same "environment of --env" $'env SHADE=dark\nenv TEXT=a b' "$(grep -E "^env (SHADE|TEXT)" "$stdout")"
  exec_facts --cwd /home "$ID" /bin/facts
  same "--cwd" "cwd /home" "$(fact cwd "$stdout")"
  exec_facts --no-new-privs "$ID" /bin/facts
  holds "exec --no-new-privs" "$none" "$stdout"
  exec_facts --apparmor= --process-label= "$ID" /bin/facts 'a word' --cap=CAP_SYS_ADMIN
  holds "exec with options behind the program" "$none" "$stdout"
  same "words of the program" $'arg 0 /bin/facts\narg 1 a word\narg 2 --cap=CAP_SYS_ADMIN' \
    "$(fact arg "$stdout")"
  exec_detached "$ID" /bin/facts hold
  is_in_container "$EXECUTED"
  holds "exec --detach, seen from outside" "$none" "/proc/$EXECUTED/status"
  end_executed
}
@test "exec with options" {
  each_runtime with_no_process
}

runc_alone() {
  local all
  all=$(root_with "$allowed")
  hold whittle
  exec_facts --no-new-privs=false "$ID" /bin/facts
  holds "exec --no-new-privs=false" "$all" "$stdout"
  exec_facts -g 2000 -g 2001 "$ID" /bin/facts
  same "groups of -g" "2000 2001" "$(fact Groups: "$stdout" | grep -oE '200[01]' | tr '\n' ' ' | sed 's/ $//')"
  exec_facts -cap CAP_NET_RAW -cap=CAP_SYS_ADMIN --ignore-paused --user=1000 "$ID" /bin/facts
  holds "exec -cap" "$(privileges "" "" "" "$allowed" "" 1)" "$stdout"
}
@test "exec with the options that only runc has" {
  RUNTIMES=runc each_runtime runc_alone
}

crun_alone() {
  hold whittle
  exec_facts -cCAP_NET_RAW -u1000 "$ID" /bin/facts
  holds "exec -cCAP_NET_RAW -u1000" "$(privileges "" "" "" "" "" 1)" "$stdout"
  exec_facts -tfalse "$ID" /bin/facts
  same "terminal of -tfalse" "tty 1 no" "$(fact "tty 1" "$stdout")"
  exec_facts --tty=false "$ID" /bin/facts
  same "terminal of --tty=false" "tty 1 no" "$(fact "tty 1" "$stdout")"
}
@test "exec with the spellings that only crun has" {
  RUNTIMES=crun each_runtime crun_alone
}

terminal() { # arguments of exec...
  local socket
  socket=$(mktemp -u "$CASE/tty.XXXX")
  background terminal become "$(helper recvtty)" "$socket"
  eventually is_socket "$socket"
  succeeds whittle exec --detach --console-socket "$socket" "$@"
  wait "$LAST"
  tr -d '\r' <"$CASE/terminal.out" >"$CASE/terminal.facts"
  same "terminals of: exec $*" $'tty 0 yes\ntty 1 yes\ntty 2 yes' "$(fact tty "$CASE/terminal.facts")" ||
    fail "all of what came: $(cat -A "$CASE/terminal.out")"
  holds "exec $*" "$(root_with "$allowed")" "$CASE/terminal.facts"
}
terminals() {
  hold whittle
  terminal --tty "$ID" /bin/facts
  terminal -t "$ID" /bin/facts
  process_file '.terminal = true'
  terminal --process "$PROCESS" "$ID"
  terminal --tty --process "$PROCESS" "$ID" # as conmon 2.1.6 does
}
@test "exec with a terminal of its own, by option and by process file" {
  each_runtime terminals
}

started_without() {
  hold bare
  container_holds "started by the bare runtime" "$(root_with "$docker_capabilities" 0)"
  process_file
  exec_facts --process "$PROCESS" "$ID"
  holds "exec --process" "$(root_with "$allowed")" "$stdout"
  exec_facts "$ID" /bin/facts
  holds "exec" "$(root_with "$allowed")" "$stdout"
}
@test "exec into a container that was started without whittle is bounded all the same" {
  each_runtime started_without
}

unbounded() { # arguments of exec: whittle, allowing everything, and the bare runtime do the same
  local bare_facts
  succeeds bare exec "$@"
  bare_facts=$stdout
  succeeds whittle exec "$@"
  same_files "facts of: exec $*" "$bare_facts" "$stdout"
}
# crun 1.21 stays root where the user has no group with it; whittle's process is what was asked for.
other_user() {
  local bare_facts
  succeeds bare exec --user 7 "$ID" /bin/facts
  [ "$RUNTIME" != crun ] || ! grep -q '^Uid:.0' "$stdout" || succeeds bare exec --user 7:0 "$ID" /bin/facts
  bare_facts=$stdout
  succeeds whittle exec --user 7 "$ID" /bin/facts
  same_files "facts of: exec --user 7" "$bare_facts" "$stdout"
}
as_if_not_there() {
  allow_everything
  # crun up to 1.8 forgets the container's groups in an exec without --process.
  [ "$RUNTIME" = crun ] || edit_config '.process.user.additionalGids = [10, 20]'
  hold whittle
  container_holds "all allowed" "$(root_with "$docker_capabilities" 0)"
  process_file
  unbounded --process "$PROCESS" "$ID"
  process_file 'del(.capabilities)'
  unbounded --process "$PROCESS" "$ID"
  process_file '.capabilities = {} | .noNewPrivileges = true'
  unbounded --process "$PROCESS" "$ID"
  # Not RLIMIT_NOFILE with a soft limit below the hard: Go raises it in runc's own init, and now and
  # then that is what the program gets (opencontainers/runc issue 4195).
  process_file '.rlimits = [{ type: "RLIMIT_CORE", soft: 100, hard: 200 }] | .user.umask = 63'
  unbounded --process "$PROCESS" "$ID"
  unbounded "$ID" /bin/facts
  unbounded "$ID" /bin/echo --cap -- ''
  unbounded --cap CAP_NET_ADMIN "$ID" /bin/facts
  unbounded --no-new-privs "$ID" /bin/facts
  other_user
  unbounded --user 7:8 "$ID" /bin/facts
  unbounded --cwd /home "$ID" /bin/facts
  case $RUNTIME in
    runc)
      unbounded --no-new-privs=false --env A=1 --env B= "$ID" /bin/facts
      unbounded -g 2000 -g 2001 "$ID" /bin/facts
      ;;
  esac
}
@test "exec under a policy that allows everything is as without whittle" {
  each_runtime as_if_not_there
}

not_there() {
  hold whittle
  allow_everything
  same_as_bare exec "$ID" /bin/not-there
  is_refused exec live-not-there /bin/facts
  says "container live-not-there cannot be identified"
}
@test "exec of what is not there, and into what is not there" {
  each_runtime not_there
}

other_root() {
  STATE=/run/$RUNTIME
  unset XDG_RUNTIME_DIR
  default_root() { (become "${PRIVATE[@]}" "$WHITTLE" --policy "$POLICY" "$@"); }
  run_program /bin/facts hold
  detached held default_root run --detach --pid-file "$CASE/pid" --bundle "$BUNDLE" "$ID"
  PID=$(cat "$CASE/pid")
  succeeds default_root exec "$ID" /bin/facts
  holds "exec without --root" "$(root_with "$allowed")" "$stdout"
  succeeds default_root delete --force "$ID"
}
@test "exec without --root finds the container in the runtime's own folder" {
  each_runtime other_root
}
