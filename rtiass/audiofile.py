"""Streaming decode of sound files: any length at constant memory, as float32, at the file's own rate.

WAV, FLAC, Ogg, Opus, MP3, AIFF and the like are read by libsndfile; M4A, AAC, video files and whatever else
libsndfile cannot open by FFmpeg's libraries (PyAV). Encoder delay and padding are left out where the library
knows them.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from rtiass.errors import UserError

LOWEST_RATE = 1000
HIGHEST_RATE = 768_000
BLOCK = 16384
"""Samples read at a time, when the caller does not say."""

_UNKNOWN_FRAMES = 1 << 60  # libsndfile's "as long as it goes"
_PADDING = 8192  # no codec pads by more; a longer excess means that the stated length is wrong
_LONGEST_GAP = 60  # seconds; what claims a longer one has wrong times


class AudioFileError(UserError):
    """A sound file that cannot be read or written."""


class AudioReader(ABC):
    """An open sound file, read from its start to its end.

    Attributes:
        path: The file, as it was named.
        rate: Samples per second.
        channels: Number of channels.
        frames: Length in samples by the file's own account, or None; what is read may differ.
        position: Samples read so far.
        warnings: Sentences about what was wrong with the file; complete once the end has been read.
    """

    def __init__(self, path: Path, rate: int, channels: int, frames: int | None) -> None:
        self.path = path
        self.rate = rate
        self.channels = channels
        self.frames = frames
        self.position = 0
        self.warnings: list[str] = []
        self._bad_values = 0
        self._ended = False

    @abstractmethod
    def _decode(self, count: int) -> NDArray[np.float32]:
        """Next samples, shape (n <= count, channels), C-contiguous and writable; none at the end."""

    @abstractmethod
    def close(self) -> None:
        """Close the file; a second call does nothing."""

    def read(self, count: int = BLOCK) -> NDArray[np.float32]:
        """Read on.

        Args:
            count: Number of samples wanted, at least 1.

        Returns:
            Shape (n, channels) float32, full scale 1.0, n at most ``count``; n = 0 at the end and only there.
            Values that are not finite come as 0.
        """
        if self._ended:
            return np.zeros((0, self.channels), np.float32)
        block = self._decode(count)
        self.position += len(block)
        good = np.isfinite(block)
        if not good.all():
            self._bad_values += int(good.size - np.count_nonzero(good))
            block = np.where(good, block, np.float32(0.0))
        if not len(block):
            self._ended = True
            self._end()
        return block

    def blocks(self, count: int = BLOCK) -> Iterator[NDArray[np.float32]]:
        """All that is left, as blocks of at most ``count`` samples."""
        while len(block := self.read(count)):
            yield block

    def _end(self) -> None:
        if self._bad_values:
            self.warnings.append(
                f"{self.path.name} has {self._bad_values} values that are not numbers; they were taken as silence."
            )
        if self.frames is not None and self.position < self.frames and not self._tolerated():
            self.warnings.append(
                f"{self.path.name} ends early: {_seconds(self.position, self.rate)} of "
                f"{_seconds(self.frames, self.rate)} could be read and were used."
            )

    def _tolerated(self) -> bool:
        """The stated length is an estimate, and what was read is as long within its error."""
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _SoundFileReader(AudioReader):
    """Reads by libsndfile."""

    def __init__(self, path: Path) -> None:
        self._file = soundfile.SoundFile(native(path))
        frames: int | None = self._file.frames
        if frames is not None and not 0 <= frames < _UNKNOWN_FRAMES:
            frames = None
        super().__init__(path, self._file.samplerate, self._file.channels, frames)
        # libsndfile shortens a cut WAV file to what is there without an error, and only notes it: "data :
        # 8000 (should be 4000)".
        if re.search(r"^\s*data\s*:.*should be", self._file.extra_info, re.MULTILINE):
            self.warnings.append(
                f"{path.name} is shorter than its header says, perhaps a cut download; what is there was used."
            )

    def _decode(self, count: int) -> NDArray[np.float32]:
        try:
            block: NDArray[np.float32] = self._file.read(count, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            self.warnings.append(
                f"{self.path.name} is damaged after {_seconds(self.position, self.rate)} ({_reason(error)}); "
                "what comes before was used."
            )
            self.frames = None
            return np.zeros((0, self.channels), np.float32)
        return block

    def close(self) -> None:
        self._file.close()


class _AvReader(AudioReader):
    """Reads by FFmpeg's libraries: the first sound track of anything."""

    def __init__(self, path: Path) -> None:
        import av

        self._errors: type[Exception] = av.error.FFmpegError
        self._damaged = 0
        self._excess = 0
        # A file object, because PyAV takes only names that are proper Unicode.
        self._source = path.open("rb")
        try:
            # Playlists and the like name files and addresses of their own: nothing but the file itself is ever opened.
            self._container = av.open(
                self._source, "r", metadata_errors="replace", options={"protocol_whitelist": "none"}
            )
        except BaseException:
            self._source.close()
            raise
        try:
            tracks = self._container.streams.audio
            if not tracks:
                raise AudioFileError(f"{path} has no sound track, or is damaged.")
            self._track = tracks[0]
            self._frames = self._decoded()
            # The header may be wrong about the rate (HE-AAC): only the first decoded frame tells it.
            first = next(self._frames, None)
            if first is None:
                raise AudioFileError(f"{path} holds no sound.")
            rate, channels = int(first.sample_rate), int(first.layout.nb_channels)
            stated = self._stated_frames(rate)
            super().__init__(path, rate, channels, stated)
        except BaseException:
            self.close()
            raise
        self._parts = [_as_float(first)]
        self._start = self._time_of(first)
        self._count = int(first.samples)
        self._filled = 0
        self._pieces = self._sound()
        # In MP4 the edit list tells the length, in steps of a millisecond or so: round it up, not to cost music.
        self._limit = None
        if self._is_mp4() and self._track.duration is not None and stated is not None:
            self._limit = stated + rate // 500

    def _is_mp4(self) -> bool:
        return "mp4" in self._container.format.name

    def _stated_frames(self, rate: int) -> int | None:
        if self._track.duration is not None and self._track.time_base is not None:
            return max(0, round(float(self._track.duration * self._track.time_base) * rate))
        if self._container.duration is not None:
            return max(0, round(self._container.duration * 1e-6 * rate))
        return None

    def _decoded(self) -> Iterator[Any]:
        packets = self._container.demux(self._track)
        while True:
            try:
                packet = next(packets, None)
            except self._errors:
                return  # a cut file: the stated length tells how much is missing
            if packet is None:
                return
            try:
                for frame in packet.decode():
                    self._excess = self._excess_of(frame, packet)
                    yield frame
            except self._errors:
                self._damaged += 1

    def _excess_of(self, frame: Any, packet: Any) -> int:
        """Samples of a frame beyond what its MP4 packet is meant to last: if it is the last frame, padding."""
        if not self._is_mp4() or not packet.duration or not packet.time_base:
            return 0
        lasts = round(float(packet.duration * packet.time_base) * frame.sample_rate)
        return max(0, int(frame.samples) - lasts)

    def _decode(self, count: int) -> NDArray[np.float32]:
        have = sum(len(p) for p in self._parts)
        # Look ahead by more than any padding: only once the end is in sight is known what is padding.
        while have < count + _PADDING:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._parts.append(piece)
            have += len(piece)
        else:
            return self._take(count)
        end = self.position + have - self._excess
        self._excess = 0
        # A wrong length must not cost music: only an excess that can be padding is cut.
        if self._limit is not None and self._limit < end <= self._limit + _PADDING:
            end = self._limit
        self._parts = [self._take(max(0, end - self.position))]
        return self._take(count)

    def _sound(self) -> Iterator[NDArray[np.float32]]:
        """All frames after the first, with silence where packets were lost, in pieces of bounded length."""
        for frame in self._frames:
            if (frame.sample_rate, frame.layout.nb_channels) != (self.rate, self.channels):
                self.warnings.append(
                    f"{self.path.name} changes its rate or channels after "
                    f"{_seconds(self._count, self.rate)}; what comes before was used."
                )
                self.frames = None
                self._excess = 0
                return
            gap = self._gap(frame)
            self._count += gap + frame.samples
            for start in range(0, gap, BLOCK):
                yield np.zeros((min(BLOCK, gap - start), self.channels), np.float32)
            yield _as_float(frame)

    def _time_of(self, frame: Any) -> float | None:
        if frame.pts is None or frame.time_base is None:
            return None
        return float(frame.pts * frame.time_base)

    def _gap(self, frame: Any) -> int:
        """Samples missing before a frame because packets before it were damaged."""
        lost, self._filled = self._damaged - self._filled, self._damaged
        time = self._time_of(frame)
        if not lost or time is None or self._start is None:
            return 0
        gap = round((time - self._start) * self.rate) - self._count
        return gap if 0 < gap <= min(_PADDING * lost, _LONGEST_GAP * self.rate) else 0

    def _take(self, count: int) -> NDArray[np.float32]:
        joined = np.concatenate(self._parts) if self._parts else np.zeros((0, self.channels), np.float32)
        self._parts = [joined[count:]] if len(joined) > count else []
        return joined[:count]

    def _end(self) -> None:
        if self._damaged:
            self.warnings.append(
                f"{self.path.name} is damaged in places (packets lost: {self._damaged}); there it is silent."
            )
        super()._end()

    def _tolerated(self) -> bool:
        # MP4 tells its length in coarse steps; that of streams without an index is guessed from the bit rate.
        if self._limit is not None:
            return self.position >= self._limit - self.rate // 50
        return self.frames is not None and self.position > 0.9 * self.frames

    def close(self) -> None:
        self._container.close()
        self._source.close()


def open_audio(path: str | Path) -> AudioReader:
    """Open a sound file.

    Args:
        path: The file, in any format that libsndfile or FFmpeg know, at any rate and channel count.

    Raises:
        AudioFileError: It is missing, empty, no sound file, or cannot be read; a sentence says which.
    """
    path = Path(path)
    _check_file(path)
    reader = _open_any(path)
    if reader.frames == 0 or reader.rate < LOWEST_RATE or reader.rate > HIGHEST_RATE:
        reader.close()
        if reader.frames == 0:
            raise AudioFileError(f"{path} holds no sound: its length is zero.")
        raise AudioFileError(
            f"{path} has {reader.rate} samples a second; {LOWEST_RATE} to {HIGHEST_RATE} can be handled."
        )
    return reader


def native(path: Path) -> str | bytes:
    """A file name as soundfile takes it: on POSIX as bytes, for they need not be proper Unicode."""
    return os.fsencode(path) if os.name == "posix" else str(path)


def _check_file(path: Path) -> None:
    try:
        if not path.exists():
            raise AudioFileError(f"There is no file {path}.")
        if path.is_dir():
            raise AudioFileError(f"{path} is a folder; name the sound files in it.")
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise AudioFileError(f"{path} can't be read: {error.strerror or error}.") from error
    except ValueError as error:  # a null character in the name
        raise AudioFileError(f"{path!r} is no file name.") from error
    if empty:
        raise AudioFileError(f"{path} is empty (0 bytes).")


def _open_any(path: Path) -> AudioReader:
    try:
        return _SoundFileReader(path)
    except (soundfile.SoundFileError, TypeError, OSError) as first:
        # TypeError: soundfile wants to be told the layout of files named .raw.
        try:
            return _AvReader(path)
        except ImportError as error:
            raise AudioFileError(
                f"{path} can't be opened ({_reason(first)}). For M4A and other formats install PyAV: pip install av."
            ) from error
        except AudioFileError:
            raise
        except Exception as error:  # PyAV raises errors of many kinds on damaged files
            raise AudioFileError(
                f"{path} is not a sound file that can be read, or is damaged ({_reason(error)})."
            ) from error


def _reason(error: BaseException) -> str:
    """The library's own words without its prefix, the file name and the full stop."""
    text = str(getattr(error, "strerror", None) or getattr(error, "error_string", None) or error)
    return text.strip().removeprefix("Error : ").rstrip(".") or type(error).__name__


def _seconds(samples: int, rate: int) -> str:
    return f"{samples / rate:.2f} s"


_TO_FLOAT: dict[str, Callable[[NDArray[Any]], NDArray[np.float32]]] = {
    "u1": lambda a: (a.astype(np.float32) - 128.0) / 128.0,
    "i2": lambda a: a.astype(np.float32) / 32768.0,
    "i4": lambda a: (a.astype(np.float64) / 2.0**31).astype(np.float32),
    "i8": lambda a: (a.astype(np.float64) / 2.0**63).astype(np.float32),
    "f4": lambda a: a,
    "f8": lambda a: a.astype(np.float32),
}


def _as_float(frame: Any) -> NDArray[np.float32]:
    """Samples of a decoded frame, shape (n, channels) float32."""
    values = frame.to_ndarray()
    values = values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
    return np.ascontiguousarray(_TO_FLOAT[values.dtype.str[1:]](values))
