#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016
#
# whittlectl configure and the files it changes, without any engine: in a mount namespace of its own, with
# /etc, /usr/local and /var/lib laid over by memory. Property: whatever the file was, configuring twice is
# configuring once, and taking out leaves every byte, owner and mode as it was. Then the odd cases, many at
# once, full disks, and a kill at each system call that changes something.
set -uo pipefail

if [ -z "${CONFIGURE_SH_INSIDE:-}" ]; then
  export CONFIGURE_SH_INSIDE=1
  exec unshare --mount --propagation private "$BASH" "$0" "$@"
fi

n=0
report() { # complaints, name
  n=$((n + 1))
  if [ -z "$1" ]; then echo "ok $n - $2"; else printf 'not ok %d - %s\n# %s\n' "$n" "$2" "${1//$'\n'/$'\n'# }"; fi
}
bail() { echo "Bail out! $1"; exit 1; }

# ---- a host of its own ------------------------------------------------------------------------

work=$(mktemp -d)
mount -t tmpfs -o mode=755 configure "$work" || bail "cannot mount"
trap 'umount -R -l "$work"; rmdir "$work"' EXIT
for folder in /etc /usr/local /var/lib; do
  mkdir -p "$work/upper$folder" "$work/scratch$folder"
  mount -t overlay -o "lowerdir=$folder,upperdir=$work/upper$folder,workdir=$work/scratch$folder" configure "$folder" ||
    bail "cannot lay over $folder"
done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
mkdir -p /usr/local/bin /usr/local/sbin
rm -rf /etc/whittle /etc/docker /etc/containerd /etc/containers/containers.conf.d /etc/crio /var/lib/whittle
mkdir -p /etc/whittle /etc/docker /etc/containerd
cp "${WHITTLE_BUILD:?}/cmd/whittlectl/whittlectl" "${WHITTLE_BUILD:?}/cmd/whittle/whittle" /usr/local/bin/
for name in config ci; do echo '{ "runtimes": ["runc"] }' >/etc/whittle/$name.json; done
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=1

configure() { whittlectl configure "$@" >"$work/out" 2>"$work/err"; }
must() { configure "$@" || echo "configure $*: $(cat "$work/err")"; }
refused() { # words of the sentence, arguments...
  local words=$1
  shift
  ! configure "$@" || echo "this was not refused: $*"
  grep -qF -- "$words" "$work/err" || echo "the sentence is: $(cat "$work/err")"
}

# All that configure may touch: paths, kinds, owners, modes, links, contents.
traces() {
  local path
  for path in /etc/docker /etc/containerd /etc/containers /etc/crio /etc/whittle /usr/local/bin /usr/local/sbin /var/lib/whittle; do
    [ ! -e "$path" ] || find "$path" \( -name 'LICENSE*' -o -size +4M \) -prune -o -printf '%p %y %U:%G %m %l\n' -type f -exec md5sum {} +
  done | sort
}
unchanged() { # before, what
  local difference
  difference=$(diff <(echo "$1") <(traces)) || echo "$2:"$'\n'"$difference"
}

# ---- property ---------------------------------------------------------------------------------

# Files as people write them: FOLDER/NUMBER.json and .toml, from a seed.
python3 - "$work/files" "${CONFIGURE_FILES:-25}" <<'PYTHON' || bail "cannot make files"
import json, os, random, sys
folder, count = sys.argv[1], int(sys.argv[2])
os.makedirs(folder)
rng = random.Random(3)
CRI2, CRI3 = 'io.containerd.grpc.v1.cri', 'io.containerd.cri.v1.runtime'

def daemon_json():
    doc = {}
    for _ in range(rng.randrange(4)):
        doc[rng.choice(['debug', 'labels', 'log-opts', 'hosts', 'é"\\', 'n'])] = rng.choice(
            [True, None, 1.5e3, [], {}, ['a', {'b': []}], {'max-size': '10m', 'x': {'y': [1, 2]}}])
    if rng.random() < .5:
        doc['runtimes'] = {name: {'path': '/opt/' + name, 'runtimeArgs': ['--x']}
                           for name in rng.sample(['nvidia', 'kata', 'gvisor'], rng.randrange(4))}
        if doc['runtimes'] and rng.random() < .6:
            doc['default-runtime'] = rng.choice(list(doc['runtimes']))
    items = list(doc.items())
    rng.shuffle(items)
    text = json.dumps(dict(items), indent=rng.choice([None, 0, 2, 4, '\t']), ensure_ascii=rng.random() < .5,
                      separators=rng.choice([(',', ':'), (', ', ': '), (' , ', ' : ')]))
    text = rng.choice(['', '', '\n\n', ' ']) + text + rng.choice(['', '\n', '\n\n ', ' '])
    if rng.random() < .3:
        text = text.replace('\n', '\r\n')
    return rng.choice(['', '', '\ufeff']) + text if rng.random() < .95 else rng.choice(['', '\n', ' \r\n'])

def config_toml():
    version = rng.choice([2, 3, 4])
    cri = CRI2 if version == 2 else CRI3
    quote = rng.choice(['"', "'"])
    base = f'plugins.{quote}{cri}{quote}.containerd'
    lines = [f'version = {version}' + rng.choice(['', ' # v', '   '])]
    if rng.random() < .3:
        lines.insert(0, '# managed by hand')
    if rng.random() < .3:
        lines += ['root = "/x"', 'oom_score = -999']
    blank = rng.random() < .5
    step = rng.choice(['', '  ', '\t'])
    def header(path, depth):
        if blank:
            lines.append('')
        if rng.random() < .2:
            lines.append(step * depth + '# about this')
        lines.append(step * depth + f'[{path}]' + rng.choice(['', ' # c']))
    shape = rng.choice(['headers', 'headers', 'inline', 'dotted', 'none', 'late'])
    default = rng.choice(['', '', 'runc', 'kata'])
    handler = [('runtime_type', '"io.containerd.runc.v2"'), ('pod_annotations', '[\n "a.*", # x\n ]'),
               ('privileged_without_host_devices', 'false'), ('snapshotter', "'overlayfs'")]
    handler = handler[:1] + rng.sample(handler[1:], rng.randrange(4))
    options = rng.sample([('SystemdCgroup', 'true'), ('Root', '""'), ('BinaryName', '"/usr/sbin/runc"')], rng.randrange(4))
    if shape == 'headers':
        if default or rng.random() < .5:
            header(base, 1)
            if default:
                lines.append(step * 2 + f'default_runtime_name = "{default}"')
        for name in ['runc'] + rng.sample(['kata', 'crun'], rng.randrange(3)):
            header(f'{base}.runtimes.{name}', 2)
            lines += [step * 3 + f'{k} = {v}' for k, v in handler]
            if options:
                header(f'{base}.runtimes.{name}.options', 3)
                lines += [step * 4 + f'{k} = {v}' + rng.choice(['', ' # o']) for k, v in options]
    elif shape == 'inline':
        pairs = ', '.join(f'{k} = {v}' for k, v in handler if '\n' not in v)
        lines.append(f'[plugins.{quote}{cri}{quote}]')
        lines.append('containerd = { runtimes = { runc = { ' + pairs + ' } }' +
                     (f', default_runtime_name = "{default}"' if default else '') + ' }')
    elif shape == 'dotted':
        lines.append(f'[{base}]')
        lines += [f'runtimes.runc.{k} = {v}' for k, v in handler]
        lines.append('snapshotter = "overlayfs"')
    elif shape == 'late':
        header(f'{base}.runtimes.runc', 0)
        lines += [f'{k} = {v}' for k, v in handler]
        header(base, 0)
        lines.append(f'default_runtime_name = "{default or "runc"}"')
    if rng.random() < .5:
        header('metrics', 0)
        lines.append('address = "127.0.0.1:1338"')
        lines += rng.choice([[], ['# the end'], ['', '# the end', '']])
    text = '\n'.join(lines) + rng.choice(['', '\n', '\n\n'])
    if rng.random() < .25:
        text = text.replace('\n', '\r\n')
    return text if rng.random() < .95 else rng.choice(['', '\n', '# nothing\n'])

for number in range(count):
    for name, make in ('json', daemon_json), ('toml', config_toml):
        with open(f'{folder}/{number}.{name}', 'w', newline='') as file:
            file.write(make())
PYTHON

round_trip() { # engine, path, generated file
  local before once
  cp "$3" "$2"
  chown 0:12 "$2"
  chmod 640 "$2"
  before=$(traces)
  must "$1" --default
  once=$(traces)
  [ "$once" != "$before" ] || echo "nothing was changed"
  [ "$(stat -c '%u:%g %a' "$2")" = "0:12 640" ] || echo "owner and mode are $(stat -c '%u:%g %a' "$2")"
  must "$1" --default
  unchanged "$once" "the second time"
  must "$1" --policy ci --default
  must "$1" --runtime-name third
  must "$1" --remove --policy ci
  must "$1" --remove
  unchanged "$before" "taken out"
}
for generated in "$work"/files/*; do
  case $generated in
    *.json) complaint=$(round_trip docker /etc/docker/daemon.json "$generated") ;;
    *.toml) complaint=$(round_trip containerd /etc/containerd/config.toml "$generated") ;;
  esac
  [ -z "$complaint" ] || break
done
[ -z "$complaint" ] || complaint+=$'\n'"the file was:"$'\n'$(cat -A "$generated")
report "$complaint" "configured twice is configured once, and taken out leaves every byte: $(find "$work/files" -type f | wc -l) files"
rm -f /etc/docker/* /etc/containerd/*

# While ours is in it somebody else writes to the file: what he wrote stays, all of ours goes.
complaint=$(
  printf '{\n  "debug": true,\n  "runtimes": { "o": { "path": "/o" } },\n  "default-runtime": "o"\n}\n' >/etc/docker/daemon.json
  must docker --default
  must docker --default --policy ci
  sed -i 's/"debug": true/"debug": false/' /etc/docker/daemon.json
  must docker --remove --policy ci
  [ "$(jq -c . /etc/docker/daemon.json)" = '{"debug":false,"runtimes":{"o":{"path":"/o"},"whittle":{"path":"/usr/local/bin/whittle"}},"default-runtime":"whittle"}' ] || cat /etc/docker/daemon.json
  must docker --remove
  diff - /etc/docker/daemon.json <<<$'{\n  "debug": false,\n  "runtimes": { "o": { "path": "/o" } },\n  "default-runtime": "o"\n}'
  [ -e /etc/docker/daemon.json.whittle-backup ] || echo "the backup is gone"
  [ ! -e /var/lib/whittle ] || echo "notes are left"
  # A second round keeps the first backup.
  must docker
  [ -e /etc/docker/daemon.json.whittle-backup.2 ] || echo "the first backup was written over"
  grep -q '"debug": true' /etc/docker/daemon.json.whittle-backup || echo "the first backup was changed"
  must docker --remove
)
report "$complaint" "what others write meanwhile stays; their default comes back; the first backup is kept"
rm -f /etc/docker/*

complaint=$(
  printf '{ "runtimes": { "o": { "path": "/o" } }, "default-runtime": "o" }\n' >/etc/docker/daemon.json
  must docker --default
  jq 'del(.runtimes.o)' /etc/docker/daemon.json >"$work/new" && cat "$work/new" >/etc/docker/daemon.json
  must docker --remove
  [ "$(jq -c . /etc/docker/daemon.json)" = '{}' ] || cat /etc/docker/daemon.json
)
report "$complaint" "a default that is gone meanwhile does not come back"
rm -f /etc/docker/*

# ---- odd cases --------------------------------------------------------------------------------

complaint=$(
  before=$(traces)
  for text in '{' '[]' '{"runtimes": 1}' '{"a":1,"a":2}' '{"a": "\ud800"}' $'{\n  "a": tru\n}'; do
    printf '%s' "$text" >/etc/docker/daemon.json
    before=$(traces)
    refused /etc/docker/daemon.json: docker --default
    grep -qE 'daemon\.json:[0-9]+:[0-9]+: ' "$work/err" || echo "no line and column: $(cat "$work/err")"
    unchanged "$before" "with $text"
  done
)
report "$complaint" "a daemon.json that is broken is left as it is, with line and column"
rm -f /etc/docker/*

complaint=$(
  for text in 'version = ' $'version = 2\n[a\n' 'version = 9' 'version = 1' 'root = "/x"' '[[[' $'version = 2\na = 1\na = 2\n' \
    $'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\ncontainerd = 1\n'; do
    printf '%s' "$text" >/etc/containerd/config.toml
    before=$(traces)
    refused config.toml: containerd --default
    unchanged "$before" "with $text"
  done
)
report "$complaint" "a config.toml that is broken or of another version is left as it is"
rm -f /etc/containerd/*

complaint=$(
  must docker
  before=$(traces)
  echo '{' >/etc/docker/daemon.json
  broken=$(traces)
  refused daemon.json:2:1: docker --remove
  unchanged "$broken" "taking out"
  [ "$before" != "$broken" ] || echo "nothing was broken"
)
report "$complaint" "a file that was broken meanwhile is left as it is by --remove, too"
rm -rf /etc/docker/* /var/lib/whittle

complaint=$(
  mkdir -p /etc/managed
  printf '{ "debug": true }' >/etc/managed/daemon.json
  ln -s ../managed/daemon.json /etc/docker/daemon.json
  must docker --default
  [ -L /etc/docker/daemon.json ] || echo "the link is gone"
  jq -e '."default-runtime" == "whittle"' /etc/managed/daemon.json >/dev/null || cat /etc/managed/daemon.json
  grep -q '/etc/docker/daemon.json is a link' "$work/out" || cat "$work/out"
  must docker --remove
  [ "$(cat /etc/managed/daemon.json)" = '{ "debug": true }' ] || cat /etc/managed/daemon.json
  rm /etc/docker/daemon.json
  ln -s loop /etc/docker/daemon.json
  ln -s daemon.json /etc/docker/loop
  refused "" docker
  rm /etc/docker/*
  printf '{}' >/etc/managed/daemon.json
  ln -s ../managed/daemon.json /etc/docker/daemon.json
  chown -h 1000 /etc/docker/daemon.json
  refused "a link that somebody else made" docker
  rm /etc/docker/daemon.json
  mkfifo /etc/docker/daemon.json
  refused "" docker
)
report "$complaint" "links of root's are followed, others and what is no file are refused"
rm -rf /etc/docker/* /etc/managed

complaint=$(
  echo '{}' >/etc/docker/daemon.json
  chmod 666 /etc/docker/daemon.json
  refused "can be written by others" docker
  rm /etc/docker/daemon.json
  before=$(traces)
  refused "keeps the name \"runc\"" docker --runtime-name runc
  refused "letters, digits" docker --runtime-name 'a/b'
  refused "letters, digits" docker --policy '../x'
  refused "missing.json" docker --policy missing
  echo '{ "nonsense": 1 }' >/etc/whittle/bad.json
  refused "bad.json:1:3" docker --policy bad
  rm /etc/whittle/bad.json
  refused "is no engine" dockr
  refused "is not installed here" crio
  refused "no option" docker --defualt
  refused "do not go together" docker --default --remove
  refused "--cover-runc is for docker" podman --cover-runc
  refused "absolute path" docker --file daemon.json
  unchanged "$before" "after refusals"
  echo something >/usr/local/bin/whittle-ci
  refused "is not whittle" docker --policy ci
  rm /usr/local/bin/whittle-ci
  echo '{"runtimes":{"whittle":{"path":"/opt/w"}}}' >/etc/docker/daemon.json
  refused 'already the name of /opt/w' docker
  refused 'take it out by hand' docker --remove
)
report "$complaint" "each refusal says why, and changes nothing"
rm -rf /etc/docker/*

complaint=$(
  before=$(traces)
  setpriv --reuid 1000 --regid 1000 --clear-groups whittlectl configure docker 2>"$work/err" >"$work/out" && echo "it was not refused"
  grep -q 'run it as root' "$work/err" || cat "$work/err"
  setpriv --reuid 1000 --regid 1000 --clear-groups whittlectl configure docker --dry-run >"$work/out" 2>"$work/err" || cat "$work/err"
  grep -q '^+  "runtimes": {$' "$work/out" || cat "$work/out"
  unchanged "$before" "without rights"
)
report "$complaint" "without root's rights nothing is changed, and --dry-run shows"

complaint=$(
  mkdir -p "$work/patch"
  for generated in "$work"/files/{0,1,2,3}.{json,toml}; do
    engine=docker path=/etc/docker/daemon.json
    [[ $generated == *.json ]] || engine=containerd path=/etc/containerd/config.toml
    cp "$generated" $path
    before=$(traces)
    must $engine --default --dry-run
    unchanged "$before" "--dry-run"
    cp "$work/out" "$work/patch/difference"
    cp "$generated" "$work/patch/file"
    (cd "$work/patch" && patch --quiet --binary file difference) || echo "patch does not take it: $(cat -A "$work/patch/difference")"
    must $engine --default
    cmp "$work/patch/file" $path
    must $engine --remove
    rm $path
  done
)
report "$complaint" "--dry-run prints a difference that patch takes, and changes nothing"

complaint=$(
  rm -rf /etc/docker
  before=$(traces)
  must docker --default --json
  jq -e '.engine == "docker" and .changed and .file == "/etc/docker/daemon.json"' "$work/out" >/dev/null || cat "$work/out"
  must docker --default --json
  jq -e '.changed == false' "$work/out" >/dev/null || cat "$work/out"
  must docker --remove
  unchanged "$before" "a folder that was made"
  must crio --file /etc/crio/crio.conf.d/99-whittle.conf --default
  must crio --remove
  must podman --policy ci
  must podman --remove
  unchanged "$before" "drop-ins"
  mkdir -p /etc/docker
)
report "$complaint" "folders, drop-ins and links that were made for it are taken away again"

complaint=$(
  echo '{ "runtimes": { "w": { "path": "/usr/local/bin/whittle" } } }' >/etc/docker/daemon.json
  must docker --runtime-name w --default
  must docker --remove
  [ "$(cat /etc/docker/daemon.json)" = '{ "runtimes": { "w": { "path": "/usr/local/bin/whittle" } } }' ] || cat /etc/docker/daemon.json
  must docker --runtime-name w --remove
  [ "$(jq -c . /etc/docker/daemon.json)" = '{}' ] || cat /etc/docker/daemon.json
)
report "$complaint" "an entry made by hand is used, kept by --remove, and taken out when it is named"
rm -rf /etc/docker/*

# ---- many at once -----------------------------------------------------------------------------

complaint=$(
  printf '{\n  "debug": true\n}\n' >/etc/docker/daemon.json
  before=$(traces)
  for i in 1 2 3 4 5 6 7 8; do
    whittlectl configure docker --runtime-name "r$i" >/dev/null 2>>"$work/errors" &
  done
  wait
  [ ! -s "$work/errors" ] || cat "$work/errors"
  [ "$(jq '.runtimes | length' /etc/docker/daemon.json)" = 8 ] || cat /etc/docker/daemon.json
  for i in 1 2 3 4; do
    whittlectl configure docker --remove --runtime-name "r$i" >/dev/null 2>>"$work/errors" &
  done
  wait
  must docker --remove
  unchanged "$before" "after all"
)
report "$complaint" "of eight at once each is there, and all are taken out"
rm -rf /etc/docker/*

# ---- disks ------------------------------------------------------------------------------------

complaint=$(
  mount -t tmpfs -o size=16k,mode=755 configure /etc/docker
  printf '{ "debug": true }' >/etc/docker/daemon.json
  head -c 12288 /dev/zero >/etc/docker/fill
  before=$(traces)
  refused "the disk is full" docker --default
  cmp /etc/docker/daemon.json <(printf '{ "debug": true }')
  rm /etc/docker/fill
  must docker --default
  must docker --remove
  [ "$(ls /etc/docker)" = daemon.json ] || ls -A /etc/docker
  mount -o remount,ro /etc/docker
  refused "read-only" docker
  umount /etc/docker
)
report "$complaint" "a full or read-only disk under the engine's file is an error, and the file stays"

complaint=$(
  mkdir -p /var/lib/whittle
  mount -t tmpfs -o size=4k,mode=700 configure /var/lib/whittle
  head -c 4096 /dev/zero >/var/lib/whittle/fill
  printf '{ "debug": true }' >/etc/docker/daemon.json
  refused "the disk is full" docker --default
  cmp /etc/docker/daemon.json <(printf '{ "debug": true }')
  umount /var/lib/whittle
  rmdir /var/lib/whittle
)
report "$complaint" "a full disk under the notes is an error, and the engine's file stays"
rm -rf /etc/docker/*

# ---- killed -----------------------------------------------------------------------------------

# The sanitizers do not bear strace.
cp "${WHITTLECTL:?}" /usr/local/bin/whittlectl
cp "${WHITTLE:?}" /usr/local/bin/whittle
changing=write,renameat,unlinkat,symlinkat,mkdir,mkdirat,fchmod,fchown,rmdir,fsync,fdatasync

# "NAME NUMBER" for each call from the lock on.
calls_of() { # arguments...
  strace -f -o "$work/trace" whittlectl configure "$@" >/dev/null 2>&1 || echo "failed 0"
  sed -E 's/^[0-9]+ +//' "$work/trace" | awk -v names=",$changing," '
    match($0, /^[a-z0-9_]+\(/) {
      name = substr($0, 1, RLENGTH - 1)
      count[name]++
      if (name == "flock") begun = 1
      if (begun && index(names, "," name ",")) print name, count[name]
    }'
}
prepare() {
  rm -rf /etc/docker/* /var/lib/whittle /usr/local/bin/whittle-ci
  printf '{\n  "debug": true\n}\n' >/etc/docker/daemon.json
}
whole() { # the file is one of these
  local text
  for text; do
    [ "$(cat /etc/docker/daemon.json)" != "$text" ] || return 0
  done
  echo "the file is: $(cat /etc/docker/daemon.json)"
}

prepare
before=$(traces)
old=$(cat /etc/docker/daemon.json)
must docker --policy ci --default >"$work/complaint"
new=$(cat /etc/docker/daemon.json)
prepare
mapfile -t calls < <(calls_of docker --policy ci --default)
complaint=$(cat "$work/complaint")
[ ${#calls[@]} -ge 10 ] || complaint+="only ${#calls[@]} calls: ${calls[*]}"
for call in "${calls[@]}"; do
  read -r name number <<<"$call"
  complaint+=$(
    prepare
    strace -f -o /dev/null -e trace="$name" -e inject="$name:signal=KILL:when=$number" \
      whittlectl configure docker --policy ci --default >/dev/null 2>&1
    [ $? = 137 ] || echo "$call: it was not killed"
    whole "$old" "$new"
    must docker --policy ci --default
    whole "$new"
    must docker --remove
    unchanged "$before" "killed at $call, done again and taken out"
  )
  complaint+=$(
    prepare
    strace -f -o /dev/null -e trace="$name" -e inject="$name:signal=KILL:when=$number" \
      whittlectl configure docker --policy ci --default >/dev/null 2>&1
    must docker --remove
    unchanged "$before" "killed at $call and taken out"
  )
  complaint+=$(
    prepare
    strace -f -o /dev/null -e trace="$name" -e inject="$name:error=ENOSPC:when=$number" \
      whittlectl configure docker --policy ci --default >"$work/out" 2>"$work/err"
    whole "$old" "$new"
    must docker --policy ci --default
    must docker --remove
    unchanged "$before" "$call failed, done again and taken out"
  )
done
report "$complaint" "killed or failing at each of ${#calls[@]} calls: the old file or the new one, and the next run puts all right"

prepare
must docker --policy ci --default >"$work/complaint"
mapfile -t calls < <(calls_of docker --remove)
complaint=$(cat "$work/complaint")
[ ${#calls[@]} -ge 5 ] || complaint+="only ${#calls[@]} calls: ${calls[*]}"
for call in "${calls[@]}"; do
  read -r name number <<<"$call"
  complaint+=$(
    prepare
    must docker --policy ci --default
    strace -f -o /dev/null -e trace="$name" -e inject="$name:signal=KILL:when=$number" \
      whittlectl configure docker --remove >/dev/null 2>&1
    whole "$old" "$new"
    must docker --remove
    whole "$old"
    [ ! -e /etc/docker/daemon.json.whittle-backup ] && [ ! -e /var/lib/whittle ] || echo "$call: something is left"
  )
done
report "$complaint" "killed while taking out, at each of ${#calls[@]} calls: the next run ends it"

echo "1..$n"
