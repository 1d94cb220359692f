#!/usr/bin/env python3
"""Writes the seeds of pickle_fuzz and torch_file_fuzz: the smallest checkpoints of the two Python
implementations of TD-MPC2, in each layout. Needs PyTorch.

    python scripts/make_checkpoint_seeds.py tests/fuzz/seeds
"""

import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch

WIDTH = 1  # of every layer: a seed is to be small


def official(is_old):
    """The state_dict of nicklashansen/tdmpc2, all layers of width 1, two Q functions."""
    tensors = OrderedDict()

    def layer(prefix, inputs, has_norm, members=(), old_number=None):
        parts = [("weight", (WIDTH, inputs)), ("bias", (WIDTH,))]
        if has_norm:
            parts += [("ln.weight", (WIDTH,)), ("ln.bias", (WIDTH,))]
        for number, (leaf, shape) in enumerate(parts):
            name = f"{prefix}.{leaf}" if old_number is None else f"{prefix}{old_number + number}"
            tensors[name] = torch.randn(*members, *shape)

    if not is_old:
        tensors["log_std_min"] = torch.tensor(-10)
        tensors["log_std_dif"] = torch.tensor(12)
    layer("_encoder.state.0", 1, True)
    layer("_dynamics.0", 2, True)
    layer("_reward.0", 2, False)
    tensors["_pi.0.weight"] = torch.randn(2, 1)
    tensors["_pi.0.bias"] = torch.randn(2)
    for prefix in ("_Qs.params.", "_target_Qs.params." if is_old else "_target_Qs_params."):
        if is_old:
            layer(prefix, 2, False, (2,), 0)
        else:
            layer(prefix + "0", 2, False, (2,))
            tensors[prefix + "__batch_size"] = torch.Size([2])
            tensors[prefix + "__device"] = None
    return {"model": tensors}


def packed(tensors):
    """All numbers in one storage, which keeps the archive small."""
    counts = [t.numel() for t in tensors.values()]
    base = torch.cat([t.flatten() for t in tensors.values()])
    parts = base.split(counts)
    return {"model": OrderedDict((name, part.view(t.shape))
                                 for (name, t), part in zip(tensors.items(), parts))}


def tasks():
    """An old checkpoint of two tasks: an embedding of one number, which every network reads."""
    tensors = official(True)["model"]
    for name, tensor in list(tensors.items()):
        if name.endswith(".weight") and "ln" not in name or name in ("_Qs.params.0",
                                                                      "_target_Qs.params.0"):
            tensors[name] = torch.randn(*tensor.shape[:-1], tensor.shape[-1] + 1)
    tensors["_task_emb.weight"] = torch.randn(2, 1)
    tensors["_action_masks"] = torch.ones(2, 1)
    return packed(tensors)


def pixels():
    """One channel of pictures; a latent state of 16."""
    tensors = OrderedDict()
    for number, (kernel, inputs) in enumerate(((7, 3), (5, 1), (3, 1), (3, 1))):
        tensors[f"_encoder.rgb.{2 + 2 * number}.weight"] = torch.randn(1, inputs, kernel, kernel)
        tensors[f"_encoder.rgb.{2 + 2 * number}.bias"] = torch.randn(1)
    for name, shape in (("_dynamics.0", (16, 17)), ("_reward.0", (1, 17)), ("_pi.0", (2, 16)),
                        ("_Qs.params.0", (2, 1, 17)), ("_target_Qs_params.0", (2, 1, 17))):
        tensors[f"{name}.weight"] = torch.randn(*shape)
        tensors[f"{name}.bias"] = torch.randn(*shape[:-1])
    model = packed(tensors)
    # What newer releases of TensorDict add: sizes without numbers.
    model["model"]["_Qs.module.0.weight"] = torch.randn(1, 17, device="meta")
    return model


def hockey():
    """The checkpoint of the hockey project, with one opponent and a compiled network."""
    def linear(*names):
        state = OrderedDict()
        for name in names:
            state[name + ".weight"] = torch.randn(1, 2)
            state[name + ".bias"] = torch.randn(1)
        return state

    return {"encoder": linear("_orig_mod.net.0"), "dynamics": linear("net.0"),
            "reward": linear("net.0"), "termination": linear("mlp.0"),
            "q_ensemble": linear("q_functions.0.net.0", "q_functions.1.net.0"),
            "policy": linear("net.0", "mean_head", "log_std_head"),
            "opponent_cloning_networks": {0: {"network": linear("net.0", "mean_head")}},
            "config": {"gamma": 0.99, "horizon": 3, "seed": 2**40, "use_per": True},
            "hidden_dim": {"encoder": [], "q_function": [1, 2]}, "scale": None}


def views():
    """Tensors that share a storage, transposed, empty, of other types, and a parameter."""
    base = torch.arange(6.0).view(2, 3)
    return {"model": OrderedDict(a=base, b=base.t(), c=base[1:, ::2], d=torch.zeros(0, 4),
                                 e=torch.nn.Parameter(torch.ones(1)), f=torch.ones(2).half(),
                                 g=torch.tensor([True]), h=torch.tensor(70000))}


def main():
    folder = Path(sys.argv[1])
    torch.manual_seed(1)
    makers = {"official": lambda: official(False), "official_old": lambda: official(True),
              "hockey": hockey, "views": views, "tasks": tasks, "pixels": pixels}
    for name, make in makers.items():
        whole = folder / "torch_file_fuzz" / f"{name}.pt"
        whole.parent.mkdir(parents=True, exist_ok=True)
        torch.save(make(), whole)
        stream = folder / "pickle_fuzz" / f"{name}.pkl"
        stream.parent.mkdir(parents=True, exist_ok=True)
        stream.write_bytes(zipfile.ZipFile(whole).read(f"{name}/data.pkl"))


if __name__ == "__main__":
    main()
