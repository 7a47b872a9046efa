"""Settings of a shipped model that are not weights: mask bias and gate thresholds, from training songs alone.

A bias is added to a stem's logits before the softmax over stems. It trades what is left of a muted voice against
what the rest loses. A threshold is the highest at which the gate still finds a wanted share of the active frames:
a gate that misses a voice lets it through to `other`, which is worse than one that opens too often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from offline_train.lineup import BAND, CLASSES, Lineup
from offline_train.mixing import Mixer
from offline_train.mixing_config import MixingConfig
from offline_train.network import StreamingNetwork
from offline_train.pool import Pool
from offline_train.spectra import chunk_samples, spectra

WINDOW, PERIOD, FRAMES = 2048, 1024, 430
SKIP = 43
"""Frames left out at the start of an excerpt, where the network has not heard anything yet."""


def add_bias(network: StreamingNetwork, bias: dict[str, float], lineup: Lineup = BAND) -> None:
    """Fold a bias on stems' logits into the last layer.

    Args:
        network: A JointNet; its head has three channels a stem.
        bias: Natural-logarithm units by stem.
        lineup: Stems of the network.
    """
    head = network.head
    assert isinstance(head, torch.nn.Conv2d) and head.bias is not None
    with torch.no_grad():
        for stem, value in bias.items():
            index = lineup.stems.index(stem)
            head.bias[3 * index : 3 * index + 3] += value


@torch.no_grad()
def karaoke_levels(
    network: StreamingNetwork,
    pool: Pool,
    biases: Sequence[float],
    examples: int = 16,
    seed: int = 4,
    lineup: Lineup = BAND,
) -> list[dict[str, float]]:
    """What muting the vocals leaves of the voice and of the rest, for several biases of the vocals.

    Args:
        network: In evaluation mode.
        pool: The training split; excerpts are cut from its recorded songs, where the voice sings.
        biases: Logit biases to try.
        examples: Number of 10 s excerpts.
        seed: Of the excerpts.
        lineup: Stems of the network, vocals among them.

    Returns:
        Per bias: ``bias``, ``vocals`` and ``rest`` levels in dB, energies summed over the excerpts after each has been
        divided by its own.
    """
    config = replace(
        MixingConfig(),
        recorded_song=1.0,
        rendered_song=0.0,
        gain=(0.7, 1.0),
        seek_active=1.0,
        level=0.0,
        absent=dict.fromkeys(CLASSES, 0.0),
        focus={**dict.fromkeys(CLASSES, 1e-6), "vocals": 1.0},
    )
    mixer = Mixer(pool, config, seed, lineup)
    index = lineup.place("vocals")
    levels = np.zeros((len(biases), 2))
    count = 0
    for example in range(examples):
        rng = np.random.default_rng([seed, example])
        audio, _ = mixer.draw(rng, chunk_samples(FRAMES, PERIOD), WINDOW, PERIOD)
        stems = spectra(torch.from_numpy(audio), WINDOW, PERIOD)
        mask, _, _ = network(stems.sum(dim=0).abs().unsqueeze(0))
        voice = stems[index, :, SKIP:]
        rest = stems[:, :, SKIP:].sum(dim=0) - voice
        before = [float(part.abs().square().sum()) for part in (voice, rest)]
        if min(before) < 1.0:
            continue
        count += 1
        m = mask[0, index, SKIP:]
        for row, bias in enumerate(biases):
            kept = (1.0 - m) / (1.0 - m + m * float(np.exp(bias)))
            for column, part in enumerate((voice, rest)):
                levels[row, column] += float((kept * part).abs().square().sum()) / before[column]
    table = 10 * np.log10(np.maximum(levels, 1e-9) / max(count, 1))
    return [
        {"bias": float(b), "vocals": round(float(v), 2), "rest": round(float(r), 2)}
        for b, (v, r) in zip(biases, table, strict=True)
    ]


def choose_bias(levels: Sequence[dict[str, float]], vocals: float = -10.0, rest: float = -1.75) -> float:
    """Smallest bias that lowers the voice to ``vocals`` dB; without one, the largest that costs the rest < ``rest``."""
    affordable = [row for row in levels if row["rest"] > rest]
    enough = [row for row in affordable if row["vocals"] <= vocals]
    if enough:
        return min(row["bias"] for row in enough)
    return max((row["bias"] for row in affordable), default=0.0)


@torch.no_grad()
def thresholds(
    network: StreamingNetwork,
    pool: Pool,
    recall: float = 0.97,
    batches: int = 20,
    seed: int = 5,
    lineup: Lineup = BAND,
) -> dict[str, float]:
    """Per stem, the highest threshold at which ``recall`` of the active frames of training mixtures are found.

    Args:
        network: In evaluation mode.
        pool: The training split.
        recall: Wanted share of active frames at or above the threshold, frame by frame before the median.
        batches: Number of single-mixture batches of 10 s.
        seed: Of the mixtures; not that of training.
        lineup: Stems of the network.

    Returns:
        Thresholds, between 0.05 and 0.5.
    """
    config = MixingConfig(frames=FRAMES, batch=1, modes=((WINDOW, PERIOD, 1.0),), level=0.0)
    mixer = Mixer(pool, config, seed, lineup)
    found: list[list[Any]] = [[] for _ in lineup.stems]
    for step in range(batches):
        batch = mixer.batch(step)
        probability = torch.sigmoid(network(batch.magnitude)[1])[0, :, SKIP:]
        for index in range(len(lineup.stems)):
            found[index].append(probability[index][batch.active[0, index, SKIP:] > 0.5].numpy())
    out = {}
    for stem, parts in zip(lineup.stems, found, strict=True):
        values = np.concatenate(parts)
        value = float(np.quantile(values, 1 - recall)) if len(values) else 0.5
        out[stem] = round(float(np.clip(value, 0.05, 0.5)), 3)
    return out
