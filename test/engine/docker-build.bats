#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2154
#
# Builds, and the runtimes that Docker starts without anybody's having registered them. All of them look
# up "runc" in the search path of Docker's daemon or of containerd's: whittle stands there, with the
# starting policy.

load docker

setup_file() {
  need_engines dockerd containerd docker
  machine_start
  install_programs
  inside sed 's:// "file"\: .*:"file"\: "/run/machine/records",:' /run/source/config.json.example | policy config
  start_dockerd
  busybox_image docker
  inside whittlectl configure docker --cover-runc
  inside systemctl is-active --quiet docker
}
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

bounded=$(root_with NET_BIND_SERVICE)
build_step=$(root_with "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETFCAP SETGID SETUID")

# The steps of a build on the image, given as lines of a Dockerfile.
build() { # name, lines...
  printf '%s\n' "FROM $image" "${@:2}" |
    inside DOCKER_BUILDKIT="${buildkit:-1}" docker build --no-cache --progress plain --tag "$1" - 2>&1
}
# What a RUN step printed, as BuildKit shows it: "#5 0.3 text".
step_output() { sed -E 's/^#[0-9]+ [0-9.]+ //'; }

@test "BuildKit: a step is bounded, seen from both sides" {
  local pid
  build facts 'RUN facts' >"$BATS_TEST_TMPDIR/out" || fail "$(cat "$BATS_TEST_TMPDIR/out")"
  holds "seen from inside" "$build_step" <(step_output <"$BATS_TEST_TMPDIR/out")
  build held 'RUN facts hold' >/dev/null 3>&- &
  eventually holds_a_step
  pid=$(inside pgrep -x facts)
  process_holds "seen from outside" "$build_step" "$pid"
  inside kill -KILL "$pid"
  wait $! || true
}
holds_a_step() { [ "$(inside pgrep -xc facts)" = 1 ]; }

@test "BuildKit: steps that install things work" {
  build app \
    'RUN echo "joe:x:1234:1234::/home/joe:/bin/sh" >>/etc/passwd && echo "joe:x:1234:" >>/etc/group' \
    'RUN mkdir -p /home/joe/data && chown -R joe:joe /home/joe && chmod 2750 /home/joe/data' \
    'RUN su joe -c "id -u >/home/joe/data/who" && echo more >>/home/joe/data/who' \
    'RUN cp /bin/busybox /usr/bin/tool && chmod 4755 /usr/bin/tool && chown joe /usr/bin/tool && chmod 4755 /usr/bin/tool' \
    'RUN ln -s /usr/bin/tool /usr/bin/other && mv /etc/group /etc/group.new && mv /etc/group.new /etc/group' \
    'USER joe' 'RUN echo mine >/home/joe/mine' >"$BATS_TEST_TMPDIR/out" || fail "$(cat "$BATS_TEST_TMPDIR/out")"
  same "what the image has" "joe 2750 joe 4755 1234 more mine" "$(docker run --rm app sh -c '
    echo $(stat -c "%U %a" /home/joe/data /usr/bin/tool) $(cat /home/joe/data/who /home/joe/mine)')"
}

@test "BuildKit: a step cannot do what no package needs" {
  fails build raw 'RUN mknod /disk b 8 0' >"$BATS_TEST_TMPDIR/out"
  grep -qi 'not permitted' "$BATS_TEST_TMPDIR/out"
  fails build mount 'RUN mount -t tmpfs none /mnt' >/dev/null
}

@test "BuildKit: the record tells a build" {
  rm -f "$MACHINE/records"
  build recorded 'RUN true' >/dev/null
  jq -se 'last | .engine == "buildkit" and .rule == "builds" and .command == "run"' "$MACHINE/records" ||
    fail "$(tail -n 1 "$MACHINE/records")"
}

@test "the classic builder: its steps are containers like others, and held as short" {
  local buildkit=0
  build facts 'RUN facts' >"$BATS_TEST_TMPDIR/out" || fail "$(cat "$BATS_TEST_TMPDIR/out")"
  holds "seen from inside" "$bounded" "$BATS_TEST_TMPDIR/out"
  build plain 'ENV A=B' 'LABEL c=d' 'WORKDIR /srv' 'CMD ["true"]' >/dev/null
  fails build writing 'RUN touch /made' >"$BATS_TEST_TMPDIR/out"
  grep -q 'Read-only file system' "$BATS_TEST_TMPDIR/out"
}

@test "the classic builder: with whittle out of audit it writes as it always did" {
  local buildkit=0
  inside sed -i 's/"mode": "enforce"/"mode": "audit"/' /etc/whittle/config.json
  build writing 'RUN touch /made && chown 1234 /made' >/dev/null
  inside sed -i '0,/"mode": "audit"/s//"mode": "enforce"/' /etc/whittle/config.json
  same "owner" 1234 "$(docker run --rm writing stat -c %u /made)"
}

@test "run --runtime runc, and the shim by its name: bounded, and so is exec" {
  local runtime
  for runtime in runc io.containerd.runc.v2; do
    holds "run --runtime $runtime" "$bounded" <(run --rm --privileged "$image" facts)
    up --privileged "$image"
    container_holds "run -d --runtime $runtime" "$bounded"
    holds "exec" "$bounded" <(docker exec --privileged "$ID" facts)
  done
}

@test "ctr behind the same containerd: bounded" {
  busybox_image ctr
  holds "ctr run --privileged" "$bounded" <(inside ctr run --rm --privileged "$image" task facts)
}

@test "docker info still tells the real runtime's version" {
  docker info --format '{{.RuncCommit.ID}}' | grep -qF "$(/usr/sbin/runc --version | sed -nE 's/^(runc version|commit: )//p' | tail -n 1)"
}
