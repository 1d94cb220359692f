#!/usr/bin/env python3
"""Checks who includes whom in src/ (the table of docs/architecture.md) and how long files are.

`check_includes.py [ROOT]` prints one line a violation and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path

# Folder of src/ -> what its files may include besides their own folder: folders, or single headers.
# A path below a folder belongs to the longest entry that fits.
MAY_INCLUDE = {
    "base": [],
    "config": ["base"],
    "kernels": ["base"],
    "env": ["base", "config"],
    "render": ["base", "config", "env"],
    "io": ["base"],
    "nn": ["base", "config", "kernels", "io"],
    "replay": ["base", "config", "kernels", "io"],
    "world_model": ["base", "config", "kernels", "nn"],
    "planner": ["base", "config", "world_model/latent_model.h"],
    "agent": ["base", "config", "io", "nn", "replay", "world_model", "planner",
              "env/env_spec.h"],
    "selfplay": ["base", "config", "agent", "env", "io"],
    "net": ["base", "config", "agent", "env", "io"],
    "train": ["base", "config", "agent", "env", "replay", "selfplay", "io"],
    "cluster": ["base", "config", "io", "train"],
    "report": ["base", "config", "io", "train"],
    "actors": ["base", "config", "agent", "env", "io", "selfplay", "train", "cluster/process.h",
               "net/tcp.h"],
    "cli": None,  # everything; and nobody includes cli
}
# Sub-folders of these are siblings: they see the folder's own headers, never each other. (Kernels
# are not: larger ones are built out of smaller ones.)
FAMILIES = {"env", "agent", "world_model"}

TORCH = re.compile(r"^(torch|ATen|c10)/")
TORCH_ANYWHERE = {"nn", "world_model", "agent"}   # in headers too
TORCH_IN_SOURCES = {"planner", "kernels"}         # headers there use base/tensor.h
TENSOR_HEADER = "base/tensor.h"
NO_TENSOR = {"base", "config", "env", "render", "io", "selfplay", "net", "train", "cluster",
             "report", "actors", "cli"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
MAX_LINES = {".h": 300, ".cpp": 500, ".cu": 500}


def component(path):
    """'env/hockey/world.h' -> ('env', 'hockey'); a folder's own files have no sub-folder."""
    parts = Path(path).parts
    return parts[0], (parts[1] if len(parts) > 2 else "")


def is_allowed(path, target):
    folder, sub = component(path)
    other, other_sub = component(target)
    if folder == other:
        return folder not in FAMILIES or other_sub in ("", sub)
    allowed = MAY_INCLUDE[folder]
    return allowed is None or other in allowed or target in allowed


def check_include(path, target, is_quoted, source_root):
    """The complaint about one include, or None."""
    folder, _ = component(path)
    if TORCH.match(target):
        in_source = Path(path).suffix != ".h"
        if path == TENSOR_HEADER or folder in TORCH_ANYWHERE:
            return None
        if folder in TORCH_IN_SOURCES and in_source:
            return None
        return f"{folder}/ may not include <{target}>"
    if not is_quoted:
        return None
    if not (source_root / target).exists():
        return None if "/" not in target else f'no such file: src/{target}'
    if target == TENSOR_HEADER and folder in NO_TENSOR:
        return f"{folder}/ compiles without LibTorch: no {TENSOR_HEADER}"
    if component(target)[0] == "cli" and folder != "cli":
        return "nobody includes cli/"
    if not is_allowed(path, target):
        return f"{folder}/ may not include {target}"
    return None


def check_file(file, source_root):
    path = file.relative_to(source_root).as_posix()
    lines = file.read_text(encoding="utf-8").splitlines()
    limit = MAX_LINES[file.suffix]
    if len(lines) > limit:
        yield f"src/{path}: {len(lines)} lines, more than {limit}"
    folder = component(path)[0]
    if folder not in MAY_INCLUDE:
        yield f"src/{path}: folder {folder}/ is not in the table of scripts/check_includes.py"
        return
    if file.suffix == ".h" and "#pragma once" not in lines:
        yield f"src/{path}: no #pragma once"
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        complaint = match and check_include(path, match[2], match[1] == '"', source_root)
        if complaint:
            yield f"src/{path}:{number}: {complaint}"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    source_root = root / "src"
    files = sorted(f for f in source_root.rglob("*") if f.suffix in MAX_LINES)
    if not files:
        sys.exit(f"no sources below {source_root}")
    complaints = [complaint for file in files for complaint in check_file(file, source_root)]
    print("\n".join(complaints) or f"{len(files)} files: includes and sizes are as they should be")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
