"""A cheap look at quality during training: masked excerpts of the validation songs, SDR per stem."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from offline_train.pool import STEMS, Pool, Song
from offline_train.spectra import spectra
from rtiass.stft import FRAME, RATE

WINDOW, HOP = 2048, 1024


def excerpts(pool: Pool, seconds: float = 10.0, limit: int = 4) -> list[Tensor]:
    """Fixed excerpts of the recorded validation songs: where all stems are loudest together.

    Returns:
        Up to ``limit`` tensors of shape (stems, 2, samples).
    """
    songs = [song for song in pool.songs if song.kind == "recorded" and len(song.stems) > 1]
    out: list[Tensor] = []
    for rank in range(limit):
        if not songs:
            break
        song, turn = songs[rank % len(songs)], rank // len(songs)
        out.append(_excerpt(song, int(seconds * RATE), turn))
    return out


def _excerpt(song: Song, samples: int, turn: int) -> Tensor:
    """The ``turn``-th busiest excerpt on a grid of half excerpts."""
    starts = range(0, max(1, song.samples - samples), samples // 2)
    scores = []
    for start in starts:
        first, last = start // 2048, (start + samples) // 2048
        score = sum(float(song.stem_active(stem)[first:last].mean()) for stem in song.stems)
        scores.append(score)
    best = starts[int(np.argsort(scores)[::-1][min(2 * turn, len(scores) - 1)])]
    return torch.from_numpy(np.stack([song.read(stem, best, samples) for stem in STEMS]))


@torch.no_grad()
def quick_sdr(network: nn.Module, audio: list[Tensor]) -> dict[str, float]:
    """SDR in dB per stem, median over 1 s windows and excerpts, in the mode ``live`` without a gate.

    The error is taken between the masked and the target spectra, which is that of the signals up to the
    overlap.
    """
    frames = RATE // HOP
    values: dict[str, list[float]] = {stem: [] for stem in STEMS}
    for stems in audio:
        padded = torch.nn.functional.pad(stems, (FRAME - HOP, 0))
        target = spectra(padded, WINDOW, HOP)
        mixture = target.sum(dim=0)
        mask = network(mixture.abs().unsqueeze(0))[0][0]
        for index, stem in enumerate(STEMS):
            error = (mask[index] * mixture - target[index]).abs().square().sum(dim=(0, 2))
            energy = target[index].abs().square().sum(dim=(0, 2))
            for start in range(0, len(energy) - frames + 1, frames):
                s, e = float(energy[start : start + frames].sum()), float(error[start : start + frames].sum())
                if s > 1e-3 * frames:
                    values[stem].append(10 * math.log10(s / max(e, 1e-12)))
    return {stem: round(float(np.median(v)), 2) for stem, v in values.items() if v}
