#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the fuzz targets, replays every file of their corpora, then lets each look for new ones for
# FUZZ_SECONDS (10 unless set). A finding is left in build-fuzz/findings: put it into the corpus with its fix.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

seconds=${FUZZ_SECONDS:-10}
n=0
report() { # status, name
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

build="build-fuzz"
if [ ! -f "$build/build.ninja" ]; then
  CC=clang CXX=clang++ meson setup "$build" -Dfuzzing=true -Db_sanitize=address,undefined -Db_lundef=false \
    --buildtype=debugoptimized >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
fi
ninja -C "$build" >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
rm -f "$build.log"
mkdir -p "$build/findings"

for target in argv format identity json learnt perf-decode policy process ring-page toml; do
  program=$build/test/fuzz/fuzz-$target
  corpus=test/fuzz/corpus/$target
  find "$corpus" -type f -exec "$program" -runs=0 {} + 2>"$build/log" && grep -q 'Executed' "$build/log"
  status=$?
  [ $status -eq 0 ] || cat "$build/log"
  report $status "$target: the corpus of $(find "$corpus" -type f | wc -l) files"
  mkdir -p "$build/new-$target"
  "$program" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=1024 -max_len=8192 \
    -artifact_prefix="$build/findings/$target-" "$build/new-$target" "$corpus" 2>"$build/log"
  status=$?
  [ $status -eq 0 ] || tail -n 40 "$build/log"
  report $status "$target: $seconds seconds of fuzzing, $(grep -c 'NEW' "$build/log") new inputs"
done
echo "1..$n"
