"""A class of one's own as an environment, and one that takes its time: a cart on a plane whose
motors and sensors answer 20 ms after an action, as a robot does or a simulator elsewhere.

    ./foresight train multitask/single env.id=slow_rover:Rover env.python_path=examples train.overlap=true
"""

import math
import random
import time

from foresight_env.spaces import Box

ANSWER_SECONDS = 0.02
STEP_SECONDS = 0.1  # of the cart's own time


class Rover:
    """Drives to the origin: position and velocity of both axes -> force on both."""

    observation_space = Box(-math.inf, math.inf, (4,))
    action_space = Box(-1, 1, (2,))
    max_episode_steps = 100
    can_terminate = False

    def reset(self, seed):
        draw = random.Random(seed)
        self.position = [draw.uniform(-1, 1) for _ in range(2)]
        self.velocity = [0.0, 0.0]
        return self._observation(), {}

    def step(self, action):
        time.sleep(ANSWER_SECONDS)
        for axis in range(2):
            self.velocity[axis] += STEP_SECONDS * (float(action[axis]) - 0.2 * self.velocity[axis])
            self.position[axis] += STEP_SECONDS * self.velocity[axis]
        reward = math.exp(-2 * math.hypot(*self.position))
        return self._observation(), reward, False, False, {}

    def _observation(self):
        return [*self.position, *self.velocity]
