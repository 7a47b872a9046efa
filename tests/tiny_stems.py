"""A pool of a few seconds, and settings of a network that trains in no time, for the tests of training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny_pool import RATE, STEMS, add_item, make_pool, tone

from offline_train.fit.config import FitConfig
from offline_train.mixing import MixingConfig
from offline_train.settings import Settings

__all__ = ["NETWORK", "RATE", "STEMS", "add_item", "held_pool", "make_pool", "settings", "tone", "train"]

NETWORK = {"kind": "joint", "channels": [4, 4, 4], "hidden": 8, "squeeze": 2, "rank": 4}


def held_pool(folder: Path) -> Path:
    """The small pool with one more training song, ``held``, which training does not hear."""
    make_pool(folder)
    for k, stem in enumerate(STEMS):
        add_item(folder, f"h_{stem}", stem, tone(100.0 * 2**k, 3.0, (0.2, 2.8)), song="held")
    return folder


def settings(steps: int = 4, **fit: Any) -> Settings:
    """Settings of a run of few and small steps; more values of ``[fit]`` by name."""
    mixing = MixingConfig(frames=6, batch=2, modes=((2048, 1024, 1.0), (256, 128, 1.0)), holdout=("held",))
    given = {
        "minutes": 0.0, "steps": steps, "threads": 1, "workers": 0, "validate_excerpts": 0, "validate_batches": 2,
        "epoch_steps": 100, "statistics_batches": 2, "accelerator": "cpu", "devices": "1", **fit,
    }  # fmt: skip
    return Settings(3, network=dict(NETWORK), mixing=mixing, fit=FitConfig(**given))


def train(folder: Path, pool: Path, resume: bool = False, extra: Any = None, **fit: Any) -> Any:
    """Run training in a folder; returns the module as it ends."""
    from offline_train.fit.data import PoolData
    from offline_train.fit.start import run

    given = settings(**fit)
    return run(given, PoolData(pool, given), folder, resume, extra=extra)
