#!/usr/bin/env python3
"""dockerfile_steps.py: runs the steps of scripts/container/Dockerfile in a clean directory.

No Docker: RUN becomes bash, COPY a copy of what git tracks, WORKDIR a folder below the directory;
ENTRYPOINT is asked for its version. Exit code 77 where that cannot be tried: it needs root, because
the steps install packages.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def steps():
    for line in (ROOT / "scripts/container/Dockerfile").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest


def copy_checkout(target):
    """What is tracked, as it stands in the working tree."""
    files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-C", ROOT, "--null", "--files-from=-", "--ignore-failed-read", "-cf",
                    target / "checkout.tar"], input=files, check=True)
    subprocess.run(["tar", "-C", target, "-xf", target / "checkout.tar"], check=True)
    (target / "checkout.tar").unlink()


def main():
    if os.geteuid() != 0:
        print("not root: the steps install packages")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="foresight-container-") as scratch:
        below = Path(scratch)
        folder = below
        for word, rest in steps():
            print(f"== {word} {rest}", flush=True)
            if word == "WORKDIR":
                folder = below / rest.lstrip("/")
                folder.mkdir(parents=True, exist_ok=True)
            elif word == "COPY":
                assert rest == ". .", rest
                copy_checkout(folder)
            elif word == "RUN":
                subprocess.run(["bash", "-ec", rest], cwd=folder, check=True)
            elif word == "ENTRYPOINT":
                program = below / json.loads(rest)[0].lstrip("/")
                for words in (["--version"], ["train", "toy/random", "train.steps=200"]):
                    subprocess.run([program, *words], cwd=folder, check=True)
            else:
                assert word == "FROM", f"unknown step {word}"


if __name__ == "__main__":
    main()
