"""The spaces of Gymnasium by name and attributes, for environments that come without it.

Everything else in this package looks at attributes only, so the spaces of Gymnasium and of Gym
serve as well.
"""

import numpy as np


class Box:
    """An array of `shape`, every entry within [low, high]."""

    def __init__(self, low, high, shape=None, dtype=np.float32):
        self.dtype = np.dtype(dtype)
        self.shape = tuple(shape if shape is not None else np.shape(low))
        self.low = np.broadcast_to(np.asarray(low, self.dtype), self.shape)
        self.high = np.broadcast_to(np.asarray(high, self.dtype), self.shape)


class Discrete:
    """One of n values, the first of which is `start`."""

    def __init__(self, n, start=0):
        self.n = n
        self.start = start
        self.shape = ()


class Dict:
    """Named parts, in the order given."""

    def __init__(self, spaces):
        self.spaces = dict(spaces)


def kind_of(space):
    """"dict", "tuple", "discrete", "multi_discrete", "binary" or "box"."""
    parts = getattr(space, "spaces", None)
    if parts is not None:
        return "dict" if hasattr(parts, "items") else "tuple"
    if hasattr(space, "nvec"):
        return "multi_discrete"
    if hasattr(space, "n"):
        return "binary" if type(space).__name__ == "MultiBinary" else "discrete"
    if hasattr(space, "low") and hasattr(space, "high"):
        return "box"
    raise TypeError(
        f"a space of kind {type(space).__name__}: known are Box, Discrete, MultiDiscrete, "
        "MultiBinary, and Dict and Tuple of these")
