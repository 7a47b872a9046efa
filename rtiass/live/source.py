"""Plays a song into the live path: decodes a file and keeps the source ring full, at the device's rate."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from rtiass.audiofile import open_audio
from rtiass.live.ring import RING, SOURCE_END, SOURCE_ON, SOURCE_READ, SOURCE_WRITTEN, AudioBlock

READ = 8192
WAIT = 0.02


class SongFeeder(threading.Thread):
    """Fills the source ring from a file, in a thread of its own.

    Attributes:
        length: Length of the song in device samples by the file's own account, 0 if it isn't known.
        offset: Where playing began, in device samples.
        error: What went wrong on the way, as a sentence, or an empty string; the song then ends early.
    """

    def __init__(self, path: Path, block: AudioBlock, device_rate: int, start: float = 0.0) -> None:
        """Open the file; the thread has to be started.

        Args:
            path: Song.
            block: Its source ring is filled.
            device_rate: In hertz.
            start: Where to begin, in seconds.

        Raises:
            UserError: The file can't be opened.
        """
        super().__init__(name="rtiass-song", daemon=True)
        self._reader = open_audio(path)
        rate = self._reader.rate
        self._block = block
        self._resample = None if rate == device_rate else soxr.ResampleStream(rate, device_rate, 2, dtype="float32")
        self._ending = threading.Event()
        self.error = ""
        frames = self._reader.frames
        self.length = round(frames * device_rate / rate) if frames else 0
        self.offset = 0
        skip = int(start * rate)
        while skip > 0:
            got = len(self._reader.read(min(skip, 1 << 16)))
            if got == 0:
                break
            skip -= got
            self.offset += round(got * device_rate / rate)
        block.counters[SOURCE_ON] = 1
        self.filled = threading.Event()

    def run(self) -> None:
        """Decode until the end or until stopped."""
        try:
            ended = False
            while not (ended or self._ending.is_set()):
                data = self._reader.read(READ)
                ended = len(data) == 0
                sound = stereo(data)
                if self._resample is not None:
                    sound = self._resample.resample_chunk(sound, last=ended)
                self._push(sound)
        except Exception as error:
            self.error = f"The song can't be read on: {error}"
        head = self._block.counters
        head[SOURCE_END] = head[SOURCE_WRITTEN]
        self.filled.set()
        self._reader.close()

    def stop(self) -> None:
        """Let the thread end."""
        self._ending.set()

    @property
    def position(self) -> int:
        """Device samples of the song that have been handed on."""
        return self.offset + int(self._block.counters[SOURCE_READ])

    def _push(self, sound: NDArray[np.float32]) -> None:
        while len(sound) and not self._ending.is_set():
            room = self._block.source_room
            if room == 0 or room < min(len(sound), READ):
                self.filled.set()
                self._ending.wait(WAIT)
                continue
            part = min(room, len(sound))
            self._block.write_source(np.ascontiguousarray(sound[:part]))
            sound = sound[part:]
            if room - part < RING // 2:
                self.filled.set()


def stereo(data: NDArray[np.float32]) -> NDArray[np.float32]:
    """Two channels from any number: one is doubled, of more the first two are taken.

    Args:
        data: Shape (n, channels) float32.

    Returns:
        Shape (n, 2) float32.
    """
    if data.shape[1] == 1:
        return np.repeat(data, 2, axis=1)
    return np.ascontiguousarray(data[:, :2])
