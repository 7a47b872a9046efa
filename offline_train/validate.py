"""A cheap look at quality during training: masked excerpts of the validation songs, SDR per stem."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from offline_train.evaluation.truth import busy, known_stems
from offline_train.lineup import BAND, Lineup
from offline_train.pool import Pool, Song
from offline_train.spectra import spectra
from rtiass.stft import FRAME, RATE

WINDOW, HOP = 2048, 1024


def excerpts(pool: Pool, seconds: float = 10.0, limit: int = 4, lineup: Lineup = BAND) -> list[Tensor]:
    """Fixed excerpts of the recorded validation songs: where most classes are active together.

    Songs in which some recordings are of unknown classes are left out.

    Args:
        pool: Validation songs.
        seconds: Length of an excerpt.
        limit: Number of excerpts.
        lineup: Stems of the network.

    Returns:
        Up to ``limit`` tensors of shape (stems, 2, samples).
    """
    songs = [
        song
        for song in pool.songs
        if song.kind == "recorded" and len(song.stems) > 1 and known_stems(song, lineup) == lineup.stems
    ]
    out: list[Tensor] = []
    for rank in range(limit):
        if not songs:
            break
        song, turn = songs[rank % len(songs)], rank // len(songs)
        out.append(_excerpt(song, int(seconds * RATE), turn, lineup))
    return out


def _excerpt(song: Song, samples: int, turn: int, lineup: Lineup) -> Tensor:
    """The ``turn``-th busiest excerpt on a grid of half excerpts."""
    starts = range(0, max(1, song.samples - samples), samples // 2)
    order = np.argsort([busy(song, start, samples) for start in starts])[::-1]
    start = starts[int(order[min(2 * turn, len(starts) - 1)])]
    audio = np.zeros((len(lineup.stems), 2, samples), dtype=np.float32)
    for name in lineup.classes:
        if name in song.stems:
            audio[lineup.place(name)] += song.read(name, start, samples)
    return torch.from_numpy(audio)


@torch.no_grad()
def quick_sdr(network: nn.Module, audio: list[Tensor], lineup: Lineup = BAND) -> dict[str, float]:
    """SDR in dB per stem, median over 1 s windows and excerpts, in the mode ``live`` without a gate.

    The error is taken between the masked and the target spectra, which is that of the signals up to the
    overlap.

    Args:
        network: Its first output is masks (1, stems, frames, bins).
        audio: From :func:`excerpts`.
        lineup: Stems of the network, and of the excerpts.
    """
    frames = RATE // HOP
    values: dict[str, list[float]] = {stem: [] for stem in lineup.stems}
    for stems in audio:
        padded = torch.nn.functional.pad(stems, (FRAME - HOP, 0))
        target = spectra(padded, WINDOW, HOP)
        mixture = target.sum(dim=0)
        mask = network(mixture.abs().unsqueeze(0))[0][0]
        for index, stem in enumerate(lineup.stems):
            error = (mask[index] * mixture - target[index]).abs().square().sum(dim=(0, 2))
            energy = target[index].abs().square().sum(dim=(0, 2))
            for start in range(0, len(energy) - frames + 1, frames):
                s, e = float(energy[start : start + frames].sum()), float(error[start : start + frames].sum())
                if s > 1e-3 * frames:
                    values[stem].append(10 * math.log10(s / max(e, 1e-12)))
    return {stem: round(float(np.median(v)), 2) for stem, v in values.items() if v}
