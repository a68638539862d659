#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
#
# whittlectl status, on a machine whose engines run.

load docker

setup_file() {
  docker_machine 'del(.runtimes["whittle-audit"])'
}
teardown_file() { machine_stop; }
teardown() { show_logs; end_containers; }

# Its answer in $answer (JSON), its exit status in $code.
status() {
  code=0
  answer=$(inside whittlectl status --json) || code=$?
}

@test "debug" {
  docker run -d --runtime runc $image
  docker run -d --runtime whittle $image
  docker run -d --runtime whittle-everything $image
  inside whittlectl status >&3 || true
  inside whittlectl status --json >&3 || true
}
