#!/usr/bin/env python3
"""Steps per second of our DMControl beside dm_control's own, in turns on the same machine.

    ./foresight env install dmcontrol
    .deps/envs/dmcontrol/bin/python bench/dm_control/compare.py build/release/bench/dmcontrol_bench

Both sides: one process, random actions on [-1, 1], action repeat 2, a float32 observation and a
reward a step, resets within; steps per second of CPU time, so that a busy machine wrongs neither.
Prints the median of the rounds and the ratio's spread.
"""

import argparse
import json
import os
import statistics
import subprocess
import time

os.environ.setdefault("MUJOCO_GL", "disable")

import numpy as np  # noqa: E402
from dm_control import suite  # noqa: E402
from dm_control.suite.wrappers import action_scale  # noqa: E402

TASKS = ["cheetah-run", "walker-walk", "humanoid-walk", "quadruped-run", "dog-run"]


def observation(time_step):
    return np.concatenate([np.ravel(v) for v in time_step.observation.values()], dtype=np.float32)


class Original:
    """One task of dm_control as TD-MPC2 wraps it."""

    def __init__(self, task):
        self.env = suite.load(*task.split("-", 1), task_kwargs={"random": 1})
        self.env = action_scale.Wrapper(self.env, minimum=-1.0, maximum=1.0)
        size = self.env.action_spec().shape[0]
        self.actions = np.random.default_rng(1).uniform(-1, 1, (1024, size))
        self.env.reset()
        self.num_steps = 0

    def steps_per_second(self, seconds):
        begin = time.process_time()
        first = self.num_steps
        while time.process_time() - begin < seconds:
            for _ in range(20):
                self.step()
        return (self.num_steps - first) / (time.process_time() - begin)

    def step(self):
        action = self.actions[self.num_steps % len(self.actions)]
        reward = 0.0
        for _ in range(2):
            time_step = self.env.step(action)
            reward += time_step.reward
        observation(time_step)
        self.num_steps += 1
        if time_step.last():
            observation(self.env.reset())


def ours(program, task, seconds):
    result = subprocess.run(
        [program, f"--benchmark_filter=/{task.replace('-', '_')}$", f"--benchmark_min_time={seconds}",
         "--benchmark_format=json"], check=True, capture_output=True, text=True)
    (row,) = json.loads(result.stdout)["benchmarks"]
    return row["items_per_second"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each side in a round")
    parser.add_argument("--tasks", nargs="*", default=TASKS)
    args = parser.parse_args()
    print(f"{'task':<16}{'dm_control':>12}{'ours':>10}{'ratio':>8}  lowest to highest of a round")
    for task in args.tasks:
        original = Original(task)
        original.steps_per_second(0.3)
        pairs = [(original.steps_per_second(args.seconds), ours(args.program, task, args.seconds))
                 for _ in range(args.rounds)]
        ratios = sorted(own / python for python, own in pairs)
        print(f"{task:<16}{statistics.median(p for p, _ in pairs):>12.0f}"
              f"{statistics.median(o for _, o in pairs):>10.0f}{statistics.median(ratios):>8.2f}"
              f"  {ratios[0]:.2f} to {ratios[-1]:.2f}", flush=True)


if __name__ == "__main__":
    main()
