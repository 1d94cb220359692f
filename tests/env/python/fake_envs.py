"""Environments for tests, with NumPy alone. What must come out can be worked out by hand."""

import ctypes
import os
import sys
import time

import numpy as np

from foresight_env.spaces import Box, Dict, Discrete


class Countdown:
    """Counts steps, pays its action. Observes [steps left / all, the seed's last digit / 10]."""

    def __init__(self, num_steps=5, terminates=True, low=-1.0, high=1.0):
        self.max_episode_steps = 10 * num_steps if terminates else num_steps
        self.can_terminate = terminates
        self.observation_space = Box(-1.0, 1.0, (2,))
        self.action_space = Box(low, high, (1,))
        self._num_steps = num_steps
        self._terminates = terminates

    def _observation(self):
        return np.array([self._left / self._num_steps, self._mark], np.float32)

    def reset(self, seed):
        self._left = self._num_steps
        self._mark = (seed % 10) / 10.0
        return self._observation(), {}

    def step(self, action):
        self._left -= 1
        is_terminal = self._terminates and self._left == 0
        return self._observation(), float(action[0]), is_terminal, False, {}


class Walk:
    """A seeded random walk that the actions push: deterministic, and different for each seed."""

    max_episode_steps = 50
    can_terminate = True

    def __init__(self):
        self.observation_space = Dict({"position": Box(-9, 9, (3,), np.float64),
                                       "clock": Box(0, 1, (1,), np.float64)})
        self.action_space = Box(-2.0, 2.0, (3,), np.float64)

    def _observation(self):
        return {"position": self._position, "clock": np.array([self._steps / 50.0])}

    def reset(self, seed):
        self._rng = np.random.default_rng(seed)
        self._position = self._rng.normal(size=3)
        self._steps = 0
        return self._observation(), {}

    def step(self, action):
        self._steps += 1
        self._position = 0.9 * self._position + 0.1 * action + 0.1 * self._rng.normal(size=3)
        is_lucky = self._rng.random() < 0.02
        return self._observation(), -float(np.square(self._position).sum()), is_lucky, False, {}


class Spaces:
    """A dict with numbers, choices and a picture. Not alphabetical: the order is its own."""

    max_episode_steps = 4
    can_terminate = False

    def __init__(self):
        self.observation_space = Dict({
            "speed": Box(-1, 1, (2,)),
            "camera": Box(0, 255, (8, 10, 3), np.uint8),
            "gear": Discrete(3),
            "arm": Dict({"angle": Box(-1, 1, (1, 2))}),
        })
        self.action_space = Discrete(4)

    def _observation(self, action):
        picture = np.zeros((8, 10, 3), np.uint8)
        picture[2, 7, 1] = 100 + self._steps
        return {"speed": np.array([0.25, self._steps]), "camera": picture, "gear": action % 3,
                "arm": {"angle": np.array([[0.5, -0.5]])}}

    def reset(self, seed):
        self._steps = 0
        return self._observation(0), {}

    def step(self, action):
        assert isinstance(action, int)
        self._steps += 1
        return self._observation(action), float(action), False, False, {
            "success": action == 2, "is_success": False}


class Drawn(Countdown):
    """Has a picture of itself: as bright as the steps left."""

    def render(self):
        return np.full((32, 48, 3), 10 * self._left, np.uint8)


def _kill_self():
    os.kill(os.getpid(), 9)


def _crash():
    ctypes.string_at(0)


def _spin():
    while True:
        pass


def _raise():
    raise ValueError("the puck is gone")


class Faulty(Countdown):
    """A countdown that at step `at` of an episode goes wrong in the way of `how`.

    The worker's first, trial episode is spared, and so is any whose seed's last digit is not in
    `seeds`. It leaves a file at `marker`."""

    def __init__(self, how, at=3, seeds="0123456789", at_reset=False, marker="", **arguments):
        super().__init__(**arguments)
        self._how = how
        self._at = at
        self._seeds = seeds
        self._at_reset = at_reset
        self._marker = marker
        self._num_resets = 0

    def _is_due(self, step):
        if self._num_resets <= 1 or f"{round(10 * self._mark)}" not in self._seeds:
            return False
        return step == (0 if self._at_reset else self._at)

    def reset(self, seed):
        self._num_resets += 1
        observation, info = super().reset(seed)
        return self._spoil(0, observation), info

    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        observation = self._spoil(self._num_steps - self._left, observation)
        if self._how == "reward" and self._is_due(self._num_steps - self._left):
            reward = float("inf")
        return observation, reward, terminated, truncated, info

    def _spoil(self, step, observation):
        if not self._is_due(step):
            return observation
        print(f"about to {self._how}")
        print(f"at step {step}", file=sys.stderr, flush=True)
        sys.stdout.flush()
        if self._marker:
            open(self._marker, "w").close()
        if self._how == "shape":
            return np.zeros(3, np.float32)
        if self._how == "nan":
            return np.array([0.5, np.nan], np.float32)
        {"kill": _kill_self, "crash": _crash, "raise": _raise, "exit": lambda: os._exit(7),
         "hang": lambda: time.sleep(1000), "spin": _spin, "print": self._print_for_ever,
         "reward": lambda: None}[self._how]()
        return observation

    def _print_for_ever(self):
        while True:
            print("x" * 1000)


class Chatty(Countdown):
    """Prints more than a pipe holds in every step."""

    def step(self, action):
        print("a line\n" * 20000)
        return super().step(action)


class NotRepeatable(Countdown):
    """Begins anywhere, whatever the seed."""

    def reset(self, seed):
        super().reset(seed)
        self._mark = int.from_bytes(os.urandom(3), "little") / 2**24
        return self._observation(), {}


class Nothing:
    """No work at all, to measure what the bridge costs."""

    max_episode_steps = 10**6
    can_terminate = False

    def __init__(self, has_picture=False):
        self.action_space = Box(-1, 1, (6,))
        self.observation_space = Box(-1, 1, (24,))
        self._observation = np.zeros(24, np.float32)
        if has_picture:
            self.observation_space = Dict({"numbers": self.observation_space,
                                           "picture": Box(0, 255, (64, 64, 3), np.uint8)})
            self._observation = {"numbers": self._observation,
                                 "picture": np.zeros((64, 64, 3), np.uint8)}

    def reset(self, seed):
        return self._observation, {}

    def step(self, action):
        return self._observation, 0.0, False, False, {}


class NoClock(Countdown):
    """Says not how long an episode lasts."""

    def __init__(self):
        super().__init__()
        self.max_episode_steps = None


class WrongFromTheStart(Countdown):
    """Its observations never fit its space."""

    def _observation(self):
        return np.zeros((2, 2), np.float32)
