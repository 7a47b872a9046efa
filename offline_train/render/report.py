"""How much was rendered and how fast, by kind of material."""

from __future__ import annotations

import json
from pathlib import Path


def speeds(folder: Path) -> str:
    """A table of the finished jobs of a pool, one row a kind of material.

    Columns: items, hours of audio over all of them, and hours of audio rendered in an hour of one core. Jobs
    without a measured time (taken over from elsewhere) count for the hours alone.
    """
    items = folder / "items"
    rows: dict[str, tuple[int, float, float, float]] = {}
    for path in sorted((folder / "jobs").glob("*.json")):
        job = json.loads(path.read_text(encoding="utf-8"))
        found = [items / f"{name}.json" for name in job["ids"]]
        seconds = sum(json.loads(p.read_text(encoding="utf-8"))["seconds"] for p in found if p.is_file())
        kind = job.get("group", "taken over")
        count, total, timed, cpu = rows.get(kind, (0, 0.0, 0.0, 0.0))
        measured = seconds if job["cpu_s"] > 0 else 0.0
        rows[kind] = (count + len(found), total + seconds, timed + measured, cpu + job["cpu_s"])
    lines = [f"{'kind':<18}{'items':>7}{'hours':>8}{'hours a core-hour':>20}"]
    for kind, (count, total, timed, cpu) in sorted(rows.items()):
        speed = f"{timed / cpu:.1f}" if cpu > 0 else "-"
        lines.append(f"{kind:<18}{count:>7}{total / 3600:>8.2f}{speed:>20}")
    return "\n".join(lines)
