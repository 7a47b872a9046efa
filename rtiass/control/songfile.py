"""The file of a set list: songs in their order, each with its scene and its vocal level."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtiass.atomicfile import write_whole
from rtiass.control.parameter import MAX_TEXT
from rtiass.control.taper import OFF_DB, TOP_DB
from rtiass.control.vocabulary import MAX_SONGS, MORPH_SECONDS
from rtiass.errors import UserError
from rtiass.tomlfile import Problems, nearest, parse, read_text, shown, value_text

KEYS = ("file", "title", "scene", "vocals", "start", "seconds", "wait")
HEAD = """\
# The set list: songs in their order. All but one of 'file' and 'title' may be left out. Files are looked for beside
# this one; 'vocals' is a level in dB or "off"; 'start' and 'seconds' (the time of the scene's morph) are seconds;
# with 'wait = true' the next song does not begin by itself when this one is over.
"""


class SetListError(UserError):
    """A set list that is not understood, or a song that is not on it."""


@dataclass(frozen=True)
class Song:
    """A song of a set list.

    Attributes:
        file: Sound file; None where the song comes in live.
        title: What it is called.
        scene: Name of its scene; empty: everything stays.
        vocals: Level of the vocals in dB, -60 (off) to 12; None: as the scene has it.
        start: Where in the file to begin, in seconds.
        seconds: Time of the scene's morph; None: the scene's own.
        wait: When its file is over, the next song waits to be called.
    """

    file: Path | None = None
    title: str = ""
    scene: str = ""
    vocals: float | None = None
    start: float = 0.0
    seconds: float | None = None
    wait: bool = False

    @property
    def name(self) -> str:
        """Its title, or the file's name."""
        return self.title or (self.file.stem if self.file is not None else "")


def read_songs(path: Path) -> list[Song]:
    """Songs of a file.

    Raises:
        SetListError: It is not understood; every problem is named with its line.
    """
    return parse_songs(read_text(path, SetListError), path)


def first_file(path: Path) -> Path | None:
    """The first file that a set list names, whether it is there or not; None if its songs come in live.

    Raises:
        SetListError: The set list is not understood.
    """
    return next((song.file for song in read_songs(path) if song.file is not None), None)


def parse_songs(text: str, path: Path) -> list[Song]:
    """Songs of a text in TOML; files are looked for beside ``path``.

    Raises:
        SetListError: It is not understood.
    """
    content = parse(text, path, SetListError)
    complain = Problems(text, path, SetListError)
    for key in content:
        if key != "songs":
            complain((key,), f"there is no {shown(key)} here; songs are written as [[songs]].{nearest(key, ['songs'])}")
    tables = content.get("songs", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        complain(("songs",), "songs are written as [[songs]], one such line for each.")
        tables = []
    if len(tables) > MAX_SONGS:
        complain(("songs",), f"a set list has at most {MAX_SONGS} songs.")
        tables = []
    songs = [_understand(index, table, path.parent, complain) for index, table in enumerate(tables)]
    complain.raise_if_any()
    return songs


def vocal_level(value: object) -> float | None:
    """A level in dB, -60 (off) to 12, of a number or a text such as ``-12 dB``, ``25%``, ``off``; else None."""
    if isinstance(value, str):
        plain = value.strip().lower()
        try:
            if plain == "off":
                return OFF_DB
            if plain.endswith("%"):
                share = float(plain[:-1]) / 100.0
                return min(TOP_DB, max(OFF_DB, 20.0 * math.log10(share))) if share > 0.0 else OFF_DB
            value = float(plain.removesuffix("db"))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not OFF_DB <= value <= TOP_DB:
        return None
    return float(value)


def _understand(index: int, table: dict[str, Any], folder: Path, complain: Problems) -> Song:
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = ("songs", index, key)
        if key not in KEYS:
            complain(where, f"a song has no {shown(key)}; it has {', '.join(KEYS)}.{nearest(key, KEYS)}")
        elif key in ("file", "title", "scene"):
            if not isinstance(value, str) or len(value) > 4096 or not value.isprintable():
                complain(where, f"{key} is a text on one line; {shown(value)} is none.")
            elif key != "file":
                values[key] = value[:MAX_TEXT]
            elif value:
                values[key] = folder / value
        elif key == "wait":
            if not isinstance(value, bool):
                complain(where, f"wait is true or false; {shown(value)} is neither.")
            else:
                values[key] = value
        elif key == "vocals":
            values[key] = vocal_level(value)
            if values[key] is None:
                complain(
                    where, f'vocals is a level from {OFF_DB:g} to {TOP_DB:g} dB, or "off"; {shown(value)} is none.'
                )
        else:
            most = MORPH_SECONDS if key == "seconds" else 86400.0
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                complain(where, f"{key} is a number of seconds from 0 to {most:g}; {shown(value)} is none.")
            else:
                values[key] = float(value)
    if "file" not in table and "title" not in table:
        complain(("songs", index), "a song has a file, a title, or both.")
    return Song(**values)


def write_songs(path: Path, songs: list[Song]) -> None:
    """Write a set list, whole or not at all.

    Raises:
        UserError: The file can't be written; it is as it was.
    """
    write_whole(path, songs_text(songs, path.parent))


def songs_text(songs: list[Song], folder: Path) -> str:
    """A set list as TOML, with files relative to a folder where they lie in it."""
    parts = [HEAD]
    for song in songs:
        lines = ["", "[[songs]]"]
        if song.title:
            lines.append(f"title = {value_text(song.title)}")
        if song.file is not None:
            inside = song.file.is_relative_to(folder)
            file = os.path.relpath(song.file, folder) if inside else str(song.file)
            lines.append(f"file = {value_text(file)}")
        if song.scene:
            lines.append(f"scene = {value_text(song.scene)}")
        if song.vocals is not None:
            lines.append(f"vocals = {value_text('off' if song.vocals <= OFF_DB else song.vocals)}")
        if song.start:
            lines.append(f"start = {value_text(song.start)}")
        if song.seconds is not None:
            lines.append(f"seconds = {value_text(song.seconds)}")
        if song.wait:
            lines.append("wait = true")
        parts += lines
    return "\n".join(parts) + "\n"
