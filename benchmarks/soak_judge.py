"""What a soak counted, phase by phase, and what of it was not to be, as sentences; for ``soak_run.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
import soak_check as check
from soak_memory import ROLES, allowed

from rtiass.live.status import PLAYING

LATE = ("late_masks", "underruns", "skipped_frames", "lost_input")
AFTERMATH = 0.1
"""Seconds after a stall of the machine within which what is late is late for that."""


def _in_stalls(rows: np.ndarray[Any, Any], name: str, stalls: list[list[float]]) -> int:
    """Steps of a counter at which the machine itself stood still a moment before."""
    after = np.flatnonzero(np.diff(rows[name])) + 1
    stood = np.zeros(len(after), np.bool_)
    for at, seconds in stalls:
        stood |= (rows["time"][after] >= at) & (rows["time"][after - 1] <= at + seconds + AFTERMATH)
    return int(np.diff(rows[name])[after[stood] - 1].sum())


def counts_of(run: check.Run, phases: list[dict[str, Any]], stalls: list[list[float]]) -> list[dict[str, Any]]:
    """What went up in each phase: each step of a counter in just one of them."""
    rows, found = run.rows, []
    names = ("late_masks", "underruns", "skipped_frames", "bad_frames", "lost_input", "input_xruns", "output_xruns",
             "wait_timeouts", "record_gaps", "restarts")  # fmt: skip
    phases = phases or [{"burners": 0, "begin": float(rows["time"][0]), "end": float(rows["time"][-1])}]
    edges = [*(phase["begin"] for phase in phases), phases[-1]["end"] + 0.1]
    bounds = np.clip(np.searchsorted(rows["time"], edges) - 1, 0, len(rows) - 1)
    for phase, first, last in zip(phases, bounds[:-1], bounds[1:], strict=True):
        stood = [seconds for at, seconds in stalls if phase["begin"] <= at < phase["end"]]
        found.append({
            "burners": phase["burners"], "seconds": phase["end"] - phase["begin"],
            "stalls": len(stood), "longest_stall": max(stood, default=0.0),
            "in_stalls": {name: _in_stalls(rows[first : last + 1], name, stalls) for name in LATE},
            "others": phase.get("others"), "stolen": phase.get("stolen"),
            **{name: int(rows[name][last] - rows[name][first]) for name in names},
            "oldest_mask": int(rows["oldest_mask"][first : last + 1].max()),
        })  # fmt: skip
    return found


def late_over_time(run: check.Run) -> list[list[float]]:
    """Late masks so far, every few seconds."""
    rows = run.rows[:: max(1, len(run.rows) // 400)]
    return [[round(float(r["time"] - rows["time"][0]), 1), int(r["late_masks"]), int(r["underruns"])] for r in rows]


def violations(row: dict[str, Any], idle: bool = True) -> list[str]:
    """What was not kept, as sentences; of late masks only what happened while nothing else ran.

    Args:
        row: Figures of a run.
        idle: Nobody else uses the machine, so nothing may be late without burners.
    """
    found = []
    for name, text in SAME.items():
        if row[name]["wrong"]:
            found.append(f"{row[name]['wrong']} samples of {text} differ, the first at {row[name]['first']}.")
    if idle and row["replay"]["compared"] == 0:
        found.append("Nothing could be compared with the replay.")
    for counts in row["counts"]:
        if idle and counts["burners"] == 0:
            own = {name: counts[name] - counts["in_stalls"][name] for name in LATE}
            found += [f"{many} {name.replace('_', ' ')} on an idle machine." for name, many in own.items() if many]
        always = ("bad_frames", "restarts", "wait_timeouts", "record_gaps")
        found += [f"{counts[name]} {name.replace('_', ' ')}." for name in always if counts[name]]
    if row["silence"] > row["silence_played"]:
        found.append(f"The output was silent for {row['silence']} samples while there was sound.")
    found += drift(row) + leaks(row)
    if row["host"]["phase"] != PLAYING:
        found.append(f"At the end the host was {row['host']['phase']}.")
    if row["host"]["forgotten"]:
        found.append(f"{row['host']['forgotten']} changes by hands were heard and not noted by the test.")
    if row["player"]["overflow"]:
        found.append("The disk was too slow for what was heard.")
    if not row["host"]["changes"]:
        found.append("No hands moved anything.")
    elif idle and row["replay"]["compared"] and not row["states_replayed"]:
        found.append("Nothing that hands moved was replayed.")
    if not min(row["traffic"]["meters"]):
        found.append("No meter was sent.")
    found += [f"{what}: {fault}" for what, fault in row["host"]["faults"].items() if fault]
    if row["traffic"]["fault"]:
        found.append(f"A browser's socket broke: {row['traffic']['fault']}.")
    return found


SAME = {
    "direct": "the way past the host",
    "delay": "the output at unity",
    "replay": "the outputs against the replay",
    "take_input": "the recorded input",
    "take_karaoke": "the recorded karaoke",
    "take_drums": "the recorded drums",
}


def drift(row: dict[str, Any]) -> list[str]:
    """Delays that are not the reported one."""
    other = sorted(set(row["delays"]) - {row["latency"]})
    return [f"The delay was {other} samples in places; {row['latency']} are reported."] if other else []


def leaks(row: dict[str, Any]) -> list[str]:
    """Memory that grew by an object for every fourth event, and handles that are more than they were."""
    missing = [role for role in ("host", *ROLES.values()) if role not in row["memory"]]
    found = [f"Nothing is known of the memory of the {role}." for role in missing]
    for role, seen in row["memory"].items():
        most = seen["allowed"] = allowed(events(row, role) * seen["seconds"] / row["wall"])
        if seen["pages_grown"] > most:
            found.append(f"The memory of the {role} grew by {seen['pages_grown']:.0f} pages; {most} are allowed.")
        more = [name for name in ("descriptors", "threads") if seen[f"{name}_end"] > seen[f"{name}_begin"]]
        found += [f"The {role} has {seen[f'{name}_end']} {name} after {seen[f'{name}_begin']}." for name in more]
    before, after = row["server_descriptors"]
    if after > before:
        found.append(f"The server has {after} descriptors after {before}.")
    if row["left_over"]:
        found.append(f"Left in shared memory: {', '.join(row['left_over'])}.")
    return found


def events(row: dict[str, Any], role: str) -> float:
    """How often a process did what it does: hops, changes with meters, turns of the recording."""
    turns = 20.0 * row["wall"]
    return {"audio process": row["hops"], "host": row["host"]["changes"] + turns}.get(role, turns)
