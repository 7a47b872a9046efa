"""Estimates as sound files in the folders that museval's command line wants; what is there is not made again."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import soundfile

from offline_train.fit.files import write_text, write_whole
from offline_train.paper.systems import Separated
from rtiass.stft import RATE

STAMPS = "made"
"""Folder of a file for each song that is there: what it was made of, and the names of its sound files."""


def song_folder(song: str) -> str:
    """Name of a song's folder: MUSDB's own, which museval looks for; of a mix of MM TARGET-SONG-NUMBER.

    Args:
        song: As of a pool: ``musdb18/test/SONG`` or ``mm/TARGET/SONG/NUMBER``.
    """
    name, *rest = song.split("/")
    return "-".join(rest) if name == "mm" else rest[-1]


class Estimates:
    """Estimates of one system: ROW/test/SONG/TARGET.wav, 32-bit floating point.

    Args:
        folder: Of the system.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def there(self, song: str, key: str) -> bool:
        """Whether a song was made of the very same, and is complete."""
        try:
            stamp = json.loads(self._stamp(song).read_text("utf-8"))
            return bool(stamp["key"] == key and all((self.folder / name).is_file() for name in stamp["files"]))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def keep(self, song: str, key: str, separated: Separated) -> None:
        """Write a song, each file whole, and then that it is there."""
        self._stamp(song).unlink(missing_ok=True)
        files = []
        for row, found in separated.rows.items():
            for target, audio in found.items():
                name = f"{row.replace(' ', '-')}/test/{song_folder(song)}/{target}.wav"
                write = partial(soundfile.write, data=audio.T, samplerate=RATE, subtype="FLOAT", format="WAV")
                write_whole(self.folder / name, write)
                files.append(name)
        write_text(self._stamp(song), json.dumps({"key": key, "files": files}, indent=1) + "\n")

    def _stamp(self, song: str) -> Path:
        return self.folder / STAMPS / f"{song_folder(song)}.json"
