"""The table of ceilings: what was measured when it was last written, and what a new measurement says of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline_train.toml_text import to_toml

TABLE = Path(__file__).parent / "ceilings.toml"
WRITE = "python -m benchmarks.ceilings --write"
HEAD = (
    f"# Ceilings, and floors of scores. Written by: {WRITE}\n# What each is, and what may differ: docs/ceilings.md\n\n"
)

Value = int | float | list[str]


@dataclass(frozen=True)
class Rule:
    """When a figure is worse.

    Attributes:
        more_is_better: For scores.
        slack: By how much it may differ from machine to machine, in its unit.
        share: The same as a share of it.
        unit: Of the figure.
    """

    more_is_better: bool = False
    slack: float = 0.0
    share: float = 0.0
    unit: str = ""


RULES = {
    "sdr": Rule(more_is_better=True, slack=0.05, unit="dB"),
    "step_bytes": Rule(slack=1024, unit="bytes"),
    "hop_bytes": Rule(slack=4096, unit="bytes"),
    "step_bytes_kept": Rule(slack=16, unit="bytes a call"),
    "hop_bytes_kept": Rule(slack=16, unit="bytes a call"),
    "step_blocks_kept": Rule(unit="blocks a call"),
    "hop_blocks_kept": Rule(unit="blocks a call"),
    "bytes": Rule(share=0.001, unit="bytes"),
    "wheel_bytes": Rule(share=0.01, unit="bytes"),
    "installed_bytes": Rule(share=0.1, unit="bytes"),
    "latency": Rule(unit="samples"),
}
"""By name of a figure, or of the table that it is in; others are counts that don't differ."""


@dataclass(frozen=True)
class Verdict:
    """What became of a figure."""

    name: str
    kept: Value
    found: Value
    worse: bool
    better: bool

    def __str__(self) -> str:
        """A sentence."""
        if isinstance(self.found, list) or isinstance(self.kept, list):
            return f"{self.name}: {_names(self.found)}; it was {_names(self.kept)}."
        unit = rule_of(self.name).unit
        change = self.found - self.kept
        return f"{self.name}: {self.found:,}{f' {unit}' if unit else ''}; it was {self.kept:,} ({change:+,.6g})."


def _names(value: Value) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def rule_of(name: str) -> Rule:
    """The rule of a figure by its dotted name."""
    return next((RULES[part] for part in reversed(name.split(".")) if part in RULES), Rule())


def judge(name: str, kept: Value, found: Value) -> Verdict:
    """Hold a figure against the one in the table."""
    if isinstance(kept, list) or isinstance(found, list):
        listed, new = (set(value) if isinstance(value, list) else set() for value in (kept, found))
        return Verdict(name, kept, found, worse=bool(new - listed), better=new < listed)
    rule = rule_of(name)
    room = rule.slack + rule.share * abs(kept)
    gain = (found - kept) * (1 if rule.more_is_better else -1)
    return Verdict(name, kept, found, worse=gain < -room, better=gain > room)


def compare(kept: Mapping[str, Any], found: Mapping[str, Any], within: str = "") -> list[Verdict]:
    """Verdicts on all figures of a measurement and of its table, by their dotted names.

    One that either of them lacks counts as worse: somebody must have meant it.
    """
    verdicts: list[Verdict] = []
    for key in dict.fromkeys((*found, *kept)):
        name = f"{within}.{key}" if within else key
        old, new = kept.get(key), found.get(key)
        if isinstance(old, Mapping) or isinstance(new, Mapping):
            verdicts += compare(old or {}, new or {}, name)
        elif old is None or new is None:
            verdicts.append(Verdict(name, _listed(old), _listed(new), worse=True, better=False))
        else:
            verdicts.append(judge(name, old, new))
    return verdicts


def _listed(value: Value | None) -> list[str]:
    return ["nothing"] if value is None else value if isinstance(value, list) else [str(value)]


def told(verdicts: Sequence[Verdict]) -> tuple[str, str]:
    """What got worse, with the way to accept it, and what got better; empty where nothing did."""
    worse = [f"Worse: {verdict}" for verdict in verdicts if verdict.worse]
    better = [f"Better: {verdict}" for verdict in verdicts if verdict.better]
    if worse:
        worse.append(f"If it is meant to be so, accept it: {WRITE}")
    if better:
        better.append(f"Hold it so: {WRITE}")
    return "\n".join(worse), "\n".join(better)


def read() -> dict[str, Any]:
    """The table; empty where there is none."""
    return tomllib.loads(TABLE.read_text("utf-8")) if TABLE.is_file() else {}


def write(found: Mapping[str, Any]) -> None:
    """Put a measurement in the table's place."""
    TABLE.write_text(HEAD + to_toml(found), encoding="utf-8")
