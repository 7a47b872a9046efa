"""Ready maps that come with rtiass, and how the name of a map is understood."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rtiass.control.midi.mapping import Mapping, load_mapping
from rtiass.control.midi.ports import match
from rtiass.errors import UserError

FOLDER = Path(__file__).parent / "maps"


def ready_maps() -> list[str]:
    """Names of the ready maps."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find_map(name: str) -> Path:
    """File of a map: a path, or the name of a ready one.

    Raises:
        UserError: There is none.
    """
    path = Path(name)
    if path.is_file():
        return path
    if name in ready_maps():
        return FOLDER / f"{name}.toml"
    raise UserError(f"There is no mapping file '{name}'. Name a TOML file, or one of: {', '.join(ready_maps())}.")


def wanted_maps(name: str) -> list[Mapping]:
    """Maps for ``--midi``: one, or with ``auto`` every ready one that knows its controller's name.

    Raises:
        UserError: There is no such map, or it is wrong.
    """
    if name != "auto":
        return [load_mapping(find_map(name))]
    return [mapping for ready in ready_maps() if (mapping := load_mapping(FOLDER / f"{ready}.toml")).ports]


def map_of(port: str, names: Iterable[str]) -> str | None:
    """Ready map among ``names`` whose controller has a port of this name; the one that names most of it."""
    fitting = [
        (max(map(len, mapping.ports)), name)
        for name in names
        if match((mapping := load_mapping(FOLDER / f"{name}.toml")).ports, [port]) is not None
    ]
    return max(fitting)[1] if fitting else None
