"""LMMS's synthesisers and drum machines as sampled instruments: rendered once, kept on disk, played from there."""

from __future__ import annotations

import fnmatch
import json
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from offline_train.render import lmms
from offline_train.render.effects import Audio
from offline_train.render.pool import RATE, write_file
from rtiass.errors import UserError

PITCHES = {"bass": range(24, 52, 4), "pad": range(44, 84, 5), "lead": range(48, 89, 5), "pluck": range(48, 94, 5)}
"""MIDI notes that are rendered of each kind of synthesiser."""
HELD_S = {"bass": 1.2, "pad": 3.0, "lead": 1.4, "pluck": 0.6}
TAIL_S = 0.6
HIT_S = {"crash": 2.0, "effect": 3.0}
SHORT_S = 0.9
MOST_HITS = 60
SILENT = 1e-3


@dataclass(frozen=True)
class Take:
    """One rendered note or hit of a sound: samples `start` to `stop` of the bank."""

    pitch: int
    start: int
    stop: int


@dataclass(frozen=True)
class Bank:
    """Everything that was rendered.

    Attributes:
        audio: Samples (n, 2), int16; each sound's loudest peak is near full scale.
        sounds: By kind (bass, pad, lead, pluck; kick, snare, clap, closed, open, crash, small, effect), sounds by
            name with their takes in order of pitch.
    """

    audio: NDArray[np.int16]
    sounds: dict[str, dict[str, tuple[Take, ...]]]


@cache
def _roles() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("lmms.toml").read_text(encoding="utf-8"))


def listed(root: Path = lmms.ROOT) -> dict[str, list[str]]:
    """Sounds of each kind that are installed, the first sixty in a fixed drawn order."""
    files = {
        "synths": sorted(p.relative_to(root / "presets").as_posix() for p in (root / "presets").rglob("*.xpf")),
        "hits": sorted(
            p.relative_to(root / "samples").as_posix()
            for p in (root / "samples").rglob("*")
            if p.suffix in (".ds", ".ogg")
        ),
    }
    found: dict[str, list[str]] = {}
    taken: set[str] = set()
    for table, kinds in _roles().items():
        for kind, patterns in kinds.items():
            names = [
                name
                for name in files[table]
                if name not in taken and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
            ]
            taken.update(names)
            order = np.random.default_rng(len(names)).permutation(len(names))[:MOST_HITS]
            found[kind] = [names[i] for i in sorted(order)]
    return found


def prepare(cache_folder: Path, root: Path = lmms.ROOT) -> Path:
    """Render the bank unless it is there; gives the path of its index.

    Raises:
        UserError: LMMS is missing or fails, nothing sounds, or the disk is full.
    """
    index = cache_folder / "synths.json"
    if index.is_file():
        return index
    events: list[lmms.Event] = []
    spans: list[tuple[str, str, int, float, float]] = []
    now = 0.0
    for kind, names in listed(root).items():
        held = HELD_S.get(kind, HIT_S.get(kind, SHORT_S))
        room = held + (TAIL_S if kind in PITCHES else 0.1)
        for name in names:
            for pitch in PITCHES.get(kind, (lmms.MIDDLE,)):
                events.append(lmms.Event(name, now, held, pitch))
                spans.append((kind, name, pitch, now, now + room))
                # Onto the grid, and apart from what still rings.
                now = np.ceil((now + room + 0.1) / 0.25) * 0.25
    if not events:
        raise UserError(f"There are no LMMS presets or samples below {root}. Install lmms, or leave it out.")
    audio = lmms.render(events, now, root)
    sounds, pieces = _cut(audio, spans)
    write_file(cache_folder / "synths.npy", lambda stream: np.save(stream, np.concatenate(pieces)))
    text = json.dumps(sounds)
    write_file(index, lambda stream: stream.write(text.encode()))
    return index


def _cut(
    audio: Audio, spans: list[tuple[str, str, int, float, float]]
) -> tuple[dict[str, dict[str, list[tuple[int, int, int]]]], list[NDArray[np.int16]]]:
    """Cut the stream into takes, without the silence after them, each sound brought to full scale."""
    cuts: dict[tuple[str, str], list[tuple[int, Audio]]] = {}
    for kind, name, pitch, start, stop in spans:
        piece = audio[round(start * RATE) : round(stop * RATE)]
        cuts.setdefault((kind, name), []).append((pitch, piece))
    sounds: dict[str, dict[str, list[tuple[int, int, int]]]] = {}
    pieces: list[NDArray[np.int16]] = []
    at = 0
    for (kind, name), takes in cuts.items():
        peak = max(float(np.abs(piece).max()) for _, piece in takes)
        if peak < SILENT:
            continue
        for pitch, piece in takes:
            loud = np.flatnonzero(np.abs(piece).max(axis=1) > 1e-3 * peak)
            if not len(loud):
                continue
            kept = np.round(piece[: loud[-1] + 1] * (32000 / peak)).astype(np.int16)
            sounds.setdefault(kind, {}).setdefault(name, []).append((pitch, at, at + len(kept)))
            pieces.append(kept)
            at += len(kept)
    if not pieces:
        raise UserError("LMMS rendered silence for all of its sounds.")
    return sounds, pieces


@lru_cache(maxsize=2)
def load(index: Path) -> Bank:
    """Read a bank that was prepared.

    Raises:
        UserError: It can't be read.
    """
    try:
        raw = json.loads(index.read_text(encoding="utf-8"))
        audio = np.load(index.with_suffix(".npy"), mmap_mode="r")
        sounds = {
            kind: {name: tuple(Take(*take) for take in takes) for name, takes in names.items()}
            for kind, names in raw.items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"The rendered synthesisers at {index} can't be read: {error}. Delete them.") from error
    return Bank(audio, sounds)


@lru_cache(maxsize=400)
def note(index: Path, kind: str, name: str, pitch: int) -> Audio:
    """The nearest take of a sound, moved to a pitch; float32 (n, 2)."""
    bank = load(index)
    take = min(bank.sounds[kind][name], key=lambda t: abs(t.pitch - pitch))
    audio = bank.audio[take.start : take.stop].astype(np.float32) * np.float32(1 / 32768)
    if take.pitch != pitch and kind in PITCHES:
        ratio = 2.0 ** ((pitch - take.pitch) / 12)
        audio = np.asarray(soxr.resample(audio, RATE * ratio, RATE, quality="MQ"), np.float32)
    return audio


@lru_cache(maxsize=200)
def hit(index: Path, kind: str, name: str, shift: float) -> Audio:
    """A hit of a sound, `shift` semitones higher than it is; float32 (n, 2)."""
    bank = load(index)
    take = bank.sounds[kind][name][0]
    audio = bank.audio[take.start : take.stop].astype(np.float32) * np.float32(1 / 32768)
    if shift:
        audio = np.asarray(soxr.resample(audio, RATE * 2.0 ** (shift / 12), RATE, quality="MQ"), np.float32)
    return audio
