"""The song that all hear: decoded, brought to 44.1 kHz and two channels once, for every adapter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soxr

from rtiass.audiofile import open_audio
from rtiass.errors import UserError
from rtiass.stft import RATE


def write_song(song: Path, seconds: float, target: Path) -> tuple[float, float]:
    """Write at most ``seconds`` of a sound file as (n, 2) float32 samples, ``.npy``.

    Returns:
        Seconds that were written, and the song's length as far as the file tells it.

    Raises:
        rtiass.errors.UserError: The file can't be read, or has no sound in it.
    """
    with open_audio(song) as reader:
        blocks, wanted = [], int(seconds * reader.rate)
        while wanted > 0 and len(block := reader.read(min(wanted, 1 << 16))):
            blocks.append(block.copy())
            wanted -= len(block)
        rate, channels, frames = reader.rate, reader.channels, reader.frames
    if not blocks:
        raise UserError(f"{song.name} has no sound in it. Choose another song.")
    samples = np.concatenate(blocks)
    if rate != RATE:
        samples = soxr.resample(samples, rate, RATE)
    if channels != 2:
        samples = np.repeat(samples.mean(axis=1, keepdims=True), 2, axis=1)
    np.save(target, np.ascontiguousarray(samples, np.float32))
    written = len(samples) / RATE
    return written, frames / rate if frames else written
