"""The paper's own figures, as far as this project knows them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

FIGURES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("published.toml").read_text("utf-8"))


def published(table: str, system: str, instrument: str, figure: str) -> float | None:
    """A figure of the paper in dB; None if it is not known."""
    value = FIGURES.get(table, {}).get(system, {}).get(figure, {}).get(instrument)
    return None if value is None else float(value)
