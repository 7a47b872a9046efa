"""All figures of the table, part by part."""

from __future__ import annotations

import platform
import sys
from typing import Any

from benchmarks.ceilings import allocations, graphs, install, quality
from engines.onnxruntime import OnnxRuntimeEngine
from rtiass.bundle import bundle_names, load_bundle
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES

Table = dict[str, Any]


def models() -> tuple[str, ...]:
    """Names of the shipped models."""
    return tuple(bundle_names())


def network(name: str) -> Table:
    """A model's network: counts and bytes."""
    return graphs.figures(load_bundle(name))


def memory(name: str) -> Table:
    """What a step and a hop with a model ask of memory."""
    return allocations.figures(load_bundle(name))


def latency(name: str) -> Table:
    """Samples by which each mode is late with a model."""
    bundle = load_bundle(name)
    session = OnnxRuntimeEngine().open(bundle, threads=1)
    try:
        return {mode: StreamingSeparator(bundle, session, mode=mode).latency_samples for mode in MODES}
    finally:
        session.close()


def sdr(name: str, mode: str) -> Table:
    """A model's score on the clip in a mode, by stem."""
    return quality.scores(load_bundle(name), mode)


def wheel() -> Table:
    """The wheel."""
    return {"wheel_bytes": install.wheel_bytes()}


def packages() -> Table:
    """What a run-time install brings along: names, and bytes of all together."""
    sizes = install.closure()
    return {"names": list(sizes), "installed_bytes": sum(sizes.values())}


def at_home() -> bool:
    """Whether this is the system whose packages the table tells of."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def everything() -> Table:
    """The whole table."""
    found: Table = {"wheel": wheel(), "packages": packages()}
    for name in models():
        found[name] = {
            "network": network(name),
            "memory": memory(name),
            "latency": latency(name),
            "sdr": {mode: sdr(name, mode) for mode in quality.MODES},
        }
    return found
