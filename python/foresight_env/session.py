"""One environment and the rules of its episodes: repeated actions, the clock, success."""

import importlib
import importlib.util
import sys

import numpy as np

from foresight_env.actions import make_actions
from foresight_env.observations import ObservationWriter
from foresight_env.spaces import Box

SUCCESS_KEYS = ("success", "is_success", "solved")
SUITES = ("gymnasium", "metaworld", "myosuite", "maniskill2", "atari", "dmcontrol-python", "python")


def hear_mujoco():
    """MuJoCo would write its warnings to MUJOCO_LOG.TXT in the working folder."""
    if importlib.util.find_spec("mujoco") is None:
        return
    mujoco = importlib.import_module("mujoco")
    mujoco.set_mju_user_warning(lambda message: print("MuJoCo:", message, file=sys.stderr))


def make_session(suite, task, options):
    if suite not in SUITES:
        raise ValueError(f"unknown suite {suite}: there are {', '.join(SUITES)}")
    hear_mujoco()
    module = importlib.import_module("foresight_env.suites." + suite.replace("-", "_"))
    return Session(module.make(task, options), options)


def resized(picture, size):
    """H x W x C -> size x size x C, each pixel the nearest one."""
    rows = (np.arange(size) + 0.5) * picture.shape[0] / size
    columns = (np.arange(size) + 0.5) * picture.shape[1] / size
    return np.ascontiguousarray(picture[rows.astype(int)][:, columns.astype(int)])


class Session:
    """env: reset(seed=) -> (observation, info), step(action) -> (observation, reward, terminated,
    truncated, info), observation_space, action_space; and if it likes: max_episode_steps (of its
    own steps), action_repeat (what to do unless told otherwise), can_terminate, reports_success, render() -> H x W x 3 of uint8."""

    def __init__(self, env, options):
        self._env = env
        self._repeat = options["action_repeat"] or getattr(env, "action_repeat", 1)
        self._terminates = options["terminates"]
        self._image_size = options["image_size"] if options["pixels"] else 0
        self._max_steps = self._episode_steps(options["max_episode_steps"])
        self._num_steps = 0
        self._actions = make_actions(env.action_space)
        space = env.observation_space
        if self._image_size:
            space = Box(0, 255, (self._image_size, self._image_size, 3), np.uint8)
        keys = [key.strip() for key in options["observation_keys"].split(",") if key.strip()]
        self._writer = ObservationWriter(space, keys, options["images"], options["frame_stack"])
        self._success_key = None
        self._try_out()

    def _episode_steps(self, wanted):
        """Steps of an agent, each of which is `action_repeat` of the environment's."""
        if wanted:
            return wanted
        own = getattr(self._env, "max_episode_steps", None)
        if own is None:
            own = getattr(getattr(self._env, "spec", None), "max_episode_steps", None)
        if not own:
            raise ValueError("the environment does not say how long an episode lasts: set "
                             "env.max_episode_steps")
        return -(-int(own) // self._repeat)

    def _try_out(self):
        """A first step, so that mistakes show at once and `info` tells whether it has success."""
        _, info = self.reset(0)
        self.step(np.zeros(self._actions.action_dim, np.float32))
        info = {**info, **self._last_info}
        self._success_key = next((key for key in SUCCESS_KEYS if key in info), None)

    def spec(self):
        has_success = getattr(self._env, "reports_success", self._success_key is not None)
        return {
            "observation": self._writer.parts(),
            "image": self._writer.image_shape(),
            "action_dim": self._actions.action_dim,
            "num_discrete_actions": self._actions.num_discrete_actions,
            "max_episode_steps": self._max_steps,
            "can_terminate": bool(self._terminates and getattr(self._env, "can_terminate", True)),
            "reports_success": bool(has_success),
        }

    def reset(self, seed):
        observation, info = self._env.reset(seed=seed)
        self._num_steps = 0
        self._writer.begin(self._seen(observation))
        return observation, info

    def step(self, actions):
        """Returns reward (the sum over the repeats), terminated, truncated, success (-1, 0, 1)."""
        action = self._actions.decode(actions)
        total = 0.0
        for _ in range(self._repeat):
            observation, reward, terminated, truncated, info = self._env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
        self._num_steps += 1
        if terminated and not self._terminates:
            terminated, truncated = False, True
        truncated = not terminated and (bool(truncated) or self._num_steps >= self._max_steps)
        self._writer.add(self._seen(observation))
        self._last_info = info
        return total, bool(terminated), truncated, self._success(info)

    def bind(self, row, image):
        """Observations go into these arrays from now on."""
        self._writer.bind(row, image)

    def _seen(self, observation):
        if not self._image_size:
            return observation
        picture = np.asarray(self._env.render())
        if picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"render() gave shape {picture.shape}, expected height, width, 3")
        if picture.shape[:2] == (self._image_size, self._image_size):
            return picture
        return resized(picture, self._image_size)

    def _success(self, info):
        if self._success_key is None:
            return -1
        return int(bool(info.get(self._success_key, False)))
