"""ManiSkill2: "lift-cube", "pick-cube", "stack-cube", from their states. An episode is 100 steps and
never terminates; success is that of the last step (nicklashansen/tdmpc2, envs/maniskill.py).

SAPIEN 2 refuses to start without a graphics card that it can render with, although states need no
picture: where FORESIGHT_SAPIEN_RENDERER is not set, stubs stand in for what draws.
"""

import os

import gymnasium
import numpy as np
import sapien.core as sapien

from foresight_env.spaces import Box
from foresight_env.suites import no_task

TASKS = {"lift-cube": "LiftCube-v0", "pick-cube": "PickCube-v0", "stack-cube": "StackCube-v0"}
NEED_DOWNLOADS = ("pick-ycb", "turn-faucet")


class _Material:
    """Takes any setting and forgets it."""

    def __getattr__(self, name):
        return lambda *arguments, **settings: None


class _NoRenderer:
    def __init__(self, **settings):
        pass

    def create_material(self):
        return _Material()

    def set_log_level(self, level):
        pass


def _forget(self, *arguments, **settings):
    return None


def _draw_nothing():
    """Puts stubs in the place of renderer, visual shapes, lights and cameras."""
    from mani_skill2.envs.sapien_env import BaseEnv

    sapien.SapienRenderer = _NoRenderer
    sapien.Engine.set_renderer = _forget
    for name in dir(sapien.ActorBuilder):
        if name.startswith("add_") and "visual" in name:
            setattr(sapien.ActorBuilder, name, _forget)
    add_ground = BaseEnv._add_ground

    def add_ground_unseen(self, altitude=0.0, render=True):
        return add_ground(self, altitude, render=False)

    def setup_no_cameras(self):
        self._cameras = {}
        self._render_cameras = {}

    BaseEnv._add_ground = add_ground_unseen
    BaseEnv._setup_cameras = setup_no_cameras
    BaseEnv._setup_lighting = _forget
    BaseEnv.update_render = _forget


class ManiSkill2Env:
    can_terminate = False
    reports_success = True
    action_repeat = 2
    max_episode_steps = 200

    def __init__(self, env):
        self._env = env
        self.observation_space = env.observation_space
        low, high = env.action_space.low.min(), env.action_space.high.max()
        shape = env.action_space.shape
        self.action_space = Box(np.full(shape, low), np.full(shape, high), shape,
                                env.action_space.dtype)

    def reset(self, seed):
        return self._env.reset(seed=seed)

    def step(self, action):
        observation, reward, _, _, info = self._env.step(action)
        return observation, reward, False, False, {"success": info["success"]}


def make(task, options):
    if task in NEED_DOWNLOADS:
        raise ValueError(f"{task} needs models that must be downloaded from elsewhere than PyPI; "
                         f"there are {', '.join(TASKS)}")
    if task not in TASKS:
        raise no_task("ManiSkill2", task, TASKS)
    if not os.environ.get("FORESIGHT_SAPIEN_RENDERER"):
        _draw_nothing()
    import mani_skill2.envs  # registers its environments

    arguments = {"obs_mode": "state", "control_mode": "pd_ee_delta_pos", **options["arguments"]}
    # `unwrapped`: without Gymnasium's own time limit.
    return ManiSkill2Env(gymnasium.make(TASKS[task], **arguments).unwrapped)
