"""What a short run is judged by: songs of the training material that it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from offline_train.evaluation.score import auc
from offline_train.labels import at_samples
from offline_train.lineup import CLASSES, Lineup
from offline_train.material import is_held
from offline_train.pool import Pool, Song
from offline_train.spectra import spectra
from rtiass.stft import FRAME, MODES, RATE

LOSS_BINS = 1394
"""15 kHz: above, lossy material ends somewhere."""


@dataclass
class Excerpt:
    """A part of a held-out song.

    Attributes:
        kind: recorded or rendered.
        stems: Shape (stems, 2, samples).
        active: For each stem its label around sample t of the excerpt, one a 1024 samples, shape (stems, labels).
    """

    kind: str
    stems: Tensor
    active: np.ndarray


def held_out(pool: Pool, names: tuple[str, ...], lineup: Lineup, seconds: float = 10.0, each: int = 8) -> list[Excerpt]:
    """Excerpts of the held-out songs at their own speed: of each, those in which most stems are active together."""
    out = []
    for song in pool.songs:
        if is_held(song.name, names) and len(song.stems) > 1 and ("@" not in song.name or song.name.endswith("@1.00")):
            count = each if song.kind == "recorded" else 2
            out += [_excerpt(song, start, int(seconds * RATE), lineup) for start in _busiest(song, seconds, count)]
    return out


def _busiest(song: Song, seconds: float, count: int) -> list[int]:
    samples = int(seconds * RATE)
    starts = range(0, max(1, song.samples - samples), samples)
    busy = []
    for start in starts:
        first, last = start // 2048, (start + samples) // 2048
        busy.append(sum(float(song.stem_active(name)[first:last].mean()) for name in song.stems))
    return [starts[int(index)] for index in np.argsort(busy)[::-1][:count]]


def _excerpt(song: Song, start: int, samples: int, lineup: Lineup) -> Excerpt:
    audio = np.zeros((len(lineup.stems), 2, samples), np.float32)
    places = start + np.arange(0, samples, 1024)
    active = np.zeros((len(lineup.stems), len(places)), np.float32)
    for name in CLASSES:
        if name in song.stems:
            stem = lineup.place(name)
            audio[stem] += song.read(name, start, samples)
            active[stem] = np.maximum(active[stem], at_samples(song.stem_active(name), places))
    return Excerpt(song.kind, torch.from_numpy(audio), active)


@torch.no_grad()
def windows(network: nn.Module, excerpt: Excerpt, mode: str, alone: int | None = None) -> dict[str, np.ndarray]:
    """SDR in dB of each second of the stems, activity, and the loss.

    Args:
        network: In evaluation mode.
        excerpt: Truth.
        mode: Name of the mode whose windows and mask period are used.
        alone: For a network of one target, the stem that it separates.

    Returns:
        ``sdr`` of shape (stems, seconds), NaN where a stem is silent, ``probability`` (stems, frames) and ``loss``
        (stems,).
    """
    window, period = MODES[mode].window, MODES[mode].period
    target = spectra(torch.nn.functional.pad(excerpt.stems, (FRAME - period, 0)), window, period)
    mixture = target.sum(dim=0)
    mask, logits, _ = network(mixture.abs().unsqueeze(0))
    if alone is not None:
        target = target[alone : alone + 1]
        mask, logits = mask[:, :1], logits[:, :1]
    error = mask[0].unsqueeze(1) * mixture.unsqueeze(0) - target
    energy = target.abs().square().sum(dim=(1, 3))
    wrong = error.abs().square().sum(dim=(1, 3))
    frames = RATE // period
    count = energy.shape[1] // frames
    cut = count * frames
    s = energy[:, :cut].reshape(-1, count, frames).sum(-1)
    e = wrong[:, :cut].reshape(-1, count, frames).sum(-1).clamp(min=1e-12)
    sdr = (10 * torch.log10(s / e)).numpy()
    sdr[(s <= 1e-3 * frames).numpy()] = math.nan
    return {"sdr": sdr, "probability": torch.sigmoid(logits[0]).numpy(), "loss": _loss(mask[0], target, mixture)}


def _loss(mask: Tensor, target: Tensor, mixture: Tensor) -> np.ndarray:
    """Error of square roots of magnitudes over the mixture's energy, by stem: the same for every variant."""
    m, x = mask[..., :LOSS_BINS].unsqueeze(1), mixture.abs()[..., :LOSS_BINS].unsqueeze(0)
    s = (target * mixture.conj().unsqueeze(0)).real[..., :LOSS_BINS].clamp(min=0.0) / x.clamp(min=1e-9)
    error = ((m * x).sqrt() - torch.minimum(s, x).sqrt()).square().sum(dim=(1, 2, 3))
    return (error / x.sum().clamp(min=1.0)).numpy()


def judge(
    network: nn.Module, excerpts: list[Excerpt], lineup: Lineup, mode: str, alone: int | None = None
) -> dict[str, float]:
    """Figures of a network: by kind of song and stem, median SDR in dB of the seconds, and the mean over stems.

    In ``live`` also the area under the ROC curve of the activity of every stem but the last.
    """
    places = [alone] if alone is not None else list(range(len(lineup.stems)))
    out: dict[str, float] = {}
    for kind in sorted({excerpt.kind for excerpt in excerpts}):
        found = [(e, windows(network, e, mode, alone)) for e in excerpts if e.kind == kind]
        middles = []
        for index, stem in enumerate(places):
            name = lineup.stems[stem]
            values = np.concatenate([w["sdr"][index] for _, w in found])
            values = values[np.isfinite(values)]
            if len(values):
                middles.append(float(np.median(values)))
                out[f"{kind} {name}"] = round(middles[-1], 3)
            if mode == "live" and stem < len(lineup.stems) - 1:
                # In live, the middle of the samples which a frame's mask shapes is at the start of that frame's hop.
                count = min(found[0][0].active.shape[1], found[0][1]["probability"].shape[1])
                labels = np.concatenate([e.active[stem, :count] for e, _ in found]) > 0.5
                likely = np.concatenate([w["probability"][index, :count] for _, w in found])
                out[f"{kind} {name} AUC"] = round(auc(labels, likely), 4)
        out[f"{kind} mean"] = round(float(np.mean(middles)), 3)
        out[f"{kind} loss"] = round(float(np.mean([w["loss"].sum() for _, w in found])), 4)
    return out
