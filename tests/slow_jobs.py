"""Jobs that take their time, so that they can be interrupted; they import little, for other processes to begin soon."""

from __future__ import annotations

import time

import numpy as np

from offline_train.render.job import Job
from offline_train.render.pool import Item


def slow(name: str):
    time.sleep(0.15)
    item = Item(name, "bass", "sampled", None, 1.0, "train", "s", "l", "c")
    yield item, np.full(44100, 0.1, np.float32)


def slow_jobs(count: int) -> list[Job]:
    return [Job(f"slow_{index:03d}", "slow", 1.0, slow, (f"slow_{index:03d}",)) for index in range(count)]
