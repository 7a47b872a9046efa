"""What every adapter shares: one system hears a song in a process of its own, and tells how long that took.

An adapter runs in its peer's environment, so this needs nothing but Python and numpy. The one line on the standard
output is the answer, as JSON; what a peer prints goes to the standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 44100


@dataclass(frozen=True)
class System:
    """A separator, loaded.

    Attributes:
        process: Separates samples of shape (n, 2) float32 as the system would; a second call begins anew.
        parameters: Number of trained parameters, or None if that is not known.
        latency: Algorithmic latency in seconds; None: the whole song must be there.
        known: How the latency is known.
        streams: Whether sound goes in and comes out piece by piece, by the system's own interface.
        weights: ``own`` or ``random``.
    """

    process: Callable[[NDArray[np.float32]], object]
    parameters: int | None
    latency: float | None
    known: str
    streams: bool
    weights: str


def peak_memory() -> float:
    """Largest memory of this process so far, in megabytes (of 1e6 bytes).

    On Linux the kernel's own account of this program: ``ru_maxrss`` there begins with that of the process it was
    started from.
    """
    status = Path("/proc/self/status")
    if status.exists():
        match = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        if match:
            return int(match.group(1)) * 1024 / 1e6
    import resource  # not there on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def run(
    load: Callable[[argparse.Namespace], System],
    options: Callable[[argparse.ArgumentParser], object] | None = None,
    arguments: Sequence[str] | None = None,
) -> None:
    """Measure a system and answer.

    Call it once everything is imported: what the process takes at that moment is the cost of importing.

    Args:
        load: Makes the system from the options; not timed, but its memory counts.
        options: Adds options of the adapter's own.
        arguments: Of the command line; None: this process's.
    """
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    parser = argparse.ArgumentParser(description="One system hears one song; see docs/peers.md.")
    parser.add_argument("--song", type=Path, required=True, help="samples as .npy, (n, 2) float32 at 44.1 kHz")
    parser.add_argument("--seconds", type=float, required=True, help="how much of the song it hears")
    parser.add_argument("--threads", type=int, required=True)
    if options is not None:
        options(parser)
    chosen = parser.parse_args(arguments)
    sound = np.array(np.load(chosen.song, mmap_mode="r")[: int(chosen.seconds * RATE)])
    imported = peak_memory()
    system = load(chosen)
    # The first call chooses kernels and makes buffers: it isn't timed. A stream has done all that after a few hops.
    system.process(sound[: RATE // 4 if system.streams else RATE])
    began, worked = time.perf_counter(), time.process_time()
    system.process(sound)
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    peak = peak_memory()
    told = {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "audio_seconds": len(sound) / RATE,
        "peak_mb": peak,
        "net_mb": peak - imported,
        "parameters": system.parameters,
        "latency_ms": None if system.latency is None else 1000 * system.latency,
        "latency_known": system.known,
        "streams": system.streams,
        "weights": system.weights,
    }
    answer.write(json.dumps(told) + "\n")
    answer.close()
