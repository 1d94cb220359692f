"""Meta-World v3: "reach", "assembly", ... An episode is 200 steps and never terminates; success is
that of the last step.

Version 2, on which TD-MPC2's published scores were made, is not on PyPI: no score of v3 compares
with them. What surrounds the tasks follows nicklashansen/tdmpc2, envs/metaworld.py: goals are
observed and drawn anew in every episode, and a step with zero action follows a reset.
"""

import metaworld
import numpy as np

from foresight_env.suites import no_task


class MetaWorldEnv:
    can_terminate = False
    reports_success = True
    action_repeat = 2
    max_episode_steps = 200

    def __init__(self, env):
        env._freeze_rand_vec = False
        self._env = env
        self.observation_space = env.observation_space
        self.action_space = env.action_space

    def reset(self, seed):
        self._env.seed(seed)
        np.random.seed(seed)  # goals are drawn from the global generator
        observation, info = self._env.reset()
        self._env.step(np.zeros(self.action_space.shape))
        return observation, info

    def step(self, action):
        observation, reward, _, _, info = self._env.step(action)
        return observation, reward, False, False, info


def make(task, options):
    names = metaworld.ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE
    name = task.removeprefix("mw-") + "-v3-goal-observable"
    if name not in names:
        known = sorted(name.removesuffix("-v3-goal-observable") for name in names)
        raise no_task("Meta-World v3", task, known)
    return MetaWorldEnv(names[name](seed=0, **options["arguments"]))
