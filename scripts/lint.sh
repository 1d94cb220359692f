#!/usr/bin/env bash
# Format, include directions, sizes, then clang-tidy on the C++ files that differ from the main
# branch (--all: on every file; one that reads nn/torch.h takes about 100 s).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
status=0

echo '== format' >&2
scripts/format.sh --check || status=1

echo '== include directions and sizes' >&2
python3 scripts/check_includes.py || status=1

if command -v shellcheck > /dev/null; then
  echo '== shell scripts' >&2
  shellcheck foresight .ci/run scripts/*.sh || status=1
fi

if [[ ${1:-} == --all ]]; then
  files=$(git ls-files 'src/*.cpp' 'apps/*.cpp')
else
  base=$(git merge-base HEAD origin/HEAD 2> /dev/null || git merge-base HEAD main 2> /dev/null)
  files=$(git diff --name-only --diff-filter=d "${base:-HEAD}" -- 'src/*.cpp' 'apps/*.cpp'
    git ls-files --others --exclude-standard -- 'src/*.cpp' 'apps/*.cpp')
fi
if [[ $files ]]; then
  echo "== clang-tidy on $(wc -l <<< "$files") files" >&2
  [[ -f build/release/compile_commands.json ]] || cmake --preset release > /dev/null || exit 1
  # The flags of GCC and its precompiled header mean nothing to clang.
  xargs -n 1 -P "$(nproc)" clang-tidy --quiet -p build/release \
    --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-gch <<< "$files" || status=1
fi

((status == 0)) && echo '== clean' >&2
exit "$status"
