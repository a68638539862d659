#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154
#
# Containers that the real Docker starts with whittle: what the kernel says of their processes.

load lib

setup_file() {
  need_engines dockerd
  machine_start
  install_whittle
  docker_runtimes
  start_dockerd
  busybox_image docker
}
teardown_file() { machine_stop; }
teardown() { show_logs; }

@test "docker run -d: the first process is bounded" {
  id=$(inside docker run -d --runtime whittle "$image")
  pid=$(inside docker inspect -f '{{.State.Pid}}' "$id")
  process_holds "run -d" "$(root_with "$allowed")" "$pid"
}
