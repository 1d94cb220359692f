#!/usr/bin/env python3
"""Stable-Baselines3's own SAC.train on a filled buffer, to measure Foresight against.

  sac_peer.py update --preset sac [--threads 2] [--repeat 5]
  sac_peer.py update --preset sac --serve      one timing for each line read, so that two programs can
                                               take turns on the same cores

A timing is the mean of 20 updates in one call, batch 256. Prints one JSON object each:
{"ms": 10.5, "gflops": 55.0}.
"""

import gymnasium
import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.logger import configure

import peer

OBSERVATION_DIM, ACTION_DIM, HIDDEN, BATCH, UPDATES = 18, 4, 256, 256, 20


class Sizes(gymnasium.Env):
    """Only its spaces are read."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (OBSERVATION_DIM,), np.float32)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (ACTION_DIM,), np.float32)

    def reset(self, seed=None, options=None):
        return np.zeros(OBSERVATION_DIM, np.float32), {}

    def step(self, action):
        return np.zeros(OBSERVATION_DIM, np.float32), 0.0, False, False, {}


def gflop():
    """Multiply-adds of the matrix products that an update needs, times two."""
    actor = OBSERVATION_DIM * HIDDEN + HIDDEN * HIDDEN + HIDDEN * 2 * ACTION_DIM
    critics = 2 * ((OBSERVATION_DIM + ACTION_DIM) * HIDDEN + HIDDEN * HIDDEN + HIDDEN)
    # Policy: both halves forward, one back. Values: slow ones forward; learning; slopes by actions.
    return 2e-9 * BATCH * ((2 + 2) * actor + (1 + 3 + 2) * critics)


def make_model():
    model = SAC("MlpPolicy", Sizes(), buffer_size=100_000, batch_size=BATCH, seed=1, device="cpu")
    model.set_logger(configure(None, []))
    random = np.random.default_rng(1)
    for i in range(4000):
        model.replay_buffer.add(random.normal(size=(1, OBSERVATION_DIM)).astype(np.float32),
                                random.normal(size=(1, OBSERVATION_DIM)).astype(np.float32),
                                random.uniform(-1, 1, (1, ACTION_DIM)).astype(np.float32),
                                random.uniform(size=1).astype(np.float32),
                                np.array([i % 100 == 99]), [{}])
    return model


def main():
    parser = peer.parser(__doc__, ["update"], ["sac"], "sac", repeat=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = make_model()

    def run():
        model.train(gradient_steps=UPDATES, batch_size=BATCH)

    run()
    peer.answer(options, run, gflop(), num_runs=UPDATES)


if __name__ == "__main__":
    main()
