"""Left/right or mid/side magnitudes as the network's input, by a short training of both on the same batches.

    python benchmarks/stereo_input.py --pool pool [--steps 150] [--frames 64] [--batch 3] [--seeds 1]

Both networks start from the same seed and see the same mixtures in the same order. Prints the mean loss over the second
half of the steps, and the mean and standard error of the paired difference. A short run: it tells which one learns
faster, not which one ends better.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from offline_train.loss import mask_loss
from offline_train.mixing import Mixer, MixingConfig
from offline_train.network import JointNet
from offline_train.pool import Pool

KINDS = ("left-right", "mid-side")


def losses(pool: Pool, seed: int, steps: int, config: MixingConfig) -> np.ndarray:
    """Mask loss by step and input, shape (steps, 2)."""
    mixer = Mixer(pool, config, seed)
    statistics = torch.cat([mixer.batch(10**9 + k).magnitude for k in range(4)])
    networks, optimizers = [], []
    for kind in KINDS:
        torch.manual_seed(seed)
        network = JointNet(stereo=kind)
        network.fit_statistics(statistics)
        networks.append(network)
        optimizers.append(torch.optim.AdamW(network.parameters(), 2e-3, betas=(0.9, 0.99)))
    result = np.zeros((steps, len(KINDS)))
    for step in range(steps):
        batch = mixer.batch(step)
        for column, (network, optimizer) in enumerate(zip(networks, optimizers, strict=True)):
            for group in optimizer.param_groups:
                group["lr"] = 2e-3 * min(1.0, (step + 1) / 20)
            mask, logits, _ = network(batch.magnitude)
            stems = mask_loss(mask, batch, config.exponent).mean(dim=0).sum()
            loss = stems + 0.05 * binary_cross_entropy_with_logits(logits, batch.active)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            result[step, column] = float(stems)
        if (step + 1) % 25 == 0:
            recent = result[max(0, step - 49) : step + 1].mean(axis=0)
            print(
                f"seed {seed}, step {step + 1}: "
                + ", ".join(f"{k} {v:.4f}" for k, v in zip(KINDS, recent, strict=True))
            )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, default=Path("pool"))
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--batch", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(2)
    config = MixingConfig(frames=options.frames, batch=options.batch)
    pool = Pool(options.pool, "train")
    halves = [losses(pool, seed, options.steps, config)[options.steps // 2 :] for seed in range(options.seeds)]
    tail = np.concatenate(halves)
    difference = tail[:, 1] - tail[:, 0]
    print("\n| input | mask loss, second half |\n|---|---|")
    for kind, value in zip(KINDS, tail.mean(axis=0), strict=True):
        print(f"| {kind} | {value:.4f} |")
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    print(f"\nmid-side minus left-right, same batches: {difference.mean():+.4f} (standard error {error:.4f})")


if __name__ == "__main__":
    main()
