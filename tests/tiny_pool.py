"""A pool of a few seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

STEMS = ("vocals", "drums", "bass", "other")
RATE = 44100


def tone(frequency: float, seconds: float, on: tuple[float, float], gain: float = 0.2) -> np.ndarray:
    """A stereo tone with two overtones that sounds between two moments only, shape (samples, 2) int16."""
    t = np.arange(int(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * k * frequency * t) / k for k in (1, 2, 3))
    wave = gain * wave * ((t >= on[0]) & (t < on[1]))
    return np.round(32767 * np.stack([wave, 0.8 * wave], axis=1)).astype(np.int16)


def add_item(folder: Path, name: str, stem: str, audio: np.ndarray, **entry: Any) -> None:
    """Put an item into the pool."""
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    np.save(folder / "audio" / f"{name}.npy", audio)
    table = folder / "pool.json"
    items = json.loads(table.read_text()) if table.is_file() else []
    items.append(
        {"id": name, "class": stem, "kind": "recorded", "song": None, "speed": 1.0, "split": "train",
         "source": "tests", "licence": "CC0-1.0", "credit": "nobody", "seconds": len(audio) / RATE, **entry}
    )  # fmt: skip
    table.write_text(json.dumps(items))


def make_pool(folder: Path, seconds: float = 3.0) -> Path:
    """One training song, one validation song, and one single item a class."""
    for k, stem in enumerate(STEMS):
        frequency = 110.0 * 2**k
        add_item(folder, f"a_{stem}", stem, tone(frequency, seconds, (0.3 * k, seconds - 0.2)), song="a")
        add_item(folder, f"v_{stem}", stem, tone(1.3 * frequency, seconds, (0.2, 2.5)), song="v", split="valid")
        add_item(folder, f"s_{stem}", stem, tone(1.1 * frequency, 2.0, (0.0, 2.0), 0.02), kind="sampled")
    return folder
