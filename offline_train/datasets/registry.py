"""The known data sets, by name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from offline_train.datasets.base import DataSet
from offline_train.datasets.classmap import load
from rtiass.errors import UserError


@dataclass(frozen=True)
class Entry:
    """A known data set.

    Attributes:
        name: Name on the command line.
        module: Module of this package that reads it, with a function ``read``.
        mapping: Its class mapping in ``classes/``.
        what: One line about it.
        licence: Short name of its licence.
        home: Where to get it.
    """

    name: str
    module: str
    mapping: str
    what: str
    licence: str
    home: str


ENTRIES = (
    Entry(
        "musdb18",
        "musdb18",
        "musdb18",
        "MUSDB18-HQ: 150 songs as vocals, drums, bass, other; 86 train, 14 valid, 50 test",
        "per song, for research only",
        "zenodo.org/records/3338373",
    ),
    Entry(
        "medleydb",
        "medleydb",
        "medleydb",
        "MedleyDB 1 and 2: 196 multitracks with instrument names",
        "CC BY-NC-SA 4.0",
        "medleydb.weebly.com",
    ),
    Entry(
        "mixing_secrets",
        "mixing_secrets",
        "track_names",
        "Mixing Secrets: a folder of raw tracks for each song, named by instrument",
        "for education only, per song",
        "cambridge-mt.com/ms/mtk",
    ),
    Entry(
        "mm",
        "mm",
        "medleydb",
        "MedleyDB and Mixing Secrets as mixes of a target and 1 to 5 other tracks at equal RMS",
        "CC BY-NC-SA 4.0 and for education only",
        "both of the above",
    ),
    Entry(
        "slakh2100",
        "slakh",
        "slakh",
        "Slakh2100: 2,100 MIDI songs rendered with sampled instruments",
        "CC BY 4.0",
        "zenodo.org/records/4599666",
    ),
    Entry(
        "moisesdb",
        "moisesdb",
        "moisesdb",
        "MoisesDB: 240 songs as single tracks in eleven stems",
        "CC BY-NC-SA 4.0",
        "music.ai/research",
    ),
    Entry(
        "folder",
        "folder",
        "track_names",
        "A folder with a folder of stems for each song, named by instrument",
        "as set.toml says",
        "your own recordings",
    ),
    Entry(
        "pool",
        "pooled",
        "pool",
        "A pool that was built or packed before",
        "as its items say",
        "rtiass-train pool, rtiass-train pack",
    ),
)
"""Every set that ``open_set`` knows; a further one is a module with ``read`` and a line here."""


def entry(name: str) -> Entry:
    """A known set by its name.

    Raises:
        UserError: There is none.
    """
    for known in ENTRIES:
        if known.name == name:
            return known
    raise UserError(f"There is no data set '{name}'. Choose one of: {', '.join(known.name for known in ENTRIES)}.")


def open_set(name: str, path: str | Path, classes: Path | None = None, *, bleed: bool = False) -> DataSet:
    """Open a data set; no sound is read yet.

    Args:
        name: One of the names in ENTRIES.
        path: Its folder.
        classes: A mapping of one's own, laid over that of the set (``offline_train.datasets.classmap``).
        bleed: Take songs and tracks too in which the set says that other instruments can be heard.

    Raises:
        UserError: There is no such set, the folder does not look like one, or a mapping is wrong.
    """
    known = entry(name)
    root = Path(path).expanduser()
    if not root.is_dir():
        raise UserError(f"There is no folder {root}. Get {name} from {known.home} and name the folder it lies in.")
    names = load(known.mapping, classes)
    data: DataSet = import_module(f"offline_train.datasets.{known.module}").read(root, names, classes, bleed)
    data.notes += names.notes()
    if not data.songs:
        raise UserError(f"{root} holds no song of {name}. The folders it must have are in docs/datasets.md.")
    return data
