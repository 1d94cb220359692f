"""Atari games of ale_py: "pong", "space-invaders", ... as DreamerV2 and Machado et al. (2018) play
them: sticky actions, four frames an action (the maximum of the last two), up to 30 idle actions at
the start, the end of a game and not of a life, at most 108,000 frames.
"""

import re

import ale_py
import gymnasium
from gymnasium.wrappers import AtariPreprocessing

from foresight_env.suites import no_task
from foresight_env.suites.gymnasium import GymnasiumEnv

FRAMES_OF_A_STEP = 4
MAX_FRAMES = 108000
PICTURE_SIZE = 64


def make(task, options):
    gymnasium.register_envs(ale_py)
    game = "".join(word.capitalize() for word in task.replace("_", "-").split("-"))
    names = [name for name in gymnasium.registry if name.startswith("ALE/")]
    if f"ALE/{game}-v5" not in names:
        # "ALE/SpaceInvaders-v5" is space-invaders.
        known = sorted(re.sub("(?<!^)(?=[A-Z])", "-", name[4:-3]).lower() for name in names)
        raise no_task("Atari", task, known)
    arguments = {"grayscale_obs": True, "full_action_space": False, **options["arguments"]}
    preprocessing = {key: arguments.pop(key) for key in ("grayscale_obs", "noop_max",
                                                         "terminal_on_life_loss")
                     if key in arguments}
    env = gymnasium.make(f"ALE/{game}-v5", frameskip=1, repeat_action_probability=0.25,
                         max_num_frames_per_episode=MAX_FRAMES + 1, disable_env_checker=True,
                         **arguments)
    env = AtariPreprocessing(env, frame_skip=FRAMES_OF_A_STEP,
                             screen_size=options["image_size"] or PICTURE_SIZE, **preprocessing)
    env = GymnasiumEnv(env)
    env.max_episode_steps = MAX_FRAMES // FRAMES_OF_A_STEP
    return env
