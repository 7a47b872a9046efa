"""Rows of a measurement that never was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rtiass.bench.results import ComputeRow, Figures, LiveRow, LoopRow, Report, StartRow
from rtiass.stft import MODES, RATE

MACHINE: dict[str, Any] = {
    "processor": "Quick 9000", "cores": "4", "system": "Linux x86_64", "graphics": "", "virtual": False,
    "governor": "performance", "kernel": "6.1", "python": "3.11", "rtiass": "9.9", "packages": {"numpy": "2.0"},
}  # fmt: skip


def times(p50: float, p99: float | None, p999: float | None, most: float, count: int = 1200) -> Figures:
    return Figures(count, p50, p99, p999, most)


def paced(mode: str = "live", both: float = 2.0, **changes: Any) -> ComputeRow:
    """A row whose calls nearly all take ``both`` milliseconds."""
    row = ComputeRow(
        model="band", engine="onnxruntime", threads=1, mode=mode, buses=1, hop_ms=1000 * MODES[mode].hop / RATE,
        frame=times(1.25, 1.5, 1.75, 3.5), hop=times(0.25, 0.3, 0.35, 0.4), both=times(1.5, both, both, 5.0),
        wake=times(0.05, 0.08, 0.09, 0.12), cold_frame_ms=7.5, cold_hop_ms=2.5, open_ms=42.0, real_time_factor=0.0625,
        overruns=0, realtime=True, others=0.25, stolen=0.125,
    )  # fmt: skip
    return replace(row, **changes)


def played(mode: str = "live", **changes: Any) -> LiveRow:
    row = LiveRow(
        model="band", engine="onnxruntime", mode=mode, block=256, headroom=256, rate=44100.0, seconds=3.0,
        callbacks=517, xruns=0, underruns=0, late_masks=0, skipped_frames=0, mask_age=times(0.0, 0.0, None, 0.0, 150),
        oldest_mask_ms=0.0, start={"xruns": 2, "underruns": 0, "late_masks": 1, "skipped_frames": 0, "callbacks": 86},
        mask_delay=0, latency_samples=2560.0, latency_ms=58.05, driver_ms=None, step=(1.5, 2.5, 3.5), turn=(4.0, 5.0),
        trial_ms=1.4, cpu=0.18, memory_mb=330.0, others=0.5, stolen=0.25, restarts=0,
    )  # fmt: skip
    return replace(row, **changes)


def report(**changes: Any) -> Report:
    made = Report(
        machine=MACHINE, models={"band": "0.2.0"}, device="Played somewhere.", compute=[paced()], live=[played()],
        loopback=[LoopRow("live", 256, 256, 2560, 2560), LoopRow("instant", 256, 256, 768, None)],
        starts=[StartRow("the first start", 2.5, 2.25)], advice=["Good."],
    )  # fmt: skip
    return replace(made, **changes)
