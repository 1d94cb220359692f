#!/usr/bin/env python3
"""translate.py IN.cu OUT.cpp: makes a .cu file of ours into C++ for cuda_on_host.h, in the namespace
foresight::on_host so that it never stands in for the program's own functions."""

import re
import sys

LAUNCH = re.compile(r"(\w+(?:<[\w():]+>)?)\s*<<<(.*?)>>>\((.*?)\);", re.DOTALL)


def split_arguments(text):
    """At the commas that no bracket encloses."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "(<") - (letter in ")>")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def translated_launch(match):
    kernel, how, arguments = match.groups()
    grid, block, _, stream = split_arguments(how)
    return f"cuda_on_host::run({grid}, {block}, {stream}, [&] {{ {kernel}({arguments}); }});"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    text, count = LAUNCH.subn(translated_launch, text)
    if count == 0 or "<<<" in text:
        sys.exit(f"{sys.argv[1]}: {count} launches translated, some left")
    text = text.replace("#include <cuda_runtime.h>", '#include "kernels/on_host/cuda_on_host.h"')
    text = text.replace("namespace foresight {", "namespace foresight::on_host {")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
