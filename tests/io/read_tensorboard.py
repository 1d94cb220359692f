#!/usr/bin/env python3
"""Prints what TensorBoard reads in a folder, as JSON: {tag: [[step, wall time, value], ...]}.

The value of a picture is [width, height, its PNG file in hexadecimal digits].

`read_tensorboard.py FOLDER`, with tensorboard installed (scripts/requirements-tests.txt). Values
that are not finite are printed as strings, since JSON has no word for them.
"""

import json
import math
import sys

from tensorboard.backend.event_processing import event_accumulator


def main():
    everything = {event_accumulator.SCALARS: 0, event_accumulator.IMAGES: 0}
    accumulator = event_accumulator.EventAccumulator(sys.argv[1], size_guidance=everything)
    accumulator.Reload()
    points = {}
    for tag in accumulator.Tags()["scalars"]:
        points[tag] = [
            [point.step, point.wall_time,
             point.value if math.isfinite(point.value) else str(point.value)]
            for point in accumulator.Scalars(tag)
        ]
    for tag in accumulator.Tags()["images"]:
        points[tag] = [
            [image.step, image.wall_time,
             [image.width, image.height, image.encoded_image_string.hex()]]
            for image in accumulator.Images(tag)
        ]
    print(json.dumps(points))


if __name__ == "__main__":
    main()
