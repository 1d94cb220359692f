#!/usr/bin/env python3
"""The table of docs/cluster.md: how an update of TD-MPC2 gets faster with more GPUs, as a model says.

update(N) = update(1) / N + bytes sent inside a machine / its bandwidth + bytes sent between machines
/ theirs, where update(1) is the floating-point operations of an update (counted from the layers
below) over the GPU's rate, and a sum of gradients of S bytes over m machines of g GPUs sends
2 (g - 1) / g S inside and, with a network card for each GPU, 2 (m - 1) / m S / g between.

`ranks_table.py [--tflops 30] [--inside 370] [--between 45] [--batch 1024] [--horizon 3]`
"""

import argparse

# Million parameters: encoder width and layers, mlp width, latent, Qs (model_sizes.cpp).
SIZES = {5: (256, 2, 512, 512, 5), 48: (1792, 4, 1792, 768, 5), 317: (4096, 5, 4096, 1376, 8)}
OBSERVATION, ACTION, TASK, BINS = 39, 4, 96, 101  # as Meta-World's in MT80


def multiply_adds(widths):
    """Of one row through linear layers of these widths; also their number of weights."""
    return sum(a * b for a, b in zip(widths, widths[1:]))


def networks(size):
    """By name: multiply-adds a row of one member."""
    encoder, layers, mlp, latent, num_q = SIZES[size]
    z = latent + TASK
    hidden = [mlp, mlp]
    return num_q, {
        "encoder": multiply_adds([OBSERVATION + TASK] + [encoder] * (layers - 1) + [latent]),
        "dynamics": multiply_adds([z + ACTION] + hidden + [latent]),
        "reward": multiply_adds([z + ACTION] + hidden + [BINS]),
        "q": multiply_adds([z + ACTION] + hidden + [BINS]),
        "policy": multiply_adds([z] + hidden + [2 * ACTION]),
    }


def operations(size, batch, horizon):
    """Floating-point operations of an update: 2 a multiply-add; backward to weights and inputs is
    twice the forward pass, to inputs alone once."""
    num_q, net = networks(size)
    rows = batch * horizon
    total = net["encoder"] * (rows + 3 * batch)           # next latents; the first, with gradients
    total += rows * (net["policy"] + 2 * net["q"])        # targets
    total += 3 * rows * (net["dynamics"] + net["reward"] + num_q * net["q"])
    total += (rows + batch) * (3 * net["policy"] + 2 * 2 * net["q"])  # the policy's loss
    return 2.0 * total


def gradient_bytes(size):
    num_q, net = networks(size)
    return 4.0 * (sum(net.values()) + (num_q - 1) * net["q"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tflops", type=float, default=30.0)
    parser.add_argument("--inside", type=float, default=370.0, help="GB/s between GPUs of a machine")
    parser.add_argument("--between", type=float, default=45.0, help="GB/s a GPU between machines")
    parser.add_argument("--per-machine", type=int, default=8)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--horizon", type=int, default=3)
    args = parser.parse_args()
    print("| GPUs |" + "".join(f" {size}M |" for size in SIZES))
    print("|---|" + "---|" * len(SIZES))
    for gpus in (1, 2, 4, 8, 16, 32, 64):
        cells = []
        for size in SIZES:
            alone_ms = operations(size, args.batch, args.horizon) / (args.tflops * 1e9)
            inside = min(gpus, args.per_machine)
            machines = gpus // inside
            gradient = gradient_bytes(size)
            sum_ms = 2.0 * (inside - 1) / inside * gradient / (args.inside * 1e6)
            sum_ms += 2.0 * (machines - 1) / machines * gradient / inside / (args.between * 1e6)
            together_ms = alone_ms / gpus + sum_ms
            cells.append(f" {together_ms:.2f} ms ({alone_ms / together_ms:.1f}) |")
        print(f"| {gpus} |" + "".join(cells))
    for size in SIZES:
        print(f"# {size}M: {operations(size, args.batch, args.horizon) / 1e9:.0f} GFLOP, gradients of "
              f"{gradient_bytes(size) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
