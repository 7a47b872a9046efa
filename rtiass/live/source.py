"""Plays songs into the live path: decodes a file and keeps the source ring full, at the device's rate."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from rtiass.audiofile import open_audio
from rtiass.live.ring import (
    RING,
    SOURCE_DONE_AT,
    SOURCE_END,
    SOURCE_FROM,
    SOURCE_ON,
    SOURCE_READ,
    SOURCE_WRITTEN,
    AudioBlock,
)

READ = 8192
WAIT = 0.02

FADE_IN = 256
"""Frames over which a song begins that does not begin at its beginning."""

LEAVE_WITHIN = 1.0
"""Seconds that a decoder may take to let go of its song, and the callback to jump over what is left of it."""


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
        self._begun = False
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
        self._fade = FADE_IN if self.offset else 0
        self._base = int(block.counters[SOURCE_WRITTEN])
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
                self._push(self._faded_in(sound))
                self._begin()
        except Exception as error:
            self.error = f"The song can't be read on: {error}"
        head = self._block.counters
        # One that was left has no say any more: the ring belongs to the next song.
        if not self._ending.is_set():
            self._begin()
            head[SOURCE_END] = head[SOURCE_WRITTEN]
        self.filled.set()
        self._reader.close()

    def stop(self) -> None:
        """Let the thread end."""
        self._ending.set()

    def replace(self, before: SongFeeder) -> None:
        """Start in the place of another song, whose rest is faded out and left; not for the callback's thread.

        Args:
            before: The song until now, started.
        """
        before.stop()
        before.join(LEAVE_WITHIN)
        head = self._block.counters
        # What was decoded is all that there is of the old song; the new one lifts this mark with its first samples.
        head[SOURCE_END] = head[SOURCE_FROM] = self._base = int(head[SOURCE_WRITTEN])
        limit = time.monotonic() + LEAVE_WITHIN
        while head[SOURCE_READ] < self._base and time.monotonic() < limit:
            time.sleep(0.001)
        self.start()

    @property
    def over(self) -> bool:
        """Its last sample has been handed on."""
        end = int(self._block.counters[SOURCE_END])
        return self._begun and 0 <= end <= int(self._block.counters[SOURCE_READ])

    @property
    def position(self) -> int:
        """Device samples of the song that have been handed on."""
        return self.offset + max(0, int(self._block.counters[SOURCE_READ]) - self._base)

    def _begin(self) -> None:
        """The first samples are in the ring: from now on its end is that of this song."""
        if not (self._begun or self._ending.is_set()):
            head = self._block.counters
            head[SOURCE_END] = -1
            head[SOURCE_DONE_AT] = -1
            self._begun = True

    def _faded_in(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self._fade or not len(sound):
            return sound
        some = min(self._fade, len(sound))
        done = FADE_IN - self._fade
        sound = sound.copy()
        sound[:some] *= (np.arange(done, done + some, dtype=np.float32) / FADE_IN)[:, None]
        self._fade -= some
        return sound

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
