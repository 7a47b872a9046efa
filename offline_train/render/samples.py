"""Sampled instruments: drum kits of one-shots and banks of single notes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from offline_train.render.check import readable
from offline_train.render.pool import RATE
from rtiass.errors import UserError

Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """A stretch of a sound file.

    Attributes:
        path: Sound file.
        key: Piece of a kit, or articulation.
        pitch: MIDI note, 0 for drums.
        loudness: 0 (softest) to 1 (loudest layer).
        start: First sample.
        stop: Sample after the last, or anything past the end of the file.
    """

    path: Path
    key: str
    pitch: int
    loudness: float
    start: int
    stop: int


_LAYERS = {"pp": 0.1, "p": 0.25, "mp": 0.45, "mf": 0.65, "f": 0.85, "ff": 1.0}


@lru_cache(maxsize=8)
def read_index(folder: Path) -> tuple[Sample, ...]:
    """Read `index.tsv` of a kit or a bank of notes; noises without a pitch are left out.

    Raises:
        UserError: It cannot be read, or lists nothing.
    """
    path = folder / "index.tsv"
    with readable(path), path.open(encoding="utf-8", newline="") as stream:
        found = [sample for row in csv.DictReader(stream, delimiter="\t") if (sample := _sample(folder, row))]
    if not found:
        raise UserError(f"{path} lists no samples. Replace it or leave it out.")
    return tuple(found)


def _sample(folder: Path, row: dict[str, str]) -> Sample | None:
    span = (round(float(row["start_s"]) * RATE), round(float(row["end_s"]) * RATE))
    if "piece" in row:
        layer = row.get("velocity_rank_1_127") or row.get("velocity_layer_1_127") or "64"
        return Sample(folder / row["file"], row["piece"], 0, float(layer) / 127, *span)
    if not row["midi_note"] or "release" in row["articulation"]:
        return None
    layer = row["velocity_layer"]
    loudness = _LAYERS.get(layer, float(layer) / 4 if layer.isdigit() else 0.7)
    return Sample(folder / row["file"], row["articulation"], int(row["midi_note"]), loudness, *span)


@lru_cache(maxsize=200)
def _file(path: Path) -> tuple[NDArray[np.int16], int]:
    try:
        audio, rate = soundfile.read(path, dtype="int16", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise UserError(f"{path} could not be read as sound: {error}. Replace it or leave it out.") from error
    return np.asarray(audio[:, :2], np.int16), int(rate)


def whole(path: Path, key: str, pitch: int, loudness: float) -> Sample:
    """A sound file that is one sample, of whatever rate."""
    return Sample(path, key, pitch, loudness, 0, 1 << 31)


@lru_cache(maxsize=300)
def cut(sample: Sample, shift: float, longest_s: float, room: bool = False) -> Audio:
    """Read a sample, raised by `shift` semitones, as float32 (n, channels); `room` reads the ambience file."""
    path = sample.path
    if room:
        path = path.with_name(f"{path.stem}_room{path.suffix}")
    samples, rate = _file(path)
    ratio = 2.0 ** (shift / 12) * rate / RATE
    stop = min(sample.stop, sample.start + int(longest_s * RATE * ratio))
    audio = samples[sample.start : stop].astype(np.float32) * np.float32(1 / 32768)
    if abs(ratio - 1) > 0.0006:
        audio = np.asarray(soxr.resample(audio, RATE * ratio, RATE, quality="MQ"), np.float32)
    fade = min(int(0.02 * RATE), len(audio))
    audio[len(audio) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return np.asarray(audio, np.float32)


def has_room(sample: Sample) -> bool:
    """Tell whether there is an ambience recording beside the sample."""
    return sample.path.with_name(f"{sample.path.stem}_room{sample.path.suffix}").exists()


SAME_LAYER = 0.06
"""Samples whose loudness differs by no more than this can take turns."""


def pick(candidates: list[Sample], loudness: float, rng: np.random.Generator, last: Sample | None = None) -> Sample:
    """Pick one of the up to four samples of the nearest layer, not the one that sounded last if there is another."""
    nearest = sorted(candidates, key=lambda s: abs(s.loudness - loudness) + 0.02 * rng.random())
    closest = abs(nearest[0].loudness - loudness)
    near = [s for s in nearest if abs(s.loudness - loudness) <= closest + SAME_LAYER][:4]
    fresh = [s for s in near if s != last] or near
    return fresh[int(rng.integers(len(fresh)))]


def place(out: Audio, audio: Audio, start: int, gain: float, stop: int | None = None) -> None:
    """Add mono or stereo audio to `out` (n, 2) at a sample, faded out by `stop` within 30 ms."""
    end = min(start + len(audio), len(out))
    if stop is not None:
        end = min(end, stop + int(0.03 * RATE))
    if end <= max(start, 0) or start < 0:
        return
    piece = audio[: end - start] * np.float32(gain)
    if end < start + len(audio):
        fade = min(int(0.03 * RATE), len(piece))
        piece[len(piece) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    out[start:end] += piece
