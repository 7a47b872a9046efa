"""Plays noise through the live host, unheard, and takes what it and the system count."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import soundfile

from rtiass.bench.machine import Load, cpu_seconds, memory_mb
from rtiass.bench.results import LiveRow, figures
from rtiass.bundle import load_bundle
from rtiass.errors import UserError
from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions
from rtiass.live.state import SharedState
from rtiass.stft import RATE

SETTLE = 0.5
"""Seconds after the start that are counted apart: first blocks, first masks."""

LOOK_EVERY = 0.02
START_WITHIN = 120.0

_COUNTS = ("underruns", "late_masks", "skipped_frames", "callbacks")


def noise(path: Path, seconds: float) -> Path:
    """Write a song of noise that swells four times a second, a little different on both sides."""
    rng = np.random.default_rng(0)
    swell = 0.1 * (1.05 + np.sin(8 * np.pi * np.arange(int(seconds * RATE)) / RATE))
    common, apart = rng.standard_normal((len(swell), 1)), rng.standard_normal((len(swell), 2))
    soundfile.write(path, 0.7 * swell[:, None] * (common + 0.5 * apart), RATE, subtype="PCM_16")
    return path


def silent(model: str | None) -> dict[str, float]:
    """Faders that let nothing be heard; the work is the same, for every stem is mixed whatever its level."""
    return dict.fromkeys(load_bundle(model).stems, 0.0)


def play(options: LiveOptions, seconds: float, *, server: int | None = None) -> LiveRow:
    """Play for a while with a fresh host.

    Args:
        options: With a song that is long enough.
        seconds: How long is counted, after half a second of settling.
        server: Process of the audio server, where it is ours: what it takes is not others' load.

    Raises:
        UserError: The host does not play, or not to the end.
    """
    with LiveHost(options) as host:
        try:
            host.wait_until_playing(START_WITHIN)
        except TimeoutError as error:
            raise UserError("The audio device gives no sign of life.") from error
        time.sleep(SETTLE)
        state = host.state
        start = _counts(state)
        pid = host.pid
        load, cpu, begun = Load.look(pid, server), _cpu(pid), time.monotonic()
        ages = [0.0]
        while (wall := time.monotonic() - begun) < seconds:
            ages.append(float(state.get("mask_age")) / RATE)
            time.sleep(LOOK_EVERY)
        counts = _counts(state)
        others, stolen = load.until(Load.look(pid, server))
        cpu_now, memory = _cpu(pid), None if pid is None else memory_mb(pid)
        about, latency = host.status.about, host.latency()
        driver = latency["driver_output"]
        if not about:
            raise UserError(f"The live host stopped. {host.status.text}".strip())
        return LiveRow(
            model=str(about["model"]), engine=str(about["engine"]), mode=options.mode, block=int(about["block"]),
            headroom=options.headroom, rate=float(about["rate"]), seconds=wall,
            **{name: counts[name] - start[name] for name in counts}, start=start, mask_age=figures(ages),
            oldest_mask_ms=1000 * float(state.get("oldest_mask")) / RATE, mask_delay=int(state.get("mask_delay")),
            latency_samples=latency["host_samples"], latency_ms=latency["host"],
            driver_ms=None if math.isnan(driver) else driver,
            step=(_ms(state, "step_median"), _ms(state, "step_p99"), _ms(state, "step_max")),
            turn=(_ms(state, "turn_p99"), _ms(state, "turn_max")), trial_ms=1000 * float(about["step_time"]),
            cpu=None if cpu is None or cpu_now is None else (cpu_now - cpu) / wall, memory_mb=memory,
            others=others, stolen=stolen, restarts=host.status.restarts,
        )  # fmt: skip


def _counts(state: SharedState) -> dict[str, int]:
    found = {name: int(state.get(name)) for name in _COUNTS}
    return found | {"xruns": int(state.get("input_xruns")) + int(state.get("output_xruns"))}


def _cpu(pid: int | None) -> float | None:
    return None if pid is None else cpu_seconds(pid)


def _ms(state: SharedState, name: str) -> float:
    return 1000.0 * float(state.get(name))
