"""What a source or a rendered stem must be like; every message names the file or the item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from offline_train.datasets.filetrack import clipped
from offline_train.lineup import CLASSES
from offline_train.render.pool import RATE, Item
from rtiass.errors import UserError

SILENT = 1e-4
"""Peak below which a stem counts as silent, full scale 1."""
CLIPPED_SHARE = 1e-3
"""Share of samples at full scale above which a source or a stem counts as clipped."""


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file of notes or tables gives rise to into a sentence that names it."""
    try:
        yield
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UserError(f"{path} could not be read: {error}. Replace it or leave it out.") from error


def read(path: Path) -> NDArray[np.float32]:
    """Read a sound file at 44.1 kHz as float32 (n, 2).

    Raises:
        UserError: The file is missing, unreadable, empty, silent or clipped.
    """
    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise UserError(f"{path} could not be read as sound: {error}. Replace it or leave it out.") from error
    if not len(audio) or float(np.abs(audio).max()) < SILENT:
        raise UserError(f"{path} is silent. Replace it or leave it out.")
    share = clipped(audio.T) / audio.size
    if share > CLIPPED_SHARE:
        raise UserError(f"{path} is clipped in {share:.1%} of its samples. Replace it or leave it out.")
    if rate != RATE:
        audio = np.asarray(soxr.resample(audio, rate, RATE), np.float32)
    return np.repeat(audio, 2, axis=1) if audio.shape[1] == 1 else np.ascontiguousarray(audio[:, :2])


def same_length(paths: Sequence[Path], lengths: Sequence[int], slack_s: float = 0.2) -> int:
    """Length that aligned files share; encoders' padding of up to `slack_s` seconds is cut.

    Raises:
        UserError: The lengths differ by more.
    """
    shortest, longest = int(np.argmin(lengths)), int(np.argmax(lengths))
    if lengths[longest] - lengths[shortest] > slack_s * RATE:
        raise UserError(
            f"{paths[shortest]} lasts {lengths[shortest] / RATE:.2f} s and {paths[longest]}"
            f" {lengths[longest] / RATE:.2f} s: the stems of one song must be of one length. Cut or replace them."
        )
    return lengths[shortest]


def sound(job: str, made: Sequence[tuple[Item, NDArray[Any]]]) -> None:
    """Check what a job has made before it is stored.

    Raises:
        UserError: There is nothing, a class is unknown, or audio is silent, clipped, not finite or not aligned.
    """
    if not made:
        raise UserError(f"{job} made no item: its source has no material. Check the folder given with --data.")
    songs: dict[str, tuple[str, int]] = {}
    for item, audio in made:
        if item.target not in CLASSES:
            raise UserError(f"{item.id}: {item.target!r} is no class; choose from {', '.join(CLASSES)}.")
        size = np.abs(audio, dtype=np.float32) if audio.dtype != np.int16 else np.abs(audio.astype(np.float32)) / 32767
        if not np.isfinite(size).all():
            raise UserError(f"{item.id} has samples that are no numbers; a source or an effect is broken.")
        if item.kind != "recorded" and float(size.max(initial=0.0)) < SILENT:
            raise UserError(f"{item.id} came out silent: {item.source} has no sound for it.")
        share = float((size >= 0.9999).mean()) if size.size else 0.0
        if share > CLIPPED_SHARE:
            raise UserError(f"{item.id} is clipped in {share:.1%} of its samples; lower its level. ({item.source})")
        if item.song:
            first, length = songs.setdefault(item.song, (item.id, len(audio)))
            if length != len(audio):
                raise UserError(f"{first} has {length} samples and {item.id} {len(audio)}: one song, one length.")
