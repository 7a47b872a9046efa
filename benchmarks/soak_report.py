"""Words and picture of a soak; for ``soak.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from soak_judge import SAME

from rtiass.bench.text import table

Row = dict[str, Any]


def markdown(machine: Row, rows: list[Row]) -> str:
    """The whole report."""
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    told = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}, "
        f"{packages}, real-time priority {'granted' if machine['realtime'] else 'refused'}."
    ]
    for row in rows:
        told += ["", f"## {row['mode']}, {row['seconds'] / 60:.1f} minutes at {row['block']}", "", about(row), ""]
        told += [counts(row), "", same(row), "", memory(row), ""]
        told += [f"- {text}" for text in row["violations"]] or ["Nothing was violated."]
    return "\n".join(told)


def about(row: Row) -> str:
    """What went on."""
    host, traffic = row["host"], row["traffic"]
    awake = ", the processor kept awake" if row["awake"] else ""
    pace = f"as fast as it went ({row['wall']:.0f} s)" if row["freewheel"] else "in real time"
    return (
        f"Model {row['about']['model']} on {row['about']['engine']}, {pace}{awake}. {host['changes']} changes by hands "
        f"({row['player']['messages']} MIDI messages, {traffic['sent']} by OSC and sockets), {row['states_replayed']} "
        f"control states heard; {sum(traffic['meters'])} messages with meters to two browsers. Network step p99 "
        f"{1000 * host['step_p99']:.2f} ms, at most {1000 * host['step_max']:.2f} ms. Periods lost by the server: "
        f"{row['player']['xruns']}. Latency {row['latency']} samples, measured at nine places: "
        f"{', '.join(map(str, sorted(set(row['delays']))))}. Longest silence: {row['silence']} samples "
        f"(of the music itself: {row['silence_played']})."
    )


def counts(row: Row) -> str:
    """What was late, by phase."""
    names = ("late_masks", "underruns", "skipped_frames", "lost_input", "input_xruns", "output_xruns", "oldest_mask")
    body = [
        [
            str(c["burners"]), f"{c['seconds']:.0f} s", *(cores(c[name]) for name in ("others", "stolen")),
            f"{c['stalls']}, {1000 * c['longest_stall']:.1f} ms", *(late(c, name) for name in names),
        ]
        for c in row["counts"]
    ]  # fmt: skip
    heads = ["burners", "time", "cores by others", "stolen", "stalls of the machine, longest"]
    return table([*heads, *(name.replace("_", " ") for name in names)], body)


def late(counts: Row, name: str) -> str:
    """A count, and how much of it came with a stall of the machine."""
    stood = counts["in_stalls"].get(name, 0)
    return f"{counts[name]} ({stood} in stalls)" if stood else str(counts[name])


def cores(value: float | None) -> str:
    """Cores that were not ours to use, where that is known and no burner took them."""
    return "" if value is None else f"{value:.2f}"


def same(row: Row) -> str:
    """What was compared."""
    body = [
        [text, str(f["compared"]), str(f["excluded"]), str(f["wrong"]), f"{f['largest']:.1e}"]
        for text, f in ((text, row[name]) for name, text in SAME.items())
    ]
    return table(["sample by sample", "compared", "left out", "wrong", "largest difference"], body)


def memory(row: Row) -> str:
    """Pages and handles."""
    body = [
        [
            role, f"{m['pages_begin']}", f"{m['pages_end']}", f"{m['pages_grown']:+.0f}", str(m["allowed"]),
            f"{m['descriptors_begin']} / {m['descriptors_end']}", f"{m['threads_begin']} / {m['threads_end']}",
        ]
        for role, m in row["memory"].items()
    ]  # fmt: skip
    heads = ["process", "pages after warm-up", "at the end", "trend", "allowed", "descriptors", "threads"]
    return table(heads, body)


def picture(path: Path, rows: list[Row]) -> None:
    """Memory and late masks over time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(rows), figsize=(5 * len(rows), 5), squeeze=False, sharex="col")
    for column, row in enumerate(rows):
        upper, lower = axes[0, column], axes[1, column]
        for role, seen in row["watched"].items():
            upper.plot([at / 60 for at, _ in seen], [pages * 4096 / 1e6 for _, pages in seen], label=role)
        late = row["late_over_time"]
        for index, name in ((1, "late masks"), (2, "underruns")):
            lower.step([entry[0] / 60 for entry in late], [entry[index] for entry in late], where="post", label=name)
        at = 0.0
        for phase in row["counts"]:
            if phase["burners"]:
                for axis in (upper, lower):
                    axis.axvspan(at / 60, (at + phase["seconds"]) / 60, alpha=0.1 * phase["burners"], color="red")
            at += phase["seconds"]
        upper.set_title(f"{row['mode']}, blocks of {row['block']}")
        upper.set_ylabel("anonymous memory, MB")
        lower.set_ylabel("so far")
        lower.set_xlabel("minutes; red: 1 and 2 burners")
        upper.legend()
        lower.legend()
        upper.set_ylim(bottom=0)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
