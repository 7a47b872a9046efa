"""The two data sets of the paper as pools: MUSDB18-HQ, and the MM set of mixes of one target each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from offline_train.datasets import mm, open_set
from offline_train.datasets.base import DataSet
from offline_train.datasets.classmap import load
from offline_train.datasets.pack import finish, pack
from offline_train.datasets.packsong import forget
from offline_train.paper.standin import NOTE
from offline_train.pool import Pool, Song
from offline_train.render.pool import Pool as Written
from rtiass.errors import UserError

MUSDB_TARGETS = ("vocals", "bass", "drums", "other")
MM_TARGETS = mm.TARGETS
"""Instruments of the MM set, in the order of the paper's table 3."""

TOLD = ("id", "class", "split", "kind", "song", "seconds", "gain", "holds", "known")
"""What of an item's entry tells one material from another."""


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

    @property
    def digest(self) -> str:
        """Changes when other recordings are in the pool; see :func:`digest_of`."""
        return digest_of(self.pool / "pool.json")

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


def digest_of(listed: Path) -> str:
    """SHA-256 of what a pool's list, or a copy of it, tells of its recordings, in whatever order.

    It does not depend on where the set lies, nor on the time of its files.
    """
    entries = json.loads(listed.read_text("utf-8"))
    rows = sorted(json.dumps([entry.get(key) for key in TOLD]) for entry in entries)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


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
    packed = pack(data, material.pool, jobs=jobs)
    finish(data, packed)
    _keep_only(material.pool, {item for song in packed for item in song.items})
    return material


def _keep_only(folder: Path, wanted: set[str]) -> None:
    """Remove what is in a pool of one set and no longer in the set."""
    pool = Written(folder)
    stale = sorted(path.stem for path in pool.items.glob("*.json") if path.stem not in wanted and path.name[0] != ".")
    if stale:
        forget(pool, stale, [])
        pool.write_list()
