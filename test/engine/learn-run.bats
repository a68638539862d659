#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2086,SC2154
#
# whittlectl learn -- docker run…, and podman run…: one run gives a rule under which the same container works,
# and nobody else's container profits from it.

load docker

image=learn:latest

setup_file() {
  export MACHINE_UNIFIED=yes # recording goes by the second version of cgroups, where a host has it
  need_engines dockerd containerd docker podman conmon python3 curl
  docker_machine
  "$WHITTLE_SOURCE/test/learn/image" "$MACHINE/learn"
  command tar -C "$MACHINE/learn" --xattrs --xattrs-include=security.capability --numeric-owner -cf "$MACHINE/learn.tar" .
  docker import /run/machine/learn.tar $image >/dev/null
  inside podman import --quiet /run/machine/learn.tar $image >/dev/null
  rm -rf "$MACHINE/learn" "$MACHINE/learn.tar"
}
teardown_file() { machine_stop; }
setup() {
  out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
  strict_policy | policy config
}
teardown() {
  show_logs
  end_containers
  inside podman rm --all --force --time 0 >/dev/null 2>&1 || true
  inside_sh 'rm -rf /var/lib/whittle/learn'
}

learn() { # words of the command...: $code, and the files $out and $err
  code=0
  inside whittlectl learn --json "$@" >"$out" 2>"$err" || code=$?
}
learning() { # the same in the background; $LEARNER is somebody who ends with it
  inside whittlectl learn --json "$@" >"$out" 2>"$err" &
  LEARNER=$!
}
interrupt() { inside pkill -INT -x whittlectl; }
ended() { # waits for it: $code
  code=0
  wait "$LEARNER" || code=$?
}
answer() { jq -r "$1" "$out" || fail "no answer:" "$(cat "$out" "$err")"; }
uses() { answer "[.uses[] | select(.use == \"$1\") | .capability | ltrimstr(\"CAP_\")] | sort | join(\" \")"; }
nothing_is_left() {
  [ ! -e "$ROOT/run/whittle/requests" ] || fail "requests are left:" "$(ls "$ROOT/run/whittle/requests")"
  [ -z "$(ls "$ROOT/run/whittle/record")" ] || fail "recorders are left:" "$(ls "$ROOT/run/whittle/record")"
}
serves() { [ "$(inside curl -sS --fail --max-time 5 http://127.0.0.1:80/index.html)" = 'served by whittle' ]; }
the_container() { ID=$(docker ps --quiet --no-trunc | head -n 1) && [ -n "$ID" ]; }

# Docker since 20.10 lets everybody have the low ports, if it is not told otherwise.
ports=(--sysctl net.ipv4.ip_unprivileged_port_start=1024)
server=(-p 80:80 "${ports[@]}" --env PYTHONUNBUFFERED=1 $image python3 -m http.server --directory /var/www 80)

@test "a web server on port 80: the rule has what it needs and why, and it starts under it" {
  learning -- docker run "${server[@]}"
  eventually serves
  interrupt
  ended
  same "used" NET_BIND_SERVICE "$(uses used)"
  same "speculative" "" "$(uses speculative)"
  same "the rule's capabilities" CAP_NET_BIND_SERVICE "$(answer '.rule.capabilities | keys | join(" ")')"
  answer '.rule.capabilities[]' | grep -qE '^python3 binds port 80 \(bind, inet_bind\)$' || fail "no reason:" "$(answer .rule)"
  same "complete" true "$(answer .complete)"
  nothing_is_left
  inside whittlectl learn policy --file /etc/whittle/config.json --widen >/dev/null
  up "${server[@]}"
  eventually serves
  process_holds "under the rule" "$(root_with NET_BIND_SERVICE)" "$PID"
}

@test "a web server on port 80 as Docker starts it needs nothing" {
  learning -- docker run -p 80:80 $image python3 -m http.server --directory /var/www 80
  eventually serves
  interrupt
  ended
  same "used" "" "$(uses used)"
  same "the rule's capabilities" '{}' "$(answer '.rule.capabilities | tojson')"
}

@test "verify with a check of the user's proves what the server needs" {
  learning --name web -- docker run --name web "${server[@]}"
  eventually serves
  interrupt
  ended
  inside whittlectl learn verify --json --name web --thorough -- curl -sS --fail --max-time 5 http://127.0.0.1:80/index.html >"$out" 2>"$err" ||
    fail "verify failed:" "$(cat "$err")"
  same "needed" CAP_NET_BIND_SERVICE "$(answer '.needed | join(" ")')"
  same "not needed" "" "$(answer '.notNeeded | join(" ")')"
  same "runs" 2 "$(answer .runs)"
  nothing_is_left
  same "containers beside the one that was learnt" web "$(docker ps --all --format '{{.Names}}')"
}

# Of a path in a container that has ended: files with their modes and owners, as lines that all have to be there.
has_lines() { # path, lines...: a script for a check
  printf 'list=$(docker cp "$WHITTLE_CONTAINER:%s" - | tar --numeric-owner -tvf - | awk '\''{ print $1, $2, $NF }'\'') || exit 1\n' "$1"
  shift
  printf 'printf "%%s\\n" "$list" | grep -qxF -e "%s" || exit 1\n' "$@"
}
# The row of this workload in the documents: its proven minimum.
documented() { awk -F ' *[|] *' -v title="$1" '$2 == title { print $7; found = 1 } END { exit !found }' "$WHITTLE_SOURCE/docs/learning.md"; }

leaves_what_is_needed() { # title, check, command...
  rm -rf "$ROOT/var/lib/whittle/learn"
  learn --name it -- docker run --network none $image "${@:3}"
  same "status of $1" 0 "$code"
  docker rm "$(docker ps --all --quiet)" >/dev/null
  inside whittlectl learn verify --json --name it --thorough --timeout 20 -- sh -c "$2" >"$out" 2>"$err" || fail "$1:" "$(cat "$err")"
  same "needed for $1" "$(documented "$1")" "$(answer '[.needed[] | ltrimstr("CAP_")] | sort | join(" ")')"
  same "not proven of $1" "" "$(answer '.notProven | join(" ")')"
}
@test "verify leaves what a job needs, and nothing else" {
  leaves_what_is_needed "tar, files of others and a device" "$(has_lines /opt/pack '-rw-r--r-- 1000/1000 pack/data' \
    'dr-xr-xr-x 1000/1000 pack/bin/' '-rwsr-sr-x 1000/33 pack/bin/special' 'crw-rw-rw- 0/0 pack/null')" tar -C /opt -xpf /srv/pack.tar
  leaves_what_is_needed "useradd -m" "$(has_lines /home/new 'drwxr-xr-x 1001/1001 new/')
    $(has_lines /etc/shadow '-rw-r----- 0/42 shadow')
    docker cp \"\$WHITTLE_CONTAINER:/etc/passwd\" - | grep -aq '^new:x:1001:'" useradd -m new
}

@test "verify that is interrupted leaves no container" {
  learning --name it -- docker run --rm --network none $image sh -c 'chown 1:1 /tmp; sleep 1000'
  eventually the_container
  docker kill "$ID" >/dev/null
  ended
  inside whittlectl learn verify --name it -- false >"$out" 2>"$err" &
  LEARNER=$!
  eventually the_container
  interrupt
  ended
  same "status" 130 "$code"
  same "containers" "" "$(docker ps --all --quiet)"
  nothing_is_left
}

@test "status and words are the container's" {
  learn -- docker run --rm --network none $image sh -c 'echo said; echo told >&2; exit 3'
  same "status" 3 "$code"
  grep -qx said "$err" && grep -qx told "$err" || fail "not all was said:" "$(cat "$err")"
  same "name" docker.io/library/learn:latest "$(answer .name)"
}

@test "a detached container goes on when the recording is ended" {
  learning --name it -- docker run --detach --network none $image sh -c 'chown 1:1 /tmp; sleep 1000'
  eventually grep -q CHOWN "$err"
  eventually grep -q 'the container goes on' "$err"
  interrupt
  ended
  same "status" 0 "$code"
  same "used" CHOWN "$(uses used)"
  same "complete" true "$(answer .complete)"
  same "containers that run" 1 "$(docker ps --quiet | wc -l)"
  nothing_is_left
}

@test "a detached container that ends, ends the recording" {
  learning --name it -- docker run --detach --network none $image sh -c 'chown 1:1 /tmp; sleep 1000'
  eventually grep -q CHOWN "$err"
  the_container
  docker kill "$ID" >/dev/null
  ended
  same "status" 0 "$code"
  same "used" CHOWN "$(uses used)"
}

@test "what is executed in the container is judged and recorded with it" {
  learning --name it -- docker run --network none $image sleep 1000
  eventually the_container
  eventually docker exec "$ID" true
  docker exec "$ID" chown 1:1 /tmp
  same "who decided about the exec" /run/whittle/requests \
    "$(jq -r 'select(.command == "exec") | .policy' "$MACHINE/records" | tail -n 1 | xargs dirname)"
  docker kill "$ID" >/dev/null
  ended
  same "used" CHOWN "$(uses used)"
  rm "$MACHINE/records"
}

@test "nobody else's container is judged by the request" {
  local token options
  learning --name it -- docker run --network none $image sleep 1000
  eventually the_container
  eventually docker exec "$ID" true
  token=$(basename "$ROOT"/run/whittle/requests/*.cid .cid)
  for options in "--label org.whittle.request=$token" "--label org.whittle.request=/run/whittle/requests/$token.json" \
    "--name $ID-2 --hostname ${ID:0:12}" "--env WHITTLE_REQUEST=$token" "--cidfile /run/machine/$token.cid"; do
    holds "$options" "$(root_with "$allowed")" <(run --rm --network none --cap-add SYS_PTRACE $options $image cat /proc/self/status)
    same "who decided: $options" /etc/whittle/config.json "$(tail -n 1 "$MACHINE/records" | jq -r .policy)"
  done
  docker kill "$ID" >/dev/null
  ended
}

@test "Podman's containers are learnt, too, and work under the rule" {
  learn --name it -- podman run --rm --network none $image sh -c 'touch /tmp/a && chown 1:1 /tmp/a'
  same "status" 0 "$code"
  same "used" CHOWN "$(uses used)"
  same "complete" true "$(answer .complete)"
  nothing_is_left
  jq '.rule | del(.name, .match)' "$out" >"$MACHINE/rule"
  edit_policy config --slurpfile rule "$MACHINE/rule" '.default = $rule[0]'
  holds "under the rule" "$(root_with CHOWN)" <(inside podman --runtime /usr/local/bin/whittle run --rm --network none $image \
    sh -c 'touch /tmp/a && chown 1:1 /tmp/a && cat /proc/self/status')
  inside whittlectl learn verify --json --name it --thorough >"$out" 2>"$err" || fail "verify failed:" "$(cat "$err")"
  same "needed" CAP_CHOWN "$(answer '.needed | join(" ")')"
  same "containers" "" "$(inside podman ps --all --quiet)"
}

@test "what is in the way is said" {
  learn -- docker -H unix:///nowhere run $image true
  grep -q 'Docker does not answer' "$err" || fail "said:" "$(cat "$err")"
  learn -- docker run --runtime nonsense $image true
  grep -q 'does not know the runtime nonsense; whittlectl configure docker' "$err" || fail "said:" "$(cat "$err")"
  learn -- docker run --runtime runc --network none $image true
  grep -q 'the container did not come to whittle' "$err" || fail "said:" "$(cat "$err")"
  same "status" 1 "$code"
  nothing_is_left
}
