"""Observations of any space as one row of float32 and, where there are pictures, one uint8 array.

The order is the space's own: a Dict's as its keys stand (Gymnasium sorts them), a Tuple's by index,
an array's row by row. A Discrete becomes n entries, one of which is 1.
"""

import numpy as np

from foresight_env.spaces import kind_of


def _is_image(space):
    """uint8 with rows and columns: H x W, H x W x C or C x H x W."""
    return space.dtype == np.uint8 and len(space.shape) in (2, 3) and min(space.shape[:2]) > 0 and (
        max(space.shape) >= 8)


def _image_shape(space):
    """(channels, height, width), and whether the channels stand last."""
    shape = space.shape
    if len(shape) == 2:
        return (1, *shape), True
    if shape[2] in (1, 3, 4):
        return (shape[2], shape[0], shape[1]), True
    return shape, False


def _check_shape(name, array, shape):
    if array.shape != shape:
        raise ValueError(f"observation {name or ''} has shape {array.shape}, "
                         f"its space says {shape}".replace("  ", " "))


class _Leaf:
    """One part of an observation: where it is found, and how it is written."""

    def __init__(self, path, space):
        self.path = path
        self.name = ".".join(str(key) for key in path)
        self.space = space
        self.kind = kind_of(space)

    def of(self, observation):
        for key in self.path:
            observation = observation[key]
        return observation

    def size(self):
        if self.kind == "discrete":
            return int(self.space.n)
        if self.kind == "multi_discrete":
            return int(np.sum(self.space.nvec))
        return int(np.prod(self.space.shape, dtype=np.int64))

    def write(self, observation, row):
        value = self.of(observation)
        if self.kind in ("box", "binary"):
            array = np.asarray(value)
            _check_shape(self.name, array, self.space.shape)
            row[:] = array.reshape(-1)
        elif self.kind == "discrete":
            row[:] = 0.0
            row[self._index(value, int(self.space.n), getattr(self.space, "start", 0))] = 1.0
        else:
            self._write_multi_discrete(np.asarray(value), row)

    def _write_multi_discrete(self, values, row):
        sizes = np.asarray(self.space.nvec).reshape(-1)
        _check_shape(self.name, values.reshape(-1), sizes.shape)
        row[:] = 0.0
        begin = 0
        for value, size in zip(values.reshape(-1), sizes):
            row[begin + self._index(value, int(size), 0)] = 1.0
            begin += int(size)

    def _index(self, value, size, start):
        index = int(value) - int(start)
        if not 0 <= index < size:
            raise ValueError(f"observation {self.name} is {value}, expected one of {size} values")
        return index


def _leaves(space, path=()):
    kind = kind_of(space)
    if kind not in ("dict", "tuple"):
        return [_Leaf(path, space)]
    parts = space.spaces.items() if kind == "dict" else enumerate(space.spaces)
    return [leaf for key, part in parts for leaf in _leaves(part, (*path, key))]


class ObservationWriter:
    """keys: names of parts ("position", "camera.left") to keep, in this order; empty: all.
    image_mode: "bytes" (pictures go to `image`) or "floats" (divided by 255, among the numbers).
    """

    def __init__(self, space, keys, image_mode, frame_stack):
        leaves = _leaves(space)
        if keys:
            by_name = {leaf.name: leaf for leaf in leaves}
            unknown = [key for key in keys if key not in by_name]
            if unknown:
                raise ValueError(f"observation_keys: no part is called {unknown[0]}; "
                                 f"there are {', '.join(by_name)}")
            leaves = [by_name[key] for key in keys]
        is_image = [leaf.kind == "box" and _is_image(leaf.space) for leaf in leaves]
        are_numbers = image_mode == "floats"
        self._images = [leaf for leaf, image in zip(leaves, is_image) if image and not are_numbers]
        # (part, whether it is divided by 255, count)
        self._numbers = [(leaf, image, leaf.size()) for leaf, image in zip(leaves, is_image)
                         if not image or are_numbers]
        self._frame_stack = frame_stack
        self.bind(np.zeros(frame_stack * sum(size for _, _, size in self._numbers), np.float32),
                  self._new_image_stack())

    def _new_image_stack(self):
        if not self._images:
            return None
        shapes = [_image_shape(leaf.space)[0] for leaf in self._images]
        if len({shape[1:] for shape in shapes}) != 1:
            sizes = ", ".join(f"{leaf.name} {leaf.space.shape}" for leaf in self._images)
            raise ValueError(f"pictures of different sizes ({sizes}): choose some with "
                             "observation_keys")
        channels = sum(shape[0] for shape in shapes)
        return np.zeros((self._frame_stack, channels, *shapes[0][1:]), np.uint8)

    def bind(self, row, image):
        """From now on observations are written into these: [F * O] numbers and
        [F, C, H, W] bytes or None."""
        self._stack = row.reshape(self._frame_stack, -1) if row.size else np.zeros(
            (self._frame_stack, 0), np.float32)
        self._image_stack = image

    def parts(self):
        """[name, count] in the order of the row, oldest frame first."""
        one = [[leaf.name, size] for leaf, _, size in self._numbers if size]
        if self._frame_stack == 1:
            return one
        return [[f"{name}@{age - self._frame_stack + 1}", size]
                for age in range(self._frame_stack) for name, size in one]

    def image_shape(self):
        """[frames, channels, height, width], the newest frame last, or None."""
        return None if self._image_stack is None else list(self._image_stack.shape)

    def begin(self, observation):
        """The first observation of an episode fills the whole stack."""
        self._read(observation)
        self._stack[:-1] = self._stack[-1]
        if self._image_stack is not None:
            self._image_stack[:-1] = self._image_stack[-1]

    def add(self, observation):
        if self._frame_stack > 1:
            self._stack[:-1] = self._stack[1:]
            if self._image_stack is not None:
                self._image_stack[:-1] = self._image_stack[1:]
        self._read(observation)

    def _read(self, observation):
        begin = 0
        for leaf, is_scaled, size in self._numbers:
            part = self._stack[-1, begin:begin + size]
            leaf.write(observation, part)
            if is_scaled:
                part /= 255.0
            begin += size
        channel = 0
        for leaf in self._images:
            array = np.asarray(leaf.of(observation))
            _check_shape(leaf.name, array, leaf.space.shape)
            if array.dtype != np.uint8:
                raise ValueError(f"picture {leaf.name} holds {array.dtype}, expected uint8")
            shape, is_channels_last = _image_shape(leaf.space)
            if is_channels_last:
                array = array.reshape(*shape[1:], shape[0]).transpose(2, 0, 1)
            self._image_stack[-1, channel:channel + shape[0]] = array
            channel += shape[0]
