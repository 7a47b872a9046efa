"""A table of results beside the paper's, as Markdown and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from offline_train.fit.files import write_text
from offline_train.paper.figuring import Basis
from offline_train.paper.published import published


@dataclass(frozen=True)
class Line:
    """One result.

    Attributes:
        system: Which.
        instrument: Of what.
        figure: ``sdr`` and the like.
        ours: Value measured here; NaN if undefined.
        paper: The paper's; None if not known.
        basis: Songs and frames that define it; None of a mean over instruments.
    """

    system: str
    instrument: str
    figure: str
    ours: float
    paper: float | None
    basis: Basis | None = None

    @property
    def difference(self) -> float | None:
        """Ours less the paper's."""
        return None if self.paper is None or not math.isfinite(self.ours) else self.ours - self.paper


@dataclass
class Table:
    """A table.

    Attributes:
        name: Such as ``table1``, by which the paper's figures are found.
        title: For people.
        notes: Sentences below it.
        note: A sentence above it.
        lines: Results.
    """

    name: str
    title: str
    notes: list[str] = field(default_factory=list)
    note: str = ""
    lines: list[Line] = field(default_factory=list)

    def add(self, system: str, instrument: str, figure: str, ours: float, basis: Basis | None = None) -> None:
        """Add a result; the paper's figure is looked up."""
        paper = published(self.name, system, instrument, figure)
        self.lines.append(Line(system, instrument, figure, ours, paper, basis))

    def markdown(self) -> str:
        """The table with the paper's figures and the differences; what is not known is empty."""
        head = ["system", "instrument", "figure", "ours", "paper", "difference", "songs", "frames"]
        rows = [
            [
                *(line.system, line.instrument, line.figure.upper(), shown(line.ours), shown(line.paper)),
                *(_signed(line), *counts(line.basis)),
            ]
            for line in self.lines
        ]
        parts = [f"### {self.title}", self.note, markdown(head, rows), *self.notes]
        return "\n\n".join(part for part in parts if part) + "\n"

    def write(self, folder: Path) -> list[Path]:
        """Write ``NAME.md`` and ``NAME.json``."""
        values = [
            {
                "system": line.system,
                "instrument": line.instrument,
                "figure": line.figure,
                "ours": line.ours if math.isfinite(line.ours) else None,
                "paper": line.paper,
                "difference": line.difference,
                "defined": None if line.basis is None else asdict(line.basis),
            }
            for line in self.lines
        ]
        facts = {"table": self.name, "title": self.title, "note": self.note, "notes": self.notes, "lines": values}
        return [
            write_text(folder / f"{self.name}.md", self.markdown()),
            write_text(folder / f"{self.name}.json", json.dumps(facts, indent=1, allow_nan=False) + "\n"),
        ]


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells as Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def mean(values: Sequence[float]) -> float:
    """Mean; NaN if any value is: a mean over fewer instruments is not comparable with one over all."""
    return sum(values) / len(values)


def counts(basis: Basis | None) -> tuple[str, str]:
    """Songs and frames that define a value, of all: two cells, empty if that is not told."""
    if basis is None:
        return "", ""
    return f"{basis.songs}/{basis.all_songs}", f"{basis.frames}/{basis.all_frames}"


def shown(value: float | None) -> str:
    """A value in a cell: empty if it is not known, told if nothing defines it."""
    if value is None:
        return ""
    return "undefined" if math.isnan(value) else f"{value:.2f}"


def _signed(line: Line) -> str:
    return "" if line.difference is None else f"{line.difference:+.2f}"
