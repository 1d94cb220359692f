"""DMControl: "walker-walk", "cup-catch", ... An episode is 1000 control steps and never terminates.

Task names, flattening and scaling follow nicklashansen/tdmpc2, envs/dmcontrol.py.
"""

import os

os.environ.setdefault("MUJOCO_GL", "egl")

import numpy as np
from dm_control import suite

from foresight_env.spaces import Box, Dict
from foresight_env.suites import no_task

DOMAINS = {"cup": "ball_in_cup", "pointmass": "point_mass"}
PICTURE_SIZE = 64


class DmControlEnv:
    can_terminate = False
    reports_success = False
    action_repeat = 2
    max_episode_steps = 1000

    def __init__(self, domain, task, picture_size):
        self._env = suite.load(domain, task, task_kwargs={"random": 0})
        self._camera = 2 if domain == "quadruped" else 0
        self._size = picture_size
        spec = self._env.action_spec()
        self.action_space = Box(spec.minimum, spec.maximum, spec.shape, np.float64)
        self.observation_space = Dict({
            name: Box(-np.inf, np.inf, part.shape, np.float64)
            for name, part in self._env.observation_spec().items()})

    def reset(self, seed):
        self._env.task.random.seed(seed)
        return self._env.reset().observation, {}

    def step(self, action):
        time_step = self._env.step(action)
        is_terminal = time_step.last() and time_step.discount == 0.0
        return time_step.observation, time_step.reward, is_terminal, time_step.last(), {}

    def render(self):
        return self._env.physics.render(self._size, self._size, self._camera)


def make(task, options):
    domain, _, name = task.replace("-", "_").partition("_")
    domain = DOMAINS.get(domain, domain)
    if (domain, name) not in suite.ALL_TASKS:
        known = sorted({v: k for k, v in DOMAINS.items()}.get(d, d) + "-" + t.replace("_", "-")
                       for d, t in suite.BENCHMARKING)
        raise no_task("dm_control", task, known)
    return DmControlEnv(domain, name, options["image_size"] or PICTURE_SIZE)
