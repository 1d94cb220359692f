#!/usr/bin/env python3
"""Records pictures of dm_control for the parity tests, drawn through OSMesa.

  ./foresight env install dmcontrol
  .deps/envs/dmcontrol/bin/python python/record_dmcontrol_pictures.py tests/fixtures/dmcontrol_pictures

Writes one file a task, bytes [2, 64, 64, 3]: the first picture of the episode with seed 3, and the one
after 8 steps of action 0.5, each held for two control steps. The camera is TD-MPC2's.
"""

import os
import sys
from pathlib import Path

os.environ["MUJOCO_GL"] = "osmesa"

import numpy as np
from dm_control import suite

SEED, STEPS, ACTION, SIZE = 3, 8, 0.5, 64
TASKS = {
    "cartpole-swingup": ("cartpole", "swingup"),
    "finger-turn-hard": ("finger", "turn_hard"),
    "quadruped-walk": ("quadruped", "walk"),
    "reacher-easy": ("reacher", "easy"),
    "walker-walk": ("walker", "walk"),
}


def record(domain, task):
    env = suite.load(domain, task, task_kwargs={"random": SEED})
    spec = env.action_spec()
    action = spec.minimum + (spec.maximum - spec.minimum) / 2 * (ACTION + 1.0)
    camera = 2 if domain == "quadruped" else 0
    env.reset()
    frames = [env.physics.render(SIZE, SIZE, camera)]
    for _ in range(2 * STEPS):
        env.step(action)
    frames.append(env.physics.render(SIZE, SIZE, camera))
    return np.stack(frames)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (domain, task) in TASKS.items():
        (folder / f"{name}.u8").write_bytes(record(domain, task).tobytes())


if __name__ == "__main__":
    main()
