#!/usr/bin/env bash
# Instructions of one plan and of one update, counted by callgrind on one thread with the AVX2 kernels
# (valgrind knows no AVX-512): figures that a busy machine does not move. Minutes a preset.
#   ./foresight count [PRESET...]       presets of `foresight bench`
# Prints lines of CSV: preset, what, instructions, commit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=build/release/bin/foresight
commit=$(git rev-parse --short HEAD 2> /dev/null || echo unknown)
presets=("$@")
((${#presets[@]})) || presets=(hockey-quick official-5m)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# count WHAT FUNCTION PRESET: one call and no other, without what the program does before and after.
count() {
  FORESIGHT_CPU=avx2 FORESIGHT_HOME=$PWD OMP_NUM_THREADS=1 valgrind --tool=callgrind \
    --callgrind-out-file="$out/$1.$3" --toggle-collect="$2" "$program" bench "$1" --preset "$3" \
    --precision fp32 --threads 1 --warm-up 0 --rounds 1 > "$out/log" 2>&1 || {
    cat "$out/log" >&2
    exit 1
  }
  local instructions
  instructions=$(sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' "$out/log")
  if [[ ${instructions:-0} == 0 ]]; then
    echo "callgrind saw no call of $2" >&2
    exit 1
  fi
  echo "$3,$1,$instructions,$commit"
}

echo "preset,what,instructions,commit"
for preset in "${presets[@]}"; do
  count plan 'foresight::Tdmpc2Actor::act(*' "$preset"
  count update 'foresight::Tdmpc2Agent::update*()' "$preset"
done
