#!/usr/bin/env python3
"""Records what the rliable package makes of seeded scores: values, intervals, resamples.

The fixture tests/fixtures/rliable/scores.json is its output:

    python3 -m venv /tmp/rliable && /tmp/rliable/bin/pip install rliable==1.2.0 "pandas<3"
    /tmp/rliable/bin/python python/record_rliable.py tests/fixtures/rliable/scores.json

`cases` hold `x` and `y` (scores [runs][tasks] of two algorithms, of as many tasks), and, by the name
of the statistic, `value`, `low`, `high` (95 %, percentile method) and the `indices` that the
bootstrap drew: [resample][runs][tasks] of x, for the probability of improvement a pair of x and y.
"""

import argparse
import importlib.metadata
import json
from pathlib import Path

import numpy as np
from rliable import library, metrics

VERSION = "1.2.0"
RESAMPLES = 120

STATISTICS = {
    "mean": metrics.aggregate_mean,
    "interquartile_mean": metrics.aggregate_iqm,
}


class Recorder:
    """Stands in for numpy.random.choice, which the bootstraps draw their indices with."""

    def __init__(self):
        self.drawn = []
        self.choice = np.random.choice

    def __enter__(self):
        def choice(*args, **kwargs):
            indices = self.choice(*args, **kwargs)
            self.drawn.append(indices.tolist())
            return indices

        np.random.choice = choice
        return self

    def __exit__(self, *_):
        np.random.choice = self.choice


def interval_of(scores, statistic):
    with Recorder() as recorder:
        values, intervals = library.get_interval_estimates(
            {"it": scores}, lambda *x: np.array([statistic(*x)]), reps=RESAMPLES)
    return {
        "value": float(values["it"][0]),
        "low": float(intervals["it"][0][0]),
        "high": float(intervals["it"][1][0]),
    }, recorder.drawn


def record(name, x, y):
    case = {"name": name, "x": x.tolist(), "y": y.tolist()}
    for key, statistic in STATISTICS.items():
        case[key], drawn = interval_of(x, statistic)
        # The value itself is computed without a draw.
        assert len(drawn) == RESAMPLES, len(drawn)
        case[key]["indices"] = drawn
    entry, drawn = interval_of([x, y], metrics.probability_of_improvement)
    assert len(drawn) == 2 * RESAMPLES, len(drawn)
    entry["indices"] = [drawn[0::2], drawn[1::2]]
    case["probability_of_improvement"] = entry
    return case


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    installed = importlib.metadata.version("rliable")
    assert installed == VERSION, f"rliable {installed}, expected {VERSION}"
    rng = np.random.default_rng(7)
    np.random.seed(7)
    cases = [
        record("returns", rng.normal(600, 150, (5, 3)), rng.normal(500, 100, (4, 3))),
        record("shares_with_ties", rng.integers(0, 11, (7, 2)) / 10, rng.integers(0, 11, (6, 2)) / 10),
        record("one_task", rng.normal(0, 1, (3, 1)), rng.normal(0.5, 1, (3, 1))),
        record("equal", np.full((4, 2), 0.5), np.full((4, 2), 0.5)),
    ]
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"rliable": VERSION, "cases": cases}, separators=(",", ":"))
    out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
