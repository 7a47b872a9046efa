"""Sound files that grow while they are written and can be read at any moment: float WAV (RF64 when long) and FLAC.

Every second the header is brought up to date, so a file whose writer was killed lacks at most its last second until it
is finished by ``finish_wav`` or ``finish_flac``. After a failed write (a full disk) the file is cut back to whole
samples.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from rtiass.audiofile import native
from rtiass.audiowriter import GRID, RIFF_LIMIT, float_wav_header
from rtiass.stft import RATE

CHANNELS = 2
WAV_FRAME = 4 * CHANNELS
_WAV_HEADER = len(float_wav_header(RATE, CHANNELS, 0))
_STREAMINFO = 8
_TOTAL_AT = _STREAMINFO + 10
_MD5_AT = _STREAMINFO + 18
_TOTAL_MASK = (1 << 36) - 1


class TrackFile(Protocol):
    """What the recorder needs of a file.

    Attributes:
        path: Where it is.
        clipped: Samples that did not fit into full scale.
    """

    path: Path
    clipped: int

    def write(self, sound: NDArray[np.float32]) -> None:
        """Append samples, shape (n, 2) float32. Raises OSError."""

    def refresh(self) -> None:
        """Bring the header up to date. Raises OSError."""

    def close(self) -> None:
        """Complete and close. Raises OSError."""

    def rescue(self) -> int:
        """After a fault: make whole what is there, without more room on the disk; returns its length in frames."""

    def cut(self, frames: int) -> None:
        """After ``rescue``: shorten to at most so many frames (FLAC: to whole blocks) and close."""


def _write_all(fd: int, data: bytes, at: int) -> None:
    while data:
        done = os.pwrite(fd, data, at)
        at += done
        data = data[done:]


class WavFile:
    """32-bit float WAV: nothing can clip. Its header keeps room for the 64-bit sizes of RF64."""

    def __init__(self, path: Path, limit: int = RIFF_LIMIT) -> None:
        """Open a new file.

        Args:
            path: Where.
            limit: Longest WAV file in bytes; a longer one becomes RF64.
        """
        self.path = path
        self.clipped = 0
        self._limit = limit
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        self._bytes = 0
        try:
            self.refresh()
        except OSError:
            os.close(self._fd)
            raise

    def write(self, sound: NDArray[np.float32]) -> None:
        """Append samples, shape (n, 2) float32. Raises OSError."""
        data = np.ascontiguousarray(sound, dtype="<f4").tobytes()
        _write_all(self._fd, data, _WAV_HEADER + self._bytes)
        self._bytes += len(data)

    def refresh(self) -> None:
        """Bring the header up to date. Raises OSError."""
        _write_all(self._fd, float_wav_header(RATE, CHANNELS, self._bytes, self._limit), 0)

    def close(self) -> None:
        """Complete and close. Raises OSError."""
        self.refresh()
        os.close(self._fd)
        self._fd = -1

    def rescue(self) -> int:
        """Frames that are whole on the disk."""
        return self._bytes // WAV_FRAME

    def cut(self, frames: int) -> None:
        """Shorten to at most so many frames and close."""
        if self._fd < 0:
            return
        self._bytes = min(self._bytes, frames * WAV_FRAME)
        os.ftruncate(self._fd, _WAV_HEADER + self._bytes)
        self.close()


class _FlacStream:
    """What libsndfile writes into: knows where each FLAC block ends, and swallows everything after a failed write."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        self.error: OSError | None = None
        self.block = 0
        self.blocks = 0
        self.ends: deque[int] = deque(maxlen=256)
        self._at = 0

    def write(self, data: bytes) -> int:
        if self.error is None:
            try:
                _write_all(self.fd, data, self._at)
            except OSError as error:
                self.error = error
            else:
                self._count(data)
        self._at += len(data)
        return len(data)

    def _count(self, data: bytes) -> None:
        if self.block == 0 and self._at == 4 and len(data) >= 38:
            self.block = struct.unpack(">H", data[6:8])[0]
        # A block of sound begins with a sync code and stands behind all that was written so far.
        if data[:1] == b"\xff" and self._at >= (self.ends[-1] if self.ends else 42):
            self.blocks += 1
            self.ends.append(self._at + len(data))

    def read(self, count: int) -> bytes:
        data = os.pread(self.fd, count, self._at)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: os.fstat(self.fd).st_size}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at


class FlacFile:
    """24-bit FLAC. What is beyond full scale is clipped, and counted."""

    def __init__(self, path: Path) -> None:
        """Open a new file."""
        self.path = path
        self.clipped = 0
        self._frames = 0
        self._stream = _FlacStream(path)
        self._file = soundfile.SoundFile(self._stream, "w", RATE, CHANNELS, format="FLAC", subtype="PCM_24")

    def write(self, sound: NDArray[np.float32]) -> None:
        """Append samples, shape (n, 2) float32. Raises OSError."""
        steps = np.rint(sound.astype(np.float64) * GRID)
        self.clipped += int(np.count_nonzero((steps < -GRID) | (steps > GRID - 1)))
        self._file.write(np.clip(steps, -GRID, GRID - 1).astype(np.int32) << 8)
        self._frames += len(sound)
        self._check()

    def _check(self) -> None:
        if self._stream.error is not None:
            raise self._stream.error

    @property
    def _whole(self) -> int:
        return min(self._stream.blocks * self._stream.block, self._frames)

    def refresh(self) -> None:
        """Bring the header up to date. Raises OSError."""
        if self._stream.block:
            _patch_flac(self._stream.fd, self._whole)

    def close(self) -> None:
        """Complete and close. Raises OSError."""
        try:
            self._file.close()
            self._check()
        finally:
            if self._stream.error is None:
                os.close(self._stream.fd)
                self._stream.fd = -1

    def rescue(self) -> int:
        """Frames that are whole on the disk."""
        return self._whole

    def cut(self, frames: int) -> None:
        """Shorten to at most so many frames and close."""
        stream = self._stream
        if stream.fd < 0:
            return
        stream.error = stream.error or OSError("ended")
        if not self._file.closed:
            self._file.close()
        drop = 0
        if stream.block and self._whole > frames:
            drop = min(-(-(self._whole - frames) // stream.block), len(stream.ends) - 1)
        if stream.ends:
            os.ftruncate(stream.fd, stream.ends[-1 - drop])
            _patch_flac(stream.fd, self._whole - drop * stream.block)
        os.close(stream.fd)


def _patch_flac(fd: int, frames: int) -> None:
    """Write the length into a FLAC header, and that there is no checksum of the whole."""
    word = struct.unpack(">Q", os.pread(fd, 8, _TOTAL_AT))[0]
    _write_all(fd, struct.pack(">Q", word & ~_TOTAL_MASK | min(frames, _TOTAL_MASK)) + bytes(16), _TOTAL_AT)


def finish_wav(path: Path, limit: int = RIFF_LIMIT) -> int:
    """Complete a file that was left behind; returns its length in frames. Raises OSError."""
    fd = os.open(path, os.O_RDWR)
    try:
        frames = max(0, os.fstat(fd).st_size - _WAV_HEADER) // WAV_FRAME
        os.ftruncate(fd, _WAV_HEADER + frames * WAV_FRAME)
        _write_all(fd, float_wav_header(RATE, CHANNELS, frames * WAV_FRAME, limit), 0)
        return frames
    finally:
        os.close(fd)


def finish_flac(path: Path) -> int:
    """Complete a file that was left behind: its length is counted by decoding. Returns it in frames. Raises OSError."""
    fd = os.open(path, os.O_RDWR)
    try:
        if os.fstat(fd).st_size < 42:
            return 0
        block = max(16, struct.unpack(">H", os.pread(fd, 2, _STREAMINFO))[0])
        _patch_flac(fd, 0)
        frames = 0
        try:
            with soundfile.SoundFile(native(path)) as file:
                while count := len(file.read(block, dtype="int32")):
                    frames += count
        except soundfile.SoundFileError:
            pass  # Of an unknown length, the end is an error to libsndfile; so is a block that was cut off.
        _patch_flac(fd, frames)
        return frames
    finally:
        os.close(fd)
