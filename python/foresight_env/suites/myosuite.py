"""MyoSuite's ten hand tasks: "myo-reach", "myo-pose-hard", ... An episode is 100 steps and never
terminates (nicklashansen/tdmpc2, envs/myosuite.py); success is that of the last step."""

import myosuite  # registers its environments
from myosuite.utils import gym

from foresight_env.suites import no_task

TASKS = {
    "myo-reach": "myoHandReachFixed-v0",
    "myo-reach-hard": "myoHandReachRandom-v0",
    "myo-pose": "myoHandPoseFixed-v0",
    "myo-pose-hard": "myoHandPoseRandom-v0",
    "myo-obj-hold": "myoHandObjHoldFixed-v0",
    "myo-obj-hold-hard": "myoHandObjHoldRandom-v0",
    "myo-key-turn": "myoHandKeyTurnFixed-v0",
    "myo-key-turn-hard": "myoHandKeyTurnRandom-v0",
    "myo-pen-twirl": "myoHandPenTwirlFixed-v0",
    "myo-pen-twirl-hard": "myoHandPenTwirlRandom-v0",
}


class MyoSuiteEnv:
    can_terminate = False
    reports_success = True
    max_episode_steps = 100

    def __init__(self, env):
        self._env = env
        self.observation_space = env.observation_space
        self.action_space = env.action_space

    def reset(self, seed):
        return self._env.reset(seed=seed)

    def step(self, action):
        observation, reward, _, _, info = self._env.step(action)
        return observation, reward, False, False, {"success": info["solved"]}


def make(task, options):
    if task not in TASKS:
        raise no_task("MyoSuite", task, TASKS)
    # `unwrapped`: Gymnasium's own time limit is shorter for some of them.
    return MyoSuiteEnv(gym.make(TASKS[task], **options["arguments"]).unwrapped)
