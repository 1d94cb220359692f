#!/usr/bin/env python3
"""Turns TD-MPC2's published data (TensorDict files chunk_0.pt, ...) into chunks for `foresight`.

Needs torch and tensordict, in a virtual environment of its own:

    python3 -m venv VENV && VENV/bin/pip install torch tensordict numpy
    VENV/bin/python python/convert_tdmpc2_dataset.py mt30/ chunks/
    foresight dataset convert chunks/ DATASET --tasks mt30

Each input holds episodes of equal length: obs [E, R, O], action [E, R, A], reward [E, R],
task [E, R]; row 0 of an episode is its first observation and no step. It is loaded by unpickling,
which runs code that the file names: convert files that you trust. The chunks are .safetensors files
of at most --episodes episodes, so that reading one takes little memory.
"""

import argparse
import json
import struct
import sys
from pathlib import Path

import numpy as np

ARRAYS = {"obs": (3, np.float32), "action": (3, np.float32), "reward": (2, np.float32),
          "task": (2, np.int32), "terminated": (2, np.float32)}
DTYPES = {np.dtype(np.float32): "F32", np.dtype(np.int32): "I32"}


def write_safetensors(path, arrays):
    """8 bytes with the length of a JSON header, the header, the numbers (little-endian)."""
    header, offset = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": DTYPES[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    temporary = path.with_suffix(".part")
    with open(temporary, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).tobytes())
    temporary.rename(path)


def arrays_of(data, path):
    """The tensors of one file as arrays, checked against each other."""
    arrays = {}
    for name, (num_axes, dtype) in ARRAYS.items():
        if name not in data.keys():
            if name == "terminated":
                continue
            sys.exit(f"{path}: no {name}; found {', '.join(map(str, data.keys()))}")
        array = data[name].numpy()
        if array.ndim == num_axes + 1 and array.shape[-1] == 1:
            array = array[..., 0]
        if array.ndim != num_axes:
            sys.exit(f"{path}: {name} has the shape {list(array.shape)}, expected {num_axes} axes")
        arrays[name] = array.astype(dtype, copy=False)
    rows = arrays["obs"].shape[:2]
    for name, array in arrays.items():
        if array.shape[:2] != rows:
            sys.exit(f"{path}: {name} has the shape {list(array.shape)}, obs {list(rows)} first")
    # Row 0 holds no step; what fills it (often NaN) is left out of every use.
    for name in ("action", "reward", "terminated"):
        if name in arrays:
            arrays[name] = arrays[name].copy()
            arrays[name][:, 0] = 0
    return arrays


def convert(path, number, target, num_episodes):
    import torch  # here, so that --help works without it

    try:
        import tensordict  # noqa: F401  (unpickling needs it)
    except ImportError:
        sys.exit("tensordict is missing: pip install tensordict")
    arrays = arrays_of(torch.load(path, map_location="cpu", weights_only=False), path)
    total = arrays["obs"].shape[0]
    for part, first in enumerate(range(0, total, num_episodes)):
        piece = {name: array[first:first + num_episodes] for name, array in arrays.items()}
        write_safetensors(target / f"chunk{number:04}_{part:06}.safetensors", piece)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="a chunk_*.pt file, or a folder of them")
    parser.add_argument("target", type=Path, help="a new folder for the chunks")
    parser.add_argument("--episodes", type=int, default=1000, help="at most so many a chunk")
    arguments = parser.parse_args()
    files = sorted(arguments.source.glob("*.pt")) if arguments.source.is_dir() else [arguments.source]
    if not files:
        sys.exit(f"{arguments.source}: no .pt file here")
    arguments.target.mkdir(parents=True, exist_ok=True)
    if any(arguments.target.iterdir()):
        sys.exit(f"{arguments.target}: not empty; name a new folder")
    for number, path in enumerate(files):
        count = convert(path, number, arguments.target, arguments.episodes)
        print(f"{path}: {count} episodes", flush=True)


if __name__ == "__main__":
    main()
