"""Training mixtures: endless, random, and the same again for the same seed and step.

Half of the examples are chunks of one aligned recorded song whose stems get gains of their own; the others
put one random item per class together. Everything about a batch is drawn from ``default_rng([seed, step])``,
so training resumes exactly without saving the state of a generator.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from offline_train.labels import HOP_SAMPLES, at_samples
from offline_train.pool import STEMS, Item, Pool, Song
from offline_train.spectra import chunk_samples, spectra
from rtiass.stft import BINS, FRAME, RATE

LEVEL = 0.1
"""RMS to which the active part of a random item is set before its gain, full scale 1."""


@dataclass(frozen=True)
class MixingConfig:
    """How mixtures are drawn. Probabilities are in 0..1, ``modes`` are rows of window, period, weight."""

    frames: int = 128
    batch: int = 6
    modes: tuple[tuple[int, int, float], ...] = (
        (2048, 1024, 0.40),
        (4096, 1024, 0.10),
        (1024, 512, 0.17),
        (512, 256, 0.12),
        (256, 128, 0.12),
        (1024, 1024, 0.04),
        (256, 1024, 0.05),
    )
    recorded_song: float = 0.5
    rendered_song: float = 0.1
    gain: tuple[float, float] = (0.25, 1.25)
    absent: dict[str, float] = field(default_factory=lambda: {"vocals": 0.15, "drums": 0.15, "bass": 0.2, "other": 0.1})
    kinds: dict[str, dict[str, float]] = field(
        default_factory=lambda: {
            "vocals": {"recorded": 0.65, "sampled": 0.15, "rendered": 0.2},
            "drums": {"recorded": 0.4, "sampled": 0.2, "rendered": 0.4},
            "bass": {"recorded": 0.35, "sampled": 0.2, "rendered": 0.45},
            "other": {"recorded": 0.4, "sampled": 0.2, "rendered": 0.4},
        }
    )
    focus: dict[str, float] = field(default_factory=lambda: {"vocals": 0.5, "drums": 0.15, "bass": 0.2, "other": 0.15})
    seek_active: float = 0.6
    second_other: float = 0.3
    swap: float = 0.5
    flip: float = 0.2
    narrow: float = 0.25
    shelf: float = 0.3
    level: float = 0.5
    lowpass: float = 0.5
    loss_bins: int = 1394
    target: str = "phase"
    exponent: float = 0.5


@dataclass
class Batch:
    """What one training step needs.

    With mask m, mixture magnitude X and target magnitude S of a channel, the compressed error ``sum over
    channels of (m^p X^p - S^p)^2`` is ``m^2p power - 2 m^p cross + own``: the three sums are all the loss
    needs, so the step never touches the stems' spectra.

    Attributes:
        magnitude: Network input, shape (B, 2, T, BINS) float32.
        power: Sum over channels of X^2p, shape (B, T, loss bins).
        cross: Sum over channels of X^p S^p, shape (B, stems, T, loss bins).
        own: Sum over channels, time and bins of S^2p, shape (B, stems).
        active: Labels as 0 or 1, shape (B, stems, T) float32.
        window: Synthesis length L of the batch.
        period: Mask period R of the batch.
        seconds: Seconds of audio that the batch covers.
    """

    magnitude: torch.Tensor
    power: torch.Tensor
    cross: torch.Tensor
    own: torch.Tensor
    active: torch.Tensor
    window: int
    period: int
    seconds: float


class Mixer:
    """Draws batches from a pool.

    Args:
        pool: Where the stems come from.
        config: How they are mixed.
        seed: With the step, it decides everything about a batch.
    """

    def __init__(self, pool: Pool, config: MixingConfig, seed: int = 0) -> None:
        self.pool, self.config, self.seed = pool, config, seed

    def batch(self, step: int) -> Batch:
        """The batch of a step; the same pool, seed and step give the same batch."""
        config = self.config
        rng = np.random.default_rng([self.seed, step])
        weights = np.array([mode[2] for mode in config.modes])
        window, period, _ = config.modes[rng.choice(len(weights), p=weights / weights.sum())]
        samples = chunk_samples(config.frames, period)
        parts = [self._example(rng, samples, window, period) for _ in range(config.batch)]
        magnitude, power, cross, own, active = (torch.stack(column) for column in zip(*parts, strict=True))
        seconds = config.batch * config.frames * period / RATE
        return Batch(magnitude, power, cross, own, active, window, period, seconds)

    def _example(self, rng: np.random.Generator, samples: int, window: int, period: int) -> tuple[torch.Tensor, ...]:
        """Tensors of one example, the fields of :class:`Batch` without their first axis."""
        config = self.config
        audio, active = self.draw(rng, samples, window, period)
        stems = spectra(torch.from_numpy(audio), window, period)
        for index in range(len(STEMS)):
            if rng.random() < config.shelf:
                stems[index] *= torch.from_numpy(shelf_curve(rng))
        mixture = stems.sum(dim=0)
        magnitude = mixture.abs()
        bins = config.loss_bins
        x = magnitude[..., :bins]
        if config.target == "phase":
            # The part of the stem that the mixture's phase can carry; all stems' parts add up to the mixture.
            inner = stems[..., :bins] * mixture[..., :bins].conj()
            s = torch.minimum((inner.real / x.clamp(min=1e-9)).clamp(min=0.0), x)
        else:
            s = stems[..., :bins].abs()
        xp, sp = _power(x, config.exponent), _power(s, config.exponent)
        power = xp.square().sum(dim=0)
        cross = (xp * sp).sum(dim=1)
        own = sp.square().sum(dim=(1, 2, 3))
        if rng.random() < config.lowpass:
            # Lossy material ends somewhere above 15 kHz, and where it ends must not tell the class.
            magnitude[..., rng.integers(bins, BINS) :] = 0.0
        return magnitude, power, cross, own, torch.from_numpy(active)

    def draw(
        self, rng: np.random.Generator, samples: int, window: int, period: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Stems of one example in the time domain.

        Args:
            rng: Source of all choices.
            samples: Length of the chunk.
            window: Synthesis length L, for the labels' position.
            period: Mask period R.

        Returns:
            Audio of shape (stems, 2, samples) float32 and labels of shape (stems, frames) float32. The label
            of a frame is read at the middle of the L samples that its mask acts on, L / 2 before its newest
            sample.
        """
        config = self.config
        ends = np.arange(FRAME, samples + 1, period) - window // 2
        audio = np.zeros((len(STEMS), 2, samples), dtype=np.float32)
        active = np.zeros((len(STEMS), len(ends)), dtype=np.float32)
        present = [rng.random() >= config.absent[stem] for stem in STEMS]
        kind = rng.random()
        recorded = [s for s in self.pool.songs if s.kind == "recorded" and len(s.stems) > 1]
        rendered = [s for s in self.pool.songs if s.kind != "recorded" and len(s.stems) > 1]
        songs: list[Song] = []
        if kind < config.recorded_song:
            songs = recorded
        elif kind < config.recorded_song + config.rendered_song:
            songs = rendered
        if songs:
            lengths = np.array([song.samples for song in songs], dtype=np.float64)
            song = songs[rng.choice(len(songs), p=lengths / lengths.sum())]
            if not any(on for on, stem in zip(present, STEMS, strict=True) if stem in song.stems):
                present = [True] * len(STEMS)
            start = self._song_start(rng, song, samples)
            for index, stem in enumerate(STEMS):
                if stem in song.stems and present[index]:
                    audio[index] = song.read(stem, start, samples) * rng.uniform(*config.gain)
                    active[index] = at_samples(song.stem_active(stem), start + ends)
            if rng.random() < config.swap:
                audio = audio[:, ::-1].copy()
        else:
            if not any(present):
                present[rng.integers(len(STEMS))] = True
            for index, stem in enumerate(STEMS):
                if not present[index]:
                    continue
                count = 2 if stem == "other" and rng.random() < config.second_other else 1
                for _ in range(count):
                    item = self._item(rng, stem)
                    if item is None:
                        continue
                    start = self._item_start(rng, item.active, item.samples, samples)
                    audio[index] += self._dress(rng, item, start, samples)
                    active[index] = np.maximum(active[index], at_samples(item.active, start + ends))
        if rng.random() < config.level:
            audio *= np.float32(10 ** (rng.uniform(-10, 10) / 20))
        return audio, active

    def _item(self, rng: np.random.Generator, stem: str) -> Item | None:
        """A random item of a class: first its kind, then the item by the root of its length."""
        weights = self.config.kinds[stem]
        by_kind = {kind: items for kind in weights if (items := self.pool.of(stem, kind))}
        if not by_kind:
            return None
        chances = np.array([weights[kind] for kind in by_kind]) + 1e-9
        items = by_kind[list(by_kind)[rng.choice(len(chances), p=chances / chances.sum())]]
        lengths = np.sqrt([item.samples for item in items])
        return items[rng.choice(len(items), p=lengths / lengths.sum())]

    def _dress(self, rng: np.random.Generator, item: Item, start: int, samples: int) -> NDArray[np.float32]:
        """An excerpt at the common level, with a random gain, polarity, channel order and width."""
        config = self.config
        audio = item.read(start, samples)
        gain = min(LEVEL / item.level, 30.0) * rng.uniform(*config.gain)
        if rng.random() < config.flip:
            gain = -gain
        if rng.random() < config.swap:
            audio = audio[::-1]
        if rng.random() < config.narrow:
            middle = audio.mean(axis=0, keepdims=True)
            audio = middle + np.float32(rng.choice([0.0, rng.random()])) * (audio - middle)
        return audio * np.float32(gain)

    def _song_start(self, rng: np.random.Generator, song: Song, samples: int) -> int:
        """Where to cut a song: often around a moment at which a stem, mostly the voice, is active."""
        names = [stem for stem in STEMS if stem in song.stems and song.stem_active(stem).any()]
        if not names:
            return self._item_start(rng, np.zeros(1, dtype=bool), song.samples, samples)
        weights = np.array([self.config.focus[stem] for stem in names])
        stem = names[rng.choice(len(names), p=weights / weights.sum())]
        return self._item_start(rng, song.stem_active(stem), song.samples, samples)

    def _item_start(self, rng: np.random.Generator, active: NDArray[np.bool_], length: int, samples: int) -> int:
        """Start of an excerpt; items shorter than the excerpt are placed anywhere within it."""
        low, high = min(0, length - samples), max(0, length - samples)
        moments = np.flatnonzero(active)
        if rng.random() < self.config.seek_active and len(moments):
            moment = int(moments[rng.integers(len(moments))]) * HOP_SAMPLES
            return int(np.clip(moment - rng.integers(samples), low, high))
        return int(rng.integers(low, high + 1))


def shelf_curve(rng: np.random.Generator) -> NDArray[np.float32]:
    """Gains of a random low or high shelf of up to 8 dB, shape (BINS,) float32."""
    corner = np.exp(rng.uniform(np.log(150.0), np.log(6000.0)))
    decibels = rng.uniform(-8.0, 8.0)
    frequency = np.arange(BINS) * (RATE / FRAME)
    ratio = (frequency / corner) ** 2
    share = ratio / (1 + ratio) if rng.random() < 0.5 else 1 / (1 + ratio)
    return (10 ** (decibels * share / 20)).astype(np.float32)


def _power(values: torch.Tensor, exponent: float) -> torch.Tensor:
    return values.sqrt() if exponent == 0.5 else values.pow(exponent)


class Batches(torch.utils.data.Dataset[Batch]):
    """The batches by step, for a loader process; looks for a grown pool every ``refresh`` steps."""

    def __init__(self, folder: str, config: MixingConfig, seed: int, refresh: int = 100) -> None:
        self.mixer = Mixer(Pool(folder), config, seed)
        self.refresh = refresh

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step."""
        if step % self.refresh == 0:
            try:
                self.mixer.pool.refresh()
            except (OSError, ValueError) as error:
                # A pool under construction must not end a run of hours; the next look will find it whole.
                print(f"  the pool could not be read again ({error}); training goes on with what is known")
        return self.mixer.batch(step)
