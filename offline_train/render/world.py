"""The WORLD vocoder, importable with a setuptools that no longer brings `pkg_resources`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import types
from typing import Any


def _import() -> Any:
    if importlib.util.find_spec("pkg_resources") is not None:
        import pyworld

        return pyworld
    # pyworld 0.3.5 asks pkg_resources for its own version and for nothing else; setuptools 82 dropped it.
    stand_in = types.ModuleType("pkg_resources")
    stand_in.get_distribution = importlib.metadata.distribution  # type: ignore[attr-defined]
    sys.modules["pkg_resources"] = stand_in
    try:
        import pyworld
    finally:
        del sys.modules["pkg_resources"]
    return pyworld


pyworld: Any = _import()
