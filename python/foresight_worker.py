#!/usr/bin/env python3
"""Runs one environment for Foresight (src/env/python), in the virtual environment of its suite.

Needs the standard library, NumPy and the suite. Numbers and pictures lie in shared memory; the
channel, a socket, carries only who is next:

    program -> worker   {"suite": ..., "task": ..., "options": {...}}        once, JSON
    worker  -> program  {"observation": [["position", 4], ...], ...}         once, JSON, the spec
    program -> worker   {"size": ..., "actions": ..., "observation": ...}    once, JSON, byte offsets
    worker  -> program  b"."
    program -> worker   b"r" (reset) or b"s" (step), for ever
    worker  -> program  b"." when the results are in the memory, or b"e" and a text

The end of the channel is the end of the worker. What it prints is kept by the program for the day
that something goes wrong.
"""

import os

# One core for each environment: many of them run side by side.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import ctypes
import json
import mmap
import signal
import socket
import struct
import sys
import traceback

CHANNEL_FD = 3
MEMORY_FD = 4
MAX_TEXT = 4000  # characters of a problem's text
RESULT = struct.Struct("=dBBb")  # reward, terminated, truncated, success (-1: unknown)
SEED = struct.Struct("=Q")


def die_with_parent():
    """Asks the kernel to end this process when the program ends, however it ends."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)


def describe_problem(problem):
    text = f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__
    return text[:MAX_TEXT]


class Memory:
    """The views of the shared memory, at the offsets that the program chose."""

    def __init__(self, layout, spec):
        import numpy as np

        self._bytes = mmap.mmap(MEMORY_FD, layout["size"])
        self._result_at = layout["result"]
        self._seed_at = layout["seed"]

        def view(what, dtype, shape):
            count = int(np.prod(shape, dtype=np.int64))
            return np.frombuffer(self._bytes, dtype, count, layout[what]).reshape(shape)

        self.actions = view("actions", np.float32, (spec["action_dim"],))
        num_floats = sum(size for _, size in spec["observation"])
        self.observation = view("observation", np.float32, (num_floats,))
        self.image = view("image", np.uint8, spec["image"]) if spec["image"] else None

    def seed(self):
        """Folded to 31 bits, which every suite takes."""
        seed = SEED.unpack_from(self._bytes, self._seed_at)[0]
        return (seed ^ (seed >> 32)) & 0x7FFFFFFF

    def set_result(self, reward, terminated, truncated, success):
        RESULT.pack_into(self._bytes, self._result_at, reward, terminated, truncated, success)


def serve(channel, memory, session):
    """Answers commands until the channel ends."""
    while command := channel.recv(1):
        try:
            if command == b"s":
                result = session.step(memory.actions)
            else:
                session.reset(memory.seed())
                result = (0.0, False, False, -1)
            memory.set_result(*result)
        except Exception as problem:
            traceback.print_exc()
            sys.stderr.flush()
            channel.send(b"e" + describe_problem(problem).encode(errors="replace"))
            return
        channel.send(b".")


def main():
    die_with_parent()
    channel = socket.socket(fileno=CHANNEL_FD)
    request = channel.recv(1 << 20)
    if not request:
        return
    request = json.loads(request)
    sys.path[:0] = [path for path in request["python_path"].split(":") if path]
    try:
        from foresight_env.session import make_session

        session = make_session(request["suite"], request["task"], request["options"])
        spec = session.spec()
    except Exception as problem:
        traceback.print_exc()
        sys.stderr.flush()
        channel.send(json.dumps({"error": describe_problem(problem)}).encode())
        return
    channel.send(json.dumps(spec).encode())
    layout = channel.recv(1 << 20)
    if not layout:
        return
    memory = Memory(json.loads(layout), spec)
    session.bind(memory.observation, memory.image)
    channel.send(b".")
    serve(channel, memory, session)


if __name__ == "__main__":
    main()
    # Not through the interpreter's end: simulators have been seen to hang there.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
