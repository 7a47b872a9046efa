"""Measures a pool: minutes, level, silence and brightness of each group of items.

`python -m offline_train.render.measure POOL` prints a table.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from offline_train.render.pool import RATE


def figures(audio: NDArray[np.int16]) -> dict[str, float]:
    """Measure one item.

    Args:
        audio: Shape (n, 2), int16.

    Returns:
        `level_db` (RMS of the sounding 0.1 s blocks, below full scale), `peak`, `silence` (share of blocks below
        -60 dBFS) and `centroid_hz` (of the mean power spectrum).
    """
    block = RATE // 10
    count = len(audio) // block
    mono = np.asarray(audio[: count * block], np.float32).mean(axis=1).reshape(count, block) / 32768
    power = np.square(mono).mean(axis=1)
    sounding = power > 1e-6
    level = 10 * np.log10(power[sounding].mean()) if sounding.any() else -np.inf
    spectrum = np.square(np.abs(np.fft.rfft(mono[:: max(count // 200, 1)], axis=1))).mean(axis=0)
    bins = np.fft.rfftfreq(block, 1 / RATE)
    return {
        "level_db": float(level),
        "peak": float(np.abs(np.asarray(audio, np.int32)).max(initial=0) / 32768),
        "silence": float(1 - sounding.mean()) if count else 1.0,
        "centroid_hz": float((spectrum * bins).sum() / max(spectrum.sum(), 1e-20)),
    }


def group_of(item: dict[str, Any]) -> tuple[str, str, str, str]:
    """Split, class, kind and first ingredient of an item."""
    return item["split"], item["class"], item["kind"], item["source"].split(" + ")[0].split(" (")[0]


def table(pool: Path) -> Table:
    """Measure every item of a pool and give one row a group."""
    groups: dict[tuple[str, str, str, str], list[dict[str, float]]] = {}
    for item in json.loads((pool / "pool.json").read_text(encoding="utf-8")):
        audio = np.load(pool / "audio" / f"{item['id']}.npy", mmap_mode="r")
        row = figures(audio) | {"minutes": item["seconds"] / 60}
        groups.setdefault(group_of(item), []).append(row)
    out = Table("split", "class", "kind", "source", "items", "minutes", "level dB", "peak", "silent %", "centroid Hz")
    for key, rows in sorted(groups.items()):
        mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        numbers = (
            str(len(rows)),
            f"{sum(row['minutes'] for row in rows):.1f}",
            f"{mean['level_db']:.1f}",
            f"{max(row['peak'] for row in rows):.2f}",
            f"{100 * mean['silence']:.0f}",
            f"{mean['centroid_hz']:.0f}",
        )
        out.add_row(*key, *numbers)
    return out


def main() -> None:
    """Print the table of a pool."""
    parser = argparse.ArgumentParser(prog="python -m offline_train.render.measure", description=main.__doc__)
    parser.add_argument("pool", type=Path)
    Console(width=150).print(table(parser.parse_args().pool))


if __name__ == "__main__":
    main()
