"""The file of scenes: one table a scene, in the order of their numbers, to be edited by hand too."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtiass.atomicfile import write_whole
from rtiass.control.parameter import MAX_TEXT, Value
from rtiass.control.vocabulary import MORPH_SECONDS
from rtiass.errors import UserError
from rtiass.tomlfile import Problems, key_text, nearest, parse, read_text, shown, value_text

MAX_SCENES = 512
HEAD = """\
# Scenes, in the order of their numbers: the first answers to MIDI program 1 (0 on the wire).
# A scene holds as many or as few parameters as it is to change; 'seconds' is the time of its morph.
"""
_HEADER = re.compile(r"\s*\[\s*scenes\s*\.")
_TABLE = re.compile(r"\s*\[")


class SceneError(UserError):
    """A scene that is missing, or a file of scenes that is not understood."""


@dataclass
class Scene:
    """A scene.

    Attributes:
        values: Values by path, as they are in the file.
        seconds: Time of its morph; None: whatever is set at the moment.
    """

    values: dict[str, Value] = field(default_factory=dict)
    seconds: float | None = None


def read_scenes(path: Path) -> dict[str, Scene]:
    """Scenes of a file in their order; none if there is no file yet.

    Raises:
        SceneError: The file is not understood; every problem is named with its line.
    """
    return parse_scenes(read_text(path, SceneError), path) if path.exists() else {}


def parse_scenes(text: str, path: Path | str) -> dict[str, Scene]:
    """Scenes of a text in TOML.

    Raises:
        SceneError: It is not understood.
    """
    content = parse(text, path, SceneError)
    complain = Problems(text, path, SceneError)
    for key in content:
        if key != "scenes":
            hint = nearest(key, ["scenes"])
            complain((key,), f"there is no table {shown(key)} here; scenes are written as [scenes.Verse].{hint}")
    tables = content.get("scenes", {})
    if not isinstance(tables, dict):
        complain(("scenes",), "'scenes' holds tables, as in [scenes.Verse].")
        tables = {}
    scenes = {}
    for name, table in list(tables.items())[:MAX_SCENES]:
        fault = name_fault(name)
        if fault:
            complain(("scenes", name), fault)
        elif not isinstance(table, dict):
            complain(("scenes", name), f"{shown(name)} is to be a table, as in [scenes.Verse].")
        else:
            scenes[name] = _understand(name, table, complain)
    if len(tables) > MAX_SCENES:
        complain(("scenes",), f"at most {MAX_SCENES} scenes fit into a file.")
    complain.raise_if_any()
    return scenes


def name_fault(name: str) -> str:
    """What is wrong with a scene's name; empty if nothing is."""
    if name.strip() == name and 0 < len(name) <= MAX_TEXT and name.isprintable():
        return ""
    return (
        f"a scene's name has 1 to {MAX_TEXT} characters on one line and no blanks around them; {shown(name)} is none."
    )


def _understand(name: str, table: dict[str, Any], complain: Problems) -> Scene:
    scene = Scene()
    for key, value in table.items():
        where = ("scenes", name, key)
        if key == "seconds":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MORPH_SECONDS:
                complain(where, f"seconds is a number from 0 to {MORPH_SECONDS:g}; {shown(value)} is none.")
            else:
                scene.seconds = float(value)
        elif not key.startswith("/"):
            complain(
                where, f'{shown(key)} is no parameter; they look like "/stem/vocals/gain".{nearest(key, ["seconds"])}'
            )
        elif isinstance(value, bool | str):
            scene.values[key] = value
        elif isinstance(value, int | float):
            try:
                scene.values[key] = float(value)
            except OverflowError:
                complain(where, "this number is too large.")
        else:
            complain(where, f"a parameter is a number, a text, true or false; {shown(value)} is none.")
    return scene


def scene_text(name: str, scene: Scene) -> str:
    """A scene as TOML."""
    lines = [f"[scenes.{key_text(name)}]"]
    if scene.seconds is not None:
        lines.append(f"seconds = {value_text(scene.seconds)}")
    lines += [f"{key_text(path)} = {value_text(value)}" for path, value in scene.values.items()]
    return "\n".join(lines) + "\n"


def write_scenes(path: Path, scenes: dict[str, Scene]) -> None:
    """Write scenes to a file, whole or not at all.

    The text of scenes that have not changed stays as it is, with its comments and blank lines.

    Raises:
        UserError: The file can't be written; it is as it was.
    """
    write_whole(path, _merged(path, scenes))


def _merged(path: Path, scenes: dict[str, Scene]) -> str:
    anew = HEAD + "".join("\n" + scene_text(name, scene) for name, scene in scenes.items())
    try:
        old = read_text(path, SceneError)
        before = parse_scenes(old, path)
        head, sections = _sections(old)
        if list(sections) != list(before):
            return anew
        kept = [
            sections[name] if before.get(name) == scene else scene_text(name, scene) + "\n"
            for name, scene in scenes.items()
        ]
        merged = (head or HEAD + "\n") + "".join(part if part.endswith("\n") else part + "\n" for part in kept)
        # Cut and pasted text is taken only if it says exactly what it is to say.
        same = parse_scenes(merged, path)
        return merged if same == scenes and list(same) == list(scenes) else anew
    except SceneError:
        return anew


def _sections(text: str) -> tuple[str, dict[str, str]]:
    """What comes before the first table, and each scene's own lines."""
    head: list[str] = []
    parts: list[list[str]] = []
    for line in text.splitlines(keepends=True):
        if _TABLE.match(line) and _HEADER.match(line):
            parts.append([])
        (parts[-1] if parts else head).append(line)
    sections = {}
    for part in parts:
        names = list(parse("".join(part), "", SceneError).get("scenes", {}))
        if len(names) == 1:
            sections[names[0]] = "".join(part)
    return "".join(head), sections
