"""Tables of a study, in Markdown."""

from __future__ import annotations

import tomllib
from pathlib import Path

from offline_train.study.runner import rows

DEFAULT = [
    ("live", "recorded loss"),
    ("live", "rendered loss"),
    ("live", "recorded mean"),
    ("live", "rendered mean"),
]


def tables(plan: Path, results: Path) -> str:
    """One table a question of the plan: each variant against the question's first one."""
    questions = tomllib.loads(plan.read_text("utf-8"))["question"]
    found = {row["variant"]: row for row in rows(results)}
    out = []
    for question in questions:
        known = [found[name] for name in question["variants"] if name in found]
        if not known:
            continue
        modes = list(known[0]["figures"])
        columns = question.get("columns") or DEFAULT
        columns = [tuple(column) for column in columns if column[0] in modes]
        head = [
            "variant",
            *(f"{figure}, {mode}" for mode, figure in columns),
            "steps",
            "CPU s a step",
            "M MACs",
            "parameters",
        ]
        out.append(f"### {question['title']}\n\n{question.get('text', '').strip()}\n\n| " + " | ".join(head) + " |")
        out.append("|---" * len(head) + "|")
        for row in known:
            cells = [row["variant"]]
            for mode, figure in columns:
                value = row["figures"].get(mode, {}).get(figure)
                cells.append("" if value is None else f"{value:.3f}")
            cells += [
                str(row["steps"]),
                f"{row['step_seconds']:.2f}",
                f"{row['macs'] / 1e6:.1f}",
                f"{row['parameters']:,}",
            ]
            out.append("| " + " | ".join(cells) + " |")
        out.append("")
    return "\n".join(out)
