#!/usr/bin/env bash
# scripts/new_env.sh rover: copies the template environment to src/env/rover and configs/rover, and
# names things after it (docs/adding.md).
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:-}
if [[ ! $name =~ ^[a-z][a-z0-9_]*$ ]]; then
  echo "usage: scripts/new_env.sh NAME, in lower_case: a letter, then letters, digits, _" >&2
  exit 2
fi
for folder in "src/env/$name" "configs/$name"; do
  [[ -e $folder ]] && { echo "$folder exists already" >&2; exit 2; }
done

type=$(sed -E 's/(^|_)([a-z0-9])/\u\2/g' <<< "$name") # rover_two -> RoverTwo
mkdir -p "src/env/$name" "configs/$name"
rename=(sed -e "s/TemplateEnv/${type}Env/g" -e "s/\btemplate\b/$name/g" -e "s/template_env/${name}_env/g")
for suffix in h cpp; do
  "${rename[@]}" "templates/env/template/template_env.$suffix" > "src/env/$name/${name}_env.$suffix"
done
"${rename[@]}" templates/configs/template/quick.toml > "configs/$name/quick.toml"

echo "wrote src/env/$name/ and configs/$name/quick.toml. Now: ./foresight list, ./foresight test,
./foresight train $name/quick"
