#!/usr/bin/env bash
# clang-format over every C++ file; with --check only reports. Called by ./foresight format and lint.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(-i)
[[ ${1:-} == --check ]] && mode=(--dry-run -Werror)
find src apps tests bench examples templates cmake \( -name '*.h' -o -name '*.cpp' -o -name '*.cu' \) -print0 |
  xargs -0 -r -n 40 -P "$(nproc)" clang-format "${mode[@]}"
