"""Real-time music separation: stems out live, gated by instrument activity.

>>> import rtiass
>>> sep = rtiass.load()                  # a StreamingSeparator of the default model
>>> stems = sep.process(block)           # (n, 2) float32 in, a dict of (n, 2) float32 out
>>> song = rtiass.separate("song.flac")  # a whole file in memory
>>> rtiass.separate_to("song.flac", "stems")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtiass.api import Separation as Separation
    from rtiass.api import load as load
    from rtiass.api import separate as separate
    from rtiass.api import separate_to as separate_to
    from rtiass.errors import UserError as UserError
    from rtiass.separator import StreamingSeparator as StreamingSeparator

__version__ = "0.1.0"

# Nothing heavy is imported before it is used: the command line starts with this module.
_HOMES = {
    "Separation": "rtiass.api",
    "StreamingSeparator": "rtiass.separator",
    "UserError": "rtiass.errors",
    "load": "rtiass.api",
    "separate": "rtiass.api",
    "separate_to": "rtiass.api",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rtiass' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
