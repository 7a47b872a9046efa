"""Streaming encode of stems that belong together: all of them appear at once, complete, or none does.

Blocks go to hidden files beside the goal, which are renamed when everything is written. WAV is 32-bit float,
so nothing can clip; FLAC is 24-bit and is encoded at the end, when the loudest sample is known; Ogg is
Vorbis.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import signal
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from rtiass.audiofile import AudioFileError, native

FORMATS = ("wav", "flac", "ogg")
GRID = 2.0**23
"""Steps of 24-bit samples in full scale: stems on this grid add up to a 24-bit input without any rounding."""

RIFF_LIMIT = 2**32 - 1
"""Longest WAV file in bytes; longer ones are written as RF64."""

FLAC_MAX_CHANNELS = 8
FLAC_MAX_RATE = 655_350
_BLOCK = 8192  # libsndfile's Vorbis encoder overflows its stack on very long blocks
_PEAK = (GRID - 1) / GRID

# Speaker masks of the usual layouts (WAVEFORMATEXTENSIBLE), by channel count.
_SPEAKERS = {3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x13F, 8: 0x63F}
_FLOAT_GUID = bytes.fromhex("0300000000001000800000aa00389b71")


class _Writer(Protocol):
    def write(self, block: NDArray[np.float32]) -> None: ...

    def close(self) -> None: ...


def float_wav_header(rate: int, channels: int, size: int, limit: int = RIFF_LIMIT) -> bytes:
    """Header of a WAV file of 32-bit floats, as long for any size of the sound; RF64 where the file is too long.

    Args:
        rate: Samples per second.
        channels: Number of channels.
        size: Bytes of sound.
        limit: Longest WAV file in bytes.
    """
    frame = 4 * channels
    frames = size // frame
    tag, extra = (3, b"\0\0")
    if channels > 2:
        tag = 0xFFFE
        extra = struct.pack("<HHI", 22, 32, _SPEAKERS.get(channels, 0)) + _FLOAT_GUID
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, 32) + extra
    body = b"fmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"fact" + struct.pack("<II", 4, min(frames, 0xFFFFFFFF))
    whole = 4 + 36 + len(body) + 8 + size
    if whole + 8 <= limit:
        start = b"RIFF" + struct.pack("<I", whole) + b"WAVE" + b"JUNK" + struct.pack("<I", 28) + bytes(28)
        return start + body + b"data" + struct.pack("<I", size)
    start = b"RF64" + b"\xff" * 4 + b"WAVE"
    start += b"ds64" + struct.pack("<IQQQI", 28, whole, size, frames, 0)
    return start + body + b"data" + b"\xff" * 4


class FloatWavWriter:
    """Writes WAV with 32-bit float samples, or RF64 (EBU Tech 3306) where the length needs 64 bits.

    The header keeps room for the 64-bit sizes as a ``JUNK`` chunk, so that the choice can be made at the end.
    """

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        self._file: BinaryIO = path.open("wb")
        self._rate = rate
        self._channels = channels
        self._bytes = 0
        self._file.write(self._header())

    def _header(self) -> bytes:
        return float_wav_header(self._rate, self._channels, self._bytes, RIFF_LIMIT)

    def write(self, block: NDArray[np.float32]) -> None:
        """Append samples of shape (n, channels)."""
        data = np.ascontiguousarray(block, dtype="<f4").tobytes()
        self._file.write(data)
        self._bytes += len(data)

    def close(self) -> None:
        """Complete the header and close."""
        if self._file.closed:
            return
        try:
            self._file.seek(0)
            self._file.write(self._header())
        finally:
            self._file.close()


class _VorbisWriter:
    def __init__(self, path: Path, rate: int, channels: int) -> None:
        self._file = soundfile.SoundFile(native(path), "w", rate, channels, format="OGG", subtype="VORBIS")

    def write(self, block: NDArray[np.float32]) -> None:
        for start in range(0, len(block), _BLOCK):
            self._file.write(block[start : start + _BLOCK])

    def close(self) -> None:
        self._file.close()


def check_format(name: str, rate: int, channels: int) -> None:
    """Make sure that a format can hold the sound.

    Args:
        name: ``wav``, ``flac`` or ``ogg``.
        rate: Samples per second.
        channels: Number of channels.

    Raises:
        AudioFileError: It is unknown, or cannot.
    """
    if name not in FORMATS:
        raise AudioFileError(f"Stems can be written as {', '.join(FORMATS)}, not as '{name}'.")
    if name == "flac" and (channels > FLAC_MAX_CHANNELS or rate > FLAC_MAX_RATE):
        raise AudioFileError(
            f"FLAC holds at most {FLAC_MAX_CHANNELS} channels at {FLAC_MAX_RATE} Hz, not {channels} "
            f"at {rate} Hz. Use --format wav."
        )


class OutputSet:
    """Files that are written together and appear together.

    Used as a context manager: leaving it without ``commit`` removes all traces.

    Attributes:
        lowered_db: Decibels by which all files were lowered so that none clips; 0 but for FLAC. Known after
            ``commit``.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], fmt: str, rate: int, channels: int, *, own_folder: bool
    ) -> None:
        """Open the files.

        Args:
            folder: Where the files go.
            names: File names without suffix.
            fmt: ``wav``, ``flac`` or ``ogg``.
            rate: Samples per second.
            channels: Number of channels.
            own_folder: The folder belongs to these files: it is made when they are complete, and comes with
                them. Otherwise it must exist.

        Raises:
            AudioFileError: The format does not fit or the folder cannot be written.
        """
        check_format(fmt, rate, channels)
        self._folder = folder
        self._own = own_folder
        self._format = fmt
        self._rate = rate
        self._channels = channels
        self._peak = 0.0
        self.lowered_db = 0.0
        self._writers: dict[str, _Writer] = {}
        self._done = False
        home = folder.parent if own_folder else folder
        self._part = home / f".{folder.name if own_folder else names[0]}.{os.getpid()}.part"
        if folder.exists() and not folder.is_dir():
            raise AudioFileError(f"Can't write to {folder}: it is a file, not a folder.")
        self._new = [path for path in (home, *home.parents) if not path.exists()]
        try:
            home.mkdir(parents=True, exist_ok=True)
            if self._part.exists():  # left by a killed process that had the same number
                shutil.rmtree(self._part)
            self._part.mkdir()
            for name in names:
                self._writers[name] = self._open(name)
        except (OSError, soundfile.SoundFileError) as error:
            self.discard()
            raise _write_error(folder, error) from error
        except BaseException:
            self.discard()
            raise

    def _open(self, name: str) -> _Writer:
        if self._format == "ogg":
            return _VorbisWriter(self._part / f"{name}.ogg", self._rate, self._channels)
        # FLAC passes through a float file: whether it would clip is known only at the end.
        suffix = "wav" if self._format == "wav" else "float"
        return FloatWavWriter(self._part / f"{name}.{suffix}", self._rate, self._channels)

    def write(self, name: str, block: NDArray[np.float32]) -> None:
        """Append samples of shape (n, channels) to a file.

        Raises:
            AudioFileError: The disk is full or gone.
        """
        if len(block):
            self._peak = max(self._peak, float(block.max()), -float(block.min()))
        try:
            self._writers[name].write(block)
        except (OSError, soundfile.SoundFileError) as error:
            raise _write_error(self._folder, error) from error

    def add_path(self, name: str) -> Path:
        """Where to put a further file, such as a picture, so that it appears with the others."""
        return self._part / name

    def commit(self) -> list[Path]:
        """Complete the files and give them their names.

        Returns:
            Their paths. Files of the same names are replaced, other files in the folder stay.

        Raises:
            AudioFileError: The disk is full or gone.
        """
        try:
            for writer in self._writers.values():
                writer.close()
            if self._format == "flac":
                self._encode_flac()
            with _without_interrupts():
                paths = self._appear()
                self._done = True
        except (OSError, soundfile.SoundFileError) as error:
            raise _write_error(self._folder, error) from error
        return paths

    def _encode_flac(self) -> None:
        gain = 1.0
        if self._peak > _PEAK:
            gain = _PEAK / self._peak
            self.lowered_db = -20.0 * math.log10(gain)
        for name in self._writers:
            staged = self._part / f"{name}.float"
            goal = self._part / f"{name}.flac"
            with (
                soundfile.SoundFile(native(staged)) as source,
                soundfile.SoundFile(
                    native(goal), "w", self._rate, self._channels, format="FLAC", subtype="PCM_24"
                ) as out,
            ):
                for block in source.blocks(_BLOCK, dtype="float64", always_2d=True):
                    # As integers: libsndfile's own conversion scales by 2^23 - 1 and would spoil exact sums.
                    steps = np.clip(np.rint(block * (gain * GRID)), -GRID, GRID - 1).astype(np.int32)
                    out.write(steps << 8)
            staged.unlink()

    def _appear(self) -> list[Path]:
        names = sorted(p.name for p in self._part.iterdir())
        if self._own and not self._folder.exists():
            self._part.rename(self._folder)
        else:
            for name in names:
                (self._part / name).replace(self._folder / name)
            self._part.rmdir()
        return [self._folder / name for name in names]

    def discard(self) -> None:
        """Remove everything that was written; does nothing after ``commit``."""
        if self._done:
            return
        for writer in self._writers.values():
            with contextlib.suppress(OSError, soundfile.SoundFileError):
                writer.close()
        shutil.rmtree(self._part, ignore_errors=True)
        # Folders that were made for the files go too, unless something else is in them by now.
        with contextlib.suppress(OSError):
            for path in self._new:
                path.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _without_interrupts():
            self.discard()


def _write_error(folder: Path, error: Exception) -> AudioFileError:
    reason = getattr(error, "strerror", None) or str(error)
    return AudioFileError(f"Can't write to {folder}: {str(reason).rstrip('.')}.")


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C and a polite kill for a moment; they are delivered afterwards.

    Outside the main thread there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    previous = {
        number: signal.signal(number, lambda number, frame: waiting.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if waiting:
            signal.raise_signal(waiting[0])
