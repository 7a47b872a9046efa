"""Classes of recordings, and line-ups: which stem of a model takes which class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rtiass.errors import UserError

CLASSES: tuple[str, ...] = ("vocals", "drums", "bass", "electric_guitar", "acoustic_guitar", "piano", "other")
"""What a recording can be, finest first; every data set maps its own names to these.

A configuration or a class mapping may declare more: ``classes = ["strings"]``."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")

LINEUPS: dict[str, tuple[str, ...]] = {
    "karaoke": ("vocals", "accompaniment"),
    "band": ("vocals", "drums", "bass", "other"),
    "six": CLASSES,
}
"""Stems of the shipped models."""


def more_classes(names: Iterable[str]) -> tuple[str, ...]:
    """CLASSES and further ones.

    Raises:
        UserError: A name is no plain name, or is there already.
    """
    out = CLASSES
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise UserError(f"A class needs a plain name of letters, digits and _, not {name!r}.")
        if name in out:
            raise UserError(f"The class {name!r} is known already; take it out of classes.")
        out = (*out, name)
    return out


@dataclass(frozen=True)
class Lineup:
    """The stems of a model, in order.

    The last stem takes every class that has no stem of its own, so that the stems of any song add up to its mixture.

    Attributes:
        stems: Names; all but the last are classes.
        classes: All classes that recordings may have.
    """

    stems: tuple[str, ...]
    classes: tuple[str, ...] = CLASSES

    def __post_init__(self) -> None:
        """Check the names.

        Raises:
            UserError: A name is not a class, is there twice, or there are fewer than two.
        """
        if len(self.stems) < 2 or len(set(self.stems)) != len(self.stems):
            raise UserError(f"A line-up needs two or more different stems, not {', '.join(self.stems) or 'none'}.")
        for stem in self.stems[:-1]:
            self._check(stem)

    @classmethod
    def declaring(cls, stems: Sequence[str]) -> Lineup:
        """The line-up of a finished model: what it has a stem for is a class."""
        return cls(tuple(stems), more_classes(stem for stem in stems[:-1] if stem not in CLASSES))

    def _check(self, name: str) -> None:
        if name not in self.classes:
            raise UserError(
                f"{name!r} is not a class of recordings; choose from {', '.join(self.classes)}, or declare it: "
                f'classes = ["{name}"]'
            )

    def place(self, name: str) -> int:
        """Index of the stem that takes a class.

        Raises:
            UserError: The name is not a class.
        """
        self._check(name)
        return self.stems.index(name) if name in self.stems[:-1] else len(self.stems) - 1

    def merge(self, finer: Sequence[str]) -> list[list[int]]:
        """Which stems of a finer line-up make up each stem of this one: indices into ``finer``, by own stem.

        A name of ``finer`` that is not a class, such as its own ``accompaniment``, belongs to the last stem.
        """
        rows: list[list[int]] = [[] for _ in self.stems]
        for index, name in enumerate(finer):
            rows[self.place(name) if name in self.classes else len(self.stems) - 1].append(index)
        return rows


BAND = Lineup(LINEUPS["band"])
"""The line-up of four that most data sets have."""
