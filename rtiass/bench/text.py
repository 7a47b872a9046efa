"""The report as Markdown, for people: every table with the count that it stands on."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from rtiass.bench.results import ComputeRow, Figures, LiveRow, Report
from rtiass.live.options import HEADROOM
from rtiass.stft import MODES, RATE

COUNTED = "underruns / late masks / skipped frames / xruns"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(value: float | None, digits: int = 2) -> str:
    """A figure, or a dash for one that has too few times to stand on or isn't told."""
    return "–" if value is None else f"{value:.{digits}f}"


def times(value: float) -> str:
    """How often something fits, never more than it does."""
    return f"{math.floor(10 * value) / 10:.1f}"


def markdown(report: Report, picture: str | None = None) -> str:
    """The whole report.

    Args:
        report: What was found.
        picture: Name of the histogram's file, if there is one.
    """
    parts = ["# Latency of rtiass on this machine", machine_text(report), report.device, *report.advice]
    if report.starts:
        parts += ["## Time to first sound", start_table(report)]
    if report.compute:
        parts += ["## Network frames", FRAME_TEXT, frame_table(report.compute)]
        parts += ["## Audio hops", HOP_TEXT, hop_table(report.compute)]
        parts += [f"![Histogram of network steps]({picture})"] if picture else []
    if report.live:
        parts += ["## Played live", live_text(report.live), live_table(report.live), load_table(report.live)]
        blocks = sorted({row.block for row in report.live})
        if len(blocks) > 1:
            parts += [f"{COUNTED}, by mode and block, head-room {HEADROOM}:", block_table(report.live)]
        if any(row.headroom != HEADROOM for row in report.live):
            parts += [f"{COUNTED}, by head-room:", headroom_table(report.live)]
    if report.loopback:
        parts += ["## Loop-back", LOOP_TEXT, loop_table(report)]
    if report.failed:
        parts += ["## Could not be measured", "\n".join(f"- {what}" for what in report.failed)]
    return "\n\n".join(part for part in parts if part) + "\n"


FRAME_TEXT = (
    "Milliseconds of a network step, one each hop on the hop's own clock. Cold is the first one after opening; an "
    "engine's first mode loads its library too. A dash: too few steps for that figure."
)
HOP_TEXT = (
    "Milliseconds of window, transform, mix, inverse and overlap-add, without the network. Real-time factor: compute "
    "time of both over audio time. Fits: how often nearly every call (p99, of few the longest) of both goes into the "
    "hop."
)
LOOP_TEXT = "Bursts of noise through JACK, the host, and back, beside the latency that the host tells, in samples."


def machine_text(report: Report) -> str:
    """The machine in words, and how quiet it was."""
    about: dict[str, Any] = report.machine
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    models = ", ".join(f"{name} {version}".strip() for name, version in report.models.items())
    kind = {True: " (virtual machine)", False: "", None: ""}[about["virtual"]]
    parts = [about["processor"], f"{about['cores']} cores{kind}", f"{about['system']} {about['kernel']}"]
    parts += [f"governor {about['governor']}"] if about["governor"] else []
    parts += [about["graphics"]] if about["graphics"] else []
    parts += [f"Python {about['python']}", f"rtiass {about['rtiass']}", packages, f"models {models}"]
    rows: list[ComputeRow | LiveRow] = [*report.compute, *report.live]
    lines = [", ".join(parts) + "."]
    others = [row.others for row in rows if row.others is not None]
    stolen = [row.stolen for row in rows if row.stolen is not None]
    if others and stolen:
        lines.append(
            f"Other processes meanwhile: {statistics.mean(others):.2f} cores in the mean, at most {max(others):.2f}; "
            f"stolen by the machine around it: {statistics.mean(stolen):.2f}, at most {max(stolen):.2f}."
        )
    if report.compute:
        granted = all(row.realtime for row in report.compute)
        latest = max(row.wake.max_ms for row in report.compute)
        lines.append(
            f"Real-time priority {'granted' if granted else 'refused'}; the clock's thread was woken at most "
            f"{latest:.2f} ms late."
        )
    return "\n".join(lines)


def start_table(report: Report) -> str:
    """From the start of a process to the first separated sample."""
    heads = ["from the process's start", "first separated sample", "host ready"]
    return table(heads, [[r.what, f"{r.sound_s:.2f} s", f"{r.ready_s:.2f} s"] for r in report.starts])


def case(row: ComputeRow) -> list[str]:
    """The cells that name a paced row."""
    return [row.model, f"{row.engine}, {row.threads}", f"`{row.mode}`"]


SUMMARY = (
    "model", "engine, threads", "mode", "there is", "count", "frame p50", "p99", "p99.9", "max", "hop p50", "p99",
    "max", "real-time factor", "fits",
)  # fmt: skip
"""Heads of the short form of both tables."""


def summary(row: ComputeRow) -> list[str]:
    """A row of the short form."""
    return [
        row.model, f"{row.engine}, {row.threads}", row.mode, number(row.hop_ms, 1), *_cells(row.frame),
        *(number(v) for v in (row.hop.p50_ms, row.hop.p99_ms, row.hop.max_ms)), number(row.real_time_factor),
        times(row.fits),
    ]  # fmt: skip


def _cells(figures: Figures) -> list[str]:
    return [
        str(figures.count), number(figures.p50_ms), number(figures.p99_ms), number(figures.p999_ms),
        number(figures.max_ms),
    ]  # fmt: skip


def frame_table(rows: Sequence[ComputeRow]) -> str:
    """Network steps."""
    heads = [
        "model", "engine, threads", "mode", "steps", "p50", "p99", "p99.9", "max", "cold", "open", "time there is",
        "p50 share",
    ]  # fmt: skip
    body = [
        [
            *case(r), *_cells(r.frame), number(r.cold_frame_ms), number(r.open_ms, 0), number(r.hop_ms),
            f"{r.frame.p50_ms / r.hop_ms:.0%}",
        ]
        for r in rows
    ]  # fmt: skip
    return table(heads, body)


def hop_table(rows: Sequence[ComputeRow]) -> str:
    """Audio hops, and both together."""
    heads = [
        "model", "engine, threads", "mode", "hops", "p50", "p99", "p99.9", "max", "cold", "outputs", "too long",
        "real-time factor", "fits",
    ]  # fmt: skip
    body = [
        [
            *case(r), *_cells(r.hop), number(r.cold_hop_ms), str(r.buses), str(r.overruns),
            number(r.real_time_factor, 3), times(r.fits),
        ]
        for r in rows
    ]  # fmt: skip
    return table(heads, body)


def live_text(rows: Sequence[LiveRow]) -> str:
    """What the tables of played modes tell."""
    seconds = statistics.median(row.seconds for row in rows)
    return (
        f"The live host with noise for a song and all faders down, {seconds:.1f} s for each row after half a second of "
        "settling; in brackets what came in that half second. Mask age is beyond the planned delay."
    )


def live_table(rows: Sequence[LiveRow]) -> str:
    """What was late."""
    heads = [
        "model", "engine", "mode", "block", "head-room", "callbacks", "xruns", "underruns", "late masks", "skipped",
        "mask age p50, ms", "p99", "oldest", "host latency",
    ]  # fmt: skip
    body = [
        [
            r.model, r.engine, f"`{r.mode}`", str(r.block), str(r.headroom), str(r.callbacks),
            *(_with_start(r, n) for n in ("xruns", "underruns", "late_masks", "skipped_frames")),
            number(r.mask_age.p50_ms, 1), number(r.mask_age.p99_ms, 1), number(r.oldest_mask_ms, 1),
            f"{r.latency_samples:g} ({r.latency_ms:.1f} ms)",
        ]
        for r in rows
    ]  # fmt: skip
    return table(heads, body)


def _with_start(row: LiveRow, name: str) -> str:
    before = row.start.get(name, 0)
    return f"{getattr(row, name)}" + (f" ({before})" if before else "")


def load_table(rows: Sequence[LiveRow]) -> str:
    """Load, memory and what the host's own clocks say, at the default head-room."""
    heads = [
        "model", "engine", "mode", "block", "of a core", "memory", "step p50, ms", "p99", "max", "period",
        "turn p99, ms", "max", "planned lag, hops",
    ]  # fmt: skip
    body = [
        [
            r.model, r.engine, f"`{r.mode}`", str(r.block), "–" if r.cpu is None else f"{r.cpu:.0%}",
            "–" if r.memory_mb is None else f"{r.memory_mb:.0f} MB", *(number(v) for v in r.step),
            number(1000 * MODES[r.mode].period / RATE, 1), *(number(v) for v in r.turn), _lag(r),
        ]
        for r in rows
        if r.headroom == HEADROOM
    ]  # fmt: skip
    return table(heads, body)


def _lag(row: LiveRow) -> str:
    milliseconds = 1000 * row.mask_delay * MODES[row.mode].hop / RATE
    return f"{row.mask_delay} ({milliseconds:.1f} ms)" if row.mask_delay else "0"


def _counts(row: LiveRow | None) -> str:
    if row is None:
        return ""
    return f"{row.underruns} / {row.late_masks} / {row.skipped_frames} / {row.xruns}"


def _names(row: LiveRow) -> str:
    return f"{row.model}, {row.engine}"


def block_table(rows: Sequence[LiveRow]) -> str:
    """Modes by blocks, at the default head-room."""
    found = {(_names(r), r.mode, r.block): r for r in rows if r.headroom == HEADROOM}
    blocks = sorted({block for _, _, block in found})
    heads = ["model, engine", "mode"]
    for block in blocks:
        calls = max(r.callbacks for (_, _, b), r in found.items() if b == block)
        heads.append(f"{block} ({calls} callbacks)")
    cases = dict.fromkeys((name, mode) for name, mode, _ in found)
    body = [[name, f"`{mode}`", *(_counts(found.get((name, mode, b))) for b in blocks)] for name, mode in cases]
    return table(heads, body)


def headroom_table(rows: Sequence[LiveRow]) -> str:
    """Head-rooms by modes, at the block that was played with several."""
    several = next(r for r in rows if r.headroom != HEADROOM)
    found = {(_names(r), r.headroom, r.mode): r for r in rows if r.block == several.block}
    modes = list(dict.fromkeys(mode for _, height, mode in found if height == several.headroom))
    heads = ["model, engine", f"head-room, blocks of {several.block}", *(f"`{mode}`" for mode in modes)]
    cases = sorted({(name, height) for name, height, _ in found})
    body = [[name, str(height), *(_counts(found.get((name, height, m))) for m in modes)] for name, height in cases]
    return table(heads, body)


def loop_table(report: Report) -> str:
    """Reported, measured, difference."""
    heads = ["mode", "block", "head-room", "reported", "measured", "difference"]
    body = [
        [f"`{r.mode}`", str(r.block), str(r.headroom), str(r.reported), _whole(r.measured), _whole(r.difference)]
        for r in report.loopback
    ]
    return table(heads, body)


def _whole(value: int | None) -> str:
    return "–" if value is None else str(value)
