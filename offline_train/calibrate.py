"""The bias on a shipped model's masks, chosen on training songs alone.

A bias is added to a stem's logits before the softmax over stems. It trades what is left of a muted voice against
what the rest loses. A stem that is put together from several stems of the network passes its bias on to all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from offline_train.lineup import BAND, Lineup
from offline_train.mixing import Mixer
from offline_train.mixing_config import MixingConfig
from offline_train.network import StreamingNetwork
from offline_train.pool import Pool
from offline_train.spectra import chunk_samples, spectra
from rtiass.errors import UserError

WINDOW, PERIOD, FRAMES = 2048, 1024, 430
FAINT = 10**-1.5
"""Energy of a voice against that of the rest, below which what is left of it says nothing: -15 dB."""
SKIP = 43
"""Frames left out at the start of an excerpt, where the network has not heard anything yet."""


def add_bias(network: StreamingNetwork, bias: dict[str, float], lineup: Lineup = BAND) -> None:
    """Fold a bias on stems' logits into the last layer.

    Args:
        network: A JointNet; its head has three channels for each stem before merging.
        bias: Natural-logarithm units by stem.
        lineup: Stems that the network puts out.

    Raises:
        UserError: The network has no masks that compete, or no such stem.
    """
    if not bias:
        return
    head = getattr(network, "head", None)
    if not isinstance(head, torch.nn.Conv2d) or head.bias is None:
        raise UserError("A bias needs a network of the kind joint. Leave it out: --bias none")
    merge = getattr(network, "merge", None)
    with torch.no_grad():
        for stem, value in bias.items():
            if stem not in lineup.stems:
                raise UserError(f"There is no stem '{stem}' to bias. Choose one of: {', '.join(lineup.stems)}.")
            place = lineup.stems.index(stem)
            for index in [place] if merge is None else merge[place]:
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
        pool: Training songs; excerpts are cut from the recorded ones, where the voice sings.
        biases: Logit biases to try.
        examples: Number of 10 s excerpts.
        seed: Of the excerpts.
        lineup: Stems of the network, vocals among them.

    Returns:
        Per bias: ``bias``, ``vocals`` and ``rest`` levels in dB, energies summed over the excerpts after each has been
        divided by its own, and ``sdr`` of the rest, in dB, mean over the excerpts. Empty if nobody sings
        in any of them, or too softly to be heard.
    """
    config = replace(
        MixingConfig(),
        recorded_song=1.0,
        rendered_song=0.0,
        gain=(0.7, 1.0),
        seek_active=1.0,
        level=0.0,
        absent=dict.fromkeys(lineup.classes, 0.0),
        focus={**dict.fromkeys(lineup.classes, 1e-6), "vocals": 1.0},
    )
    mixer = Mixer(pool, config, seed, lineup)
    index = lineup.place("vocals")
    levels = np.zeros((len(biases), 3))
    count = 0
    for example in range(examples):
        rng = np.random.default_rng([seed, example])
        audio, _ = mixer.draw(rng, chunk_samples(FRAMES, PERIOD), WINDOW, PERIOD)
        stems = spectra(torch.from_numpy(audio), WINDOW, PERIOD)
        mixture = stems.sum(dim=0)
        mask, _, _ = network.stream(mixture.abs().unsqueeze(0))
        voice = stems[index, :, SKIP:]
        rest = stems[:, :, SKIP:].sum(dim=0) - voice
        before = [float(part.abs().square().sum()) for part in (voice, rest)]
        if min(before) < 1.0 or before[0] < FAINT * before[1]:
            continue
        count += 1
        m = mask[0, index, SKIP:]
        # Sums over the channels, which share a mask.
        energy = [part.abs().square().sum(dim=0) for part in (voice, rest, mixture[:, SKIP:])]
        cross = (mixture[:, SKIP:] * rest.conj()).real.sum(dim=0)
        for row, bias in enumerate(biases):
            kept = (1.0 - m) / (1.0 - m + m * float(np.exp(bias)))
            power = kept.square()
            for column in (0, 1):
                levels[row, column] += float((power * energy[column]).sum()) / before[column]
            error = float((power * energy[2] - 2 * kept * cross + energy[1]).sum())
            levels[row, 2] += 10 * np.log10(before[1] / max(error, 1e-6 * before[1]))
    if not count:
        return []
    levels /= count
    levels[:, :2] = 10 * np.log10(np.maximum(levels[:, :2], 1e-9))
    return [
        {"bias": float(b), "vocals": round(float(v), 2), "rest": round(float(r), 2), "sdr": round(float(s), 2)}
        for b, (v, r, s) in zip(biases, levels, strict=True)
    ]


def choose_bias(
    levels: Sequence[dict[str, float]], vocals: float = -10.0, rest: float = -1.75, sdr: float | None = None
) -> float:
    """Smallest bias that lowers the voice to ``vocals`` dB at a price that can be paid, else the largest payable one.

    Args:
        levels: From :func:`karaoke_levels`.
        vocals: Wanted level of what is left of the voice, dB.
        rest: What is left of the rest must be above this, dB.
        sdr: The rest must reach this SDR, dB, in place of ``rest``.

    Returns:
        The bias; 0 if none can be paid.
    """
    affordable = [row for row in levels if (row["rest"] > rest if sdr is None else row["sdr"] >= sdr)]
    enough = [row for row in affordable if row["vocals"] <= vocals]
    if enough:
        return min(row["bias"] for row in enough)
    return max((row["bias"] for row in affordable), default=0.0)
