#!/usr/bin/env python3
"""Records gradient updates of Stable-Baselines3's SAC for the parity tests.

  python3 -m venv /tmp/sb3 && /tmp/sb3/bin/pip install stable-baselines3==2.9.2 torch safetensors
  /tmp/sb3/bin/python python/record_sac.py tests/fixtures/sac

Writes one safetensors file a case: weights before, batch, normal draws, and for every update the
losses, targets, gradients as Adam got them, parameters and slow copies after. Weights are rounded to
half precision first, so that they can be stored as such. Of the large case every 37th number of
gradients and results is kept. The names are SB3's own; `meta` in the header has the settings.
"""

import json
import sys
from pathlib import Path

import gymnasium
import numpy as np
import torch
from safetensors.torch import save_file
from stable_baselines3 import SAC
from stable_baselines3.common.logger import configure
from stable_baselines3.common.type_aliases import ReplayBufferSamples

OBSERVATION_DIM, ACTION_DIM, BATCH, GAMMA = 18, 4, 256, 0.99
# No input of a ReLU may be nearer to 0 than this: rounding would decide on which side it falls, and
# the gradients of both sides differ by far more than rounding. Seeds are tried until it holds.
MARGIN = 1e-6
CASES = {
    # name: hidden units, updates, learning rate, every which number is kept, what is added to the
    # log-deviations, what the draws are multiplied by
    "two_updates": dict(hidden=64, updates=2, learning_rate=3e-4, keep=1, bias=0.0, draws=1.0),
    "full_size": dict(hidden=256, updates=1, learning_rate=1e-3, keep=37, bias=0.0, draws=1.0),
    # About half of the deviations above the upper bound of e^2, where the clamp has no slope. Small
    # draws: next to 1, ln(1 - a^2) would magnify the rounding of tanh.
    "clamped": dict(hidden=32, updates=1, learning_rate=3e-4, keep=1, bias=2.0, draws=0.1),
}


class Sizes(gymnasium.Env):
    """Only its spaces are read."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (OBSERVATION_DIM,), np.float32)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (ACTION_DIM,), np.float32)

    def reset(self, seed=None, options=None):
        return np.zeros(OBSERVATION_DIM, np.float32), {}

    def step(self, action):
        return np.zeros(OBSERVATION_DIM, np.float32), 0.0, False, False, {}


class Recorder:
    def __init__(self, seed, hidden, updates, learning_rate, keep, bias, draws):
        self.keep, self.updates, self.update, self.call = keep, updates, 0, 0
        self.seed, self.draws, self.margin = seed, draws, 1.0
        self.tensors, self.meta = {}, {}
        self.model = SAC("MlpPolicy", Sizes(), learning_rate=learning_rate, buffer_size=1000,
                         batch_size=BATCH, gamma=GAMMA, tau=0.005, ent_coef="auto_0.2",
                         policy_kwargs=dict(net_arch=[hidden, hidden]), seed=seed, device="cpu")
        self.model.set_logger(configure(None, []))
        with torch.no_grad():
            self.model.actor.log_std.bias += bias
            # The slow copies differ from the values, as they do in the middle of a training.
            for copy in self.model.critic_target.parameters():
                copy.add_(0.02 * torch.randn_like(copy))
            for parameter in self.model.policy.parameters():
                parameter.copy_(parameter.half().float())
        self.meta = dict(hidden=[hidden, hidden], updates=updates, learning_rate=learning_rate,
                         keep=keep, gamma=GAMMA, tau=0.005, temperature=0.2,
                         target_entropy=float(self.model.target_entropy), seed=seed,
                         torch=torch.__version__)

    def networks(self):
        return {"actor": self.model.actor, "critic": self.model.critic,
                "target": self.model.critic_target}

    def add(self, name, tensor, thin=False):
        tensor = tensor.detach().clone().contiguous()
        if thin and self.keep > 1:
            tensor = tensor.flatten()[:: self.keep].contiguous()
        self.tensors[name] = tensor

    def record_parameters(self, prefix, thin):
        for name, network in self.networks().items():
            for key, value in network.state_dict().items():
                self.add(f"{prefix}.{name}.{key}", value, thin)
        self.add(f"{prefix}.log_ent_coef", self.model.log_ent_coef)

    def watch(self, name, optimiser, parameters):
        step = optimiser.step

        def recorded(*args, **kwargs):
            for key, value in parameters.items():
                self.add(f"update{self.update}.grad.{name}{key}", value.grad, thin=key != "")
            return step(*args, **kwargs)

        optimiser.step = recorded

    def draw_batch(self):
        random = torch.Generator().manual_seed(100 * self.seed + self.update)
        batch = ReplayBufferSamples(
            observations=torch.randn(BATCH, OBSERVATION_DIM, generator=random),
            actions=torch.rand(BATCH, ACTION_DIM, generator=random) * 2 - 1,
            next_observations=torch.randn(BATCH, OBSERVATION_DIM, generator=random),
            dones=(torch.rand(BATCH, 1, generator=random) < 0.1).float(),
            rewards=torch.randn(BATCH, 1, generator=random) * 3)
        for key in ("observations", "actions", "next_observations", "dones", "rewards"):
            self.add(f"update{self.update}.batch.{key}", getattr(batch, key))
        return batch

    def run(self):
        model = self.model
        for name, value in list(self.networks().items()):
            for key, tensor in value.state_dict().items():
                self.tensors[f"before.{name}.{key}"] = tensor.detach().half().clone()
        self.add("before.log_ent_coef", model.log_ent_coef)
        model.replay_buffer.sample = lambda *args, **kwargs: self.draw_batch()
        self.watch("actor.", model.actor.optimizer, dict(model.actor.named_parameters()))
        self.watch("critic.", model.critic.optimizer, dict(model.critic.named_parameters()))
        self.watch("log_ent_coef", model.ent_coef_optimizer, {"": model.log_ent_coef})
        standard_normal = torch.distributions.normal._standard_normal

        def recorded_normal(*args, **kwargs):
            eps = self.draws * standard_normal(*args, **kwargs)
            self.add(f"update{self.update}.eps.{('pi', 'next')[self.call]}", eps)
            self.call += 1
            return eps

        torch.distributions.normal._standard_normal = recorded_normal
        mse_loss = torch.nn.functional.mse_loss

        def recorded_loss(value, target, *args, **kwargs):
            self.add(f"update{self.update}.target", target)
            return mse_loss(value, target, *args, **kwargs)

        torch.nn.functional.mse_loss = recorded_loss
        def note_margin(module, inputs):
            self.margin = min(self.margin, inputs[0].abs().min().item())

        for module in model.policy.modules():
            if isinstance(module, torch.nn.ReLU):
                module.register_forward_pre_hook(note_margin)
        for self.update in range(self.updates):
            self.call = 0
            model.train(gradient_steps=1, batch_size=BATCH)
            logged = model.logger.name_to_value
            for key in ("actor_loss", "critic_loss", "ent_coef_loss", "ent_coef"):
                self.add(f"update{self.update}.{key}", torch.tensor(logged[f"train/{key}"]))
            self.record_parameters(f"update{self.update}.after", thin=True)
        torch.distributions.normal._standard_normal = standard_normal
        torch.nn.functional.mse_loss = mse_loss


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for name, case in CASES.items():
        for seed in range(1, 100):
            recorder = Recorder(seed, **case)
            recorder.run()
            if recorder.margin >= MARGIN:
                break
        else:
            sys.exit(f"{name}: every seed has an input of a ReLU within {MARGIN} of 0")
        save_file(recorder.tensors, folder / f"{name}.safetensors",
                  metadata={"meta": json.dumps(recorder.meta)})
        print(name, "seed", seed, sum(t.numel() for t in recorder.tensors.values()), "numbers")


if __name__ == "__main__":
    main()
