# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# What the tests with containerd's CRI plugin share: its runtime handlers, and a pod with a container.

load lib

file() { printf '%s/%s\n' "$BATS_TEST_TMPDIR" "$1"; }

# A runtime handler for each of these programs, as an administrator writes them.
handlers() { # names...
  local name
  for name in runc "$@"; do
    printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.%s]\n' "$name"
    printf '  runtime_type = "io.containerd.runc.v2"\n  container_annotations = ["org.whittle.*"]\n'
    [ "$name" != runc ] || continue
    printf '  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.%s.options]\n' "$name"
    printf '    BinaryName = "/usr/local/bin/%s"\n' "$name"
  done | inside_sh 'cat >>/etc/containerd/config.toml'
}

pod_up() { # handler, jq filter
  jq -n '{ metadata: { name: "web-0", namespace: "shop", uid: "5f2b3c4d" }, hostname: "web-0",
    log_directory: "/var/log/pods/web-0", linux: { security_context: { seccomp: { profile_type: 1 } } } }
    | '"${2:-.}" >"$MACHINE/pod.json"
  pod=$(inside crictl runp --runtime "$1" /run/machine/pod.json)
}
container_up() { # jq filter
  write_container "${1:-.}"
  inside rm -f /var/log/pods/web-0/app.log # of another container in this pod's place
  container=$(inside crictl create "$pod" /run/machine/container.json /run/machine/pod.json)
  inside crictl start "$container"
  pid=$(inside crictl inspect "$container" | jq .info.pid)
}
write_container() { # jq filter
  jq -n --arg image $image '{ metadata: { name: "app" }, image: { image: $image },
    command: ["/bin/facts", "hold"], log_path: "app.log",
    linux: { security_context: { seccomp: { profile_type: 1 } } } } | '"$1" >"$MACHINE/container.json"
}

written() { # waits for what the first process wrote, and cuts off what the engine put in front
  eventually grep -q 'F end$' "$ROOT/var/log/pods/web-0/app.log"
  sed 's/^[^ ]* stdout F //' "$ROOT/var/log/pods/web-0/app.log" >"$(file written)"
}
pause_of() { inside ctr --namespace k8s.io task ls | awk -v id="$1" '$1 == id { print $2 }'; } # pod
