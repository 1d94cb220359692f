"""Actions in [-1, 1] as the environment wants them."""

import numpy as np

from foresight_env.spaces import kind_of


class BoxActions:
    """Scales [-1, 1] to the space's [low, high], in double precision like dm_control's
    action_scale. A side without a bound is left as it is."""

    num_discrete_actions = 0

    def __init__(self, space):
        self._shape = space.shape
        self._dtype = space.dtype
        low = np.asarray(space.low, np.float64)
        high = np.asarray(space.high, np.float64)
        is_bounded = np.isfinite(low) & np.isfinite(high)
        self._low = np.where(is_bounded, low, -1.0)
        self._scale = (np.where(is_bounded, high, 1.0) - self._low) / 2.0
        self.action_dim = int(np.prod(self._shape, dtype=np.int64))
        if self.action_dim == 0:
            raise ValueError("the action space is empty")
        if not np.issubdtype(self._dtype, np.floating):
            raise TypeError(f"actions of whole numbers ({self._dtype}): only Discrete is known")

    def decode(self, actions):
        scaled = self._low + self._scale * (actions.reshape(self._shape).astype(np.float64) + 1.0)
        return scaled.astype(self._dtype)


class DiscreteActions:
    """One entry for each choice; the largest is played, the first among equals."""

    def __init__(self, space):
        self._start = int(getattr(space, "start", 0))
        self.num_discrete_actions = int(space.n)
        self.action_dim = self.num_discrete_actions

    def decode(self, actions):
        return self._start + int(np.argmax(actions))


def make_actions(space):
    kind = kind_of(space)
    if kind == "box":
        return BoxActions(space)
    if kind == "discrete":
        return DiscreteActions(space)
    raise TypeError(f"an action space of kind {type(space).__name__}: known are Box and Discrete")
