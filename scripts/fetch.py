#!/usr/bin/env python3
"""Fetches what the build needs from PyPI: `fetch.py libtorch|box2d|mujoco|dm_control FOLDER`.

Files are downloaded and checked by pip (version and hash in the .txt file of the same name), the
parts that the build uses are unpacked beside FOLDER, and a rename makes them appear there all at
once: a download that broke off never looks finished.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

SCRIPTS = Path(__file__).resolve().parent

# The wheel for CPython 3.11, whatever Python runs this: only its C++ part is used.
WHEEL_OPTIONS = [
    "--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--abi=cp311",
    "--abi=none", "--platform=manylinux_2_28_x86_64", "--platform=manylinux_2_25_x86_64",
    "--platform=manylinux_2_17_x86_64", "--platform=manylinux2014_x86_64",
]
SOURCE_OPTIONS = ["--no-binary=:all:"]

# What torch_cpu needs at run time; the CUDA, Python and test parts of the wheel stay away.
TORCH_LIBRARIES = {
    "libtorch.so", "libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libgfortran.so.5",
}
CUDA_LIBRARIES = {"libcudart.so.13", "libcupti.so.13"}
MODEL_FILES = {".xml", ".stl", ".msh", ".skn", ".png"}


def libtorch_target(name):
    """Where a wheel's member belongs below FOLDER, or None if it is not needed."""
    path = PurePosixPath(name)
    if name.startswith(("torch/include/", "torch/share/")):
        return path
    if path.parent == PurePosixPath("torch/lib") and path.name in TORCH_LIBRARIES:
        return path
    if path.parts[0] == "nvidia" and path.name in CUDA_LIBRARIES:
        return PurePosixPath("torch/lib") / path.name
    if ".dist-info/licenses/" in name:
        return PurePosixPath("licenses", path.parts[0].split("-")[0], *path.parts[2:])
    return None


def mujoco_target(name):
    """The library and the headers; not its bindings, plugins and OpenGL contexts."""
    path = PurePosixPath(name)
    if name.startswith("mujoco/include/"):
        return path.relative_to("mujoco")
    if path.parent == PurePosixPath("mujoco") and path.name.startswith("libmujoco.so"):
        return PurePosixPath("lib") / path.name
    return licence_target(path)


def dm_control_target(name):
    """The models of the suite's domains and what they include."""
    path = PurePosixPath(name)
    if path.parts[:2] == ("dm_control", "suite") and path.suffix in MODEL_FILES:
        return path.relative_to("dm_control")
    return licence_target(path)


def licence_target(path):
    return PurePosixPath(path.name) if ".dist-info/licenses/" in str(path) else None


def unpack_wheels(downloads, folder, target_of):
    for wheel in sorted(downloads.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                target = None if member.is_dir() else target_of(member.filename)
                if target is None:
                    continue
                path = folder / target
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, open(path, "wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)


def unpack_libtorch(downloads, folder):
    unpack_wheels(downloads, folder, libtorch_target)
    found = {path.name for path in (folder / "torch" / "lib").iterdir()}
    missing = (TORCH_LIBRARIES | CUDA_LIBRARIES) - found
    if missing:
        sys.exit(f"fetch.py: the wheels lack {', '.join(sorted(missing))}")


def unpack_mujoco(downloads, folder):
    unpack_wheels(downloads, folder, mujoco_target)


def unpack_dm_control(downloads, folder):
    unpack_wheels(downloads, folder, dm_control_target)


def unpack_sources(downloads, folder):
    (path,) = downloads.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            parts = PurePosixPath(member.name).parts
            if not member.isfile() or len(parts) < 3 or parts[1] != "Box2D":
                continue
            target = folder.joinpath(*parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.extractfile(member) as source, open(target, "wb") as copy:
                shutil.copyfileobj(source, copy)


def fetch(what, folder):
    options, unpack = {
        "libtorch": (WHEEL_OPTIONS, unpack_libtorch),
        "box2d": (SOURCE_OPTIONS, unpack_sources),
        "mujoco": (WHEEL_OPTIONS, unpack_mujoco),
        "dm_control": (WHEEL_OPTIONS, unpack_dm_control),
    }[what]
    folder.parent.mkdir(parents=True, exist_ok=True)
    for leftover in folder.parent.glob(f"{what}.part.*"):  # of a run that was killed
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix=f"{what}.part.", dir=folder.parent) as scratch:
        downloads, unpacked = Path(scratch) / "downloads", Path(scratch) / "unpacked"
        downloads.mkdir()
        unpacked.mkdir()
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps",
             "--require-hashes", *options, "--dest", str(downloads), "--requirement",
             str(SCRIPTS / f"{what}.txt")], check=True)
        print(f"   unpacking into {folder}", flush=True)
        unpack(downloads, unpacked)
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        os.replace(unpacked, folder)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("libtorch", "box2d", "mujoco", "dm_control"):
        sys.exit(__doc__)
    try:
        fetch(sys.argv[1], Path(sys.argv[2]).resolve())
    except subprocess.CalledProcessError:
        sys.exit(f"fetch.py: pip could not download {sys.argv[1]} (see above). Is there a network?")


if __name__ == "__main__":
    main()
