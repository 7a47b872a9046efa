"""A track that lies in one sound file, at any rate, mono or stereo."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from offline_train.datasets.base import BLOCK, RATE, Health, Track
from rtiass.audiofile import AudioFileError, native, open_audio

FULL_SCALE = 32766 / 32768
"""From here on a sample counts as clipped, if its neighbours do too."""

_MARGIN = 0.05  # seconds read beyond a window's ends, so that the resampling filter has settled inside of it


class FileTrack(Track):
    """A sound file of any format.

    Args:
        class_name: Class of the recording.
        path: The file; it is opened when something is read.
        name: For people; the file's name if empty.
    """

    def __init__(self, class_name: str, path: Path, name: str = "") -> None:
        super().__init__(class_name, name or path.stem)
        self.path = path

    @property
    def files(self) -> list[Path]:
        """The file."""
        return [self.path]

    @property
    def seconds(self) -> float:
        """Length by the header; a file without one is read to its end."""
        with open_audio(self.path) as reader:
            frames = reader.frames if reader.frames is not None else sum(len(b) for b in reader.blocks())
            return frames / reader.rate

    def read(self, start: int, count: int, rate: int = RATE) -> NDArray[np.float32]:
        """A piece of it; see ``Track.read``."""
        own = self._rate()
        if own == rate:
            return self._window(start, count)
        # Begin where a sample of either rate falls on the same moment, for the same phase in every window.
        common = gcd(own, rate)
        up, down = rate // common, own // common
        turns = (start - round(_MARGIN * rate)) // up
        wanted = start + count + round(_MARGIN * rate) - turns * up
        piece = self._window(turns * down, -(-wanted * down // up))
        out = soxr.resample(np.ascontiguousarray(piece.T), own, rate)
        first = start - turns * up
        result = np.zeros((2, count), np.float32)
        part = out[first : first + count].T
        result[:, : part.shape[1]] = part
        return result

    def sound(self, rate: int = RATE, health: Health | None = None) -> Iterator[NDArray[np.float32]]:
        """All of it in order; see ``Track.sound``."""
        health = Health() if health is None else health
        for block in _regular(self._resampled(rate, health)):
            health.samples += block.shape[1]
            yield block

    def _resampled(self, rate: int, health: Health) -> Iterator[NDArray[np.float32]]:
        """All of it at the rate wanted, in pieces of any length; what is wrong with it is counted at its own rate."""
        with open_audio(self.path) as reader:
            stream = None
            if reader.rate != rate:
                stream = soxr.ResampleStream(reader.rate, rate, 2, dtype="float32")
            counted = 0
            for block in reader.blocks(BLOCK):
                both = self._both(block)
                health.peak = max(health.peak, float(np.abs(both).max(initial=0.0)))
                health.clipped += clipped(both[:1] if block.shape[1] == 1 else both)
                counted += len(block)
                yield both if stream is None else stream.resample_chunk(np.ascontiguousarray(both.T)).T
            if stream is not None:
                yield stream.resample_chunk(np.zeros((0, 2), np.float32), last=True).T
            for sentence in reader.warnings:
                (health.warnings if "are not numbers" in sentence else health.damage).append(sentence)

    def _rate(self) -> int:
        try:
            return int(soundfile.info(native(self.path)).samplerate)
        except (soundfile.SoundFileError, TypeError, OSError):
            with open_audio(self.path) as reader:
                return reader.rate

    def _window(self, start: int, count: int) -> NDArray[np.float32]:
        """Samples at the file's own rate, shape (2, count); zeros past either end."""
        out = np.zeros((2, count), np.float32)
        skip = max(0, -start)
        if skip >= count:
            return out
        try:
            file = soundfile.SoundFile(native(self.path))
        except (soundfile.SoundFileError, TypeError, OSError):
            got = self._decoded(start + skip, count - skip)
        else:
            with file:
                try:
                    got = np.zeros((0, file.channels), np.float32)
                    if start + skip < file.frames:
                        file.seek(start + skip)
                        got = file.read(count - skip, dtype="float32", always_2d=True)
                except soundfile.SoundFileError as error:
                    raise AudioFileError(f"{self.path} is damaged: {str(error).rstrip('.')}.") from error
        both = self._both(np.nan_to_num(got, nan=0.0, posinf=0.0, neginf=0.0))
        out[:, skip : skip + both.shape[1]] = both
        return out

    def _decoded(self, start: int, count: int) -> NDArray[np.float32]:
        """The same for what libsndfile does not know (M4A and the like): decoded from the start."""
        with open_audio(self.path) as reader:
            while reader.position < start:
                if not len(reader.read(min(BLOCK, start - reader.position))):
                    break
            pieces = [np.zeros((0, reader.channels), np.float32)]
            while count > 0 and len(piece := reader.read(min(BLOCK, count))):
                pieces.append(piece)
                count -= len(piece)
            return np.concatenate(pieces)

    def _both(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Two channels, shape (2, n), from a block of shape (n, 1 or 2)."""
        if block.shape[1] == 1:
            return np.repeat(block.T, 2, axis=0)
        if block.shape[1] > 2:
            raise AudioFileError(f"{self.path} has {block.shape[1]} channels; a stem must be mono or stereo.")
        return block.T


def clipped(block: NDArray[np.float32]) -> int:
    """Samples of a block, shape (channels, n), that are at full scale three or more in a row."""
    over = np.abs(block) >= FULL_SCALE
    if not over.any():
        return 0
    padded = np.zeros((len(over), over.shape[1] + 4), bool)
    padded[:, 2:-2] = over
    triple = padded[:, :-2] & padded[:, 1:-1] & padded[:, 2:]
    return int(np.count_nonzero(triple[:, :-2] | triple[:, 1:-1] | triple[:, 2:]))


def _regular(pieces: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Pieces of any length, shape (2, n), as blocks of BLOCK samples; the last one is shorter."""
    held: list[NDArray[np.float32]] = []
    have = 0
    for piece in pieces:
        held.append(piece)
        have += piece.shape[1]
        if have >= BLOCK:
            joined = np.concatenate(held, axis=1)
            whole = have // BLOCK * BLOCK
            for start in range(0, whole, BLOCK):
                yield joined[:, start : start + BLOCK]
            held, have = [joined[:, whole:]], have - whole
    if have:
        yield np.concatenate(held, axis=1)
