# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034,SC2317,SC2086,SC2013,SC2030,SC2031,SC2119,SC2120,SC2015
#
# containerd: by ctr, which names the runtime's program, and through the CRI plugin, by a handler for
# each runtime and flavour.

# shellcheck source=test/compat/cri.bash
. "$source/test/compat/cri.bash"

ctr() { timeout 120 /usr/bin/ctr "$@" </dev/null; }

tidy_ctr() {
  local id
  for id in $(ctr task ls --quiet); do
    ctr task kill --signal KILL "$id"
    eventually ctr task delete "$id"
  done
  for id in $(ctr container ls --quiet); do ctr container delete "$id"; done
}

ctr_run() { # options of run, --, words
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  ctr run --runc-binary "$bin/whittle-$runtime-$flavour" "${options[@]}" $image held "$@"
}
ctr_look() { ctr_run --rm "$@" -- /bin/look | looks; }
ctr_exec_look() {
  ctr_run --detach -- /bin/look hold >/dev/null || return
  ctr task exec --exec-id first "$@" held /bin/look | looks
}
ctr_outside() {
  ctr_run --detach -- /bin/look hold >/dev/null || return
  outside 1000001 || return
  ctr task exec --detach --exec-id first held sleep 1000002 || return
  outside 1000002
}
ctr_life() {
  ctr_run --detach -- /bin/look hold >/dev/null || return
  ctr task pause held && ctr task ls | awk '$1 == "held" { print $3 }' && ctr task resume held || return
  ctr task ps held | wc -l
  ctr task metrics held >/dev/null
  echo "metrics: $?"
  ctr task kill --signal TERM held
  ctr task kill --signal KILL held
  eventually ctr task delete held
  ctr_run --rm -- /bin/sh -c 'exit 42'
  echo "exit: $?"
  ctr container ls --quiet
}
ctr_statuses() {
  local said=$disk/said.statuses
  ctr_run --rm -- /bin/not-there 2>"$said"
  echo "not there: $?"
  sed 's/.*: exec/exec/' "$said"
}
ctr_refused() {
  local said=$disk/refusal
  ! ctr run --rm --runc-binary "$bin/whittle-$runtime-broken" $image held /bin/look 2>"$said" || return
  is_sentence "$said"
}

ctr_checks() {
  probe "starts" "ctr run" as_root ctr_look
  probe "starts" "ctr run --user" as_user ctr_look --user 1000
  probe "starts" "ctr run --read-only" as_root ctr_look --read-only --mount type=tmpfs,src=tmpfs,dst=/tmp,options=mode=1777
  probe "asks for all" "ctr run --privileged" as_root ctr_look --privileged
  probe "exec" "ctr task exec" as_root ctr_exec_look
  probe "exec" "ctr task exec --user" as_user ctr_exec_look --user 1000
  probe "exec" "init and exec, from outside" seen_outside ctr_outside
  probe "life" "pause, resume, ps, metrics, kill, delete" lived ctr_life
  probe "errors" "exit statuses" as_bare ctr_statuses
  check "errors" "a refusal is what ctr prints" ctr_refused
}

# "whittlectl configure" of the release's own default configuration, with a few of its values changed
# for this machine; the CRI plugin then starts pods that name no handler with whittle.
containerd_configured() {
  local file=/etc/containerd/config.toml status
  cp /etc/whittle/runc-strict.json /etc/whittle/config.json
  mkdir -p /etc/containerd
  containerd config default | sed -e 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' \
    -e "s|sandbox_image = .*|sandbox_image = \"$image\"|; s|sandbox = '.*|sandbox = '$image'|" >$file
  cp $file "$disk/config.toml"
  "$bin/whittlectl" configure containerd --default >&2 || return
  containerd >>"$disk/containerd.log" 2>&1 &
  containerd=$!
  eventually ctr version || return
  containerd config dump | grep -q 'default_runtime_name = .whittle.' && echo whittle
  handler='' cri_look
  status=$?
  tidy_cri
  stop "$containerd"
  "$bin/whittlectl" configure containerd --remove >&2 && cmp $file "$disk/config.toml" >&2 && return $status
}

check_containerd() {
  local usable=yes
  [ -n "$(wanted runc crun)" ] || return 0
  engine=containerd
  engine_version=$(containerd --version | awk '{ print $3 }')
  if ! start_containerd; then
    verdict skip "starts" "the daemon starts" "bare fails too: $(complaint "$disk/containerd.log")"
    return
  fi
  ctr image import "$disk/oci.tar" >/dev/null
  tidy_up() { tidy_ctr; }
  for runtime in $(wanted runc crun); do
    runtime_version=$(runtime_version)
    can_start ctr_look && ctr_checks
  done
  engine="containerd, CRI"
  ctr --namespace k8s.io image import "$disk/oci.tar" >/dev/null
  tidy_up() { tidy_cri; }
  for runtime in $(wanted runc crun); do
    runtime_version=$(runtime_version)
    can_start cri_look && cri_checks
  done
  runtime=runc
  runtime_version=$(runtime_version)
  [ -n "$(wanted runc)" ] && attempt bare cri_look || usable='' # as was said above
  tidy_up() { :; }
  stop "$containerd"
  [ -z "$usable" ] || check "configure" "whittlectl configure containerd, in and out" configured containerd_configured
}
