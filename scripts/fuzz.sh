#!/usr/bin/env bash
# Builds the fuzz harnesses with clang++ under ASan and UBSan and runs each: first what was found
# before (tests/fuzz/found/<harness>/), then so many new inputs. Called by ./foresight fuzz.
#   fuzz.sh [INPUTS [HARNESS...]]     default 20000 and all, for example: fuzz.sh 1000000 pickle_fuzz
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
inputs=${1:-20000}
build=$root/build/fuzz
[[ $inputs =~ ^[0-9]+$ ]] || { echo "fuzz.sh: expected a number of inputs, found \"$inputs\"" >&2; exit 2; }
if [[ ! -f $build/build.ninja ]]; then
  CXX=clang++ cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DFORESIGHT_FUZZ=ON -DFORESIGHT_TORCH=OFF > /dev/null
fi
mapfile -t harnesses < <(cd "$root/tests/fuzz" && ls ./*_fuzz.cpp | sed 's|./||; s|.cpp||')
if (($# > 1)); then
  for harness in "${@:2}"; do
    [[ " ${harnesses[*]} " == *" $harness "* ]] ||
      { echo "fuzz.sh: no harness \"$harness\"; there are: ${harnesses[*]}" >&2; exit 2; }
  done
  harnesses=("${@:2}")
fi
cmake --build "$build" --target "${harnesses[@]}" > "$build/build.log" ||
  { tail -n 60 "$build/build.log" >&2; echo "fuzz.sh: the harnesses could not be built: see above" >&2; exit 2; }
for harness in "${harnesses[@]}"; do
  program=$(find "$build" -name "$harness" -type f -perm -u+x | head -n 1)
  corpus=$build/corpus/$harness
  found=$root/tests/fuzz/found/$harness
  seeds=$root/tests/fuzz/seeds/$harness
  mkdir -p "$corpus" "$build/crashes"
  folders=("$corpus")
  [[ -d $seeds ]] && folders+=("$seeds")
  if [[ -d $found ]]; then "$program" "$found"/* 2>&1 | tail -n 1; fi
  echo "== $harness: $inputs inputs"
  log=$build/$harness.log
  if ! "$program" -runs="$inputs" -max_len=8192 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
      -artifact_prefix="$build/crashes/$harness-" "${folders[@]}" > "$log" 2>&1; then
    tail -n 60 "$log"
    echo "fuzz.sh: $harness failed; the input is in build/fuzz/crashes, keep it in tests/fuzz/found/$harness" >&2
    exit 1
  fi
  grep -E 'number_of_executed_units|average_exec_per_sec' "$log"
done
