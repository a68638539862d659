#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2086,SC2154,SC2317
#
# Docker with bare runc, and with whittle under a policy that allows everything: what is printed, exit
# statuses, what Docker remembers and what the kernel shows are the same.

load docker

setup_file() { docker_machine; }
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

# All that this machine can give: with one capability less a bare container would not start.
everything="--cap-add ALL $(for name in "${capability_names[@]}"; do
  [[ " $(host_capabilities)" == *" $name "* ]] || printf -- '--cap-drop %s ' "$name"
done)"

prints() { told run --rm "$@"; }
@test "run: what the program finds" {
  local options
  for options in '' "$everything" '--privileged' '--cap-drop ALL' '-u 1000:1000' '--read-only --tmpfs /tmp' \
    '-e A=B -w /tmp --hostname web' '--init' '--security-opt no-new-privileges' \
    '--security-opt seccomp=unconfined --ulimit nofile=1000:2000' '--network host --uts host --ipc host' \
    '-v volume:/volume --group-add 29 --device /dev/null:/dev/blank' '--sysctl net.ipv4.ip_forward=0 --pids-limit 50'; do
    same_as_bare prints $options "$image" facts
  done
}

files() { run --rm $1 "$image" sh -c 'cat /proc/mounts; ls -la / /dev /tmp | grep -v " proc\$"; (: >/x) 2>&1; id' |
  sed -E 's/[A-Z0-9]{26}/LAYER/g; s/[A-Z][a-z]{2} +[0-9]+ [0-9:]+ /TIME /'; }
@test "run: mounts, devices and what can be written" {
  local options
  for options in '' --read-only '--tmpfs /tmp -v volume:/volume' "$everything --device /dev/null:/dev/blank"; do
    same_as_bare files "$options"
  done
}

@test "run: exit statuses, its own and those of Docker" {
  local script
  for script in 'exit 0' 'exit 7' 'exit 125' 'kill -9 $$' 'echo out; echo err >&2; exit 3'; do
    same_as_bare prints "$image" sh -c "$script"
  done
  same_as_bare prints "$image" facts signal 11
  same_as_bare prints "$image" /no/such/program
  same_as_bare prints "$image" /etc/passwd
  same_as_bare prints --sysctl net.ipv4.no_such_thing=1 "$image" true # Docker's own 125
}

with_input() { told run --rm -i "$image" sh -c 'cat; echo "status $?"' <<<'some input'; }
with_terminal() { # what a terminal's driver makes of lines is not whittle's
  local runtime_here=${runtime:?}
  told inside script --quiet --return --command \
    "docker run --rm -t --runtime $runtime_here $image sh -c 'tty; facts; exit 4'" /dev/null </dev/null
}
@test "run: standard input, and a terminal" {
  same_as_bare with_input
  same_as_bare with_terminal
}

life() {
  up --name life "$image" sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
  eventually docker_said "$ID" ready
  state life
  told docker pause life
  state life
  told docker exec life true
  told docker unpause life
  told docker stop life
  state life
  told docker start life
  told docker restart life
  state life
  told docker kill --signal TERM life
  told docker wait life
  state life
  told docker logs life
  told docker rm life
  told docker rm life
}
killed() {
  up --name killed "$image"
  told docker kill killed
  told docker wait killed
  state killed
  told docker rm killed
}
@test "stop, kill, restart, pause, wait, logs, rm" {
  same_as_bare life
  same_as_bare killed
}

gives_up() {
  up --name crash --restart on-failure:2 "$image" sh -c 'echo run; exit 9'
  eventually has_given_up
  state crash
  docker inspect --format '{{.RestartCount}}' crash
  docker logs crash
  told docker rm crash
}
has_given_up() { state_is crash exited && [ "$(docker inspect --format '{{.RestartCount}}' crash)" = 2 ]; }
@test "a restart policy gives up after as many times" {
  same_as_bare gives_up
}

executes() {
  local options
  up --name busy "$image"
  for options in '' --privileged '-u 1000' '-e A=B -w /tmp' '-i'; do
    told docker exec $options busy facts
  done
  told docker exec busy sh -c 'echo out; echo err >&2; exit 8'
  told docker exec busy /no/such/program
  told docker exec busy /etc/passwd
  told docker exec -u nobody-there busy true
  told docker exec -w /no/such/folder busy true
  told docker exec no-such-container true
  echo input | docker exec -i busy cat
  docker exec -d busy sh -c 'echo done >/tmp/done'
  eventually docker exec busy test -s /tmp/done
  docker top busy -o pid,args | awk '{ $1 = ""; print }'
  told docker rm -f busy
}
@test "exec: what the program finds, input, exit statuses" {
  same_as_bare executes
}

copies() {
  up --name files "$image"
  inside_sh 'rm -rf /tmp/here; mkdir /tmp/here; echo text >/tmp/here/file; chmod 640 /tmp/here/file; chown 1000:1000 /tmp/here/file'
  told docker cp -a /tmp/here files:/srv
  told docker exec files ls -lan /srv/here
  docker exec files sh -c 'echo made >/root/made'
  docker cp files:/root/made - | tar -tv | sed -E 's/20[0-9-]+ [0-9:]+/TIME/'
  told docker cp files:/no/such/file -
  docker diff files | sort
  docker export files | tar -t | sort | sha256sum
  docker commit files copy | cut -c 1-7
  run --rm copy cat /root/made
  told docker rm -f files
  docker image rm -f copy >/dev/null
}
@test "cp, diff, export, commit" {
  same_as_bare copies
}

limited() {
  up --name limited --memory 64m --memory-swap -1 --cpu-shares 512 "$image"
  memory_limit "$ID"
  told docker update --memory 128m --memory-swap -1 limited
  memory_limit "$ID"
  told docker update --memory 1k limited
  docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' limited | sed 's:[0-9.]*[KMG]iB /:USED /:'
  told docker rm -f limited
}
@test "update and stats" {
  same_as_bare limited
}

checked() {
  up --name checked --health-cmd 'test -e /tmp/well; echo checked' --health-interval 1s "$image"
  eventually health_is checked healthy
  docker inspect --format '{{json (index .State.Health.Log 0)}}' checked | jq '{ ExitCode, Output }'
  told docker rm -f checked
}
@test "health check" {
  same_as_bare checked
}

attached() {
  up -i --name attached "$image" sh -c 'read line; echo "read $line"; exit 4'
  # Whether the last line still comes through is chance when the program ends at once: the log has it.
  echo word | told inside timeout 20 docker attach attached | sed '/^read word$/d'
  told docker wait attached
  told docker logs attached
  told docker rm attached
}
@test "attach" {
  same_as_bare attached
}
