"""The three figures of the README, out of what the benchmarks wrote."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from rtiass.bench.text import table

START, END = "<!-- results -->", "<!-- /results -->"
MODEL, ENGINES = "band", ("compiled", "onnxruntime")
MODES = ("live", "instant")
PICTURE = (
    "![Compute against latency: the models of rtiass mode by mode, and other systems]"
    "(benchmarks/pictures/peers-peers.png)\n*[All results](benchmarks/RESULTS.md), each with its command.*"
)


def headline(out: Path) -> str:
    """Latency, compute and a long show, each with how many things it stands on; empty unless all were measured."""
    latency = _read(out / "latency" / "report.json")
    shows = [_read(out / "soak" / mode / "soak.json") for mode in MODES]
    if latency is None or None in shows:
        return ""
    runs = [run for show in shows if show for run in show["runs"]]
    rows = [
        ["The latency that the host tells, against loop-back", _loops(latency["loopback"])],
        [f"One core, the whole hop of `{MODEL}`", _compute(latency["compute"])],
        [f"Shows of {_minutes(runs)} minutes on JACK with hands on every fader", _shows(runs)],
    ]
    return "\n".join([table(["measured", ""], rows), "", PICTURE])


def _loops(rows: list[dict[str, Any]]) -> str:
    same = sum(row["difference"] == 0 for row in rows)
    return f"equal to the sample in {same} of {len(rows)} cases"


def _compute(rows: list[dict[str, Any]]) -> str:
    share = {
        (row["engine"], row["mode"]): row["real_time_factor"]
        for row in rows
        if row["model"] == MODEL and row["threads"] == 1
    }
    told = [
        " and ".join(f"{100 * share[engine, mode]:.1f} % in `{mode}`" for mode in MODES) + f" with `{engine}`"
        for engine in ENGINES
        if all((engine, mode) in share for mode in MODES)
    ]
    return "; ".join(told)


def _minutes(runs: list[dict[str, Any]]) -> str:
    return " and ".join(dict.fromkeys(f"{run['seconds'] / 60:g}" for run in runs))


def _shows(runs: list[dict[str, Any]]) -> str:
    compared = sum(run["replay"]["compared"] for run in runs)
    wrong = sum(run["replay"]["wrong"] for run in runs)
    idle = [counts for run in runs for counts in run["counts"] if counts["burners"] == 0]
    late = sum(counts["late_masks"] for counts in idle)
    stood = sum(counts["in_stalls"]["late_masks"] for counts in idle)
    some = "all" if stood == late else stood
    told = f"{late}, {some} of them as the machine itself stood still" if stood else f"{late}"
    silent = max(run["silence"] for run in runs)
    return (
        f"{compared / 1e6:.0f} million samples against the file job: {wrong} wrong; late masks on an idle machine: "
        f"{told}; longest silence: {silent} samples"
    )


def _read(path: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        return dict(json.loads(path.read_text("utf-8")))
    return None
