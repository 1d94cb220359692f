"""Everything that gymnasium.make knows: "Pendulum-v1", "ALE/Pong-v5", "my_package:MyEnv-v0"."""

import gymnasium


class GymnasiumEnv:
    """The environment as Gymnasium made it, without its checks, which the worker makes anyway."""

    def __init__(self, env):
        self._env = env
        self.observation_space = env.observation_space
        self.action_space = env.action_space
        self.max_episode_steps = _episode_steps(env.spec)
        self.reset = env.reset
        self.step = env.step
        self.render = env.render


def _episode_steps(spec):
    """None: it does not say. The ALE counts frames, of which each step takes some."""
    if spec is None or spec.max_episode_steps is not None:
        return spec and spec.max_episode_steps
    frames = spec.kwargs.get("max_num_frames_per_episode")
    skip = spec.kwargs.get("frameskip", 1)
    return frames and frames // (skip if isinstance(skip, int) else min(skip))


def make(task, options):
    arguments = dict(options["arguments"])
    if options["pixels"]:
        arguments.setdefault("render_mode", "rgb_array")
    if options["max_episode_steps"]:
        repeat = options["action_repeat"] or 1
        arguments.setdefault("max_episode_steps", options["max_episode_steps"] * repeat)
    if task.startswith("ALE/"):
        import ale_py

        gymnasium.register_envs(ale_py)
    return GymnasiumEnv(gymnasium.make(task, disable_env_checker=True, **arguments))
