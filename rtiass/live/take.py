"""A take on the disk: a folder with a file for each track and ``take.toml``, all ``.part`` until it is complete."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from rtiass.audiowriter import RIFF_LIMIT
from rtiass.errors import UserError
from rtiass.live.trackfile import FlacFile, TrackFile, WavFile, finish_flac, finish_wav
from rtiass.stft import RATE

FORMATS = ("flac", "wav")
PART = ".part"
CARD = "take.toml"
SILENCE = 1 << 16


class Take:
    """A take that is being written. All tracks have the same length and begin at the same sample.

    Attributes:
        folder: Where it is.
        frames: Length so far in samples.
        gaps: Stretches of silence that stand for what could not be recorded: first sample in the file and length.
    """

    def __init__(
        self, home: Path, names: Sequence[str], fmt: str, about: Mapping[str, Any], *, limit: int = RIFF_LIMIT
    ) -> None:
        """Make the folder and open the files.

        Args:
            home: Folder of all takes; made if it isn't there.
            names: Names of the tracks.
            fmt: ``flac`` or ``wav``.
            about: Further values for ``take.toml``.
            limit: Longest WAV file in bytes; longer ones become RF64.

        Raises:
            OSError: The disk is full, or can't be written.
        """
        self.stamp, self.folder = _make_folder(home)
        self.frames = 0
        self.gaps: list[tuple[int, int]] = []
        self.changes: list[dict[str, Any]] = []
        self._about = dict(about)
        self._format = fmt
        self._lock = hold(self.folder)
        self._files: list[TrackFile] = []
        try:
            for name in names:
                path = self.folder / f"{self.stamp}_{name}.{fmt}{PART}"
                self._files.append(WavFile(path, limit) if fmt == "wav" else FlacFile(path))
            self.write_card()
        except (OSError, soundfile.SoundFileError):
            self.rescue()
            raise

    @property
    def clipped(self) -> int:
        """Samples of all tracks that were beyond full scale (FLAC only)."""
        return sum(file.clipped for file in self._files)

    def write(self, sound: NDArray[np.float32]) -> None:
        """Append samples of shape (n, tracks, 2) float32. Raises OSError."""
        try:
            for index, file in enumerate(self._files):
                file.write(sound[:, index])
        except soundfile.SoundFileError as error:
            raise OSError(str(error)) from error
        self.frames += len(sound)

    def write_gap(self, frames: int) -> None:
        """Append silence in place of what was lost. Raises OSError."""
        self.gaps.append((self.frames, frames))
        silence = np.zeros((min(frames, SILENCE), len(self._files), 2), np.float32)
        while frames > 0:
            some = min(frames, SILENCE)
            self.write(silence[:some])
            frames -= some
        self.write_card()

    def note_change(self, **values: Any) -> None:
        """Note something that changed at the current sample, such as the mode. Raises OSError."""
        self.changes.append({"sample": self.frames, **values})
        self.write_card()

    def refresh(self) -> None:
        """Bring all headers up to date. Raises OSError."""
        for file in self._files:
            file.refresh()

    def write_card(self, *, complete: bool = False, **more: Any) -> None:
        """Write ``take.toml``; as ``.part`` while the take isn't complete. Raises OSError."""
        values: dict[str, Any] = {
            "complete": complete,
            "frames": self.frames,
            "gaps": len(self.gaps),
            "gap_frames": sum(length for _, length in self.gaps),
            "clipped_samples": self.clipped,
            **more,
            **self._about,
            "files": [file.path.name.removesuffix(PART) for file in self._files],
        }
        tables = {"gap": [{"sample": at, "frames": count} for at, count in self.gaps], "change": self.changes}
        write_card(self.folder / (CARD + PART), values, tables)

    def close(self) -> Path:
        """Complete the take and give the files their names; returns the folder.

        Raises:
            OSError: The disk is full; call ``rescue`` then.
        """
        for file in self._files:
            file.close()
        self.write_card(complete=True)
        self._appear()
        return self.folder

    def rescue(self, reason: str = "") -> Path | None:
        """After a fault: make whole what is on the disk, all tracks of one length; None if there is nothing."""
        shortest = min((file.rescue() for file in self._files), default=0)
        for file in self._files:
            with contextlib.suppress(OSError, soundfile.SoundFileError):
                file.cut(shortest)
        self.frames = min(self.frames, shortest)
        if shortest == 0:
            self._remove()
            return None
        with contextlib.suppress(OSError):
            self.write_card(complete=True, ended_by=reason)
        self._appear()
        return self.folder

    def discard(self) -> None:
        """Take back a take in which there is nothing."""
        for file in self._files:
            with contextlib.suppress(OSError, soundfile.SoundFileError):
                file.close()
        self._remove()

    def _remove(self) -> None:
        for path in self.folder.glob(f"*{PART}*"):
            path.unlink(missing_ok=True)
        release(self._lock)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _appear(self) -> None:
        for path in [*(file.path for file in self._files), self.folder / (CARD + PART)]:
            if path.exists():
                path.rename(path.with_name(path.name.removesuffix(PART)))
        release(self._lock)


def _make_folder(home: Path) -> tuple[str, Path]:
    stamp = plain = time.strftime("%Y-%m-%d_%H-%M-%S")
    home.mkdir(parents=True, exist_ok=True)
    for again in range(2, 1000):
        try:
            (home / stamp).mkdir()
            break
        except FileExistsError:
            stamp = f"{plain}_{again}"
    return stamp, home / stamp


def hold(folder: Path) -> int:
    """Keep other processes from finishing a take that is being written. The system lets go when this process ends.

    Raises:
        BlockingIOError: Another process holds it.
    """
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def release(fd: int) -> None:
    """End ``hold``."""
    os.close(fd)


def write_card(path: Path, values: Mapping[str, Any], tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write values and arrays of tables as TOML, in one go. Raises OSError."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value is not None]
    for name, rows in tables.items():
        for row in rows:
            lines += ["", f"[[{name}]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())]
    new = path.with_name(path.name + ".new")
    new.write_text("\n".join(lines) + "\n", encoding="utf-8")
    new.replace(path)


def read_card(path: Path) -> dict[str, Any]:
    """What ``write_card`` wrote. Raises OSError or ``tomllib.TOMLDecodeError``."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def finish_takes(home: Path) -> list[Path]:
    """Complete the takes that a crash left behind in a folder of takes; those that are being written stay.

    Returns:
        The folders that were completed. One whose files can't be written is passed over, and tried at the next start.
    """
    done: list[Path] = []
    for card in sorted(home.glob(f"*/{CARD}{PART}")):
        try:
            lock = hold(card.parent)
        except OSError:
            continue
        try:
            _finish(card)
            done.append(card.parent)
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError):
            continue
        finally:
            release(lock)
    return done


def _finish(card: Path) -> None:
    values = read_card(card)
    tables = {name: values.pop(name, []) for name in ("gap", "change")}
    lengths: dict[str, int] = {}
    for name in values["files"]:
        part = card.with_name(name + PART)
        goal = card.with_name(name)
        if part.exists():
            lengths[name] = finish_wav(part) if name.endswith(".wav") else finish_flac(part)
            part.rename(goal)
        elif goal.exists():
            lengths[name] = soundfile.info(os.fspath(goal)).frames
    values |= {"complete": True, "recovered": True, "frames": min(lengths.values(), default=0), "lengths": lengths}
    lines = values.pop("lengths")
    tables["length"] = [{"file": name, "frames": frames} for name, frames in lines.items()]
    write_card(card, values, tables)
    card.rename(card.with_name(CARD))


def check_home(home: Path, fmt: str) -> None:
    """Make the folder of takes, and see that something can be written there.

    Raises:
        UserError: The format is unknown, or the folder can't be written.
    """
    if fmt not in FORMATS:
        raise UserError(f"Takes are recorded as {' or '.join(FORMATS)}, not as '{fmt}'; see --record-format.")
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / f".rtiass-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"Can't record to {home}: {reason}. Name another folder with --record.") from error


def seconds(frames: int) -> str:
    """A length as minutes and seconds, as in ``3:07.2``."""
    minutes, rest = divmod(round(frames / RATE, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"
