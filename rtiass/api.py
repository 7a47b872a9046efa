"""The library's front door: a separator for blocks, and whole songs in one call."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtiass.activity import GATE_KINDS
from rtiass.audiofile import BLOCK, HIGHEST_RATE, LOWEST_RATE, open_audio
from rtiass.bundle import load_bundle
from rtiass.engine import choose
from rtiass.errors import UserError
from rtiass.filejob import (
    JobResult,
    Progress,
    checked_blocks,
    choose_stems,
    new_log,
    separate_song,
    stem_pieces,
)
from rtiass.pool import SeparatorPool, Settings
from rtiass.separator import StreamingSeparator, find_mode
from rtiass.songstream import Activity
from rtiass.stft import DEFAULT_MODE


@dataclass(frozen=True)
class Separation:
    """A song in memory, taken apart.

    Attributes:
        rate: Samples per second, the song's own.
        stems: Stem name to samples, each of shape (samples, channels) float32, as long as the song and
            aligned with it.
        activity: When each stem is heard.
        warnings: Sentences about what was wrong with the file.
    """

    rate: int
    stems: dict[str, NDArray[np.float32]]
    activity: Activity
    warnings: list[str]


def load(
    model: str | Path | None = None,
    *,
    mode: str = DEFAULT_MODE,
    channels: int = 2,
    buses: Mapping[str, Mapping[str, float]] | None = None,
    gate: str = "fast",
    engine: str = "auto",
    threads: int | None = None,
) -> StreamingSeparator:
    """Open a separator for blocks of sound at 44.1 kHz.

    Args:
        model: Name of a shipped model or a bundle's folder; None for the default.
        mode: ``studio``, ``live``, ``tight``, ``ultra`` or ``instant``: the latency.
        channels: 1 or 2.
        buses: Outputs as linear gains by stem, for example ``{"karaoke": {"drums": 1, "bass": 1, "other":
            1}}``; default one output for each stem.
        gate: ``fast``, ``strict`` (the paper's) or ``off``.
        engine: Engine name or ``auto``.
        threads: Threads of the engine, or None to let it choose.

    Returns:
        The separator. ``process(block)`` takes (n, channels) float32 and gives a dict of the same shape,
        later by ``latency_samples``.

    Raises:
        UserError: Something is missing or does not fit.
    """
    find_mode(mode)
    if gate not in GATE_KINDS:
        raise UserError(f"The gate is one of {', '.join(GATE_KINDS)}, not '{gate}'.")
    bundle = load_bundle(model)
    _, session, note = choose(engine, bundle, threads)
    if note:
        warnings.warn(note, RuntimeWarning, stacklevel=2)
    return StreamingSeparator(bundle, session, mode=mode, channels=channels, buses=buses, gate=gate)


def separate(
    song: str | Path | ArrayLike,
    *,
    rate: int | None = None,
    stems: Iterable[str] | None = None,
    model: str | Path | None = None,
    mode: str = DEFAULT_MODE,
    gate: str = "fast",
    engine: str = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Separation:
    """Separate a whole song in memory.

    Args:
        song: A sound file; or samples of shape (n, channels) or (n,), float, full scale 1.0.
        rate: Samples per second of an array; not for files.
        stems: Stems wanted, or None for all. All stems together add up to the song.
        model: Name of a shipped model or a bundle's folder; None for the default.
        mode: Name of the mode.
        gate: ``fast``, ``strict`` or ``off``.
        engine: Engine name or ``auto``.
        threads: Threads of the engine, or None to let it choose.
        progress: Called with seconds done and seconds in all (or None).

    Returns:
        Stems at the song's own rate, and its activity.

    Raises:
        UserError: Something is missing or does not fit.
    """
    with SeparatorPool(Settings(model, engine, mode, gate, threads)) as pool:
        if pool.note:
            warnings.warn(pool.note, RuntimeWarning, stacklevel=2)
        wanted = choose_stems(pool.bundle.stems, stems)
        if not isinstance(song, str | Path):
            samples, rate = _checked_array(song, rate)
            return _collect(_with_progress(samples, rate, progress), rate, samples.shape[1], pool, wanted)
        if rate is not None:
            raise UserError("The rate of a file is in the file; leave it out, or give samples.")
        with open_audio(song) as reader:
            blocks = checked_blocks(reader, progress)
            result = _collect(blocks, reader.rate, reader.channels, pool, wanted)
            result.warnings.extend(reader.warnings)
            return result


def separate_to(
    song: str | Path,
    folder: str | Path,
    *,
    stems: Iterable[str] | None = None,
    model: str | Path | None = None,
    mode: str = DEFAULT_MODE,
    gate: str = "fast",
    engine: str = "auto",
    threads: int | None = None,
    fmt: str = "wav",
    picture: bool = False,
    activity: bool = False,
    progress: Progress | None = None,
) -> JobResult:
    """Write the stems of a sound file of any length into ``folder/NAME/``, at constant memory.

    Args:
        song: Sound file.
        folder: Where the song's folder goes.
        stems: Stems wanted, or None for all.
        model: Name of a shipped model or a bundle's folder; None for the default.
        mode: Name of the mode.
        gate: ``fast``, ``strict`` or ``off``.
        engine: Engine name or ``auto``.
        threads: Threads of the engine, or None to let it choose.
        fmt: ``wav`` (32-bit float), ``flac`` (24-bit) or ``ogg`` (Vorbis).
        picture: Draw ``spectrograms.png`` too (needs matplotlib).
        activity: Write ``activity.csv`` too.
        progress: Called with seconds done and seconds in all (or None).

    Returns:
        What was written. ``result.warnings`` has what should be shown.

    Raises:
        UserError: Something is wrong with the song, the folder or the choice; nothing is left behind.
    """
    with SeparatorPool(Settings(model, engine, mode, gate, threads)) as pool:
        if pool.note:
            warnings.warn(pool.note, RuntimeWarning, stacklevel=2)
        return separate_song(
            song, folder, pool, stems=stems, fmt=fmt, picture=picture, activity=activity, progress=progress
        )


def _checked_array(song: ArrayLike, rate: int | None) -> tuple[NDArray[np.float32], int]:
    samples = np.asarray(song)
    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or not samples.size or not np.issubdtype(samples.dtype, np.floating):
        raise UserError(
            "Samples must be floats of shape (samples, channels) with full scale 1.0, not "
            f"{samples.dtype} of shape {np.shape(song)}."
        )
    if rate is None or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UserError(f"Samples need their rate, {LOWEST_RATE} to {HIGHEST_RATE} a second: rate=44100.")
    return np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0), rate


def _with_progress(samples: NDArray[np.float32], rate: int, progress: Progress | None) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(samples), BLOCK):
        yield samples[start : start + BLOCK]
        if progress is not None:
            progress(min(start + BLOCK, len(samples)) / rate, len(samples) / rate)


def _collect(
    blocks: Iterable[NDArray[np.float32]], rate: int, channels: int, pool: SeparatorPool, wanted: tuple[str, ...]
) -> Separation:
    parts: dict[str, list[NDArray[np.float32]]] = {stem: [] for stem in wanted}
    log = new_log(pool, channels, wanted)
    count = 0
    for mixture, stems in stem_pieces(blocks, rate, channels, pool, wanted, log):
        count += len(mixture)
        for name, samples in stems.items():
            # A piece may be a view of a larger buffer of all stems: keep no more than what is wanted.
            parts[name].append(np.ascontiguousarray(samples))
    joined = {name: np.concatenate(samples) for name, samples in parts.items()}
    return Separation(rate, joined, log.result(count / rate), [])
