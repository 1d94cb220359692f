#!/usr/bin/env python3
"""A plain, fair PyTorch program of TD-MPC2, to measure Foresight against.

The same work as the official code: a batched Q ensemble, the plan of one observation (policy
proposals, MPPI iterations), one gradient update (targets, rollout, losses, clipping, Adam, policy,
target). Written from the paper's formulas; nicklashansen/tdmpc2 is the reference.

  tdmpc2_peer.py plan   --preset official-5m [--compile] [--threads 2] [--games 1] [--repeat 5]
  tdmpc2_peer.py update --preset hockey-512
  tdmpc2_peer.py plan   --preset official-5m --serve     one timing for each line read, so that two
                                                         programs can take turns on the same cores

Prints one JSON object a timing: {"ms": 403.1, "gflops": 93.0}.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

import peer


@dataclass(frozen=True)
class Preset:
    """Sizes of one agent. Defaults are the official ones."""

    observation_dim: int
    action_dim: int
    horizon: int
    encoder_hidden: tuple = (256,)
    hidden: tuple = (512, 512)
    latent: int = 512
    num_q: int = 5
    num_bins: int = 101
    num_samples: int = 512
    num_policy_samples: int = 24
    num_elites: int = 64
    iterations: int = 6
    batch: int = 256
    dropout: float = 0.01
    discount: float = 0.99
    rho: float = 0.5
    temperature: float = 0.5


PRESETS = {
    "official-5m": Preset(observation_dim=24, action_dim=6, horizon=3),
    "hockey-1024": Preset(observation_dim=18, action_dim=4, horizon=9, latent=1024, batch=512,
                          encoder_hidden=(512, 512, 512), hidden=(512, 512, 512), rho=0.95),
    "hockey-512": Preset(observation_dim=18, action_dim=4, horizon=10, latent=512, batch=512,
                         encoder_hidden=(512, 512, 512), hidden=(512, 512, 512), rho=0.95,
                         dropout=0.0),
}

MIN_STD, MAX_STD = 0.05, 2.0
LOG_STD_MIN, LOG_STD_MAX = -10.0, 2.0
VMIN, VMAX = -10.0, 10.0
SIMNORM_GROUP = 8


def simnorm(x):
    return F.softmax(x.unflatten(-1, (-1, SIMNORM_GROUP)), dim=-1).flatten(-2)


class NormedLinear(torch.nn.Linear):
    """Linear, dropout, LayerNorm, activation."""

    def __init__(self, inputs, outputs, activation=F.mish, dropout=0.0):
        super().__init__(inputs, outputs)
        self.norm = torch.nn.LayerNorm(outputs)
        self.activation = activation
        self.dropout = dropout

    def forward(self, x):
        x = super().forward(x)
        if self.dropout > 0 and self.training:
            x = F.dropout(x, self.dropout)
        return self.activation(self.norm(x))


def mlp(inputs, hidden, outputs, latent=False):
    layers = []
    for width in hidden:
        layers.append(NormedLinear(inputs, width))
        inputs = width
    layers.append(NormedLinear(inputs, outputs, simnorm) if latent
                  else torch.nn.Linear(inputs, outputs))
    return torch.nn.Sequential(*layers)


class Ensemble(torch.nn.Module):
    """E networks with stacked weights: one batched product a layer."""

    def __init__(self, members, inputs, hidden, outputs, dropout):
        super().__init__()
        sizes = [inputs, *hidden, outputs]
        self.weights = torch.nn.ParameterList(
            torch.nn.Parameter(0.02 * torch.randn(members, i, o)) for i, o in zip(sizes, sizes[1:]))
        self.biases = torch.nn.ParameterList(
            torch.nn.Parameter(torch.zeros(members, 1, o)) for o in sizes[1:])
        self.gains = torch.nn.ParameterList(
            torch.nn.Parameter(torch.ones(members, 1, o)) for o in hidden)
        self.shifts = torch.nn.ParameterList(
            torch.nn.Parameter(torch.zeros(members, 1, o)) for o in hidden)
        self.dropout = dropout

    def forward(self, x):
        """x [R, I] -> [E, R, O]."""
        members = self.weights[0].shape[0]
        x = x.expand(members, -1, -1)
        for i, weight in enumerate(self.weights):
            x = torch.baddbmm(self.biases[i], x, weight)
            if i == len(self.weights) - 1:
                return x
            if i == 0 and self.dropout > 0 and self.training:
                x = F.dropout(x, self.dropout)
            x = F.layer_norm(x, x.shape[-1:]) * self.gains[i] + self.shifts[i]
            x = F.mish(x)
        return x


class WorldModel(torch.nn.Module):
    def __init__(self, p):
        super().__init__()
        joint = p.latent + p.action_dim
        self.encoder = mlp(p.observation_dim, p.encoder_hidden, p.latent, latent=True)
        self.dynamics = mlp(joint, p.hidden, p.latent, latent=True)
        self.reward = mlp(joint, p.hidden, p.num_bins)
        self.policy = mlp(p.latent, p.hidden, 2 * p.action_dim)
        self.q = Ensemble(p.num_q, joint, p.hidden, p.num_bins, p.dropout)
        self.target_q = Ensemble(p.num_q, joint, p.hidden, p.num_bins, 0.0)
        self.target_q.load_state_dict(self.q.state_dict())
        self.target_q.requires_grad_(False)
        self.register_buffer("bins", torch.linspace(VMIN, VMAX, p.num_bins))

    def decode(self, logits):
        y = (logits.softmax(-1) * self.bins).sum(-1, keepdim=True)
        return y.sign() * (y.abs().exp() - 1)

    def act(self, z):
        """-> action, scaled entropy."""
        mean, raw = self.policy(z).chunk(2, -1)
        log_std = LOG_STD_MIN + 0.5 * (LOG_STD_MAX - LOG_STD_MIN) * (raw.tanh() + 1)
        eps = torch.randn_like(mean)
        log_prob = (-0.5 * eps.square() - log_std - 0.9189385175704956).sum(-1, keepdim=True)
        scaled = log_prob * mean.shape[-1]
        action = (mean + eps * log_std.exp()).tanh()
        squashed = log_prob - (F.relu(1 - action.square()) + 1e-6).log().sum(-1, keepdim=True)
        return action, -squashed * (scaled / (squashed + 1e-8))

    def pair(self, network, z, action):
        """All members' logits, then two of them decoded: [2, R, 1]."""
        logits = network(torch.cat([z, action], -1))
        chosen = torch.randperm(logits.shape[0])[:2]
        return self.decode(logits[chosen])


def two_hot(x, num_bins):
    step = (VMAX - VMIN) / (num_bins - 1)
    y = (x.sign() * (x.abs() + 1).log()).clamp(VMIN, VMAX)
    place = (y - VMIN) / step
    index = place.floor().long()
    share = place - index
    target = torch.zeros(*x.shape[:-1], num_bins)
    target.scatter_(-1, index, 1 - share)
    return target.scatter_(-1, (index + 1) % num_bins, share)


def cross_entropy(logits, x):
    return -(two_hot(x, logits.shape[-1]) * logits.log_softmax(-1)).sum(-1, keepdim=True)


class Agent:
    def __init__(self, preset):
        self.p = preset
        self.model = WorldModel(preset)
        m = self.model
        fast = [*m.dynamics.parameters(), *m.reward.parameters(), *m.q.parameters()]
        self.model_parameters = [*m.encoder.parameters(), *fast]
        self.model_adam = torch.optim.Adam(
            [{"params": m.encoder.parameters(), "lr": 0.9e-4}, {"params": fast}], lr=3e-4)
        self.policy_adam = torch.optim.Adam(m.policy.parameters(), lr=3e-4, eps=1e-5)
        self.scale = torch.ones(1)

    # --- Planning --------------------------------------------------------------------------------

    def value(self, z, actions):
        """z [R, L], actions [H, R, A] -> [R, 1]."""
        total, discount = 0.0, 1.0
        for action in actions:
            joint = torch.cat([z, action], -1)
            total = total + discount * self.model.decode(self.model.reward(joint))
            z = self.model.dynamics(joint)
            discount *= self.p.discount
        action, _ = self.model.act(z)
        return total + discount * self.model.pair(self.model.q, z, action).mean(0)

    def propose(self, z):
        """z [G, L] -> [H, G, P, A]."""
        p = self.p
        z = z.repeat_interleave(p.num_policy_samples, 0)
        actions = []
        for t in range(p.horizon):
            action, _ = self.model.act(z)
            actions.append(action.view(-1, p.num_policy_samples, p.action_dim))
            if t + 1 < p.horizon:
                z = self.model.dynamics(torch.cat([z, action], -1))
        return torch.stack(actions)

    def iterate(self, z, proposals, mean, std):
        p = self.p
        games = mean.shape[1]
        count = p.num_samples - p.num_policy_samples
        noise = torch.randn(p.horizon, games, count, p.action_dim)
        sampled = (mean.unsqueeze(2) + std.unsqueeze(2) * noise).clamp(-1, 1)
        actions = torch.cat([proposals, sampled], 2)
        value = self.value(z, actions.flatten(1, 2)).view(games, p.num_samples).nan_to_num(0)
        best, index = value.topk(p.num_elites, dim=1)
        elites = actions.gather(2, index[None, :, :, None].expand(p.horizon, -1, -1, p.action_dim))
        score = (p.temperature * (best - best[:, :1])).exp()
        score = score / score.sum(1, keepdim=True)
        weight = score[None, :, :, None]
        total = weight.sum(2) + 1e-9
        mean = (weight * elites).sum(2) / total
        std = ((weight * (elites - mean.unsqueeze(2)).square()).sum(2) / total).sqrt()
        return mean, std.clamp(MIN_STD, MAX_STD), elites, score

    @torch.no_grad()
    def plan(self, observation, previous_mean):
        """observation [G, O] -> action [G, A], mean [H, G, A]."""
        p = self.p
        start = self.model.encoder(observation)
        proposals = self.propose(start)
        z = start.repeat_interleave(p.num_samples, 0)
        mean = torch.cat([previous_mean[1:], torch.zeros_like(previous_mean[:1])])
        std = torch.full_like(mean, MAX_STD)
        for _ in range(p.iterations):
            mean, std, elites, score = self.iterate(z, proposals, mean, std)
        gumbel = score.log() - torch.empty_like(score).exponential_().log()
        chosen = gumbel.argmax(1)
        return elites[0, torch.arange(len(chosen)), chosen], mean

    # --- Learning --------------------------------------------------------------------------------

    def update(self, observation, action, reward):
        self.model.eval()
        with torch.no_grad():
            next_z = self.model.encoder(observation[1:])
            flat = next_z.flatten(0, 1)
            next_action, _ = self.model.act(flat)
            value = self.model.pair(self.model.target_q, flat, next_action).amin(0)
            target = reward + self.p.discount * value.view_as(reward)
        self.model.train()
        latents = self.update_model(observation, action, reward, next_z, target)
        self.update_policy(latents)
        with torch.no_grad():
            for slow, fast in zip(self.model.target_q.parameters(), self.model.q.parameters()):
                slow.lerp_(fast, 0.01)

    def update_model(self, observation, action, reward, next_z, target):
        p = self.p
        z = self.model.encoder(observation[0])
        latents, consistency = [z], 0.0
        for t in range(p.horizon):
            z = self.model.dynamics(torch.cat([z, action[t]], -1))
            consistency = consistency + p.rho ** t * F.mse_loss(z, next_z[t])
            latents.append(z)
        latents = torch.stack(latents)
        joint = torch.cat([latents[:-1], action], -1)
        weight = (p.rho ** torch.arange(p.horizon)).view(-1, 1, 1)
        reward_loss = (weight * cross_entropy(self.model.reward(joint), reward)).mean()
        logits = self.model.q(joint.flatten(0, 1)).unflatten(1, joint.shape[:2])
        value_loss = (weight * cross_entropy(logits, target.expand(len(logits), -1, -1, -1))).mean()
        loss = 20 * consistency / p.horizon + 0.1 * reward_loss + 0.1 * value_loss
        self.model_adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model_parameters, 20)
        self.model_adam.step()
        return latents.detach()

    def update_policy(self, latents):
        p = self.p
        self.model.q.requires_grad_(False)
        action, entropy = self.model.act(latents)
        q = self.model.pair(self.model.q, latents.flatten(0, 1), action.flatten(0, 1)).mean(0)
        q = q.view_as(entropy)
        with torch.no_grad():
            low, high = torch.quantile(q[0].flatten(), torch.tensor([0.05, 0.95]))
            self.scale.lerp_((high - low).clamp(min=1), 0.01)
        weight = (p.rho ** torch.arange(p.horizon + 1)).view(-1, 1, 1)
        loss = -(weight * (1e-4 * entropy + q / self.scale)).mean()
        self.policy_adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.policy.parameters(), 20)
        self.policy_adam.step()
        self.model.q.requires_grad_(True)


# --- Work and timing -----------------------------------------------------------------------------


def macs(sizes):
    return sum(i * o for i, o in zip(sizes, sizes[1:]))


def plan_gflop(p, games):
    """Multiply-adds of the matrix products of one call, times two."""
    joint = p.latent + p.action_dim
    dynamics = macs([joint, *p.hidden, p.latent])
    reward = macs([joint, *p.hidden, p.num_bins])
    policy = macs([p.latent, *p.hidden, 2 * p.action_dim])
    q = p.num_q * macs([joint, *p.hidden, p.num_bins])
    proposals = p.num_policy_samples * (p.horizon * policy + (p.horizon - 1) * dynamics)
    sequences = p.iterations * p.num_samples * (p.horizon * (dynamics + reward) + policy + q)
    encoder = macs([p.observation_dim, *p.encoder_hidden, p.latent])
    return 2e-9 * games * (encoder + proposals + sequences)


def update_gflop(p):
    joint = p.latent + p.action_dim
    encoder = macs([p.observation_dim, *p.encoder_hidden, p.latent])
    dynamics = macs([joint, *p.hidden, p.latent])
    reward = macs([joint, *p.hidden, p.num_bins])
    policy = macs([p.latent, *p.hidden, 2 * p.action_dim])
    q = p.num_q * macs([joint, *p.hidden, p.num_bins])
    rows, one_more = p.horizon * p.batch, (p.horizon + 1) * p.batch
    targets = rows * (encoder + policy + q)
    learning = 3 * (p.batch * encoder + rows * (dynamics + reward + q))
    acting = one_more * (3 * policy + 2 * q)  # Q passes gradients to its inputs only
    return 2e-9 * (targets + learning + acting)


def make_job(agent, what, games, use_compile):
    p = agent.p
    if what == "plan":
        agent.model.eval()
        observation = torch.randn(games, p.observation_dim)
        state = {"mean": torch.zeros(p.horizon, games, p.action_dim)}
        plan = torch.compile(agent.plan) if use_compile else agent.plan

        def run():
            _, state["mean"] = plan(observation, state["mean"])
        return run, plan_gflop(p, games)
    observation = torch.randn(p.horizon + 1, p.batch, p.observation_dim)
    action = torch.rand(p.horizon, p.batch, p.action_dim) * 2 - 1
    reward = torch.randn(p.horizon, p.batch, 1)
    update = torch.compile(agent.update) if use_compile else agent.update
    return lambda: update(observation, action, reward), update_gflop(p)


def main():
    parser = peer.parser(__doc__, ["plan", "update"], PRESETS, "official-5m", repeat=5)
    parser.add_argument("--compile", action="store_true", help="torch.compile")
    parser.add_argument("--device", choices=["cpu", "cuda"],
                        default="cuda" if torch.cuda.is_available() else "cpu",
                        help="default: a GPU if there is one, as the program's own")
    options = parser.parse_args()
    torch.set_default_device(options.device)
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    run, gflop = make_job(Agent(PRESETS[options.preset]), options.what, options.games,
                          options.compile)
    for _ in range(3):
        run()
    peer.answer(options, run, gflop)


if __name__ == "__main__":
    main()
