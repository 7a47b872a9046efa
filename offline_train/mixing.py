"""Training mixtures: endless, random, and the same again for the same seed and step.

Some examples are chunks of one aligned song whose stems get gains of their own; the others put random items
of the classes together. Everything about a batch is drawn from ``default_rng([seed, step])``,
so training resumes exactly without saving the state of a generator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from offline_train.augment import bus_compressor, equaliser, pan, vary_speed
from offline_train.labels import HOP_SAMPLES, at_samples
from offline_train.lineup import BAND, Lineup
from offline_train.material import Material, check_classes
from offline_train.mixing_config import MixingConfig
from offline_train.pool import Item, Pool, Song
from offline_train.rows import Row, target_rows
from offline_train.spectra import chunk_samples, spectra
from rtiass.errors import UserError
from rtiass.stft import BINS, FRAME, RATE

LEVEL = 0.1
"""RMS to which the active part of a random item is set before its gain, full scale 1."""

TRIES = 50
"""Draws until a mixture sounds. From the second one on every excerpt is cut around a moment that should, so that a
tenth of them is ample; the limit is there for a pool that breaks its word."""


@dataclass
class Batch:
    """What one training step needs.

    With mask m, mixture magnitude X and target magnitude S of a channel, the compressed error ``sum over
    channels of (m^p X^p - S^p)^2`` is ``m^2p power - 2 m^p cross + own``: the three sums are all the loss
    needs, so the step never touches the stems' spectra.

    Attributes:
        magnitude: Network input, shape (B, 2, T, BINS) float32.
        power: Sum over channels of X^2p, shape (B, T, loss bins).
        cross: Sum over channels of X^p S^p, shape (B, rows, T, loss bins); rows: see ``offline_train.rows``.
        own: Sum over channels, time and bins of S^2p, shape (B, rows). With ``apart`` the sums are of single channels,
            and B of these three is twice that of the others: left and right of an example follow each other.
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
        lineup: Stems of the network.

    Raises:
        UserError: The pool has recordings of a class that the line-up does not know.
    """

    def __init__(self, pool: Pool, config: MixingConfig, seed: int = 0, lineup: Lineup = BAND) -> None:
        self.pool, self.config, self.seed, self.lineup = pool, config, seed, lineup
        check_classes(pool, lineup)
        self._material = Material(pool, config, lineup)
        self.parts = 2 if config.apart else 1
        self.rows: list[Row] = target_rows(lineup, config.views)

    def batch(self, step: int) -> Batch:
        """The batch of a step; the same pool, seed and step give the same batch."""
        config = self.config
        rng = np.random.default_rng([self.seed, step])
        weights = np.array([mode[2] for mode in config.modes])
        window, period, _ = config.modes[rng.choice(len(weights), p=weights / weights.sum())]
        samples = chunk_samples(config.frames, period)
        count, frames, bins, rows = config.batch, config.frames, config.loss_bins, len(self.rows)
        compared = count * self.parts
        seconds = count * frames * period / RATE
        batch = Batch(
            torch.zeros(count, 2, frames, BINS),
            torch.empty(compared, frames, bins),
            torch.zeros(compared, rows, frames, bins),
            torch.zeros(compared, rows),
            torch.empty(count, len(self.lineup.stems), frames),
            window,
            period,
            seconds,
        )
        for place in range(count):
            self._example(rng, samples, batch, place)
        return batch

    def _example(self, rng: np.random.Generator, samples: int, batch: Batch, place: int) -> None:
        """Draw one example into its place of a batch whose sums are zero."""
        config, window, period = self.config, batch.window, batch.period
        audio, active = self.draw(rng, samples, window, period)
        heard = np.flatnonzero(audio.any(axis=(1, 2)))
        stems = {int(index): spectra(torch.from_numpy(audio[index]), window, period, config.hann) for index in heard}
        for index in range(len(audio)):
            if rng.random() < config.equaliser:
                curve = torch.from_numpy(equaliser(rng))
                if index in stems:
                    stems[index] *= curve
        batch.active[place] = torch.from_numpy(active)
        bins, parts = config.loss_bins, slice(place * self.parts, (place + 1) * self.parts)
        mixture = torch.zeros(2, config.frames, BINS, dtype=torch.complex64)
        for spectrum in stems.values():
            mixture += spectrum
        magnitude = torch.abs(mixture, out=batch.magnitude[place])
        x = self._compared(magnitude[..., :bins])
        floor = x.clamp(min=1e-9)
        batch.power[parts] = self._summed(_power(x, 2 * config.exponent))
        for index, row in enumerate(self.rows):
            members = [stems[member][..., :bins] for member in row.members if member in stems]
            if not members:
                continue
            spectrum = members[0] if len(members) == 1 else torch.stack(members).sum(dim=0)
            product = self._product(spectrum, mixture[..., :bins], magnitude[..., :bins])
            batch.cross[parts, index] = self._summed(_power(product, config.exponent))
            own = self._summed(_power(product.div_(floor), 2 * config.exponent))
            batch.own[parts, index] = own.sum(dim=(1, 2))
        if rng.random() < config.lowpass:
            # Lossy material ends somewhere above 15 kHz, and where it ends must not tell the class.
            magnitude[..., rng.integers(bins, BINS) :] = 0.0

    def _product(self, spectrum: torch.Tensor, mixture: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """The mixture's magnitude times what of a stem is asked for, as the loss compares it: (2 or 1, T, bins).

        Asked for is the stem's part in the mixture's phase (all parts add up to it), or its magnitude.
        """
        if self.config.target == "magnitude":
            product = spectrum.abs().mul_(x)
        else:
            a, b = torch.view_as_real(spectrum), torch.view_as_real(mixture)
            product = (a[..., 0] * b[..., 0]).addcmul_(a[..., 1], b[..., 1]).clamp_(min=0.0)
            product = torch.minimum(product, x.square(), out=product)
        if not self.config.mono:
            return product
        return self._compared(product / x.clamp(min=1e-9)) * self._compared(x)

    def _summed(self, values: torch.Tensor) -> torch.Tensor:
        """Sum over the channels (2 or 1, T, bins) that the loss takes together, shape (parts, T, bins)."""
        return values.unflatten(0, (self.parts, -1)).sum(dim=1)

    def _compared(self, magnitudes: torch.Tensor) -> torch.Tensor:
        """What of magnitudes (2, T, bins) the loss sees: each channel, or their mean (1, T, bins)."""
        return magnitudes.mean(dim=0, keepdim=True) if self.config.mono else magnitudes

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
        ends = np.arange(FRAME, samples + 1, period) - window // 2 + config.label_shift
        count = len(self.lineup.stems)
        audio = np.zeros((count, 2, samples), dtype=np.float32)
        active = np.zeros((count, len(ends)), dtype=np.float32)
        if rng.random() < config.silence:
            return audio, active
        for turn in range(TRIES):
            self._mix(rng, audio, active, ends, turn > 0)
            if audio.any():
                break
            # All that is present pauses here. Silence has a share of its own, so this one is to sound.
            active[:] = 0.0
        if rng.random() < config.compressor:
            audio = bus_compressor(rng, audio)
        if rng.random() < config.level:
            audio *= np.float32(10 ** (rng.uniform(-10, 10) / 20))
        return audio, active

    @property
    def material(self) -> Material:
        """What may be drawn from the pool as it stands now."""
        if self._material.made_of is not self.pool.items:
            self._material = Material(self.pool, self.config, self.lineup)
        return self._material

    def _mix(
        self,
        rng: np.random.Generator,
        audio: NDArray[np.float32],
        active: NDArray[np.float32],
        ends: NDArray[np.int64],
        seek: bool,
    ) -> None:
        """Fill in an example; with ``seek`` every excerpt is cut where something should sound."""
        config = self.config
        present = {name for name in self.lineup.classes if rng.random() >= config.absent_share(name)}
        kind = rng.random()
        songs = self.material.songs["recorded"] if kind < config.recorded_song else []
        if config.recorded_song <= kind < config.recorded_song + config.rendered_song:
            songs = self.material.songs["rendered"]
        if songs:
            self._draw_song(rng, songs, present, audio, active, ends, seek)
        else:
            self._draw_items(rng, present, audio, active, ends, seek)

    def _ratio(self, rng: np.random.Generator) -> float:
        """A speed for the excerpt."""
        low, high = self.config.speed_range
        ratio = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        return ratio if rng.random() < self.config.speed else 1.0

    def _draw_song(
        self,
        rng: np.random.Generator,
        songs: list[Song],
        present: set[str],
        audio: NDArray[np.float32],
        active: NDArray[np.float32],
        ends: NDArray[np.int64],
        seek: bool,
    ) -> None:
        """Fill in a chunk of one of the songs, its classes with gains of their own."""
        samples = audio.shape[-1]
        lengths = np.array([song.samples for song in songs], dtype=np.float64)
        song = songs[rng.choice(len(songs), p=lengths / lengths.sum())]
        heard = [name for name in self.lineup.classes if name in present and song.sounds(name)]
        if not heard:
            heard = [name for name in self.lineup.classes if name in song.stems]
        ratio = self._ratio(rng)
        span = int(np.ceil(samples * ratio)) + 2
        start = self._song_start(rng, song, heard, span, seek)
        about = (start + ends * ratio).astype(np.int64)
        for name in self.lineup.classes:
            gain = np.float32(rng.uniform(*self.config.gain))
            if name not in heard:
                continue
            stem = self.lineup.place(name)
            audio[stem] += gain * vary_speed(song.read(name, start, span), ratio, samples)
            active[stem] = np.maximum(active[stem], _labels(song.stem_active(name), about, song.samples))
        if rng.random() < self.config.swap:
            audio[:] = audio[:, ::-1].copy()

    def _draw_items(
        self,
        rng: np.random.Generator,
        present: set[str],
        audio: NDArray[np.float32],
        active: NDArray[np.float32],
        ends: NDArray[np.int64],
        seek: bool,
    ) -> None:
        """Fill in random items of the classes."""
        samples = audio.shape[-1]
        for name, item in self._together(rng, present):
            stem = self.lineup.place(name)
            ratio = self._ratio(rng)
            span = int(np.ceil(samples * ratio)) + 2
            start = self._start(rng, item.active, item.samples, span, seek)
            audio[stem] += self._dress(rng, item, start, span, ratio, samples)
            about = (start + ends * ratio).astype(np.int64)
            active[stem] = np.maximum(active[stem], _labels(item.active, about, item.samples))

    def _together(self, rng: np.random.Generator, present: set[str]) -> Iterator[tuple[str, Item]]:
        """Random items that sound together, each with its class; drawn one by one."""
        config = self.config
        alone = rng.random() < config.solo
        known = list(self.material.items)
        least, most = config.accompaniment
        if most:
            first = self.lineup.stems[0]
            if first in known:
                yield first, self._item(rng, first)
            others = [(n, item) for n in known if n != first for kind in self.material.items[n] for item in kind.items]
            count = min(int(rng.integers(least, most + 1)), len(others))
            for index in rng.choice(len(others), count, replace=False):
                yield others[int(index)]
            return
        if known and (alone or present.isdisjoint(known)):
            present = {known[rng.integers(len(known))]}
        for name in known:
            if name in present:
                for _ in range(2 if rng.random() < config.second.get(name, 0.0) else 1):
                    yield name, self._item(rng, name)

    def _item(self, rng: np.random.Generator, name: str) -> Item:
        """A random item of a class: first its kind, then the item by the root of its length."""
        kinds = self.material.items[name]
        weights = np.array([kind.weight for kind in kinds])
        kind = kinds[rng.choice(len(kinds), p=weights / weights.sum())]
        return kind.items[rng.choice(len(kind.items), p=kind.chances)]

    def _dress(
        self, rng: np.random.Generator, item: Item, start: int, span: int, ratio: float, samples: int
    ) -> NDArray[np.float32]:
        """An excerpt at the common level or its own, with a random gain, polarity, channel order, width and balance."""
        config = self.config
        audio = vary_speed(item.read(start, span), ratio, samples)
        level = min(LEVEL / item.level, 30.0) if config.levelled else 1.0 / item.gain
        gain = level * rng.uniform(*config.gain)
        if rng.random() < config.flip:
            gain = -gain
        if rng.random() < config.swap:
            audio = audio[::-1]
        if rng.random() < config.narrow:
            middle = audio.mean(axis=0, keepdims=True)
            audio = middle + np.float32(rng.choice([0.0, rng.random()])) * (audio - middle)
        if rng.random() < config.pan:
            audio = pan(rng, audio)
        return audio * np.float32(gain)

    def _song_start(self, rng: np.random.Generator, song: Song, heard: list[str], samples: int, seek: bool) -> int:
        """Where to cut a song: often around a moment at which a stem that is heard, mostly the voice, is active."""
        names = [name for name in heard if song.stem_active(name).any()]
        if not names:
            return self._start(rng, np.zeros(1, dtype=bool), song.samples, samples, seek)
        weights = np.array([self.config.focus.get(name, 0.0) + 1e-9 for name in names])
        stem = names[rng.choice(len(names), p=weights / weights.sum())]
        return self._start(rng, song.stem_active(stem), song.samples, samples, seek)

    def _start(self, rng: np.random.Generator, active: NDArray[np.bool_], length: int, samples: int, seek: bool) -> int:
        """Start of an excerpt; what is shorter than the excerpt is placed anywhere within it."""
        low, high = min(0, length - samples), max(0, length - samples)
        moments = np.flatnonzero(active)
        if (rng.random() < self.config.seek_active or seek) and len(moments):
            moment = int(moments[rng.integers(len(moments))]) * HOP_SAMPLES
            return int(np.clip(moment - rng.integers(samples), low, high))
        return int(rng.integers(low, high + 1))


def _labels(active: NDArray[np.bool_], about: NDArray[np.int64], samples: int) -> NDArray[np.bool_]:
    """Labels at samples of a recording; before its beginning and past its end nothing is active."""
    return at_samples(active, about) & (about >= 0) & (about < samples)


def _power(values: torch.Tensor, exponent: float) -> torch.Tensor:
    return values if exponent == 1.0 else values.pow(exponent)


class Batches(torch.utils.data.Dataset[Batch]):
    """The batches by step, for a loader process; looks for a grown pool every ``refresh`` steps."""

    def __init__(
        self,
        folder: str,
        config: MixingConfig,
        seed: int,
        lineup: Lineup = BAND,
        refresh: int = 100,
    ) -> None:
        self.mixer = Mixer(Pool(folder), config, seed, lineup)
        self.refresh = refresh

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step."""
        if step % self.refresh == 0:
            try:
                self.mixer.pool.refresh()
            except (OSError, ValueError, UserError) as error:
                # A pool under construction must not end a run of hours; the next look will find it whole.
                print(f"  the pool could not be read again ({error}); training goes on with what is known")
        return self.mixer.batch(step)
