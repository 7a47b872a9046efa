"""Memory, descriptors and threads of the host's processes over time, and what growth would be a leak; for the soak."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

PAGE = os.sysconf("SC_PAGE_SIZE")
SMALLEST = 32
"""Bytes that the smallest Python object with a value takes from the allocator."""

ARENA = 1 << 20
"""Bytes that Python's allocator takes from the system at a time; its pages count once they are touched."""

ROLES = {b"rtiass.live.worker": "audio process", b"rtiass.live.recordwriter": "recording process"}
Sample = dict[str, int]


def descendants(pid: int) -> dict[str, int]:
    """Processes of a host by role."""
    parents: dict[int, int] = {}
    words: dict[int, list[bytes]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words[int(folder.name)] = (folder / "cmdline").read_bytes().split(b"\0")
    found = {"host": pid}
    for child in parents:
        above, steps = child, 0
        while above in parents and above != pid and steps < 5:
            above, steps = parents[above], steps + 1
        if above == pid and child != pid:
            role = next((name for word, name in ROLES.items() if word in words.get(child, ())), "other")
            found[role] = child
    return found


def count(folder: str) -> int:
    """Entries of a folder."""
    return sum(1 for _ in Path(folder).iterdir())


def look(pid: int) -> Sample:
    """Pages of anonymous and of all memory (shared pages in part), descriptors, threads."""
    kilobytes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        kilobytes[name] = int(value.split()[0])
    return {
        "anonymous": kilobytes["Anonymous"] * 1024 // PAGE,
        "proportional": kilobytes["Pss"] * 1024 // PAGE,
        "descriptors": count(f"/proc/{pid}/fd"),
        "threads": count(f"/proc/{pid}/task"),
    }


class Watch(threading.Thread):
    """Looks at all processes of a host every so often.

    Attributes:
        samples: By role, rows of time in seconds since the start and what was seen.
    """

    def __init__(self, pids: dict[str, int], every: float) -> None:
        super().__init__(daemon=True)
        self._pids, self._every = pids, every
        self._ending = threading.Event()
        self._begun = time.monotonic()
        self.samples: dict[str, list[tuple[float, Sample]]] = {role: [] for role in pids}

    def run(self) -> None:
        while True:
            for role, pid in self._pids.items():
                with contextlib.suppress(OSError, KeyError, ValueError):
                    self.samples[role].append((time.monotonic() - self._begun, look(pid)))
            if self._ending.wait(self._every):
                return

    def stop(self) -> None:
        self._ending.set()
        self.join()


def growth(samples: list[tuple[float, Sample]], warm_up: float = 0.33) -> dict[str, Any]:
    """How anonymous memory went after the warm-up: the median of all slopes (Theil and Sen) over the time, in pages."""
    begin = samples[0][0] + warm_up * (samples[-1][0] - samples[0][0])
    times = np.array([at for at, _ in samples if at >= begin])
    pages = np.array([seen["anonymous"] for at, seen in samples if at >= begin], np.float64)
    first, second = np.triu_indices(len(times), 1)
    slopes = (pages[second] - pages[first]) / np.maximum(times[second] - times[first], 1e-9)
    seconds = float(times[-1] - times[0])
    slope = float(np.median(slopes)) if len(slopes) else 0.0
    counted = [seen for at, seen in samples if at >= begin]
    return {
        "seconds": seconds,
        "pages_grown": slope * seconds,
        "pages_begin": int(pages[0]),
        "pages_end": int(pages[-1]),
        "proportional_end": counted[-1]["proportional"],
        **{f"{name}_begin": counted[0][name] for name in ("descriptors", "threads")},
        **{f"{name}_end": counted[-1][name] for name in ("descriptors", "threads")},
    }


def allowed(events: float) -> int:
    """Pages beyond which something leaks: a smallest object for every fourth event, and an arena that may be filling.

    So one kept for every event is found from 44,000 events on.
    """
    return ARENA // PAGE + math.floor(events / 4 * SMALLEST / PAGE)
