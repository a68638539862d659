# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034,SC2317,SC2086,SC2013,SC2030,SC2031,SC2119,SC2120,SC2015
#
# Podman as root, which takes a runtime by its path, behind conmon.

podman() { timeout 120 /usr/bin/podman --runtime "$bin/whittle-$runtime-$flavour" "$@" </dev/null; }

# JSON errors are asked for by the program's name. Without the pids controller no limit can be set.
configure_podman() {
  mkdir -p /etc/containers
  cat >/etc/containers/containers.conf <<TOML
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime_supports_json = ["runc", "crun"$(
    for kind in runc crun; do
      for flavour in $registered; do printf ', "whittle-%s-%s"' $kind "$flavour"; done
    done
  )]
[containers]
netns = "none"
pids_limit = 0
TOML
  [ -f /etc/containers/policy.json ] || echo '{ "default": [{ "type": "insecureAcceptAnything" }] }' >/etc/containers/policy.json
}

tidy_podman() {
  flavour=bare podman pod rm --all --force --time 0
  flavour=bare podman rm --all --force --time 0
}

podman_run() { podman run --rm "$@"; }
podman_look() { podman_run "$@" $image look | looks; }
podman_hold() { podman run --detach --name held "$@" $image look hold >/dev/null; }
podman_exec_look() {
  podman_hold || return
  podman exec "$@" held look | looks
}
podman_outside() {
  podman_hold || return
  outside 1000001 || return
  podman exec --detach held sleep 1000002 || return
  outside 1000002
}
podman_restart() {
  podman_hold || return
  podman restart --time 0 held >/dev/null || return
  podman exec held look | looks
}
podman_pod() {
  podman pod create --name shop --infra-image $image --infra-command '/bin/sleep 1000' >/dev/null || return
  podman pod start shop >/dev/null || return
  podman run --detach --pod shop --name held $image look hold >/dev/null || return
  podman exec held look | looks
}
# What "inspect" says is what is in force: it reads the config.json that whittle left.
podman_inspect() {
  podman_hold || return
  podman inspect --format '{{range .EffectiveCaps}}{{.}} {{end}}/ {{range .BoundingCaps}}{{.}} {{end}}' held
}
shows_bounds() {
  local caps="CAP_CHOWN CAP_NET_BIND_SERVICE CAP_SETUID "
  [ "$1" != "$seen" ] && [ "$seen" = "$caps/ $caps" ]
}
podman_life() {
  podman_hold || return
  podman pause held >/dev/null && podman inspect --format '{{.State.Status}}' held || return
  podman unpause held >/dev/null || return
  podman top held comm || return
  podman cp /etc/hostname held:/tmp/copied 2>/dev/null
  echo "cp: $?"
  podman logs held
  podman kill held >/dev/null
  podman wait held
  eventually podman_has_exited
  podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' held
  podman start held >/dev/null
  podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' held
  podman stop --time 0 held >/dev/null 2>&1
  eventually podman_has_exited
  podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' held
}
podman_has_exited() { [ "$(podman inspect --format '{{.State.Status}}' held)" = exited ]; } # "stopped" until cleaned up
podman_statuses() {
  local code
  for code in 0 1 42 255; do
    podman_run $image sh -c "exit $code"
    echo "exit $code: $?"
  done
  podman_run $image not-there >/dev/null
  echo "not there: $?"
  podman_run $image not-a-program >/dev/null
  echo "not a program: $?"
  podman_run --no-such-option $image true >/dev/null 2>&1
  echo "a wrong option: $?"
  podman_hold || return
  podman exec held sh -c 'exit 42'
  echo "exec: $?"
  podman exec held not-there >/dev/null 2>&1
  echo "exec not there: $?"
  podman exec held not-a-program >/dev/null 2>&1
  echo "exec not a program: $?"
}
podman_refused() {
  local said=$disk/refusal status=0
  flavour=broken
  podman run --rm $image look 2>"$said" || status=$?
  is_sentence "$said" || return
  [ $status -eq 126 ] || { echo "podman run: status $status" >&2; return 1; }
}

podman_identity() {
  flavour=image
  podman tag $image example.org/other/busybox:1 || return
  seen=$(podman_look) && [ "$(bounding)" = $image_mask ] || return
  seen=$(podman_run example.org/other/busybox:1 look | looks) && [ "$(bounding)" = $no_mask ] || return
  podman_hold || return
  seen=$(podman exec --privileged held look | looks) && [ "$(bounding)" = $image_mask ]
}
podman_configured() {
  cp "/etc/whittle/$runtime-strict.json" /etc/whittle/config.json
  cp -a /etc/containers "$disk/containers.before"
  "$bin/whittlectl" configure podman --default >&2 || return
  /usr/bin/podman info --format '{{.Host.OCIRuntime.Name}}' || return
  /usr/bin/podman run --rm $image look | looks
  local status=$?
  "$bin/whittlectl" configure podman --remove >&2 || return
  diff -r /etc/containers "$disk/containers.before" >&2 && rm -r "$disk/containers.before" && return $status
}

podman_checks() {
  probe "starts" "run" as_root podman_look
  probe "starts" "run --user" as_user podman_look --user 1000
  probe "starts" "run --tty" as_root podman_look --tty
  probe "starts" "run --read-only" as_root podman_look --read-only
  probe "starts" "pod" as_root podman_pod
  probe "starts" "restart, then exec" as_root podman_restart
  probe "asks for all" "run --privileged" as_root podman_look --privileged
  probe "asks for all" "run --cap-add ALL" as_root podman_look --cap-add ALL
  probe "exec" "exec" as_root podman_exec_look
  probe "exec" "exec --user" as_user podman_exec_look --user 1000
  probe "exec" "exec --tty" as_root podman_exec_look --tty
  probe "asks for all" "exec --privileged" as_root podman_exec_look --privileged
  probe "exec" "init and exec, from outside" seen_outside podman_outside
  probe "starts" "inspect shows what is in force" shows_bounds podman_inspect
  probe "life" "pause, unpause, top, cp, logs, kill, wait, start, stop" lived podman_life
  probe "errors" "exit statuses" as_bare podman_statuses
  check "errors" "a refusal is what podman prints" podman_refused
  check "identity" "a rule by image, for run and exec" podman_identity
  check "configure" "whittlectl configure podman, in and out" configured podman_configured
}

check_podman() {
  engine=podman
  engine_version=$(/usr/bin/podman --version | awk '{ print $3 }')
  configure_podman
  tidy_up() { tidy_podman; }
  for runtime in $(wanted crun runc); do
    runtime_version=$(runtime_version)
    flavour=bare
    if ! podman import --quiet --change 'CMD ["/bin/look"]' "$disk/image.tar" $image >/dev/null 2>"$disk/said"; then
      verdict skip "starts" "podman works" "bare fails too: $(complaint "$disk/said")"
      continue
    fi
    can_start podman_look && podman_checks
  done
  tidy_up() { :; }
}
