"""Classes of recordings, and line-ups: which stem of a model takes which class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rtiass.errors import UserError

CLASSES = ("vocals", "drums", "bass", "electric_guitar", "acoustic_guitar", "piano", "other")
"""What a recording can be, finest first; every data set maps its own names to these."""

LINEUPS: dict[str, tuple[str, ...]] = {
    "karaoke": ("vocals", "accompaniment"),
    "band": ("vocals", "drums", "bass", "other"),
    "six": CLASSES,
}
"""Stems of the shipped models."""


@dataclass(frozen=True)
class Lineup:
    """The stems of a model, in order.

    The last stem takes every class that has no stem of its own, so that the stems of any song add up to its mixture.

    Attributes:
        stems: Names; all but the last are classes.
    """

    stems: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the names.

        Raises:
            UserError: A name is not a class, is there twice, or there are fewer than two.
        """
        if len(self.stems) < 2 or len(set(self.stems)) != len(self.stems):
            raise UserError(f"A line-up needs two or more different stems, not {', '.join(self.stems) or 'none'}.")
        for stem in self.stems[:-1]:
            if stem not in CLASSES:
                raise UserError(f"{stem!r} is not a class of recordings; choose from {', '.join(CLASSES)}.")

    def place(self, name: str) -> int:
        """Index of the stem that takes a class.

        Raises:
            UserError: The name is not a class.
        """
        if name not in CLASSES:
            raise UserError(f"{name!r} is not a class of recordings; choose from {', '.join(CLASSES)}.")
        return self.stems.index(name) if name in self.stems[:-1] else len(self.stems) - 1

    def merge(self, finer: Sequence[str]) -> list[list[int]]:
        """Which stems of a finer line-up make up each stem of this one: indices into ``finer``, by own stem.

        A name of ``finer`` that is not a class, such as its own ``accompaniment``, belongs to the last stem.
        """
        rows: list[list[int]] = [[] for _ in self.stems]
        for index, name in enumerate(finer):
            rows[self.place(name) if name in CLASSES else len(self.stems) - 1].append(index)
        return rows


BAND = Lineup(LINEUPS["band"])
"""The line-up of four that most data sets have."""
