#!/usr/bin/env python3
"""One training step of DreamerV2 for Atari in plain PyTorch, to measure Foresight against.

  dreamer_peer.py update --preset dreamerv2 [--threads 2] [--repeat 3]
  dreamer_peer.py update --preset dreamerv2 --serve     one timing for each line read

The same work as Foresight's update: 16 sequences of 50 pictures (64 x 64, gray), 18 actions, world
model (32 x 32 latents, 600 units, depth 48), imagination of 15 steps from all 800 states, actor by
reinforce, critic with a slow copy, three optimisers (clip 100). Written as one would write it well:
encoder, decoder and heads on all frames at once, the embedding's and the actions' products before the
recurrence, imagination without gradients, fused Adam, channels last. Prints one JSON object each:
{"ms": 4000.0, "gflops": 200.0}.
"""

import torch
from torch import nn
from torch.nn import functional as F

import peer

BATCH, LENGTH, HORIZON, ACTIONS = 16, 50, 15, 18
HIDDEN, DETER, STOCH, CLASSES, DEPTH, UNITS = 600, 600, 32, 32, 48, 400
LATENT, FEATURES, EMBED = STOCH * CLASSES, STOCH * CLASSES + DETER, 32 * DEPTH


def mlp(inputs, outputs, layers=4):
    parts = []
    for _ in range(layers):
        parts += [nn.Linear(inputs, UNITS), nn.ELU()]
        inputs = UNITS
    return nn.Sequential(*parts, nn.Linear(inputs, outputs))


def sample(logits):
    logits = logits.unflatten(-1, (STOCH, CLASSES))
    index = (logits - torch.empty_like(logits).exponential_().log()).argmax(-1)
    one_hot = F.one_hot(index, CLASSES).float()
    if logits.requires_grad:
        probs = logits.softmax(-1)
        one_hot = one_hot + (probs - probs.detach())
    return one_hot.flatten(-2)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [1, DEPTH, 2 * DEPTH, 4 * DEPTH, 8 * DEPTH]
        self.encoder = nn.Sequential(*[
            part for i in range(4)
            for part in (nn.Conv2d(widths[i], widths[i + 1], 4, 2), nn.ELU())])
        self.img_in = nn.Linear(LATENT + ACTIONS, HIDDEN)
        self.gru = nn.Linear(HIDDEN + DETER, 3 * DETER)
        self.norm = nn.LayerNorm(3 * DETER, eps=1e-3)
        self.img_out, self.img_dist = nn.Linear(DETER, HIDDEN), nn.Linear(HIDDEN, LATENT)
        self.obs_out, self.obs_dist = nn.Linear(DETER + EMBED, HIDDEN), nn.Linear(HIDDEN, LATENT)
        self.convin = nn.Linear(FEATURES, 32 * DEPTH)
        outs = [32 * DEPTH, 4 * DEPTH, 2 * DEPTH, DEPTH, 1]
        self.decoder = nn.ModuleList(
            nn.ConvTranspose2d(outs[i], outs[i + 1], k, 2) for i, k in enumerate((5, 5, 6, 6)))
        self.reward, self.discount = mlp(FEATURES, 1), mlp(FEATURES, 1)

    def recur(self, stoch, action_part, deter):
        x = F.elu(torch.addmm(action_part, stoch, self.img_in.weight[:, :LATENT].t()))
        reset, candidate, update = self.norm(self.gru(torch.cat((x, deter), -1))).chunk(3, -1)
        update = torch.sigmoid(update - 1)
        return update * torch.tanh(torch.sigmoid(reset) * candidate) + (1 - update) * deter

    def action_part(self, action):
        return F.linear(action, self.img_in.weight[:, LATENT:], self.img_in.bias)

    def prior(self, deter):
        return self.img_dist(F.elu(self.img_out(deter)))

    def observe(self, image, action):
        embed = self.encoder(image).permute(0, 2, 3, 1).flatten(1).unflatten(0, (LENGTH, BATCH))
        embed_part = F.linear(embed, self.obs_out.weight[:, DETER:], self.obs_out.bias)
        actions = self.action_part(action)
        weight = self.obs_out.weight[:, :DETER].t()
        stoch, deter = torch.zeros(BATCH, LATENT), torch.zeros(BATCH, DETER)
        stochs, deters, logits = [], [], []
        for t in range(LENGTH):
            deter = self.recur(stoch, actions[t], deter)
            logits.append(self.obs_dist(F.elu(torch.addmm(embed_part[t], deter, weight))))
            stoch = sample(logits[-1])
            stochs.append(stoch)
            deters.append(deter)
        deters = torch.stack(deters)
        return torch.stack(stochs), deters, torch.stack(logits), self.prior(deters)

    def decode(self, features):
        x = self.convin(features)[:, :, None, None].contiguous(memory_format=torch.channels_last)
        for i, layer in enumerate(self.decoder):
            x = layer(x)
            x = F.elu(x) if i < 3 else x
        return x


def kl(p, q):
    p, q = (x.unflatten(-1, (STOCH, CLASSES)).log_softmax(-1) for x in (p, q))
    return (p.exp() * (p - q)).sum((-1, -2)).mean()


class Trainer:
    def __init__(self):
        torch.manual_seed(1)
        self.model = Model().to(memory_format=torch.channels_last)
        self.actor, self.critic, self.slow = mlp(FEATURES, ACTIONS), mlp(FEATURES, 1), mlp(FEATURES, 1)
        self.optimisers = [
            (list(module.parameters()),
             torch.optim.AdamW(module.parameters(), lr=lr, eps=1e-5, weight_decay=0, fused=True))
            for module, lr in ((self.model, 2e-4), (self.actor, 4e-5), (self.critic, 1e-4))]
        self.image = torch.randint(0, 256, (LENGTH * BATCH, 1, 64, 64), dtype=torch.uint8)
        self.action = F.one_hot(torch.randint(0, ACTIONS, (LENGTH, BATCH)), ACTIONS).float()
        self.rewards = torch.rand(LENGTH, BATCH).tanh()

    def apply(self, index, loss):
        parameters, optimiser = self.optimisers[index]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 100)
        with torch.no_grad():
            torch._foreach_mul_(parameters, 1 - 1e-6)
        optimiser.step()

    def world_model_step(self):
        image = (self.image.float() / 255 - 0.5).contiguous(memory_format=torch.channels_last)
        stoch, deter, post, prior = self.model.observe(image, self.action)
        features = torch.cat((stoch, deter), -1)
        decoded = self.model.decode(features.flatten(0, 1))
        loss = 0.5 * (decoded - image).square().flatten(1).sum(1).mean()
        loss = loss + 0.5 * (self.model.reward(features).squeeze(-1) - self.rewards).square().mean()
        logit = self.model.discount(features).squeeze(-1)
        loss = loss + 5 * F.binary_cross_entropy_with_logits(logit, torch.full_like(logit, 0.999))
        loss = loss + 0.1 * (0.2 * kl(post, prior.detach()) + 0.8 * kl(post.detach(), prior))
        self.apply(0, loss)
        return stoch.detach().flatten(0, 1), deter.detach().flatten(0, 1)

    @torch.no_grad()
    def imagine(self, stoch, deter):
        features, actions = [torch.cat((stoch, deter), -1)], []
        for _ in range(HORIZON):
            logits = self.actor(features[-1])
            index = (logits - torch.empty_like(logits).exponential_().log()).argmax(-1)
            actions.append(F.one_hot(index, ACTIONS).float())
            deter = self.model.recur(stoch, self.model.action_part(actions[-1]), deter)
            stoch = sample(self.model.prior(deter))
            features.append(torch.cat((stoch, deter), -1))
        features = torch.stack(features)
        reward = self.model.reward(features).squeeze(-1)
        discount = self.model.discount(features).squeeze(-1).sigmoid()
        value = self.slow(features).squeeze(-1)
        target, targets = value[-1], []
        for t in reversed(range(HORIZON)):
            target = reward[t] + discount[t] * (0.05 * value[t + 1] + 0.95 * target)
            targets.append(target)
        weight = torch.cat((torch.ones_like(discount[:1]), discount[:-1])).cumprod(0)
        return features, torch.stack(actions), torch.stack(targets[::-1]), value, weight

    def step(self):
        features, actions, target, value, weight = self.imagine(*self.world_model_step())
        logits = self.actor(features[:HORIZON - 1]).log_softmax(-1)
        log_prob = (logits * actions[:HORIZON - 1]).sum(-1)
        entropy = -(logits.exp() * logits).sum(-1)
        gain = log_prob * (target[1:] - value[:HORIZON - 1]) + 1e-3 * entropy
        self.apply(1, -(weight[:HORIZON - 1] * gain).mean())
        error = self.critic(features[:HORIZON]).squeeze(-1) - target
        self.apply(2, (weight[:HORIZON] * 0.5 * error.square()).mean())


def gflop():
    """Multiply-adds of all products and convolutions, times two; backward counts twice forward."""
    def layers(inputs, outputs):
        return inputs * UNITS + 3 * UNITS * UNITS + UNITS * outputs
    encoder = sum(a * b * 16 * e * e for a, b, e in (
        (1, DEPTH, 31), (DEPTH, 2 * DEPTH, 14), (2 * DEPTH, 4 * DEPTH, 6), (4 * DEPTH, 8 * DEPTH, 2)))
    decoder = FEATURES * 32 * DEPTH + sum(a * b * k * k * e * e for a, b, k, e in (
        (32 * DEPTH, 4 * DEPTH, 5, 1), (4 * DEPTH, 2 * DEPTH, 5, 5), (2 * DEPTH, DEPTH, 6, 13),
        (DEPTH, 1, 6, 30)))
    recur = (LATENT + ACTIONS) * HIDDEN + (HIDDEN + DETER) * 3 * DETER
    prior = DETER * HIDDEN + HIDDEN * LATENT
    posterior = (DETER + EMBED) * HIDDEN + HIDDEN * LATENT
    frames = BATCH * LENGTH
    world = 3 * frames * (encoder + decoder + recur + prior + posterior + 2 * layers(FEATURES, 1))
    dream = frames * HORIZON * (recur + prior + layers(FEATURES, ACTIONS))
    judged = frames * (HORIZON + 1) * 3 * layers(FEATURES, 1)
    learned = 3 * frames * (HORIZON - 1) * (layers(FEATURES, ACTIONS) + layers(FEATURES, 1))
    return 2e-9 * (world + dream + judged + learned)


def main():
    parser = peer.parser(__doc__, ["update"], ["dreamerv2"], "dreamerv2", repeat=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    trainer = Trainer()
    trainer.step()
    peer.answer(options, trainer.step, gflop())


if __name__ == "__main__":
    main()
