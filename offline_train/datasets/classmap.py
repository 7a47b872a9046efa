"""Class mappings: which name of an instrument, or General MIDI program, belongs to which class.

A mapping is a TOML file; those of the known sets lie in ``classes/``. Its keys:

- ``match``: ``exact`` (the whole name) or ``words``: the longest listed phrase in the name; of equally long ones a
  class goes before ``other`` and ``skip`` ("synth bass"), then the later one before the earlier ("drum vox").
- ``weak``: listed phrases that decide only where nothing else in the name does: "room" alone is the drums', "guitar
  room" the guitar's.
- ``unknown``: class of names that are not listed; ``skip`` leaves such tracks out.
- ``classes``: classes of one's own that the file uses beside those of the project.
- ``extends``: name of a mapping in ``classes/`` that this one is laid over.
- ``[names]``: a list of names for each class, and for ``skip``.
- ``[programs]``: General MIDI programs, from 0, for each class: numbers or ranges such as ``"24-25"``; ``drum_channel``
  names the class of channel 10.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offline_train.lineup import CLASSES, more_classes
from rtiass.errors import UserError

FOLDER = Path(__file__).parent / "classes"
SKIP = "skip"


@dataclass
class ClassMap:
    """A class mapping, ready to be asked.

    Attributes:
        title: File it comes from.
        names: Class (or ``skip``) of each listed name, in the form of ``words``.
        programs: Class of each listed General MIDI program.
        drum_channel: Class of the drum channel.
        unknown: Class of everything else.
        match: ``exact`` or ``words``.
        weak: Phrases, in the form of ``words``, that give way to any other.
        known: All classes that the mapping may name.
        unlisted: Names that were asked for and are not listed, with how often.
    """

    title: str
    names: dict[tuple[str, ...], str] = field(default_factory=dict)
    programs: dict[int, str] = field(default_factory=dict)
    drum_channel: str = "drums"
    unknown: str = "other"
    match: str = "exact"
    weak: set[tuple[str, ...]] = field(default_factory=set)
    known: tuple[str, ...] = CLASSES
    unlisted: Counter[str] = field(default_factory=Counter)

    def of(self, name: str) -> str | None:
        """Class of an instrument or track by its name; None if it is to be left out."""
        parts = words(name)
        found = self.names.get(parts)
        if found is None and self.match == "words":
            found = self._by_phrase(parts)
        if found is None:
            self.unlisted[name] += 1
            found = self.unknown
        return None if found == SKIP else found

    def of_program(self, program: int, *, drum: bool = False, name: str = "") -> str | None:
        """Class of a General MIDI program; the name decides where the program is not listed."""
        if drum:
            found = self.drum_channel
        elif program in self.programs:
            found = self.programs[program]
        else:
            return self.of(name or f"program {program}")
        return None if found == SKIP else found

    def _by_phrase(self, parts: tuple[str, ...]) -> str | None:
        joined = "".join(parts)
        best = (False, 0, False, -1)
        found = None
        for phrase, name in self.names.items():
            if "".join(phrase) == joined:
                return name
            size = len(phrase)
            for start in range(len(parts) - size + 1):
                rank = (phrase not in self.weak, size, name not in ("other", SKIP), start)
                if parts[start : start + size] == phrase and rank > best:
                    best, found = rank, name
        return found

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes the mapping can give."""
        given = {*self.names.values(), *self.programs.values(), self.unknown}
        if self.programs:
            given.add(self.drum_channel)
        return tuple(name for name in self.known if name in given)

    def notes(self) -> list[str]:
        """A sentence for every name that is not listed."""
        what = "left out" if self.unknown == SKIP else f"taken as {self.unknown}"
        return [
            f"'{name}' ({count} track{'s' if count > 1 else ''}) is not listed in {self.title}: {what}."
            for name, count in sorted(self.unlisted.items())
        ]


def words(name: str) -> tuple[str, ...]:
    """Words of a name in lower case, without numbers: ``"03_LeadVox2"`` gives ``("lead", "vox")``."""
    spaced = re.sub(r"([a-z])([A-Z])|([A-Z])(?=[A-Z][a-z])", r"\1\3 \2", name)
    return tuple(re.findall(r"[^\W\d_]+", spaced.casefold()))


def load(name: str, own: Path | None = None) -> ClassMap:
    """Mapping of a set.

    Args:
        name: Name of a file in ``classes/``, without suffix.
        own: A user's mapping, laid over it: what it lists goes before.

    Raises:
        UserError: A file is missing or wrong; the sentence names it.
    """
    out = _laid_over(ClassMap(f"{name}.toml"), FOLDER / f"{name}.toml")
    return out if own is None else _laid_over(out, own)


def _laid_over(base: ClassMap, path: Path) -> ClassMap:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"The class mapping {path} can't be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"The class mapping {path} is not proper TOML: {error}.") from error
    odd = set(table) - {"about", "classes", "match", "unknown", "extends", "names", "programs", "weak"}
    if odd:
        raise UserError(f"The class mapping {path} has the unknown key '{min(odd)}'.")
    if "extends" in table:
        parent = FOLDER / f"{table['extends']}.toml"
        if not parent.is_file():
            raise UserError(f"The class mapping {path} extends '{table['extends']}', which does not exist.")
        base = _laid_over(base, parent)
    base.title = path.name
    if not isinstance(table.get("classes", []), list):
        raise UserError(f"In the class mapping {path}, classes needs a list of names in quotes.")
    try:
        base.known = more_classes(dict.fromkeys([*base.known[len(CLASSES) :], *table.get("classes", [])]))
    except UserError as error:
        raise UserError(f"In the class mapping {path}: {error}") from error
    places = (*base.known, SKIP)
    base.match = table.get("match", base.match)
    if base.match not in ("exact", "words"):
        raise UserError(f"In the class mapping {path}, match is '{base.match}'; it must be exact or words.")
    base.unknown = _place(table.get("unknown", base.unknown), path, places)
    base.names |= _names(table.get("names", {}), path, places)
    weak = table.get("weak", [])
    if not isinstance(weak, list) or not all(isinstance(n, str) and words(n) in base.names for n in weak):
        raise UserError(
            f"In the class mapping {path}, weak needs a list of names in quotes, each listed under [names]."
        )
    base.weak |= {words(name) for name in weak}
    programs = dict(table.get("programs", {}))
    base.drum_channel = _place(programs.pop("drum_channel", base.drum_channel), path, places)
    base.programs |= _programs(programs, path, places)
    return base


def _place(name: Any, path: Path, places: tuple[str, ...]) -> str:
    if name not in places:
        raise UserError(f"The class mapping {path} has the class '{name}'; choose from {', '.join(places)}.")
    return str(name)


def _names(table: dict[str, Any], path: Path, places: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    out: dict[tuple[str, ...], str] = {}
    for class_name, listed in table.items():
        _place(class_name, path, places)
        if not isinstance(listed, list) or not all(isinstance(n, str) and words(n) for n in listed):
            raise UserError(f"In the class mapping {path}, {class_name} needs a list of names in quotes.")
        for name in listed:
            if out.setdefault(words(name), class_name) != class_name:
                raise UserError(f"The class mapping {path} has '{name}' in two classes.")
    return out


def _programs(table: dict[str, Any], path: Path, places: tuple[str, ...]) -> dict[int, str]:
    out: dict[int, str] = {}
    for class_name, listed in table.items():
        _place(class_name, path, places)
        for entry in listed if isinstance(listed, list) else [listed]:
            found = re.fullmatch(r"(\d+)(?:-(\d+))?", str(entry))
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
            if not 0 <= first <= last <= 127:
                raise UserError(f"In the class mapping {path}, '{entry}' is no program or range within 0 to 127.")
            for program in range(first, last + 1):
                if out.setdefault(program, class_name) != class_name:
                    raise UserError(f"The class mapping {path} has program {program} in two classes.")
    return out
