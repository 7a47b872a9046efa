"""Which engine was how fast, remembered by machine, packages and model in a small file that is never trusted.

The file holds figures, not decisions: what follows from them is worked out anew. Whatever is odd about it, an answer
is then not known, and measuring gives it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtiass.atomicfile import write_whole
from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.bundle import Bundle

FILE = "RTIASS_ENGINE_SPEEDS"
"""Environment variable that names another file."""

FORMAT = 1
"""Counts changes of the file and of the way to measure: answers of another one are not answers."""

MAX_BYTES = 64 * 1024
MAX_ANSWERS = 32
MAX_ENGINES = 32
SLOWEST = 60.0
_KEY = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_.,=-]{1,64})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Answer:
    """What a measurement found.

    Attributes:
        seconds: By engine, the seconds that nearly every step keeps.
        day: When it was measured, as 2026-01-31.
    """

    seconds: dict[str, float]
    day: str


def default_file() -> Path:
    """``RTIASS_ENGINE_SPEEDS``, or ``rtiass/engine-speeds.json`` in the user's cache."""
    named = os.environ.get(FILE)
    if named:
        return Path(named)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home())
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "rtiass" / "engine-speeds.json"


def answer_key(bundle: Bundle) -> str:
    """Name under which the answer for a model on this machine is kept; another one when anything has changed."""
    from rtiass.engine import engine_entries
    from rtiass.machine import engine_packages, machine

    entries = engine_entries()
    facts = {
        "format": FORMAT,
        "machine": machine(),
        "engines": sorted(entries),
        "packages": engine_packages(entries.values()),
        "model": hashlib.sha256(bundle.onnx_bytes()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def read_answer(bundle: Bundle, file: Path | None = None) -> Answer | None:
    """The answer for a model on this machine as it is now; None if there is none, or anything is odd."""
    known = _read(default_file() if file is None else file)
    # Where nothing is known, the machine need not be looked at.
    return known.get(answer_key(bundle)) if known else None


def write_answer(bundle: Bundle, answer: Answer, file: Path | None = None) -> str:
    """Remember an answer for a model on this machine as it is now, beside those that are there.

    Returns:
        Empty, or a sentence on why it could not be kept.
    """
    file = default_file() if file is None else file
    key = answer_key(bundle)
    # The newest last, for the oldest goes first.
    known = {k: v for k, v in _read(file).items() if k != key}
    return _write(dict([*known.items(), (key, answer)][-MAX_ANSWERS:]), file)


def forget_answer(bundle: Bundle, file: Path | None = None) -> str:
    """Forget the answer for a model on this machine: something has come that it does not know of.

    Returns:
        Empty, or a sentence on why it could not be forgotten.
    """
    file = default_file() if file is None else file
    known = _read(file)
    key = answer_key(bundle) if known else ""
    return _write({k: v for k, v in known.items() if k != key}, file) if key in known else ""


def _write(known: dict[str, Answer], file: Path) -> str:
    answers = {k: {"seconds": v.seconds, "day": v.day} for k, v in known.items()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps({"format": FORMAT, "answers": answers}, indent=1) + "\n")
    except OSError as error:
        return f"{file.parent} can't be made ({error.strerror or error}), so the answer is not remembered."
    except UserError as error:
        return f"The answer is not remembered: {error}"
    return ""


def _read(file: Path) -> dict[str, Answer]:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return {}
        content = json.loads(data)
        if content["format"] != FORMAT:
            return {}
        found = {key: _answer(value) for key, value in content["answers"].items() if _KEY.fullmatch(key)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}
    return {key: answer for key, answer in found.items() if answer is not None}


def _answer(value: Any) -> Answer | None:
    seconds, day = value["seconds"], value["day"]
    if not isinstance(day, str) or not _DAY.fullmatch(day) or not 1 <= len(seconds) <= MAX_ENGINES:
        return None
    for name, figure in seconds.items():
        if not _NAME.fullmatch(name) or type(figure) is not float or not 0.0 < figure < SLOWEST:
            return None
    return Answer(dict(seconds), day)
