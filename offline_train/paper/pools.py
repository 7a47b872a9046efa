"""The two data sets of the paper as pools: MUSDB18-HQ, and the MM set of mixes of one target each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from offline_train.datasets import mm, open_set
from offline_train.datasets.base import DataSet
from offline_train.datasets.classmap import load
from offline_train.datasets.pack import finish, pack
from offline_train.paper.standin import NOTE
from offline_train.pool import Pool, Song
from rtiass.errors import UserError

MUSDB_TARGETS = ("vocals", "bass", "drums", "other")
MM_TARGETS = mm.TARGETS
"""Instruments of the MM set, in the order of the paper's table 3."""


@dataclass(frozen=True)
class Material:
    """A packed data set.

    Attributes:
        name: ``musdb`` or ``mm``.
        pool: Its pool folder.
    """

    name: str
    pool: Path

    @property
    def targets(self) -> tuple[str, ...]:
        """What the paper separates from it."""
        return MUSDB_TARGETS if self.name == "musdb" else MM_TARGETS

    def songs(self, target: str = "") -> list[Song]:
        """Songs of the split ``test``; of the MM set those that were mixed for a target.

        Raises:
            UserError: There are none.
        """
        found = Pool(self.pool, "test").songs
        if self.name == "mm":
            found = [song for song in found if song.name.startswith(f"mm/{target}/")]
        if not found:
            raise UserError(f"The pool in {self.pool} has no test song{f' for {target}' if target else ''}.")
        return sorted(found, key=lambda song: song.name)


def pack_musdb(root: Path, out: Path, jobs: int = 2) -> Material:
    """Pack MUSDB18-HQ, or go on with it.

    Raises:
        UserError: The folder is another one, or a song cannot be packed.
    """
    return _pack(open_set("musdb18", root), root, Material("musdb", out), jobs)


def pack_mm(root: Path, out: Path, jobs: int = 2, seconds: float = mm.SECONDS) -> Material:
    """Draw the MM set from a folder with MedleyDB or Mixing Secrets and pack it, or go on with it.

    Args:
        root: Folder with a folder ``medleydb``, ``mixing_secrets`` or both.
        out: Pool folder.
        jobs: Processes at work.
        seconds: Length of a mix.

    Raises:
        UserError: The folder is another one, or a song cannot be packed.
    """
    if not root.is_dir():
        raise UserError(f"There is no folder {root}. Name one that holds medleydb, mixing_secrets or both.")
    names = load("medleydb", None)
    data = mm.read(root, names, None, False, seconds)
    data.notes += names.notes()
    return _pack(data, root, Material("mm", out), jobs)


def _pack(data: DataSet, root: Path, material: Material, jobs: int) -> Material:
    if (root / NOTE).is_file() or (root.parent / NOTE).is_file():
        data.source = "stand-in"
        for song in data.songs:
            song.source, song.licence, song.credit = "", "that of what the stand-in was made from", "stand-in"
    finish(data, pack(data, material.pool, jobs=jobs))
    return material
